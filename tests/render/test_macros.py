"""Macros that several templates share: the example of the documentation, built."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml
from tests.conftest import Project

from container_manager import building
from container_manager.errors import RenderError

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "own-ways.md"


@pytest.fixture
def shared(project: Project) -> Project:
    """A project whose two services use the macros of the documentation."""
    text = DOCUMENTATION.read_text(encoding="utf-8").partition("## Shared macros")[2]
    blocks = re.findall(r"```jinja\n\{# (\S+) #\}\n(.*?)```", text, re.DOTALL)
    for path, content in blocks:
        project.write(path, content)
    assert [path for path, _ in blocks] == [
        "shared/macros.j2",
        "services/framework/web/docker-compose.yml.j2",
    ]
    template = blocks[1][1]
    project.deploy("db", template.replace("web", "db"))
    project.deploy("web", template, more={"site": "north"})
    time.sleep(0.03)
    return project


def built(project: Project, name: str) -> object:
    text = project.read(f"build/services/framework/{name}/docker-compose.yml")
    return yaml.safe_load(text)["services"][name]


def test_a_macro_of_the_project_is_used_by_several_services(shared: Project) -> None:
    building.build()
    for name in ("web", "db"):
        assert built(shared, name) == {
            "image": f"localhost/{name}",
            "logging": {"driver": "json-file", "options": {"max-size": "10m"}},
            "labels": {"site": "north"},
        }
    assert building.build().plan.pending == ()


def test_a_changed_macro_changes_all_that_use_it(shared: Project) -> None:
    building.build()
    macros = shared.read("shared/macros.j2")
    shared.write("shared/macros.j2", macros.replace("10m", "20m"))
    pending = [change.path for change in building.build().plan.pending]
    assert len(pending) == 2
    assert "20m" in str(built(shared, "web"))


def test_an_undefined_key_in_a_macro_is_told_with_its_line(shared: Project) -> None:
    macros = shared.read("shared/macros.j2")
    shared.write("shared/macros.j2", macros.replace("{{ site", "{{ siite"))
    with shared.refuses(RenderError) as refusal:
        building.build()
    assert "shared/macros.j2:" in refusal.text
    assert "Did you mean 'site'?" in refusal.text
