"""The template as a folder, once for all tests of a run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.template.scaffolds import ROOT


@pytest.fixture(scope="session")
def template_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template that this checkout holds now, without history, which saves cloning it."""
    folder = tmp_path_factory.mktemp("template")
    shutil.copytree(ROOT / "template", folder / "template")
    shutil.copy(ROOT / "copier.yml", folder)
    return folder
