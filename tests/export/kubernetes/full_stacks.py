"""Stacks that use much: every key that is carried over, the shipped services, the examples."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path
from typing import Any

from tests.conftest import Project
from tests.export.kubernetes.stacks import Cluster, on_cluster

from container_manager.export.kubernetes.building import build

CHECKOUT = Path(__file__).parents[3]
SHIPPED = CHECKOUT / "services"

EVERYTHING: dict[str, Any] = {
    "build": {"context": "./framework/web"},
    "entrypoint": "run",
    "command": ["--all", "$$(x)"],
    "environment": {"A": "1", "API_TOKEN": "${API_TOKEN}"},
    "labels": {"a.b/c": "d"},
    "ports": ["80:8080", "53:53/udp"],
    "expose": ["9000-9001"],
    "networks": {"front": {"aliases": ["www"]}},
    "depends_on": {
        "db": {"condition": "service_healthy"},
        "seed": {"condition": "service_completed_successfully"},
    },
    "healthcheck": {"test": "ready", "interval": "5s", "start_period": "30s"},
    "volumes": ["data:/data", "./framework/web/conf:/etc/app:ro", "/cache"],
    "tmpfs": ["/run:size=1m"],
    "shm_size": "64m",
    "user": "1000:1000",
    "group_add": [44],
    "cap_add": ["NET_RAW"],
    "cap_drop": ["ALL"],
    "read_only": True,
    "security_opt": ["no-new-privileges:true"],
    "sysctls": ["net.core.somaxconn=1024"],
    "extra_hosts": ["ioc:10.0.0.7"],
    "dns": ["10.0.0.1"],
    "dns_search": ["lab.local"],
    "dns_opt": ["ndots:2", "use-vc"],
    "hostname": "front",
    "platform": "linux/amd64",
    "tty": True,
    "stdin_open": True,
    "working_dir": "/app",
    "mem_limit": "1g",
    "mem_reservation": "512m",
    "cpus": 1.5,
    "stop_grace_period": "1m",
    "secrets": ["key"],
    "restart": "always",
}


def everything(project: Project) -> Cluster:
    """A stack in which each key that is carried over is used."""
    for path in ("Dockerfile", "conf/a.conf", "key.pem"):
        project.write(f"services/framework/web/{path}", "x\n")
    asked = {
        "replicas": 2,
        "stateful": True,
        "liveness": True,
        "exposure": {"type": "Ingress", "host": "lab.example.org", "tls_secret": "tls"},
        "containers": {"db": {"stateful": False, "replicas": 1}},
    }
    said = {
        "registry": "registry.example.org/lab",
        "network_policies": True,
        "image_pull_secrets": ["login"],
        "storage_class": "fast",
        "ingress_class": "nginx",
    }
    top = {
        "volumes": {"data": {"labels": {"kept": "yes"}}, "files": {}},
        "networks": {"front": {}},
        "secrets": {"key": {"file": "./framework/web/key.pem"}},
    }
    web = {**EVERYTHING, "image": None}
    db = {"volumes": ["files:/files"], "expose": ["5432"]}
    return on_cluster(
        project,
        asked,
        more={"kubernetes": said},
        top=top,
        one_shot=["clean"],
        web=web,
        db=db,
        seed={"command": "seed", "restart": "on-failure"},
        clean={"command": "clean", "restart": "on-failure:3"},
    )


def shipped(project: Project) -> Cluster:
    """All services that come with us."""
    project.write("src/app.py", "x = 1\n")
    shutil.copytree(SHIPPED, project.root / "services")
    project.write(
        "config.yml",
        """
        import: [services/framework/*/service.yml, services/applications/*/*/service.yml]
        project_name: lab
        images: {python: docker.io/library/python:3.12-slim}
        deployed_services:
          - framework.gateway
          - applications.demo.counter
          - applications.als_expert.mongo
          - applications.als_expert.pv_finder
          - framework.jupyter
          - framework.pipelines
          - framework.open_webui
        kubernetes: {registry: registry.example.org/lab}
        """,
    )
    return Cluster(build(project.prepare()))


def example(project: Project, name: str) -> Cluster:
    """A project of ``examples/``, with what a cluster needs besides in a ``config.local.yml``."""
    shutil.copytree(CHECKOUT / "examples" / name, project.root, dirs_exist_ok=True)
    project.write(
        "config.local.yml",
        """
        images: {python: docker.io/library/python:3.12-slim}
        kubernetes: {registry: registry.example.org/lab}
        """,
    )
    return Cluster(build(project.prepare()))


EXAMPLES = {
    path.parent.name: functools.partial(example, name=path.parent.name)
    for path in sorted((CHECKOUT / "examples").glob("*/config.yml"))
}
"""The projects of ``examples/``, by their names."""
