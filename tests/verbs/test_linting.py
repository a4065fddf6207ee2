"""``lint``: what a build would refuse, all of it, without a trace."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.conftest import Project, snapshot

from container_manager import verbs
from container_manager.cli import run
from container_manager.errors import ConfigError, Location, Problem
from container_manager.report.linting import annotation

ROOT = Path(__file__).parents[2]

TWO_UNDEFINED = 'services: {web: {image: "{{ nothing }}", command: "{{ nobody }}"}}\n'


def exit_code(*argv: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(argv)
    return int(ended.value.code or 0)


def test_a_project_that_can_be_built_passes_and_nothing_is_written(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web")
    before = snapshot(project.root)
    assert exit_code("lint") == 0
    assert capsys.readouterr().out == "No problems.\n"
    assert snapshot(project.root) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"secretss": []}, "No errors, 1 warning.\n"),
        ({"secretss": [], "hoks": {}}, "No errors, 2 warnings.\n"),
    ],
    ids=["one", "two"],
)
def test_the_last_line_counts_warnings(
    project: Project, capsys: pytest.CaptureFixture[str], more: dict[str, object], said: str
) -> None:
    project.deploy("web", more=more)
    assert exit_code("lint") == 0
    told = capsys.readouterr()
    assert told.out == said
    assert told.err.count("Warning: ") == len(more)


def test_all_problems_of_templates_are_told(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web", TWO_UNDEFINED)
    before = snapshot(project.root)
    assert exit_code("lint") == 2
    told = capsys.readouterr().err
    assert "'nothing'" in told
    assert "'nobody'" in told
    assert snapshot(project.root) == before


MISTYPED = "deploy_services: [web]\nbuild_dir: 1\n"
"""A mistake, and what may have been meant otherwise: that alone stops nothing."""


def test_a_near_miss_is_a_warning_beside_errors_too(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("config.yml", MISTYPED)
    near = "'deploy_services' means nothing to us; did you mean 'deployed_services'?"
    for words in (("lint",), ("build",)):
        assert exit_code(*words) == 2
        told = capsys.readouterr().err
        assert f"Warning: config.yml:1:18: {near}\n" in told
        assert "\nconfig.yml:2:12: 'build_dir' must be a text, not 1." in told
        assert "problems:" not in told
    assert exit_code("lint", "--json") == 2
    data = json.loads(capsys.readouterr().out)["problems"]
    assert [(one["level"], one["line"]) for one in data] == [("error", 2), ("warning", 1)]
    assert exit_code("lint", "--format", "github") == 2
    assert f"::warning file=config.yml,line=1,col=18::{near}" in capsys.readouterr().out
    with pytest.raises(ConfigError, match=f"Warning: config.yml:1:18: {re.escape(near)}"):
        verbs.build()


def test_a_near_miss_beside_a_service_that_is_not_there(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("config.yml", "secretss: []\ndeployed_services: [web]\n")
    assert exit_code("lint", "--json") == 2
    data = json.loads(capsys.readouterr().out)["problems"]
    assert sorted(one["level"] for one in data) == ["error", "warning"]


@pytest.mark.parametrize("form", ["github", "text"])
def test_two_forms_at_once_are_refused(
    project: Project, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    project.deploy("web")
    assert exit_code("lint", "--json", "--format", form) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f"--json and --format {form} ask for two forms of the same.\n  Give one of them.\n"
    )


def test_all_problems_of_a_configuration_are_told_as_data(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("config.yml", "keep_builds: x\nbuild_dir: 1\ndeployed_services: []\n")
    assert exit_code("lint", "--json") == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    errors = [one for one in problems if one["level"] == "error"]
    assert {(one["line"], one["column"]) for one in errors} == {(1, 14), (2, 12)}
    assert {one["file"] for one in errors} == {str(project.root / "config.yml")}


def test_yaml_that_cannot_be_read_is_an_annotation_too(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("config.yml", "a: [\n")
    assert exit_code("lint", "--format", "github") == 2
    assert re.match(r"::error file=config\.yml,line=\d+,col=\d+::", capsys.readouterr().out)


def test_annotations_name_files_as_the_repository_does(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.root.parent))
    project.write("config.yml", "keep_builds: x\n")
    assert exit_code("lint", "--format", "github") == 2
    assert f"::error file={project.root.name}/config.yml,line=1,col=14::" in capsys.readouterr().out


def test_an_unknown_format_is_refused(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.deploy("web")
    assert exit_code("lint", "--format", "xml") == 2
    assert "There are text and github; --json is for programs." in capsys.readouterr().err


def test_what_would_end_an_annotation_or_its_properties_is_escaped() -> None:
    problem = Problem(
        message="100% wrong\r\n::error::x",
        where=Location(Path("/a,b:c%.yml"), 3),
        remedy="Mend it.",
    )
    assert annotation("warning", problem) == (
        "::warning file=/a%2Cb%3Ac%25.yml,line=3::100%25 wrong%0D%0A::error::x%0AMend it."
    )


def test_a_problem_without_a_place_has_no_properties() -> None:
    assert annotation("error", Problem(message="Wrong.")) == "::error::Wrong."


def test_the_hook_of_pre_commit_calls_it() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"] == "cman lint"
    assert hook["pass_filenames"] is False
    for name in ("config.yml", "services/web/docker-compose.yml.j2", "conf/app.yaml"):
        assert re.search(hook["files"], name)


# --- paths that are not there ---------------------------------------------------------------------


def without_folder(project: Project) -> str:
    project.deploy("web")
    shutil.rmtree(project.root / "services/framework/web")
    return "services/framework/web"


def without_template(project: Project) -> str:
    folder = project.deploy("web")
    (folder / "docker-compose.yml.j2").unlink()
    return "docker-compose.yml.j2"


def without_additional_folder(project: Project) -> str:
    project.deploy("web", additional_dirs=["missing-folder"])
    return "missing-folder"


def without_sources(project: Project) -> str:
    project.deploy("web", copy_src=True)
    return "src"


def without_import(project: Project) -> str:
    project.deploy("web", more={"import": "missing.yml"})
    return "missing.yml"


def without_certificates(project: Project) -> str:
    project.deploy("web", more={"ca_certificates": "missing.pem"})
    return "missing.pem"


def without_overrides(project: Project) -> str:
    project.deploy("web", more={"compose_overrides": ["missing-overrides.yml"]})
    return "missing-overrides.yml"


@pytest.mark.parametrize(
    "missing",
    [
        without_folder,
        without_template,
        without_additional_folder,
        without_sources,
        without_import,
        without_certificates,
        without_overrides,
    ],
)
def test_a_path_that_is_not_there_is_told_before_anything_runs(
    project: Project, missing: Callable[[Project], str]
) -> None:
    path = missing(project)
    before = snapshot(project.root)
    found = verbs.lint()
    (problem,) = found.errors
    assert path in problem.message
    assert problem.where is not None
    assert snapshot(project.root) == before
