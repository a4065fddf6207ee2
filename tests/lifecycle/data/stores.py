"""Volumes without Podman: it is a dictionary here."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from container_manager.errors import Problem
from container_manager.identity import load_identity
from container_manager.lifecycle.project import Project
from container_manager.podman.state import VolumeState
from container_manager.run import Finished


def tar(**files: str) -> bytes:
    """An archive, as Podman gives one."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


@dataclass
class Store:
    """Volumes as Podman has them: name -> labels, name -> content.

    What is ``running`` uses them all, but for those that are ``unused``.
    """

    labels: dict[str, Mapping[str, str]] = field(default_factory=dict)
    content: dict[str, bytes] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    folder: str = "/nowhere"
    mountpoint: str = "/nowhere"
    options: dict[str, Mapping[str, str]] = field(default_factory=dict)
    anonymous: set[str] = field(default_factory=set)
    unused: tuple[str, ...] = ()
    strike: Callable[[str], None] = lambda _: None
    host: Any = field(default_factory=lambda: SimpleNamespace(remote=False))

    def volume(self, name: str) -> VolumeState | None:
        if name not in self.labels:
            return None
        return VolumeState(
            name=name,
            driver="local",
            labels=self.labels[name],
            options=self.options.get(name, {}),
            mountpoint=self.mountpoint,
            anonymous=name in self.anonymous,
        )

    def volumes(self, label: str = "") -> list[VolumeState]:
        name, _, value = label.partition("=")
        found = [k for k, labels in self.labels.items() if labels.get(name, "") == value]
        return [one for each in found if (one := self.volume(each)) is not None]

    def volume_users(self, _: str) -> list[Any]:
        return self.inspect(self.running)

    def create_volume(self, name: str, *, labels: Mapping[str, str], **_: object) -> None:
        self.labels[name], self.content[name] = labels, tar()

    def import_volume(self, name: str, file: Path) -> None:
        self.content[name] = file.read_bytes()
        self.strike(name)

    def export_volume(self, name: str, file: Path) -> None:
        with file.open("wb") as stream:
            stream.write(self.content[name])

    def remove_volume(self, name: str) -> Finished:
        code = 125 if self.running else 0
        if not code:
            del self.labels[name], self.content[name]
        return Finished(argv=(), returncode=code, stdout="", stderr="volume is being used")

    def container_ids(self, *filters: str) -> list[str]:
        idle = any(one == f"volume={name}" for one in filters for name in self.unused)
        return [] if idle else list(self.running)

    def inspect(self, ids: Iterable[str]) -> list[Any]:
        about = {"running": True, "status": "running", "started_at": 1.0, "labels": {}}
        return [SimpleNamespace(id=one, name=one, service=one, **about) for one in ids]

    def volume_folder(self) -> str:
        return self.folder

    def disk_usage(self, *_: str) -> Finished:
        return Finished(argv=(), returncode=0, stdout="4\t/nowhere", stderr="")

    def unshared(self, *_: str) -> Finished:
        return Finished(argv=(), returncode=1, stdout="", stderr="")


def project_with(store: Store, root: Path) -> Project:
    """As much of a project as commands on volumes need; ``warned`` has what it warned of."""
    state_dir = root / ".container-manager"
    warned: list[Problem] = []

    def identity(*, create: bool) -> Any:
        return load_identity(state_dir, project="lab", config=root / "config.yml", create=create)

    parts = SimpleNamespace(
        name="lab",
        root=root,
        config_path=root / "config.yml",
        state_dir=state_dir,
        backups_dir=root / "backups",
        keep_backups=10,
        engine=store,
        services={},
        identity=identity,
        containers=list,
        redact=lambda text: text,
        progress=SimpleNamespace(step=lambda _: None, warn=warned.append),
        warned=warned,
    )
    return cast(Project, parts)
