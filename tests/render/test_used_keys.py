"""Which keys of the configuration a template uses: a plan says by them why a file is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from container_manager.render import Renderer

if TYPE_CHECKING:
    from tests.conftest import Project

PAGE = "services/web/page.j2"
CONFIG = "a: {b: 1, c: {d: 2}}\nname: lab\nother: unused\n"


def used(project: Project, template: str) -> set[tuple[str | int, ...]]:
    path = project.write(PAGE, template)
    project.write("config.yml", CONFIG)
    config = project.config()
    ready = Renderer(config.root, config.values, config.environment)
    return ready.used_keys(path, service_dir=path.parent)


@pytest.mark.parametrize(
    ("template", "keys"),
    [
        ("plain text", set()),
        ("{{ name }}", {("name",)}),
        ("{{ a.b }}", {("a", "b")}),
        ("{{ a['c'].d }}", {("a", "c", "d")}),
        ("{{ a.get('b') }}", {("a", "b")}),
        ("{{ a.get('nothing', name) }}", {("name",)}),
        ("{% if a.c.d == 2 %}{{ name }}{% endif %}", {("a", "c", "d"), ("name",)}),
        ("{% set name = a.b %}{{ name }}", {("a", "b")}),
    ],
)
def test_single_values(project: Project, template: str, keys: set[tuple[str, ...]]) -> None:
    assert used(project, template) == keys


@pytest.mark.parametrize(
    "template",
    [
        "{% for key in a %}{{ key }}{% endfor %}",
        "{% for key, value in a.items() %}{{ key }}{% endfor %}",
        "{{ a.keys() | list }}",
        "{{ a.values() | list | length }}",
        "{{ a | to_json }}",
        "{{ a | to_nice_yaml }}",
        "{{ a }}",
    ],
)
def test_whoever_goes_through_a_mapping_uses_all_of_it(project: Project, template: str) -> None:
    """Also a key that is added to it later changes the file."""
    assert ("a",) in used(project, template)


def test_what_a_template_includes_counts(project: Project) -> None:
    project.write("services/web/part.j2", "{{ a.c.d }}")
    assert used(project, "{{ name }}{% include 'part.j2' %}") == {("name",), ("a", "c", "d")}
