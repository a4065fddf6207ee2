"""A project on disk that is run as a user does: by the program, and watched through Podman."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.integration.conftest import Podman
from tests.integration.program import run_here, runs_here
from tests.integration.providers import BUNDLED, ProviderSettings, provider_settings


class Site:
    """A project made of some files, run with one provider.

    Args:
        root: its folder.
        name: its project's name.
        podman: what tells how things are.
        files: path -> text. ``NAME`` and ``IMAGE`` in it are replaced.
        image: a small image that sleeps.
        provider: one of the providers that tests know.
        fresh: whether nothing of ours is there yet, which costs the first command a second.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        podman: Podman,
        files: Mapping[str, str],
        *,
        image: str,
        provider: str = BUNDLED,
        fresh: bool = False,
    ) -> None:
        self.root, self.name = root / "site", name
        self.said = ""
        self._podman = podman
        self._settings: ProviderSettings = provider_settings(provider, root, podman.host.version)
        for path, text in {**files, "provider.yml": self._settings.config or "{}\n"}.items():
            self.write(path, text.replace("NAME", name).replace("IMAGE", image))
        if not fresh:
            podman.introduce(self.root)

    def write(self, path: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of a file."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def start(self, *argv: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start the program."""
        return subprocess.Popen(
            [sys.executable, "-m", "container_manager", *argv],
            cwd=self.root,
            env={**os.environ, **self._settings.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *argv: str, code: int = 0, environ: Mapping[str, str] | None = None) -> str:
        """Run the program to its end; its standard output. ``said`` has the other."""
        if environ is None and runs_here(argv):
            ended = run_here(argv, self.root, self._settings.environ)
            returned, out, self.said = ended.code, ended.out, ended.said
        else:
            process = self.start(*argv, environ=environ)
            out, self.said = process.communicate(timeout=180)
            returned = process.returncode
        assert returned == code, f"{argv}: {out}{self.said}"
        assert "Traceback" not in self.said
        return out

    def states(self) -> dict[str, str]:
        """Compose service -> the state of its container, as Podman says."""
        return {service: state for service, _, state in self._containers()}

    def ids(self) -> dict[str, str]:
        """Compose service -> the id of its container."""
        return {service: container for service, container, _ in self._containers()}

    def volumes(self) -> set[str]:
        """The volumes of the project."""
        names = self._podman.lines("volume", "ls", "--format={{.Name}}")
        return {name for name in names if name.startswith(f"{self.name}_")}

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"{self.name}_{service}_1"

    def inside(self, service: str, command: str) -> str:
        """What a command prints in a service's container."""
        return self._podman("exec", self.container(service), "sh", "-c", command).stdout

    def changed_by(self, *argv: str, code: int = 0) -> set[str]:
        """Run the program; the services whose containers are others than before, or gone."""
        before = self.ids()
        self.run(*argv, code=code)
        after = self.ids()
        return {name for name in {**before, **after} if before.get(name) != after.get(name)}

    def _containers(self) -> list[tuple[str, str, str]]:
        label = f"label=com.docker.compose.project={self.name}"
        shown = "\n".join(self._podman.lines("ps", "--all", "--filter", label, "--format=json"))
        return [
            (one["Labels"]["com.docker.compose.service"], one["Id"], one["State"])
            for one in json.loads(shown or "[]")
        ]
