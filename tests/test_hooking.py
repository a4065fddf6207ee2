"""``hooks`` around a build: when they run, what they get, and what their failure leaves."""

from __future__ import annotations

import json
import sys
import time

import pytest
from tests.conftest import Project
from tests.test_cli import outcome

from container_manager import building
from container_manager.errors import RuntimeFailure

WEB = "services/framework/web"
Capture = pytest.CaptureFixture[str]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def noting(word: str) -> list[str]:
    """A command that adds a word to ``ran.txt``."""
    return python(f"open('ran.txt', 'a').write('{word} ')")


def deploy(project: Project, **hooks: object) -> None:
    project.deploy(more={"hooks": hooks})
    time.sleep(0.03)


def ran(project: Project) -> str:
    path = project.root / "ran.txt"
    said = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return said


@pytest.mark.parametrize(
    ("argv", "written"),
    [
        (["build"], "before after "),
        (["build", "--service", "web"], "before after "),
        (["kernels"], "before after "),
        (["assets"], "before after "),
        (["plan", "--files"], ""),
        (["build", "--dry"], ""),
        (["services"], ""),
    ],
)
def test_they_run_around_what_writes_the_build_directory(
    project: Project, argv: list[str], written: str
) -> None:
    deploy(project, before_build=noting("before"), after_build=noting("after"))
    assert outcome(*argv) == 0
    assert ran(project) == written


def test_they_run_again_where_nothing_changed_and_nothing_is_built(project: Project) -> None:
    deploy(project, before_build=noting("before"), after_build=[noting("after"), noting("last")])
    building.build()
    assert ran(project) == "before after last "
    before = project.built()
    assert building.build().plan.pending == ()
    assert ran(project) == "before after last "
    assert project.built() == before


def test_what_they_generate_is_built_the_first_time_and_later(project: Project) -> None:
    script = "import os; open('services/framework/web/page.txt', 'w').write(os.environ['PAGE'])"
    deploy(project, before_build=python(script))
    project.write(".env", "PAGE=one\n")
    building.build()
    assert project.read(f"build/{WEB}/page.txt") == "one"
    project.write(".env", "PAGE=two\n")
    building.build()
    assert project.read(f"build/{WEB}/page.txt") == "two"
    assert building.build().plan.pending == ()


def test_hooks_that_were_added_or_changed_are_seen(project: Project) -> None:
    deploy(project)
    building.build()
    deploy(project, after_build=noting("new"))
    building.build()
    assert ran(project) == "new "
    deploy(project, after_build=noting("newer"))
    building.build()
    assert ran(project) == "newer "


def test_they_are_told_and_what_they_print_is_shown_without_secrets(
    project: Project, capsys: Capture
) -> None:
    deploy(project, after_build=python("import os; print('got', os.environ['API_TOKEN'])"))
    project.write(".env", "API_TOKEN=a-long-secret\n")
    building.build()
    said = capsys.readouterr().err
    assert f"after_build: {sys.executable} -c " in said
    assert "  got ***\n" in said
    assert "a-long-secret" not in said


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (python("import sys; print('no sources', file=sys.stderr); sys.exit(7)"), "exit code 7"),
        (["./no-such-program"], "could not be started: No such file or directory"),
        (
            {"command": python("import time; time.sleep(60)"), "timeout": 0.5},
            "took longer than",
        ),
    ],
)
def test_a_failure_before_a_build_stops_it(
    project: Project, capsys: Capture, command: object, why: str
) -> None:
    deploy(project, before_build=[command, noting("never")], after_build=noting("never"))
    assert outcome("build") == 1
    said = capsys.readouterr().err
    assert "config.yml:15:4: " in said
    assert "The hook 'before_build' failed: " in said
    assert why in said
    assert "Nothing was built." in said
    assert not (project.root / "build").exists()
    assert ran(project) == ""


def test_the_value_of_a_secret_in_a_command_is_not_shown(project: Project, capsys: Capture) -> None:
    deploy(project, before_build=["false", "a-long-secret"])
    project.write(".env", "API_TOKEN=a-long-secret\n")
    assert outcome("build") == 1
    said = capsys.readouterr().err
    assert "before_build: false ***" in said
    assert "a-long-secret" not in said


def test_a_failure_after_a_build_is_told_and_the_build_is_there(project: Project) -> None:
    deploy(project, after_build=python("raise SystemExit(3)"))
    with pytest.raises(RuntimeFailure, match="exit code 3"):
        building.build()
    assert (project.root / f"build/{WEB}/docker-compose.yml").is_file()
    with pytest.raises(RuntimeFailure, match="exit code 3"):
        building.build()


def test_a_hook_that_builds_runs_no_hooks(project: Project) -> None:
    build = [sys.executable, "-m", "container_manager", "build"]
    deploy(project, before_build=noting("before"), after_build=[build, noting("after")])
    building.build()
    assert ran(project) == "before after "


def test_a_plan_shows_them_and_is_nothing_to_do(project: Project, capsys: Capture) -> None:
    hooks = {"before_build": ["make", "all of it"], "before_down": ["drain"]}
    deploy(project, **hooks)
    (project.root / "make").write_text("")
    assert outcome("plan", "--files") == 0
    shown = "hook: before_build make 'all of it'  (config.yml:"
    assert capsys.readouterr().out.startswith(shown)
    assert outcome("plan", "--files", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)["hooks"]
    assert (told["name"], told["command"]) == ("before_build", ["make", "all of it"])
    assert told["timeout"] == 300

    deploy(project, after_build=noting("x"))
    building.build()
    capsys.readouterr()
    assert outcome("plan", "--files", "--check") == 0
    assert capsys.readouterr().out.startswith("hook: after_build ")
