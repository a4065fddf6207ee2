"""A project with a service to update, on nobody's machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from plumbum import local
from tests.scaffold.standing import Standing, standing
from tests.scaffold.update.labs import Lab, Repository, make_lab


@contextlib.contextmanager
def _nobodys(home: Path) -> Iterator[None]:
    """A home without git settings; Copier's process environment is fixed when it is imported."""
    own = {"HOME": str(home), "COPIER_CACHE_DIR": str(home / "cache")}
    with pytest.MonkeyPatch.context() as patch, local.env(**own):
        for name, value in own.items():
            patch.setenv(name, value)
        for name in [name for name in os.environ if name.startswith(("GIT_", "XDG_"))]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def nobodys_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    with _nobodys(home):
        yield home


@pytest.fixture(scope="session")
def standing_lab(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """The project of :func:`lab` and its template, which takes 30 processes to make."""
    with _nobodys(tmp_path_factory.mktemp("home")):
        return standing(
            tmp_path_factory.mktemp("updated"),
            lambda place: make_lab(place / "lab", place / "template"),
        )


@pytest.fixture
def lab(standing_lab: Standing, monkeypatch: pytest.MonkeyPatch) -> Lab:
    place = standing_lab.anew()
    monkeypatch.chdir(place / "lab")
    made = Lab(place / "lab", Repository(place / "template"))
    made.git("update-index", "--refresh")  # the files are others, which git would note later
    return made
