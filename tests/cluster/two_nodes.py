"""The demonstration on a real cluster of two nodes, as one command:

    .venv/bin/python -m tests.cluster.two_nodes

It starts the cluster (root; see ``build-api-server.sh all``), brings a small project up on it with
the commands that people use, and shows that services find each other, that a secret and a
configuration file arrive, that a rolling update loses no request, and that a broken image leaves
what runs as it is. It takes four minutes, says PASS for every claim, and leaves nothing behind. It
is no part of the tests in CI.
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

from tests.cluster.demonstration import CRASHES, DOOR, SECRET, SERVES, Demonstration
from tests.cluster.nodes import PAUSE, Cluster, Failed, await_
from tests.cluster.server import program
from tests.integration.conftest import SH_IMAGE, import_of_sh_image

from container_manager import debian_tree


def main() -> int:
    """Run the demonstration; the exit code."""
    bin_dir = Path(str(program("kubelet"))).parent
    root = bin_dir.parent / "root"
    with tempfile.TemporaryDirectory(prefix="cmt-nodes-") as name:
        folder = Path(name)
        make_images(folder, root)
        cluster = Cluster(folder, bin_dir, root)
        with cluster.running():
            cluster.await_nodes()
            said("two nodes are ready")
            site = Site(folder, cluster)
            try:
                demonstrate(site)
            finally:
                site.manager("clean", "--no-backup", "--yes", code=None)
    return 0


def make_images(folder: Path, root: Path) -> None:
    """The image that holds a pod's network, as an archive, and that of services."""
    top = debian_tree.Entry()
    pause = debian_tree.Entry(source=root / "usr/bin/catatonit", mode=0o755)
    tree = {"pause": pause, **dict.fromkeys(("tmp", "etc", "dev", "proc", "sys"), top)}
    debian_tree.write(folder / "pause-root.tar", tree)
    entry = '--change=ENTRYPOINT ["/pause", "-P"]'
    _podman("import", "--quiet", entry, str(folder / "pause-root.tar"), PAUSE)
    _podman("save", "--quiet", "--format=docker-archive", f"--output={folder}/pause.tar", PAUSE)
    _podman("rmi", PAUSE)
    # Made anew, it would be another one under the containers of tests that run meanwhile.
    if not _podman("image", "exists", SH_IMAGE, check=False):
        _podman(*import_of_sh_image(folder / "sh-root.tar"))


def _podman(*arguments: str, check: bool = True) -> bool:
    """Whether Podman has done it."""
    argv = ["podman", *arguments]
    return subprocess.run(argv, check=check, timeout=120, capture_output=True).returncode == 0


class Site:
    """The project, and the commands as people type them.

    Args:
        folder: for the project.
        cluster: where it is brought up. Its API is in a network of its own, so kubectl runs there.
    """

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.cluster = cluster
        self.project = Demonstration(folder / "project", SH_IMAGE)
        self.archive = folder / "images.tar"
        programs = folder / "programs"
        programs.mkdir()
        wrapper = programs / "kubectl"
        wrapper.write_text(
            f'#!/bin/sh\nexec nsenter --net=/run/netns/cmtk0 "{cluster.server.kubectl}" "$@"\n'
        )
        wrapper.chmod(0o755)
        self._environ = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "KUBECONFIG": str(cluster.server.kubeconfig),
        }

    def manager(self, *argv: str, code: int | None = 0) -> str:
        """Run a command; what it says."""
        print(f"$ cman {' '.join(argv)}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "container_manager", *argv],
            cwd=self.project.root,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        text = done.stdout + done.stderr
        print("\n".join(f"    {line}" for line in text.splitlines()), flush=True)
        assert code is None or done.returncode == code, f"exit code {done.returncode}"
        assert SECRET not in text
        return text

    def deliver(self) -> None:
        """Bring the images to the nodes, by an archive: there is no registry."""
        self.manager("kube.images", f"--archive={self.archive}")
        self.cluster.load(self.archive)

    def inside(self, *argv: str) -> str:
        """What a command says in a pod of the web server."""
        return self.kubectl("exec", "deploy/web", "-c", "web", "--", *argv).strip()

    def kubectl(self, *arguments: str) -> str:
        """Somebody else's look."""
        return self.cluster.kubectl("-n", "lab", *arguments)


def demonstrate(site: Site) -> None:
    """All claims, one after the other."""
    site.cluster.kubectl("create", "-f", str(_disk(site.archive.parent)))
    site.deliver()
    site.manager("kube.plan", "--check", code=3)
    site.manager("kube.up", "--timeout=90")
    said("the stack is up, and everything is ready on the word of the cluster")
    site.manager("kube.plan", "--check")
    said("applied once more, it would change nothing")
    site.manager("kube.status")
    said("kube.status shows every pod, and that all is well")
    _look_inside(site)
    site.project.edit("site: one", "site: two")
    with asking(site.cluster) as answers:
        site.manager("kube.up", "--timeout=90")
    assert answers["failed"] == 0, answers
    assert answers["fine"] > 0, answers
    # Old pods that are ending may be asked as well, for a moment.
    await_(lambda: site.inside("wget", "-q", "-O", "-", "http://127.0.0.1:8080/") == "site: two")
    said(f"a rolling update lost none of {answers['fine']} requests")
    _break(site)
    site.manager("kube.up", "--timeout=90")
    site.project.edit("deployed_services: [db, web]", "deployed_services: [web]")
    web = site.project.root / "services/web/docker-compose.yml.j2"
    alone = [line for line in web.read_text().splitlines() if "depends_on" not in line]
    web.write_text("\n".join(alone) + "\n")
    site.manager("kube.up", "--timeout=90")
    left = site.kubectl("get", "pvc,deployments,statefulsets", "-o", "name").split()
    assert left == ["persistentvolumeclaim/data", "deployment.apps/web"], left
    said("a dropped service is gone, its volume is not")
    site.manager("kube.down")
    left = site.kubectl("get", "pvc,deployments,services,secrets", "-o", "name").split()
    assert [one for one in left if "token" not in one] == ["persistentvolumeclaim/data"], left
    said("kube.down keeps the volume")


def _look_inside(site: Site) -> None:
    form = "jsonpath={.items[*].spec.nodeName}"
    nodes = site.kubectl("get", "pods", "-l", "app.kubernetes.io/name=web", "-o", form)
    assert sorted(nodes.split()) == ["node1", "node2"], nodes
    said("web runs on two nodes")
    assert site.inside("wget", "-q", "-O", "-", "http://db:8080/") == "from-db"
    said("a service is found by its name")
    assert site.inside("sh", "-c", "echo $API_KEY") == SECRET
    said("a secret arrives")
    assert site.inside("cat", "/etc/app/settings.yml") == "site: one"
    said("a configuration file arrives")


def _break(site: Site) -> None:
    """Two updates that fail; what served before serves on."""
    with asking(site.cluster) as answers:
        site.project.run_in_image(CRASHES)
        site.deliver()
        told = site.manager("kube.up", "--timeout=30", code=1)
        if "The last lines of" not in told:  # each node sweeps /var/log/pods, which is one for both
            told = site.manager("kube.up", "--timeout=30", code=1)
        assert "the database said no" in told
        said("a container that ends is told with its last lines")
        site.project.run_in_image(f"{SERVES} # otherwise")
        site.manager("kube.images", f"--archive={site.archive}")  # and brought to no node
        told = site.manager("kube.up", "--timeout=120", code=1)
        assert "ImagePullBackOff" in told
        said("an image that is nowhere is told with its cause")
    assert answers["failed"] == 0, answers
    said("old pods served on meanwhile")
    site.project.run_in_image(SERVES)
    site.deliver()


def _disk(folder: Path) -> Path:
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


@contextmanager
def asking(cluster: Cluster) -> Iterator[dict[str, int]]:
    """A block during which somebody asks the web server five times a second."""
    answers = {"fine": 0, "failed": 0}
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.2):
            try:
                url = f"http://10.98.0.11:{DOOR}/"
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
