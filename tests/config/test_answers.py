"""What a template records is read, and a library that is too old is refused wherever one builds."""

from __future__ import annotations

import pytest
from tests.conftest import Project

from container_manager import __version__
from container_manager.config import answers
from container_manager.errors import ConfigError

FILE = "services/framework/web/.copier-answers.yml"
RECORDED = """\
# Written by Copier.
_commit: v1.2.0
_library: {library}
_src_path: git+https://example.org/template
make: service
"""


@pytest.fixture
def made(project: Project) -> Project:
    """A project with one service."""
    project.deploy("web")
    return project


def record(project: Project, library: str, path: str = FILE) -> None:
    project.write(path, RECORDED.format(library=library))


def test_what_is_recorded(made: Project) -> None:
    record(made, "0.1.0")
    said = answers.read(made.root / FILE)
    assert said.source == "git+https://example.org/template"
    assert (said.commit, said.oldest, said.is_project) == ("v1.2.0", "0.1.0", False)
    assert said.values["make"] == "service"
    assert str(said.where("_commit")) == f"{FILE}:2:10"
    assert str(said.where("name")) == FILE


def test_a_copy_without_history_says_no_source(made: Project) -> None:
    made.write(FILE, "_library: 0.1.0\nmake: project\n")
    said = answers.read(made.root / FILE)
    assert (said.source, said.commit, said.is_project) == (None, None, True)


@pytest.mark.parametrize("library", ["0.1.0", "0.0.9", "0.1", "0.1.0rc1"])
def test_a_library_that_is_new_enough(made: Project, library: str) -> None:
    record(made, library)
    assert made.prepare().warnings == ()


@pytest.mark.parametrize("path", [FILE, ".copier-answers.yml"])
def test_a_library_that_is_too_old(made: Project, path: str) -> None:
    record(made, "70", path)
    with made.refuses(ConfigError) as refusal:
        made.build()
    assert refusal.messages == [
        f"{path}:3:11: This was made for container-manager 70 or newer; {__version__} is installed."
    ]
    assert refusal.remedies == ["Upgrade it: pip install --upgrade 'container-manager>=70'."]


def test_all_of_them_are_told_at_once(made: Project) -> None:
    record(made, "70")
    record(made, "70.10", ".copier-answers.yml")
    with made.refuses(ConfigError) as refusal:
        made.build()
    assert len(refusal.messages) == 2


def test_a_version_that_is_none(made: Project) -> None:
    record(made, "newest")
    with made.refuses(ConfigError) as refusal:
        made.build()
    assert refusal.messages == [f"{FILE}:3:11: '_library' must be a version, not 'newest'."]


def test_what_is_not_deployed_does_not_matter(made: Project) -> None:
    record(made, "9.0", "services/framework/other/.copier-answers.yml")
    assert made.prepare().warnings == ()


@pytest.mark.parametrize("text", ["", "- a list\n", "a: [\n", "a: 1\na: 2\n", b"\xff"])
def test_a_file_that_cannot_be_read_stops_no_build(made: Project, text: str | bytes) -> None:
    made.write(FILE, text)
    [warning] = made.prepare().warnings
    assert str(warning).startswith(FILE)
