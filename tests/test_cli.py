"""The two command lines: what they take, what they print, and how they end."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from tests.conftest import Project

import container_manager
from container_manager import parse_args, verbs
from container_manager.cli import run
from container_manager.progress import PlainProgress


def outcome(*argv: str) -> int:
    """The exit code of the installed program."""
    with pytest.raises(SystemExit) as ended:
        run(argv)
    code = ended.value.code
    return code if isinstance(code, int) else 0


def invoke(project: Project, *argv: str) -> subprocess.CompletedProcess[str]:
    """Stock invoke, with the two lines that a project's ``tasks.py`` needs."""
    project.write("tasks.py", "from container_manager.tasks import namespace\n")
    return subprocess.run(
        [sys.executable, "-m", "invoke", *argv], capture_output=True, text=True, check=False
    )


class TestTheOriginalCommandLine:
    """``CONFIG [up|down|clean|rebuild] [-d|--detached]``."""

    @pytest.mark.parametrize(
        ("argv", "command", "detached"),
        [
            (["config.yml"], None, False),
            (["config.yml", "up"], "up", False),
            (["config.yml", "up", "-d"], "up", True),
            (["config.yml", "down"], "down", False),
            (["config.yml", "clean"], "clean", False),
            (["config.yml", "rebuild", "-d"], "rebuild", True),
            (["config.yml", "rebuild", "--detached"], "rebuild", True),
        ],
    )
    def test_takes_what_the_documentation_shows(
        self, argv: list[str], command: str | None, detached: bool
    ) -> None:
        arguments = parse_args(argv)
        assert (arguments.config, arguments.command, arguments.detached) == (
            "config.yml",
            command,
            detached,
        )

    @pytest.mark.parametrize(
        "argv",
        [
            [],
            ["config.yml", "down", "-d"],
            ["config.yml", "clean", "--detached"],
            ["config.yml", "-d"],
            ["config.yml", "start"],
            ["config.yml", "up", "--fast"],
        ],
    )
    def test_anything_else_is_a_usage_error(
        self, argv: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            parse_args(argv)
        assert ended.value.code == 2
        assert "usage:" in capsys.readouterr().err

    def test_without_a_command_it_builds_and_lists_the_compose_files(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web")
        assert outcome("config.yml") == 0
        assert capsys.readouterr().out == (
            " - build/services/docker-compose.yml\n"
            " - build/services/framework/web/docker-compose.yml\n"
        )
        assert project.read("build/services/framework/web/docker-compose.yml").startswith(
            "services:"
        )

    def test_a_missing_file_is_told(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert outcome("absent.yml", "up", "-d") == 2
        told = capsys.readouterr()
        assert "absent.yml: There is no such configuration file." in told.err
        assert told.out == ""


class TestTheInstalledProgram:
    """Every task, with usage errors as exit code 2."""

    def test_lists_its_tasks(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert outcome() == 0
        listed = capsys.readouterr().out
        for name in ("services", "build", "up", "down", "clean", "rebuild", "base-image"):
            assert name in listed

    def test_a_key_that_is_called_like_a_task_is_explained(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web", more={"images": {"web": "localhost/web"}})
        assert outcome("explain", "images") == 0
        assert capsys.readouterr().out.startswith("images: a mapping of 1 key\n")
        assert outcome("explain", "restart") == 2
        assert "There is no key 'restart'" in capsys.readouterr().err
        assert outcome("explain", "web.path", "services") == 0
        said = capsys.readouterr().out
        assert said.startswith("framework.services.web.path = ")
        assert "SERVICE " in said
        assert outcome("explain", "--service", "web", "services") == 0
        assert "SERVICE " in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("argv", "said"),
        [
            (["biuld"], "No idea what 'biuld' is!"),
            (["cp", "a"], "from where, and to where.\n  As in: cp SERVICE:PATH HERE, or "),
            (["build", "--sevice", "web"], "Did you mean '--service'"),
            (["build", "wbe"], "There is no service 'wbe'.\n  Did you mean 'web'?"),
            (["build", "-f", "other.yml"], "Write --config other.yml after the task's name."),
            (["-f", "other.yml", "build"], "Write --config other.yml after the task's name."),
            (["--config", "other.yml", "build"], "Write --config other.yml after the task's name."),
            (["backup", "--dry"], "'backup' cannot be tried with --dry"),
            (["down", "-d"], "'down' has no option -d."),
            (["clean", "--detached"], "'clean' has no option --detached"),
            (["up", "-d", "clean"], "'clean' after 'up' could be a service or the command"),
            (["build", "--config", ""], "--config has an empty value."),
            (["build", "-s"], "-s needs a value."),
            (["up", "--timeout", "soon"], "--timeout takes a number of seconds above 0"),
            (["up", "--timeout", "-1"], "--timeout takes a number of seconds above 0"),
            (["-f", "nope", "build"], "Write --config PATH after the task's name."),
        ],
    )
    def test_refuses_what_was_not_meant(
        self, project: Project, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
    ) -> None:
        project.deploy("web")
        project.write("other.yml", "{}")
        before = project.tree()
        assert outcome(*argv) == 2
        assert said in capsys.readouterr().err
        assert project.tree() == before

    @pytest.mark.parametrize(("task", "tried"), [("up", True), ("boot", True), ("ps", False)])
    def test_help_says_what_can_be_tried(
        self, task: str, tried: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert outcome(task, "--help") == 0
        assert ("With --dry it shows what it would do" in capsys.readouterr().out) is tried

    @pytest.mark.parametrize(
        ("argv", "left"),
        [
            (["up", "-d"], "What was started goes on running; 'down' stops it."),
            (["kube.up"], "What the cluster was given stays there; 'kube.down' takes it away."),
        ],
    )
    def test_ctrl_c_says_what_is_left(
        self,
        project: Project,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        argv: list[str],
        left: str,
    ) -> None:
        def pressed(*args: object, **kwargs: object) -> NoReturn:
            raise KeyboardInterrupt

        project.deploy("web")
        monkeypatch.setattr(verbs, argv[0].replace(".", "_"), pressed)
        assert outcome(*argv) == 130
        assert capsys.readouterr().err == f"Interrupted. {left}\n"

    def test_what_the_system_refuses_is_told(
        self,
        project: Project,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def refused(*args: object, **kwargs: object) -> NoReturn:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), "notes")

        project.deploy("web")
        monkeypatch.setattr(verbs, "up", refused)
        assert outcome("up", "-d") == 2
        said = capsys.readouterr().err
        assert said.startswith(f"The system refused 'notes': {os.strerror(errno.EDQUOT)}.\n")

    def test_ctrl_c_while_it_is_imported_ends_it_without_a_word(self, tmp_path: Path) -> None:
        """A library that takes its time stands for a slow disk."""
        (tmp_path / "invoke.py").write_text("print(flush=True)\nimport time\ntime.sleep(60)\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "container_manager", "services"],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (-signal.SIGINT, "")

    def test_trailing_names_are_services(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web")
        project.deploy("db", "services: {db: {image: localhost/db}}\n")
        assert outcome("build", "framework.db") == 0
        assert set(project.built()) == {
            "services/docker-compose.yml",
            "services/framework/db/docker-compose.yml",
            "services/framework/db/config.yml",
        }

    def test_a_trailing_key_is_explained(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web", port_host=8085)
        assert outcome("explain", "web.port-host") == 0
        assert capsys.readouterr().out.splitlines() == [
            "framework.services.web.port_host = 8085",
            "  set in  config.yml:10:18",
        ]
        assert outcome("explain", "--service", "web") == 0
        assert outcome("explain", "web.nothing") == 2
        assert outcome("explain", "web.path", "project_name") == 2
        assert outcome("explain") == 2

    def test_config_after_the_task_names_ours(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web")
        project.write("other.yml", "import: config.yml\nbuild_dir: ./elsewhere\n")
        assert outcome("build", "--config", "other.yml") == 0
        assert (project.root / "elsewhere/services").is_dir()
        assert not (project.root / "build").exists()

    def test_services_says_where_each_is_defined(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web", WITH_PORT)
        assert outcome("services", "--json") == 0
        assert json.loads(capsys.readouterr().out) == [
            {
                "name": "framework.web",
                "family": "framework",
                "template": "services/framework/web/docker-compose.yml.j2",
                "ports": ["127.0.0.1:8099->80"],
                "defined": "config.yml:9:13",
            }
        ]
        assert not (project.root / "build").exists()

    def test_dry_shows_the_plan_and_writes_nothing(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web")
        before = project.tree()
        assert outcome("build", "--dry") == 0
        assert "write    services/framework/web/docker-compose.yml" in capsys.readouterr().out
        assert outcome("build", "--dry", "--json") == 0
        assert {one["action"] for one in json.loads(capsys.readouterr().out)["changes"]} == {
            "write"
        }
        assert project.tree() == before

    def test_the_configuration_is_found_from_below(
        self,
        project: Project,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        project.deploy("web")
        monkeypatch.chdir(project.root / "services" / "framework")
        assert outcome("build") == 0
        assert (project.root / "build/services/docker-compose.yml").is_file()

    def test_several_errors_are_told_together(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("web", "services: {web: {image: '{{ imagge }} {{ nmae }}'}}\n")
        assert outcome("build") == 2
        told = capsys.readouterr().err
        assert told.startswith("2 problems:\n")
        assert told.count("docker-compose.yml.j2:1: ") == 2


WITH_PORT = """
services:
  web:
    image: localhost/web
    ports: ["127.0.0.1:8099:80"]
"""


class TestStockInvoke:
    """``invoke`` on a project's own ``tasks.py``."""

    def test_builds(self, project: Project) -> None:
        project.deploy("web")
        done = invoke(project, "build")
        assert done.returncode == 0, done.stderr
        assert "build: 3 new" in done.stdout

    def test_errors_of_ours_keep_their_exit_code(self, project: Project) -> None:
        project.deploy("web", "services: {web: {image: '{{ imagge }}'}}\n")
        done = invoke(project, "build")
        assert done.returncode == 2
        assert "'imagge' is not defined" in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize(
        "argv", [("-f", "other.yml", "up", "-d"), ("up", "-d", "-f", "other.yml")]
    )
    def test_its_own_configuration_flag_never_deploys_ours(
        self, project: Project, argv: tuple[str, ...]
    ) -> None:
        project.deploy("web")
        project.write("other.yml", "{}")
        done = invoke(project, *argv)
        assert done.returncode == 2
        assert "Write --config other.yml after the task's name." in done.stderr
        assert not (project.root / "build").exists()

    @pytest.mark.parametrize("verb", ["down", "clean"])
    def test_detached_is_not_swallowed_where_it_means_nothing(
        self, project: Project, verb: str
    ) -> None:
        project.deploy("web")
        done = invoke(project, verb, "-d")
        assert done.returncode == 2
        assert "-d/--detached goes with 'up' and 'rebuild' only" in done.stderr

    def test_the_short_flag_after_the_task_is_ours(self, project: Project) -> None:
        project.deploy("web")
        project.write("other.yml", "import: config.yml\nbuild_dir: ./elsewhere\n")
        done = invoke(project, "build", "-c", "other.yml")
        assert done.returncode == 0, done.stderr
        assert (project.root / "elsewhere").is_dir()


class TestNobodyReads:
    """``… | head``: it ends as other programs do, without a word."""

    @pytest.mark.parametrize(
        "argv",
        [
            ["container_manager", "--help"],
            ["container_manager", "--list"],
            ["container_manager", "up", "--help"],
            ["container_manager", "services"],
            ["container_manager", "build", "--json"],
            ["container_manager", "config.yml"],
            ["invoke", "services"],
        ],
    )
    def test_standard_output(self, project: Project, argv: list[str]) -> None:
        project.deploy("web")
        project.write("tasks.py", "from container_manager.tasks import namespace\n")
        assert unread(argv) == (141, "")

    def test_both_streams(self, project: Project) -> None:
        project.deploy("web")
        assert unread(["container_manager", "services"], stderr=True) == (141, "")

    def test_errors_keep_their_exit_code(self, project: Project) -> None:
        project.deploy("web", "services: {web: {image: '{{ imagge }}'}}\n")
        code, told = unread(["container_manager", "build"])
        assert code == 2
        assert "'imagge' is not defined" in told

    def test_work_goes_on_without_readers_of_its_progress(self) -> None:
        done = []
        with (
            unread_pipe() as pipe,
            contextlib.suppress(BrokenPipeError),
            open(pipe, "w", closefd=False) as nobody,
        ):
            progress = PlainProgress(stream=nobody)
            for service in ("web", "db"):
                progress.step(f"Starting {service}")
                done.append(service)
        assert done == ["web", "db"]


@contextlib.contextmanager
def unread_pipe() -> Iterator[int]:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


def unread(argv: list[str], *, stderr: bool = False) -> tuple[int, str]:
    """A module run where nobody reads its output: the exit code, and what stderr says."""
    with unread_pipe() as pipe:
        done = subprocess.run(
            [sys.executable, "-m", *argv],
            stdout=pipe,
            stderr=pipe if stderr else subprocess.PIPE,
            text=True,
            check=False,
        )
    return done.returncode, done.stderr or ""


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = (
        "import sys, container_manager; "
        "print([m for m in ('copier', 'jinja2', 'yaml', 'invoke') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: PLW1510
    assert done.stdout.strip() == "[]", done.stderr


def test_ctrl_c_is_seen_to_before_anything_else_is_imported() -> None:
    """Until then it would be told with a traceback."""
    program = (
        "import sys; known = set(sys.modules); import container_manager.entry; "
        "print(sorted(set(sys.modules) - known))"
    )
    source = Path(container_manager.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": str(source)},
    )  # fmt: skip
    assert done.stdout.strip() == "['__future__', 'container_manager', 'container_manager.entry']"


def test_listing_the_tasks_imports_neither_copier_nor_jinja() -> None:
    program = (
        "import sys, container_manager.tasks; "
        "print([m for m in ('copier', 'jinja2', 'podman_compose') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)  # noqa: PLW1510
    assert done.stdout.strip() == "[]", done.stderr
