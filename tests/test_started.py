"""What was started by a configuration that cannot be read any more."""

from __future__ import annotations

import pytest
from tests.conftest import Project

from container_manager.cli import run
from container_manager.started import find_running

pytestmark = pytest.mark.usefixtures("puppet")


def test_a_project_without_containers_is_known_by_its_compose_file(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("config.yml", "hooks: [")
    for name in ("cmt-started.yml", "cmt-started.0.yml", "cmt-started.1.yml"):
        project.write(f".container-manager/compose/{name}", "services: {}\n")
    found = find_running(None)
    assert (found.name, found.hooks) == ("cmt-started", ())
    assert "No hooks run" in capsys.readouterr().err


def test_status_tells_once_what_is_wrong_with_the_configuration(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("config.yml", "hooks: [")
    project.write(".container-manager/compose/cmt-started.yml", "services: {}\n")
    with pytest.raises(SystemExit):
        run(["status"])
    said = capsys.readouterr()
    assert (said.out + said.err).count("config.yml:") == 1
    assert "Going on with what was started before: cmt-started." in said.err


@pytest.mark.parametrize("verb", ["status", "down"])
@pytest.mark.parametrize("mistyped", ["docs", "confg.yml"])
def test_a_mistyped_name_does_not_stand_for_what_lies_beside_it(
    project: Project, capsys: pytest.CaptureFixture[str], verb: str, mistyped: str
) -> None:
    label = f"io.container-manager.config: {project.root}/config.yml"
    written = f"services: {{web: {{labels: {{{label}}}}}}}\n"
    project.write(".container-manager/compose/cmt-started.yml", written)
    project.write("config.yml", "hooks: [")
    project.write("docs/page.md", "")
    with pytest.raises(SystemExit) as ended:
        run([verb, "--config", mistyped])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert mistyped in said
    assert "Going on" not in said
    assert find_running(None).name == "cmt-started"
