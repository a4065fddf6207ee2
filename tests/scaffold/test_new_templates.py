"""``new`` with templates of others, and as a command."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from tests.conftest import Project
from tests.scaffold.making import (
    CONFIG,
    outcome,
    refused,
)
from tests.scaffold.small_template import git, repository

from container_manager import verbs
from container_manager.errors import (
    ConfigError,
    InterruptedByUser,
)
from container_manager.scaffold.faults import told


class TestOtherTemplates:
    """``templates:`` in the configuration."""

    THEIRS = {  # noqa: RUF012
        "copier.yml": "name: {type: str}\nport: {type: int, default: 1}\nteam: ours\n",
        "service.yml.jinja": "services: {{ '{' }}{{ name }}: {path: services/{{ name }}}}\n"
        "deployed_services: {add: [services.{{ name }}]}\n",
        "docker-compose.yml.j2": "services: {theirs: {image: localhost/x}}\n",
        "team.txt.jinja": "{{ team }} {{ port }}\n",
    }

    @pytest.fixture
    def theirs(self, lab: Project, tmp_path: Path) -> Path:
        lab.write("config.yml", CONFIG.replace("templates: {", "templates: {theirs: ../theirs, "))
        return repository(tmp_path / "theirs", self.THEIRS)

    def test_are_chosen_by_name(self, lab: Project, theirs: Path) -> None:
        made = verbs.new(name="web", template="theirs", data=["team=blue"])
        assert (made.path / "team.txt").read_text(encoding="utf-8").startswith("blue 81")
        assert made.remedy == "The template records no answers, which 'update' needs."
        assert [row.name for row in verbs.services()] == ["services.web"]

    def test_may_be_listed(self, lab: Project, theirs: Path) -> None:
        lab.write("config.yml", CONFIG.replace("{container-manager: ../template}",
                                               "[{name: theirs, url: ../theirs}]"))  # fmt: skip
        assert verbs.new(name="web", template="theirs").name == "services.web"

    def test_a_folder_without_questions_is_none(self, lab: Project, theirs: Path) -> None:
        lab.write("../plain/README.md", "no template\n")
        lab.write("config.yml", lab.read("config.yml").replace("../theirs", "../plain"))
        with refused(lab, ConfigError) as said:
            verbs.new(name="web", template="theirs")
        assert "plain holds no template: it has no copier.yml." in said[0]

    def test_a_repository_that_cannot_be_copied(self, lab: Project, theirs: Path) -> None:
        tree = git(theirs, "rev-parse", "HEAD^{tree}").strip()
        (theirs / ".git/objects" / tree[:2] / tree[2:]).unlink()
        with refused(lab, ConfigError) as said:
            verbs.new(name="web", template="theirs")
        assert "cannot be fetched: " in said[0]
        assert said[1].startswith("  Try it by hand: git clone ")

    def test_a_choice_that_the_template_itself_refuses(self, lab: Project, theirs: Path) -> None:
        ports = "{'80': {value: 80, validator: 'It is taken.'}, '81': {value: 81}}"
        lab.write(
            "../theirs/copier.yml", f"name: {{type: str}}\nport: {{type: int, choices: {ports}}}\n"
        )
        git(theirs, "commit", "--quiet", "--all", "--message=choices")
        git(theirs, "tag", "v0.2.0")
        with refused(lab) as said:
            verbs.new(name="web", template="theirs", data=["port=80"])
        assert said[0] == "'port' cannot be that: It is taken."

    def test_a_mistyped_name(self, lab: Project, theirs: Path) -> None:
        with refused(lab) as said:
            verbs.new(name="web", template="thiers")
        assert said == ["There is no template 'thiers'.", "  Did you mean 'theirs'?"]

    @pytest.mark.parametrize(
        "wish", ["_tasks: ['touch /tmp/never']", "_jinja_extensions: [os.Path]"]
    )
    def test_run_no_code(self, lab: Project, tmp_path: Path, wish: str) -> None:
        lab.write("config.yml", CONFIG.replace("templates: {", "templates: {theirs: ../theirs, "))
        files = {**self.THEIRS, "copier.yml": self.THEIRS["copier.yml"] + wish + "\n"}
        repository(tmp_path / "theirs", files)
        with refused(lab, ConfigError) as said:
            verbs.new(name="web", template="theirs")
        assert "wants to run code of its own on this machine" in said[0]
        assert wish[1:].partition(":")[0] in said[0]

    def test_that_make_nothing(self, lab: Project, tmp_path: Path) -> None:
        lab.write("config.yml", CONFIG.replace("templates: {", "templates: {theirs: ../theirs, "))
        repository(tmp_path / "theirs", {"copier.yml": "_exclude: ['*']\n"})
        with refused(lab, ConfigError) as said:
            verbs.new(name="web", template="theirs")
        assert said == ["The template made nothing: no file belongs to these answers."]

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            ({"copier.yml": "a: [\n"}, "cannot be used: "),
            ({"copier.yml": "", "x.jinja": "{{ nobody }"}, "cannot be rendered: "),
            ({"copier.yml": "_envops: {undefined: jinja2.StrictUndefined}", "x.jinja": "{{ no }}"},
             "cannot be rendered: 'no' is undefined (x.jinja:1)"),
            ({"copier.yml": "_min_copier_version: '99'"}, "requires Copier version >= 99"),
        ],
    )  # fmt: skip
    def test_that_are_broken(
        self, lab: Project, tmp_path: Path, files: dict[str, str], message: str
    ) -> None:
        lab.write("config.yml", CONFIG.replace("templates: {", "templates: {theirs: ../theirs, "))
        repository(tmp_path / "theirs", files)
        with refused(lab, ConfigError) as said:
            verbs.new(name="web", template="theirs")
        assert message in said[0]
        assert len(said) <= 2


class TestTheProgram:
    def test_takes_the_name_as_a_word(
        self, lab: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert outcome("new", "framework.web", "--kind", "job") == 0
        told = capsys.readouterr()
        assert told.out.startswith("Made services/framework/web, framework.web:\n")
        assert " - docker-compose.yml.j2\n" in told.out
        assert "  invoke up -d                     # runs it\n" in told.out
        assert "  pytest services/framework/web    # runs its tests\n" in told.out
        assert "Commit it" in told.out
        slow = [line for line in told.err.splitlines() if line.startswith("Making it from ")]
        assert told.err.splitlines() == slow

    def test_says_where_it_answers_and_how_to_run_it(
        self, lab: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (lab.root / "run").write_text("#!/bin/sh\n", encoding="utf-8")
        (lab.root / "run").chmod(0o755)
        assert outcome("new", "web", "--data", "port=18126") == 0
        told = capsys.readouterr().out
        assert "  ./run up -d" in told
        assert "# runs it, and it answers on http://127.0.0.1:18126\n" in told
        assert "  ./run test services/web    # runs its tests\n" in told

        monkeypatch.chdir(lab.root / "services")
        assert outcome("new", "second") == 0
        assert "  ../run test services/second " in capsys.readouterr().out

    def test_prints_json(self, lab: Project, capsys: pytest.CaptureFixture[str]) -> None:
        assert outcome("new", "web", "--data", "port=18127", "--json") == 0
        assert json.loads(capsys.readouterr().out) == {
            "name": "services.web",
            "path": str(lab.root / "services/web"),
            "files": [
                ".copier-answers.yml",
                "docker-compose.yml.j2",
                "service.yml",
                "tests/test_web.py",
            ],
            "addresses": ["http://127.0.0.1:18127"],
        }

    def test_data_may_be_given_several_times(self, lab: Project) -> None:
        assert outcome("new", "web", "--data", "port=18300", "--data", "kind=job") == 0
        answers = yaml.safe_load(lab.read("services/web/.copier-answers.yml"))
        assert (answers["port"], answers["kind"]) == (18300, "job")

    @pytest.mark.parametrize(
        ("argv", "said"),
        [
            (["new", "build"], "'build' after 'new' could be a service or the command"),
            (["new", "web", "api"], "'new' takes one name"),
            (["new", "web", "--dry"], "'new' cannot be tried with --dry"),
            (["new", "Web"], "'Web' is no name for a service."),
        ],
    )
    def test_refuses_what_was_not_meant(
        self, lab: Project, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
    ) -> None:
        before = lab.tree()
        assert outcome(*argv) == 2
        assert said in capsys.readouterr().err
        assert lab.tree() == before

    def test_asks_on_a_terminal(self, lab: Project) -> None:
        """The name, then what the template asks; Return takes what is proposed."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "container_manager", "new", "--kind", "job"],
            stdin=follower, stdout=follower, stderr=follower, cwd=lab.root,
            env={**os.environ, "TERM": "dumb"}, start_new_session=True,
        )  # fmt: skip
        os.close(follower)
        seen, answered = b"", 0
        deadline = time.monotonic() + 60
        prompts = [(b"Name of the service", b"framework.asked\n"), (b"port", b"\r"),
                   (b"network", b"\r"), (b"base_image", b"\r")]  # fmt: skip
        with contextlib.suppress(OSError):  # the terminal is closed at the end
            while select.select([leader], [], [], max(0, deadline - time.monotonic()))[0]:
                if not (data := os.read(leader, 4096)):
                    break
                seen += data
                if b"\x1b[6n" in data:
                    os.write(leader, b"\x1b[1;1R")
                if answered < len(prompts) and prompts[answered][0] in seen:
                    os.write(leader, prompts[answered][1])
                    answered += 1
        assert process.wait(timeout=30) == 0, seen.decode()
        os.close(leader)
        answers = yaml.safe_load(lab.read("services/framework/asked/.copier-answers.yml"))
        assert (answers["family"], answers["kind"], answers["network"]) == (
            "framework", "job", "stack",
        )  # fmt: skip

    def test_ctrl_c_while_copier_asks(self) -> None:
        with pytest.raises(InterruptedByUser) as caught, told("template"):
            raise KeyboardInterrupt
        assert caught.value.exit_code == 130
