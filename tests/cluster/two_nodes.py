"""The demonstration on a real cluster of two nodes, as one command:

    .venv/bin/python -m tests.cluster.two_nodes

It starts the cluster (root; see ``build-api-server.sh all``), brings a small stack up on it, and
shows that services find each other, that a secret and a configuration file arrive, that a rolling
update loses no request, and that a broken image leaves what runs as it is. It takes minutes, says
PASS for every claim, and leaves nothing behind. It is no part of the tests in CI.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.nodes import PAUSE, Cluster, Failed
from tests.cluster.objects import claim, deployment, labels, secret_variable, service, wanted
from tests.cluster.server import CONTEXT, program
from tests.integration.conftest import SH_IMAGE, import_of_sh_image

from container_manager import debian_tree
from container_manager.cluster.api import Api
from container_manager.cluster.applying import apply, prune
from container_manager.cluster.connection import connected
from container_manager.cluster.contexts import Target
from container_manager.cluster.observing import look
from container_manager.cluster.planning import plan
from container_manager.cluster.waiting import await_rollout
from container_manager.cluster.wanted import Wanted
from container_manager.errors import RuntimeFailure
from container_manager.progress import PlainProgress
from container_manager.report.status import written
from container_manager.run import ProcessRunner

TARGET = Target(context=CONTEXT, namespace="lab")
_DOOR = 30080


def main() -> int:
    """Run the demonstration; the exit code."""
    bin_dir = Path(str(program("kubelet"))).parent
    root = bin_dir.parent / "root"
    with tempfile.TemporaryDirectory(prefix="cmt-nodes-") as name:
        folder = Path(name)
        make_images(folder, root)
        cluster = Cluster(folder, bin_dir, root)
        with cluster.running():
            cluster.load(folder / "sh.tar")
            cluster.await_nodes()
            said("two nodes are ready")
            with _reached(cluster) as api:
                demonstrate(cluster, api, folder)
    return 0


def make_images(folder: Path, root: Path) -> None:
    """The archives of the two images that nodes are given."""
    pause = debian_tree.Entry()
    pause_file = debian_tree.Entry(source=root / "usr/bin/catatonit", mode=0o755)
    debian_tree.write(folder / "pause-root.tar", {"pause": pause_file, **_folders(pause)})
    entry = '--change=ENTRYPOINT ["/pause", "-P"]'
    _podman("import", "--quiet", entry, str(folder / "pause-root.tar"), PAUSE)
    _podman(*import_of_sh_image(folder / "sh-root.tar"))
    for image, file in ((PAUSE, "pause.tar"), (SH_IMAGE, "sh.tar")):
        _podman("save", "--quiet", "--format=docker-archive", f"--output={folder / file}", image)
    _podman("rmi", PAUSE)


def _folders(folder: debian_tree.Entry) -> dict[str, debian_tree.Entry]:
    return dict.fromkeys(("tmp", "etc", "dev", "proc", "sys"), folder)


def _podman(*arguments: str) -> None:
    subprocess.run(["podman", *arguments], check=True, timeout=120, capture_output=True)


@contextmanager
def _reached(cluster: Cluster) -> Iterator[Api]:
    """The connection of our verbs, through a kubectl that runs where the API server is."""
    wrapper = cluster.folder / "kubectl"
    wrapper.write_text(
        f'#!/bin/sh\nexec nsenter --net=/run/netns/cmtk0 "{cluster.server.kubectl}" "$@"\n'
    )
    wrapper.chmod(0o755)
    environ = {**os.environ, "KUBECONFIG": str(cluster.server.kubeconfig)}
    with connected(ProcessRunner(), str(wrapper), TARGET, environ) as api:
        yield api


def up(api: Api, what: Wanted, *, deadline: float = 120) -> None:
    """What ``kube.up`` does."""
    planned = plan(api, TARGET, what)
    assert planned.problems == (), planned.problems
    progress = PlainProgress()
    applied = apply(api, planned, what, force=False, tell=progress.step)
    await_rollout(
        api, TARGET, applied, deadline=deadline, progress=progress, redact=lambda text: text
    )
    prune(api, planned, tell=progress.step)


def demonstrate(cluster: Cluster, api: Api, folder: Path) -> None:
    """All claims, one after the other."""
    cluster.kubectl("create", "-f", str(_volume(folder)))
    secrets = {"API_KEY": "s3cr3t-4711"}
    up(api, wanted(*_stack("1"), keys=secrets))
    said("the stack is up: ready on the word of the cluster")
    seen = look(api, TARGET, "lab", "config.yml")
    print(written(seen))
    assert seen.healthy
    assert sorted(row.service for row in seen.rows) == ["db", "web", "web"]
    said("kube.status shows every pod, and that all is well")
    nodes = cluster.kubectl(
        *("-n", "lab", "get", "pods", "-l", "app.kubernetes.io/name=web"),
        *("-o", "jsonpath={.items[*].spec.nodeName}"),
    )
    assert sorted(nodes.split()) == ["node1", "node2"], nodes
    said("web runs on two nodes")
    assert inside(cluster, "wget", "-q", "-O", "-", "http://db:8080/") == "from-db"
    said("a service is found by its name")
    assert inside(cluster, "sh", "-c", "echo $API_KEY") == "s3cr3t-4711"
    said("a secret arrives")
    assert inside(cluster, "cat", "/etc/app/config.yml") == "site: two-nodes"
    said("a configuration file arrives")
    with asking(cluster) as answers:
        up(api, wanted(*_stack("2"), keys=secrets))
    assert answers["failed"] == 0, answers
    assert answers["fine"] > 0, answers
    said(f"a rolling update lost none of {answers['fine']} requests")
    _broken(cluster, api, secrets)
    up(api, wanted(*_stack("2"), keys=secrets))
    up(api, wanted(*(one for one in _stack("2") if not _of_db(one)), keys=secrets))
    claims = cluster.kubectl("-n", "lab", "get", "pvc,deployments", "-o", "name").split()
    assert claims == ["persistentvolumeclaim/data", "deployment.apps/web"], claims
    said("a dropped service is gone, its volume is not")


def _broken(cluster: Cluster, api: Api, secrets: dict[str, str]) -> None:
    with asking(cluster) as answers:
        for problem, image, command in (
            ("ErrImageNeverPull", "registry.invalid/none:1", None),
            ("the database said no", SH_IMAGE, "echo the database said no; exit 3"),
        ):
            broken = wanted(*_stack("3", image=image, command=command), keys=secrets)
            told = _failure(api, broken)
            assert problem in told, told
            print(told)
            said(f"what fails is told with its cause: {problem}")
    assert answers["failed"] == 0, answers
    said("old pods served on")


def _failure(api: Api, what: Wanted) -> str:
    """What is told of a stack that does not come up."""
    try:
        up(api, what, deadline=30)
    except RuntimeFailure as failure:
        return str(failure)
    return ""


def _stack(version: str, *, image: str = SH_IMAGE, command: str | None = None) -> list[Any]:
    """A database with a volume, and a web server on both nodes that waits for it."""
    probe = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 2}
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    db = _of_image(
        deployment("db", SH_IMAGE),
        "echo from-db > /data/index.html; exec httpd -f -p 8080 -h /data",
        readinessProbe=probe,
        volumeMounts=[{"name": "data", "mountPath": "/data"}],
    )
    db["spec"] |= {"replicas": 1, "strategy": {"type": "Recreate"}}
    db["spec"]["template"]["spec"]["volumes"] = [volume]
    serves = "trap 'exit 0' TERM; echo " + version + " > /tmp/index.html; "
    serves += "httpd -f -p 8080 -h /tmp & wait"
    web = _of_image(
        deployment("web", image),
        command or serves,
        readinessProbe=probe,
        env=[secret_variable("API_KEY", "keys", "API_KEY")],
        volumeMounts=[{"name": "settings", "mountPath": "/etc/app"}],
        # Endpoints take a moment to be forgotten everywhere; until then the pod has to serve.
        lifecycle={"preStop": {"exec": {"command": ["sleep", "5"]}}},
    )
    pods = web["spec"]["template"]["spec"]
    pods["volumes"] = [{"name": "settings", "configMap": {"name": "settings"}}]
    pods["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}},
        }
    ]
    web["spec"]["strategy"] = {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    door = service("web", 8080)
    door["spec"]["type"] = "NodePort"
    door["spec"]["ports"][0]["nodePort"] = _DOOR
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "labels": labels("web")},
        "data": {"config.yml": "site: two-nodes\n"},
    }
    return [settings, claim(), service("db", 8080), db, door, web]


def _of_image(one: Any, command: str, **more: Any) -> Any:
    (container,) = one["spec"]["template"]["spec"]["containers"]
    container |= {"imagePullPolicy": "Never", "command": ["sh", "-c", command], **more}
    return one


def _of_db(one: Any) -> bool:
    return bool(one["metadata"]["name"] == "db")


def _volume(folder: Path) -> Path:
    """What a storage class would make: a volume on the disk of a node."""
    file = folder / "volume.json"
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": str(folder / "disk"), "type": "DirectoryOrCreate"},
    }
    one = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "disk"}}
    file.write_text(json.dumps({**one, "spec": spec}))
    return file


def inside(cluster: Cluster, *argv: str) -> str:
    """What a command says in a pod of the web server."""
    return cluster.kubectl("-n", "lab", "exec", "deploy/web", "--", *argv).strip()


@contextmanager
def asking(cluster: Cluster) -> Iterator[dict[str, int]]:
    """A block during which somebody asks the web server five times a second."""
    answers = {"fine": 0, "failed": 0}
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.2):
            try:
                url = f"http://10.98.0.11:{_DOOR}/"
                cluster.inside("cmtk0", "curl", "-sSf", "-m", "2", url)
                answers["fine"] += 1
            except Failed:
                answers["failed"] += 1

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield answers
        time.sleep(3)
    finally:
        stop.set()
        thread.join()


def said(text: str) -> None:
    """One claim that held."""
    print(f"PASS {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
