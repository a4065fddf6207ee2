"""What a build is about to generate, for whoever reads it before it is written."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from container_manager.build import manifest as record
from container_manager.config.loader import Config
from container_manager.config.source import parse_yaml
from container_manager.config.text import read_text
from container_manager.discovery import COMPOSE_FILE_NAME, SERVICES_DIR
from container_manager.errors import Location, RenderError
from container_manager.model import ComposeFile, Node, Output, Service
from container_manager.places import MANAGER_DIR

ROOT_PATH = f"{SERVICES_DIR}/{COMPOSE_FILE_NAME}"
"""The root compose file, below the build directory."""


def compose_files_of(
    config: Config, services: Sequence[Service], outputs: Mapping[str, Output], *, root: bool
) -> tuple[ComposeFile, ...]:
    """The compose files of services, parsed; with ``root``, the root file comes first."""
    places: list[tuple[str, str | None]] = [(ROOT_PATH, None)] if root else []
    places += [(f"{service.path}/{COMPOSE_FILE_NAME}", service.name) for service in services]
    files = []
    for path, owner in places:
        output, target = outputs[path], config.build_dir / path
        files.append(
            ComposeFile(
                path=target,
                template=Path(output.source or target),
                service=owner,
                load=functools.partial(_parse, output.text or "", target),
            )
        )
    return tuple(files)


def load_compose(path: Path) -> Node:
    """What a generated compose file says.

    Raises:
        RenderError: it cannot be read, or is no YAML.
    """
    return _parse(read_text(path, RenderError), path)


def _parse(text: str, target: Path) -> Node:
    document = parse_yaml(text, target, compose=True, error=RenderError)
    return document or Node(value={}, where=Location(target))


class Planned(Mapping[Path, str | Path]):
    """What compose files may name before it is written: path -> text, or what is copied.

    Attributes:
        read: the services whose files were asked for.
    """

    def __init__(self, build_dir: Path, outputs: Mapping[str, Output]) -> None:
        self._build_dir = build_dir
        self._outputs = outputs
        self.read: set[str | None] = set()

    def __getitem__(self, path: Path) -> str | Path:
        if not path.is_relative_to(self._build_dir):
            raise KeyError(path)
        name = path.relative_to(self._build_dir).as_posix()
        output = self._outputs.get(name)
        if output is not None:
            self.read.add(output.owner)
            return output.text if output.text is not None else Path(output.source or path)
        if name in self._built_before:  # it goes: nothing asks for it any more
            return self._build_dir / MANAGER_DIR / "gone"
        raise KeyError(path)

    @functools.cached_property
    def _built_before(self) -> Mapping[str, str]:
        return record.read(self._build_dir).files

    def __iter__(self) -> Iterator[Path]:
        return (self._build_dir / path for path in self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)


def rendered_of(config: Config, outputs: Mapping[str, Output]) -> dict[Path, tuple[Path, str]]:
    """Every generated text: its path -> its template and itself."""
    return {
        config.build_dir / path: (Path(output.source), output.text)
        for path, output in outputs.items()
        if output.source is not None and output.text is not None
    }
