"""A memory of compiled templates that is half the old one and half the new one is not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.build.crash_scenes import WEB
from tests.build.trees import files

from container_manager import building
from container_manager.build import memory

if TYPE_CHECKING:
    from tests.conftest import Project

PAGE = 4096
"""Bytes that SQLite writes at once, page after page: a killed process leaves the first of them."""


@pytest.mark.parametrize("length", [500, 2000])
def test_compiled_templates_of_a_killed_build(project: Project, length: int) -> None:
    project.deploy()
    config = project.root / "config.yml"
    database = memory.compiled(config)
    images = []
    for word in ("one", "two", "six"):
        lines = [f"{word}{line} {'y' * length} {{{{ project_name }}}}\n" for line in range(5)]
        project.write(f"{WEB}/long.txt.j2", "".join(lines))
        building.build()
        images.append(database.read_bytes())
    wanted = files(project)
    for pages in range(len(images[-1]) // PAGE + 1):
        written = pages * PAGE
        database.write_bytes(images[-1][:written] + images[-2][written:])
        memory.forget(config)  # all is rendered again
        building.build()
        assert files(project) == wanted, f"{pages} pages were written"
