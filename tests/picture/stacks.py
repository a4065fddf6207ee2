"""Stacks of several sizes, as the compose files of a laboratory might make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from container_manager.compose.model import Stack
from container_manager.compose.stack import read_stack
from container_manager.config.environment import Environment
from container_manager.config.source import parse_yaml
from container_manager.errors import Location
from container_manager.model import ComposeFile, Service

Body = Mapping[str, Any]
Files = Sequence[tuple[str | None, Body]]
"""Our service (None: the root template) -> its compose file."""

BASE = Path("/project/build/services")
ENDED = "completed_successfully"
HERE = {"context": "."}


def stack_of(files: Files) -> Stack:
    """Read compose files as a build would have rendered them."""
    read = [_file(number, owner, body) for number, (owner, body) in enumerate(files)]
    services = {owner: _service(owner) for owner, _ in files if owner}
    return read_stack(read, services, Environment(process={}), project_name="lab")


def _file(number: int, owner: str | None, body: Body) -> ComposeFile:
    path = BASE / str(number) / "docker-compose.yml"
    document = parse_yaml(yaml.safe_dump(dict(body), sort_keys=False), path, compose=True)
    assert document is not None
    return ComposeFile(path=path, template=path, service=owner, load=lambda: document)


def _service(name: str) -> Service:
    return Service(
        name=name,
        key_path=tuple(name.split(".")),
        settings={},
        path=name,
        folder=BASE / name,
        where=Location(BASE / "config.yml", 1),
    )


def body_of(services: Mapping[str, Body], *volumes: str) -> Body:
    """A compose file."""
    return {"services": services, **({"volumes": {v: {} for v in volumes}} if volumes else {})}


def web(image: str, port: int | None = None, *volumes: str, **needs: str) -> dict[str, Any]:
    """A service with a health check; an image of ``.`` is built."""
    made = {"image": "localhost/lab/own", "build": HERE} if image == "." else {"image": image}
    return {
        **made,
        "healthcheck": {"test": ["CMD", "true"], "interval": "10s"},
        "networks": ["lab"],
        **({"ports": [f"127.0.0.1:{port}:8080"]} if port else {}),
        **({"volumes": list(volumes)} if volumes else {}),
        **needing(needs),
    }


def job(**needs: str) -> dict[str, Any]:
    """A service that is built here and ends."""
    return {"build": HERE, "networks": ["lab"], **needing(needs)}


def needing(needs: Mapping[str, str]) -> dict[str, Any]:
    """``depends_on`` of service -> ``healthy``, ``started`` or :data:`ENDED`."""
    conditions = {
        name.replace("_", "-"): {"condition": f"service_{how}"} for name, how in needs.items()
    }
    return {"depends_on": conditions} if conditions else {}


ROOT: tuple[None, Body] = (None, {"networks": {"lab": {}}})


def five() -> Files:
    """A web application with its database, a migration and a worker."""
    orders = {
        "migrate": job(mongo="healthy"),
        "api": web(".", None, "uploads:/uploads", mongo="healthy", migrate=ENDED),
        "worker": web(".", None, "uploads:/uploads", migrate=ENDED, api="started"),
    }
    mongo = {"mongo": web("docker.io/library/mongo:7.0.14", None, "mongo-data:/data")}
    gateway = {"gateway": web("docker.io/library/caddy:2.8", 8443, api="healthy")}
    return [
        ROOT,
        ("framework.gateway", body_of(gateway)),
        ("framework.mongo", body_of(mongo, "mongo-data")),
        ("applications.orders.api", body_of(orders, "uploads")),
    ]


def sized(count: int) -> Files:
    """Some services that all rely on, and applications of five around them."""
    return [ROOT, *_cut(count, [*_framework(), *_applications()])]


def _cut(count: int, files: Files) -> Iterator[tuple[str | None, Body]]:
    left = count
    for owner, body in files:
        if left >= len(body["services"]):
            left -= len(body["services"])
            yield owner, body


def _framework() -> Files:
    mongo = {"mongo": web("docker.io/library/mongo:7.0.14", 27017, "mongo-data:/data")}
    entry = {
        "gateway": web("docker.io/library/caddy:2.8", 8443, login="healthy"),
        "login": web("quay.io/keycloak/keycloak:26.0", mongo="healthy"),
    }
    jupyter = {
        "jupyter-read": web(".", 8888, "notebooks:/w"),
        "jupyter-write": web(".", 8889, "notebooks:/w", broker="started"),
    }
    watching = {
        "metrics": web("docker.io/prom/prometheus:v3.0", 9090, "metrics-data:/prometheus"),
        "alerts": web("docker.io/prom/alertmanager:v0.28", None, metrics="started"),
        "boards": web("docker.io/grafana/grafana:11.3", 3000, metrics="healthy"),
        "exporter": web("quay.io/prometheus/node-exporter:v1.8"),
    }
    return [
        ("framework.mongo", body_of(mongo, "mongo-data")),
        ("framework.broker", body_of({"broker": web("docker.io/library/rabbitmq:4.0", 15672)})),
        ("framework.gateway", body_of(entry)),
        ("framework.jupyter", body_of(jupyter, "notebooks")),
        ("framework.watching", body_of(watching, "metrics-data")),
    ]


_NAMES = (
    *("archiver", "beamline-alignment", "calibration", "dosimetry", "experiment-log"),
    *("fast-feedback", "girder-survey", "helium", "insertion-devices"),
)


def _applications() -> Iterator[tuple[str, Body]]:
    for number, name in enumerate(_NAMES):
        images = f"registry.example.org/controls/{name}"
        needs = {f"{name}-db": "healthy", f"{name}-prepare": ENDED, "broker": "started"}
        spool, data = f"{name}-spool", f"{name}-data"
        services = {
            f"{name}-api": web(
                f"{images}/api:2026.{number}", 9100 + number, **{f"{name}-db": "healthy"},
                login="healthy",
            ),
            f"{name}-collector": web(
                f"{images}/collector:2026.{number}", None, f"{spool}:/spool", **needs
            ),
            f"{name}-worker": web(
                f"{images}/worker:2026.{number}", None, f"{spool}:/spool", **needs
            ),
            f"{name}-prepare": job(**{f"{name}-db": "healthy"}),
            f"{name}-db": web("docker.io/library/postgres:17.2-bookworm", None, f"{data}:/data"),
        }  # fmt: skip
        yield f"applications.{name}.main", body_of(services, spool, data)
