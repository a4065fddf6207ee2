"""The how-to guides, followed as they stand there, one after another in one project."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.pages.reading import steps
from tests.pages.session import Session
from tests.template.scaffolds import ROOT

pytestmark = [pytest.mark.podman, pytest.mark.timeout(900)]

PAGES = (
    "own-service",
    "rotate-credentials",
    "without-a-registry",
    "systemd",
    "kubernetes",
    "back-up",
)
"""Each goes on where the one before has ended."""


def test_the_guides_in_one_project(
    tmp_path: Path, project_name: str, free_port: Callable[[], int], python_image: str
) -> None:
    """Names and ports are others than on the pages, since other tests run at the same time."""
    follow(tmp_path, PAGES, {"lab-own": project_name, "8085": str(free_port())})


def test_a_kernel(tmp_path: Path) -> None:
    """As far as its files; nothing of it runs."""
    follow(tmp_path, ("add-a-kernel",), {})


def follow(folder: Path, pages: tuple[str, ...], changed: dict[str, str]) -> None:
    """Do all that the pages say, in a new folder, with the program of these tests."""
    for name in ("lab", "said"):
        (folder / name).mkdir()
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with Session(folder / "lab", {**os.environ, "PATH": programs}, folder / "said") as session:
        for page in pages:
            text = (ROOT / f"docs/how-to/{page}.md").read_text("utf-8")
            session.follow(steps(text, {old: changed[old] for old in changed if old in text}))
    assert "Traceback" not in session.seen
