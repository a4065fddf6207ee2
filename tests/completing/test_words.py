"""What may stand where somebody presses TAB."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.conftest import Project

from container_manager.completing import answer
from container_manager.completing.values import KINDS
from container_manager.completing.words import offered


def texts(line: str, *, stock: bool = False) -> list[str]:
    """What is offered at the end of a line; a blank there begins a new word."""
    words = shlex.split(line)
    typed = "" if not line or line.endswith(" ") else words.pop()
    return [one.text for one in offered(words, typed, stock=stock)]


@pytest.fixture
def lab(project: Project) -> Project:
    """Two services in two families, an environment, a backup, a template."""
    project.deploy("web", "services: {web-front: {image: a}, web-back: {image: b}}\n", port_host=80)
    project.deploy("open_webui", images=[{"name": "x"}], more={"import": "more.yml"})
    project.files(
        {
            "services/applications/lab/db/docker-compose.yml.j2": "services: {db: {image: c}}\n",
            "more.yml": """
                applications: {lab: {services: {db: {path: services/applications/lab/db}}}}
                deployed_services: {add: [applications.lab.db]}
                templates: {ours: ./t}
            """,
            "config.prod.yml": "import: config.yml\n",
            "config.test.yml": "import: config.yml\n",
            "backups/20260131T080000Z/manifest.json": "{}",
            "backups/unfinished/db.tar": "",
        }
    )
    return project


class TestTasksAndOptions:
    def test_tasks_with_what_they_do(self) -> None:
        offers = {one.text: one.meaning for one in offered([], "st")}
        assert sorted(offers) == ["start", "status", "stop"]
        assert offers["stop"] == "Stop containers and keep them; 'start' starts them again."

    def test_options_of_the_task(self) -> None:
        assert texts("rollback --") == ["--build", "--config", "--env", "--json", "--help", "--dry"]
        assert texts("restore --no-") == ["--no-backup"]
        assert texts("up --as") == ["--as-built"]

    def test_options_before_any_task(self) -> None:
        assert texts("--") == ["--help", "--list", "--version"]

    def test_the_last_task_counts(self) -> None:
        assert texts("build services --se") == []
        assert texts("services build --se") == ["--service"]

    def test_values_of_options_that_are_known(self) -> None:
        assert texts("graph --format ") == ["svg", "mermaid"]
        assert texts("lint --format=g") == ["--format=github"]
        assert texts("completion ") == ["bash", "zsh", "fish"]
        assert texts("kill --signal US") == ["USR1", "USR2"]
        assert texts("up --timeout ") == []

    @pytest.mark.parametrize("line", ["build --config ", "unbundle ", "exec web -- ls "])
    def test_files_are_left_to_the_shell(self, line: str) -> None:
        assert texts(line) == [":files"]

    def test_the_original_command_line(self) -> None:
        assert texts("config.yml ") == ["up", "down", "clean", "rebuild"]
        assert texts("config.yml up --") == ["--detached"]

    def test_kinds_are_those_of_the_template(self) -> None:
        asked = yaml.safe_load((Path(__file__).parents[2] / "copier.yml").read_text())
        assert sorted(KINDS) == sorted(asked["kind"]["choices"].values())
        assert texts("new --kind da") == ["database"]


class TestOfTheProject:
    def test_services_by_their_short_names(self, lab: Project) -> None:
        assert texts("build ") == ["applications.lab.db", "open_webui", "web"]
        assert texts("build --service w") == ["web"]
        assert texts("build -s w") == ["web"]

    def test_and_by_their_long_ones(self, lab: Project) -> None:
        assert texts("build framework.") == ["framework.open_webui", "framework.web"]

    def test_one_is_offered_once(self, lab: Project) -> None:
        assert texts("build web ") == ["applications.lab.db", "open_webui"]

    def test_compose_services_where_containers_are_meant(self, lab: Project) -> None:
        lab.build()
        assert texts("exec web") == ["web", "web-front", "web-back"]
        assert texts("build web") == ["web"]

    def test_copied_files_of_services_and_of_here(self, lab: Project) -> None:
        assert texts("cp we") == ["web:", ":files"]
        assert texts("cp web:/a ./") == [":files"]

    def test_keys_step_by_step(self, lab: Project) -> None:
        assert texts("explain fram") == ["framework."]
        assert texts("explain framework.") == ["framework.services."]
        assert texts("explain framework.services.web.po") == ["framework.services.web.port_host"]
        assert texts("explain open_webui.images.") == ["open_webui.images.0."]

    def test_keys_of_services_by_their_names(self, lab: Project) -> None:
        assert texts("explain we") == ["web."]
        assert texts("explain web.p") == ["web.path", "web.port_host"]
        assert texts("explain framework.web.port") == ["framework.web.port_host"]

    def test_keys_that_could_be_set_with_their_meaning(self, lab: Project) -> None:
        found = {one.text: one.meaning for one in offered(["explain"], "web.copy")}
        assert found == {"web.copy_src": "whether src/ is copied as repo_src/"}

    def test_environments_backups_and_templates(self, lab: Project) -> None:
        assert texts("up --env ") == ["prod", "test"]
        assert texts("restore ") == ["20260131T080000Z"]
        assert texts("new --template ") == ["ours"]

    def test_another_configuration_is_heard(self, lab: Project) -> None:
        lab.write("other.yml", "import: config.yml\ndeployed_services: [web]\n")
        assert texts("build --config other.yml ") == ["applications.lab.db", "web"]
        lab.write("config.prod.yml", "import: config.yml\ndeployed_services: [open_webui]\n")
        assert texts("build --env prod o") == ["open_webui"]


class TestQuiet:
    @pytest.mark.parametrize(
        "text", ["deployed_services: [", "import: nowhere.yml\n", "", "a: 1\na: 2\n", None]
    )
    def test_a_broken_configuration_offers_less(
        self, project: Project, text: str | None, capfd: pytest.CaptureFixture[str]
    ) -> None:
        if text is not None:
            project.write("config.yml", text)
        answer(["--", "build", ""])
        answer(["--", "explain", "web."])
        answer(["--", "lint", "--format", "t"])
        assert capfd.readouterr() == ("text\n", "")

    def test_nothing_is_run_or_written(self, project: Project) -> None:
        project.deploy("web", more={"secrets_command": ["touch", "was-run"], "a": "${TOKEN}"})
        project.write(
            "config.yml",
            project.read("config.yml").replace('"web": {', '"web": {"port_host": "auto",'),
        )
        before = project.tree()
        for line in ("build ", "explain ", "explain web.", "exec "):
            assert texts(line)
        assert project.tree() == before

    def test_nothing_heavy_is_imported(self, project: Project) -> None:
        project.deploy("web")
        program = (
            "import sys; from container_manager.completing import answer; "
            "answer(['--', 'explain', 'web.']); "
            "print([m for m in ('copier', 'jinja2', 'rich', 'podman_compose') if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


class TestStockInvoke:
    def test_our_values_where_its_tasks_are_ours(self, lab: Project) -> None:
        lab.write("tasks.py", "from container_manager.tasks import namespace\n")
        assert texts("build --service w", stock=True) == ["web"]
        assert texts("build ser", stock=True) == ["services"]  # it takes no names without an option

    def test_tasks_that_the_user_adds(self, lab: Project) -> None:
        lab.write(
            "tasks.py",
            """
            from invoke import task
            from container_manager.tasks import namespace

            @task
            def deliver(context): pass

            namespace.add_task(deliver)
            """,
        )
        assert texts("del", stock=True) == ["deliver"]

    def test_tasks_of_other_projects_are_left_to_it(self, project: Project) -> None:
        project.write(
            "tasks.py", "from invoke import task\n@task\ndef other(context, deep=False): pass\n"
        )
        assert texts("", stock=True) == ["other"]
        assert texts("other --", stock=True) == ["--deep"]
