"""The one place where a compose provider is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.compose.digest import Files
from container_manager.compose.model import Stack
from container_manager.compose.overlay import Overlay
from container_manager.compose.providers import child_environment
from container_manager.identity import Identity, private_folder
from container_manager.lifecycle.project import Project
from container_manager.model import Build
from container_manager.podman.containers_conf import write_private
from container_manager.run import Finished

BUILD_SILENCE = 900.0
"""Seconds without a word after which a build is given up."""

_BUILD_TIMEOUT = 6 * 3600.0
_CREATE_TIMEOUT = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A built project on its way to containers.

    Attributes:
        project: what runs it.
        build: the generated files.
        stack: what they say.
        identity: who we are.
        files: what may be mounted or built from.
        contexts: compose service -> digests of the files of its build context.
        further: compose files that are laid over all others.
    """

    project: Project
    build: Build
    stack: Stack
    identity: Identity
    files: Files
    contexts: Mapping[str, Mapping[str, str]]
    further: tuple[Path, ...] = ()

    @property
    def overlay_path(self) -> Path:
        """Where the manager's own compose file lies."""
        return self.project.state_dir / "compose" / f"{self.project.name}.yml"

    def write_overlay(
        self,
        digests: Mapping[str, str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Write the manager's own compose file."""
        overlay = Overlay(
            constant=self.identity.constant_labels,
            digests=digests or {},
            secrets=secrets or {},
        )
        private_folder(self.project.state_dir)
        self.overlay_path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(self.overlay_path, overlay.text(self.stack))

    def build_images(self, services: Sequence[str], *, no_cache: bool) -> Finished:
        """Have the provider build images."""
        argv = self.project.provider.build(self._base(), services, no_cache=no_cache)
        return self._run(argv, timeout=_BUILD_TIMEOUT, silence=BUILD_SILENCE)

    def create_containers(self, services: Sequence[str]) -> Finished:
        """Have the provider make containers, networks and volumes; nothing is started."""
        argv = self.project.provider.create(self._base(), services)
        return self._run(argv, timeout=_CREATE_TIMEOUT, silence=None)

    def _base(self) -> list[str]:
        paths = [file.path for file in self.build.compose_files]
        files = [*paths, self.overlay_path, *self.further]
        podman = self.project.engine.host.executable
        return self.project.provider.base(podman, self.project.name, files)

    def _run(self, argv: Sequence[str], *, timeout: float, silence: float | None) -> Finished:
        project = self.project
        return project.engine.runner.run(
            argv,
            env=child_environment(
                project.environment.public(), project.engine.host.settings, self.stack
            ),
            cwd=self.stack.base,
            timeout=timeout,
            silence=silence,
            on_line=lambda line: project.progress.detail(project.redact(line)),
        )
