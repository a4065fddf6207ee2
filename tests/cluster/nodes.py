"""A real Kubernetes of two nodes on one machine: every process in network namespaces of its own.

For a demonstration by hand (:mod:`tests.cluster.two_nodes`); it needs root, and what
``build-api-server.sh all`` makes. A kubelet in the machine's own namespace would leave rules of
iptables behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.cluster import node_settings as settings
from tests.cluster.server import ApiServer, write_keys

NODES = ("node1", "node2")
CONTROL = "cmtk0"
HERE = Path(__file__).parent
PAUSE = "localhost/cmt-pause:1"

_READY_WITHIN = 120.0


class Failed(Exception):
    """A program said no."""


class Cluster:
    """The cluster while it runs.

    Args:
        folder: everything of it lies here.
        bin_dir: the programs of Kubernetes.
        root: where containerd and the network plugins are unpacked.
    """

    def __init__(self, folder: Path, bin_dir: Path, root: Path) -> None:
        self.folder, self._bin, self._root = folder, bin_dir, root
        self.server = ApiServer(kubeconfig=folder / "kubeconfig", kubectl=str(bin_dir / "kubectl"))
        self._path = f"{bin_dir}:{root / 'usr/bin'}:{os.environ['PATH']}"
        self._stopping = threading.Event()
        self._networks = {CONTROL, *(f"cmtk{number + 1}" for number in range(len(NODES)))}

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl where the API server can be reached."""
        done = self.inside(
            CONTROL,
            self.server.kubectl,
            f"--kubeconfig={self.server.kubeconfig}",
            *arguments,
        )
        return done.stdout

    def inside(self, namespace: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a program in one of the network namespaces."""
        done = subprocess.run(
            _in(namespace, argv),
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise Failed(f"{' '.join(argv)}: {done.stderr}")
        return done

    def load(self, archive: Path) -> None:
        """Import an archive of images on both nodes."""
        for node in NODES:
            self._ctr(node, "images", "import", str(archive))

    def _ctr(self, node: str, *arguments: str) -> str:
        socket = str(self.folder / node / "containerd.sock")
        argv = ["ctr", "-a", socket, "-n", "k8s.io", *arguments]
        done = subprocess.run(
            argv, env=self._environ, capture_output=True, text=True, check=False, timeout=120
        )
        return done.stdout

    @property
    def _environ(self) -> dict[str, str]:
        return {"PATH": self._path, "HOME": str(self.folder)}

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """A block in which it runs; afterwards nothing of it is left."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._clean_up)
            self._prepare()
            self._start_control_plane(stack)
            for number, node in enumerate(NODES, 1):
                self._start_node(stack, number, node)
            names = threading.Thread(target=self._keep_names, daemon=True)
            names.start()
            stack.callback(names.join)
            stack.callback(self._stopping.set)
            yield

    def await_nodes(self) -> None:
        """Wait until both nodes say that they are ready."""
        await_(lambda: self.kubectl("get", "nodes", "--no-headers").split().count("Ready") == 2)

    def _prepare(self) -> None:
        (self.folder / "hosts").touch()
        write_keys(self.folder)
        token = secrets.token_hex(16)
        tokens = self.folder / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f"{token},admin,admin,system:masters\n")
        text = json.dumps(settings.kubeconfig(token))
        self.server.kubeconfig.write_text(text)
        for line in settings.network(len(NODES)):
            subprocess.run(line.split(), check=True, capture_output=True, timeout=30)

    def _start_control_plane(self, stack: contextlib.ExitStack) -> None:
        for name, argv in settings.control_plane(self.folder).items():
            self._start(stack, CONTROL, name, argv)
            if name == "kube-apiserver":
                await_(lambda: self.kubectl("get", "--raw=/readyz") == "ok")

    def _start_node(self, stack: contextlib.ExitStack, number: int, node: str) -> None:
        folder, namespace = self.folder / node, f"cmtk{number}"
        (folder / "cni").mkdir(parents=True)
        plugins = self._root / "usr/lib/cni"
        for path, text in settings.node_files(folder, number, node, plugins, PAUSE).items():
            path.write_text(text)
        settings.make_cgroups(node)
        argv = ["containerd", "-c", str(folder / "containerd.toml")]
        self._start(stack, namespace, f"{node}-containerd", argv)
        await_(lambda: "containerd" in self._ctr(node, "version") or self._answers(node))
        self.load(self.folder / "pause.tar")
        resolver = [
            sys.executable,
            str(HERE / "names.py"),
            settings.DNS,
            str(self.folder / "hosts"),
        ]
        for name, command in settings.node_programs(self.folder, number, node).items():
            self._start(stack, namespace, f"{node}-{name}", command)
        self._start(stack, namespace, f"{node}-names", resolver)

    def _answers(self, node: str) -> bool:
        return bool(self._ctr(node, "version"))

    def _start(
        self, stack: contextlib.ExitStack, namespace: str, name: str, argv: Sequence[str]
    ) -> None:
        log = stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            _in(namespace, argv),
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        if name.endswith("containerd"):
            stack.callback(self._end_containers, name.removesuffix("-containerd"))
        stack.callback(_end, process)
        if name.endswith("containerd"):
            stack.callback(self._end_tasks, name.removesuffix("-containerd"))

    def _keep_names(self) -> None:
        """Do what CoreDNS does in a whole cluster: names of Services lead to their addresses."""
        form = (
            "jsonpath={range .items[*]}{.spec.clusterIP} {.metadata.name}.{.metadata.namespace}"
            '.svc.cluster.local{"\\n"}{end}'
        )
        while not self._stopping.wait(1.0):
            with contextlib.suppress(Failed):
                listed = self.kubectl("get", "services", "--all-namespaces", "-o", form)
                lines = [x for x in listed.splitlines() if not x.startswith("None")]
                part = self.folder / "hosts.part"
                part.write_text("\n".join(lines) + "\n")
                part.replace(self.folder / "hosts")

    def _end_tasks(self, node: str) -> None:
        for container in self._ctr(node, "containers", "ls", "-q").split():
            info = self._ctr(node, "containers", "info", container)
            self._networks |= set(re.findall(r"/(cni-[0-9a-f-]+)\"", info))
        for task in self._ctr(node, "tasks", "ls", "-q").split():
            self._ctr(node, "tasks", "kill", "-s", "9", task)
            self._ctr(node, "tasks", "rm", "-f", task)

    def _end_containers(self, node: str) -> None:
        """End what containerd has left: the processes that watch containers name its socket."""
        mark = str(self.folder / node)
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if "containerd-shim" in words[0] and any(mark in word for word in words):
                    os.kill(int(process.name), signal.SIGKILL)

    def _clean_up(self) -> None:
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted((m for m in mounts if m.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(["umount", "-l", mount], check=False, capture_output=True)
        for name in sorted(self._networks):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)
        for node in NODES:
            settings.remove_cgroups(node)
        shutil.rmtree(self.folder, ignore_errors=True)


def await_(so: Callable[[], bool], within: float = _READY_WITHIN) -> None:
    """Wait until something is so."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with contextlib.suppress(Failed):
            if so():
                return
        time.sleep(0.5)
    raise AssertionError("It did not come to be so in time.")


def _in(namespace: str, argv: Sequence[str]) -> list[str]:
    return ["nsenter", f"--net=/run/netns/{namespace}", *argv]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
