"""Compose files as texts, read into a stack or refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from container_manager.compose.model import Stack
from container_manager.compose.stack import read_stack
from container_manager.config.environment import Environment
from container_manager.config.source import parse_yaml
from container_manager.errors import Location, RenderError
from container_manager.model import ComposeFile, Service

BASE = Path("/project/build/services")


def compose_file(text: str, owner: str | None, base: Path) -> ComposeFile:
    path = base / "docker-compose.yml" if owner is None else base / owner / "docker-compose.yml"
    document = parse_yaml(text, path, compose=True)
    assert document is not None
    return ComposeFile(path=path, template=path, service=owner, load=lambda: document)


def read(
    *texts: str,
    environ: Mapping[str, str] | None = None,
    base: Path = BASE,
    settings: Mapping[str, object] | None = None,
) -> Stack:
    """Read some files, the first one being the root's."""
    owners = [None, *(f"framework.s{number}" for number in range(1, len(texts)))]
    files = [compose_file(text, owner, base) for text, owner in zip(texts, owners, strict=True)]
    services = {
        owner: Service(
            name=owner,
            key_path=("framework", "services", owner),
            settings=settings or {},
            path=owner,
            folder=base / owner,
            where=Location(base / "config.yml", 1),
        )
        for owner in owners
        if owner
    }
    environment = Environment(process=environ or {})
    return read_stack(files, services, environment, project_name="lab")


def refused(*texts: str, environ: Mapping[str, str] | None = None, base: Path = BASE) -> list[str]:
    """The problems that reading raises."""
    with pytest.raises(RenderError) as caught:
        read(*texts, environ=environ, base=base)
    return [str(problem) for problem in caught.value.problems]


def one(body: str) -> str:
    """A root file with one service called ``web``."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"services:\n  web:\n    image: localhost/x\n{lines}"
