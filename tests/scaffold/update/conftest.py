"""A project with a service to update, on nobody's machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from plumbum import local
from tests.scaffold.update.labs import (
    Lab,
    make_lab,
)


@pytest.fixture(autouse=True)
def nobodys_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A home without git settings; Copier's process environment is fixed when it is imported."""
    home = tmp_path_factory.mktemp("home")
    own = {"HOME": str(home), "COPIER_CACHE_DIR": str(home / "cache")}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))]:
        monkeypatch.delenv(name)
    with local.env(**own):
        yield home


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = make_lab(tmp_path / "lab", tmp_path / "template")
    monkeypatch.chdir(made.path)
    return made
