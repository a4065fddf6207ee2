"""Projects whose generated compose files are written by hand: for tests of what runs."""

from __future__ import annotations

import functools
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.integration.providers import ProviderSettings

from container_manager.config.loader import load
from container_manager.config.source import parse_yaml
from container_manager.errors import RenderError
from container_manager.lifecycle.project import Project, open_project
from container_manager.model import Build, BuildPlan, ComposeFile, Service
from container_manager.progress import PlainProgress


class HandMade:
    """A project in a folder, with one service of ours called ``framework.web``.

    Args:
        root: the folder; its configuration is written on first use.
        name: the project's name.
        environ: further variables of the process.
    """

    def __init__(self, root: Path, name: str, environ: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.name = name
        self.environ = {**os.environ, **(environ or {})}
        self.output = io.StringIO()
        self.settings: dict[str, Any] = {"path": "services/web"}
        self.config_text = f"project_name: {name}\n"
        root.mkdir(parents=True, exist_ok=True)

    def use(self, provider: ProviderSettings) -> None:
        """Run it with a compose provider from now on."""
        self.config_text = f"project_name: {self.name}\n{provider.config}"
        self.environ |= provider.environ

    @property
    def base(self) -> Path:
        """The folder of the root compose file."""
        return self.root / "build" / "services"

    def project(self, *, adopt: bool = False) -> Project:
        """The project as the verbs take it."""
        (self.root / "config.yml").write_text(self.config_text, encoding="utf-8")
        config = load(self.root / "config.yml", self.environ)
        service = Service(
            name="framework.web",
            key_path=("framework", "services", "web"),
            settings=self.settings,
            path="services/web",
            folder=self.root / "services/web",
            where=None,
        )
        progress = PlainProgress(verbose=True, stream=self.output)
        return open_project(config, [service], progress=progress, adopt=adopt)

    def build(self, services: str, root: str = "services: {}\n") -> Build:
        """What a build would have generated: the root file and the service's."""
        files = (("docker-compose.yml", root, None), ("web/compose.yml", services, "framework.web"))
        compose_files = []
        for path, text, owner in files:
            file = self.base / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            document = parse_yaml(text, file, compose=True, error=RenderError)
            assert document is not None
            compose_files.append(
                ComposeFile(
                    path=file,
                    template=file,
                    service=owner,
                    load=functools.partial(lambda node: node, document),
                )
            )
        build_dir = self.root / "build"
        digests = {
            str(path): "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(build_dir.rglob("*"))
            if path.is_file()
        }
        return Build(
            build_dir=build_dir,
            compose_files=tuple(compose_files),
            digests=digests,
            plan=BuildPlan(build_dir=build_dir, outputs={}, changes=()),
        )
