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

PAGES = ("own-service",)
"""Each goes on where the one before has ended."""


def test_the_guides_in_one_project(
    tmp_path: Path, project_name: str, free_port: Callable[[], int], python_image: str
) -> None:
    """Names and ports are others than on the pages, since other tests run at the same time."""
    changed = {"lab-own": project_name, "8085": str(free_port())}
    for name in ("lab", "said"):
        (tmp_path / name).mkdir()
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with Session(tmp_path / "lab", environ, tmp_path / "said") as session:
        for page in PAGES:
            text = (ROOT / f"docs/how-to/{page}.md").read_text("utf-8")
            here = {old: new for old, new in changed.items() if old in text}
            session.follow(steps(text, here))
    assert "Traceback" not in session.seen
