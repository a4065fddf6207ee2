"""``schema``, and what ``lint`` says of a schema that a configuration names for editors."""

from __future__ import annotations

import json

import pytest
from tests.conftest import Project

from container_manager import verbs
from container_manager.cli import run
from container_manager.config.json_schema import schema_text

FILE = ".config.schema.json"
MODELINE = f"# yaml-language-server: $schema={FILE}\n"


def exit_code(*argv: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(argv)
    return int(ended.value.code or 0)


def warnings(project: Project, head: str, after: str = "", **more: str) -> list[str]:
    """What ``lint`` warns of where the configuration begins and ends so."""
    project.deploy("web", more=more)
    project.write("config.yml", head + project.read("config.yml") + "\n" + after)
    found = verbs.lint()
    assert found.errors == ()
    return [str(one) for one in found.warnings]


# --- schema ---------------------------------------------------------------------------------------


def test_it_is_printed_also_where_there_is_no_project(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("schema") == 0
    assert json.loads(capsys.readouterr().out)["properties"]["build_dir"]["default"] == "./build"


def test_it_is_written_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("schema", "--output", FILE) == 0
    assert capsys.readouterr().err == f"{FILE}: written.\n"
    assert project.read(FILE) == schema_text()
    assert exit_code("schema", "--output", FILE) == 0
    assert capsys.readouterr().err == f"{FILE}: nothing to change.\n"


def test_a_dash_is_standard_output(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("schema", "--output", "-") == 0
    assert capsys.readouterr().out == schema_text()
    assert not (project.root / "-").exists()


def test_a_place_that_cannot_be_written_is_told(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("schema", "--output", "nowhere/x.json") == 2
    assert (
        capsys.readouterr().err == "nowhere/x.json cannot be written: No such file or directory.\n"
        "  Name a file, in a folder that is there and that you may write to.\n"
    )


# --- lint -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [MODELINE, f"# Of the lab.\n\n# $schema: ./{FILE}\n"])
def test_a_schema_of_this_version_is_fine(project: Project, head: str) -> None:
    verbs.save_schema(project.root / FILE)
    assert warnings(project, head) == []


def test_a_schema_that_is_not_there_is_told(project: Project) -> None:
    assert warnings(project, "# Of the lab.\n" + MODELINE) == [
        f"config.yml:2: Editors are to read the schema {FILE}, which cannot be read.\n"
        f"  'schema --output {FILE}' writes it."
    ]


def test_a_schema_of_another_version_is_told_once(project: Project) -> None:
    project.write(FILE, schema_text().replace("keep_builds", "keep_build"))
    assert warnings(project, MODELINE + f"# $schema: {FILE}\n") == [
        f"config.yml:1: The schema for editors, {FILE}, is not that of this version.\n"
        f"  'schema --output {FILE}' writes it anew."
    ]
    assert exit_code("lint") == 0
    verbs.save_schema(project.root / FILE)
    assert verbs.lint().warnings == ()


def test_a_file_that_is_imported_has_its_own(project: Project) -> None:
    project.write("parts/more.yml", f"# yaml-language-server: $schema=../{FILE}\na: 1\n")
    (warning,) = warnings(project, "", **{"import": "parts/more.yml"})
    assert warning.startswith("parts/more.yml:1: Editors are to read")


@pytest.mark.parametrize(
    ("head", "after"),
    [
        ("# yaml-language-server: $schema=https://example.org/schema.json\n", ""),
        ("", MODELINE),
        ("# $schema: theirs.json\n", ""),
    ],
    ids=["address", "later", "of somebody else"],
)
def test_what_is_not_ours_is_left_alone(project: Project, head: str, after: str) -> None:
    project.write("theirs.json", "{}\n")
    assert warnings(project, head, after) == []
