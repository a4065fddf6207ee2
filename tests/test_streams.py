"""Standard streams that are closed, or know few letters."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping

import pytest
from tests.conftest import Project

from container_manager.tasks import namespace

ESCAPE = "\x1b"
TASKS = sorted(str(context.name) for context in namespace.to_contexts())


def program(redirection: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The program, started by a shell that redirects its streams."""
    command = [sys.executable, "-m", "container_manager", *words]
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *command],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


class TestClosed:
    @pytest.mark.parametrize(
        ("words", "redirection"),
        [
            ("build", "<&- 2>&-"),
            ("config.yml", "2>&-"),
            ("explain project_name", "<&- 2>&-"),
            ("build --help", "<&-"),
        ],
    )
    def test_the_command_does_its_work(
        self, project: Project, words: str, redirection: str
    ) -> None:
        project.deploy("web")
        done = program(redirection, *words.split())
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("words", ["services", "schema", "build", "config.yml", "--list"])
    def test_what_cannot_be_told_is_a_failure(self, project: Project, words: str) -> None:
        """As of other programs: the work was done, and nobody learned of its result."""
        project.deploy("web")
        done = program(">&-", words)
        assert done.returncode == 1
        assert done.stderr.endswith(
            "Standard output cannot be written: Bad file descriptor.\n"
            "  Only what is told is lost: give it a file with room for it, or /dev/null.\n"
        )
        assert (project.root / "build").exists() == (words in ("build", "config.yml"))

    def test_who_tells_nothing_needs_no_stream(self, project: Project) -> None:
        project.deploy("web")
        done = program(">&-", "schema", "--output", "schema.json")
        assert (done.returncode, done.stderr) == (0, "schema.json: written.\n")

    def test_nothing_is_printed_into_files(self, project: Project) -> None:
        """The first file that is opened would take the place of standard output."""
        project.deploy("web")
        assert program("", "build").returncode == 0
        before = {path: seen.content for path, seen in project.tree().items()}
        project.write("extra.yml", "import: config.yml\n")
        assert program(">&- 2>&-", "build", "--json").returncode == 1
        after = {path: seen.content for path, seen in project.tree().items()}
        assert {path: after[path] for path in before} == before

    def test_errors_keep_their_exit_code(self, project: Project) -> None:
        project.write("config.yml", "deployed_services: [web]\n")
        done = program(">&-", "build")
        assert done.returncode == 2
        assert "There is no service 'web'." in done.stderr
        assert program(">&- 2>&-", "build").returncode == 2

    def test_stock_invoke_does_its_work_too(self, project: Project) -> None:
        project.deploy("web")
        project.write("tasks.py", "from container_manager.tasks import namespace\n")
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" <&- >&-', "sh", sys.executable, "-m", "invoke", "build"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.startswith("Standard output cannot be written: Bad file descriptor.\n")
        assert (project.root / "build").is_dir()


class TestFewLetters:
    @pytest.fixture(autouse=True)
    def _ascii(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.deploy("web", "services: {web: {image: localhost/web, labels: {a: 'grün'}}}\n",
                       more={"greeting": "grün"})  # fmt: skip
        monkeypatch.setenv("LC_ALL", "C")
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")

    def test_letters_that_cannot_be_shown_are_marks(self) -> None:
        done = program("", "explain", "greeting")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("greeting = gr?n\n")

    def test_what_programs_read_loses_none(self) -> None:
        done = program("", "explain", "greeting", "--json")
        assert json.loads(done.stdout)["value"] == "grün"

    def test_a_picture_is_in_the_letters_that_it_says(self) -> None:
        command = [sys.executable, "-m", "container_manager", "graph"]
        written = subprocess.run(command, capture_output=True, check=True).stdout
        known = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        assert written == subprocess.run(command, capture_output=True, check=True, env=known).stdout
        assert not written.isascii()


def on_a_terminal(words: str, variables: Mapping[str, str]) -> str:
    """What a command shows on a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "container_manager", *words.split()],
        stdin=follower, stdout=follower, stderr=follower, env={**os.environ, **variables},
    )  # fmt: skip
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # nobody writes any more
        pass
    finally:
        os.close(leader)
        process.wait(timeout=60)
    return shown.decode()


class TestColours:
    """No command starts a container here: the provider and Podman are not to be found."""

    @pytest.fixture(autouse=True)
    def _without_podman(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.deploy("web", "services: {web: {image: '{{ imagge }}'}}\n")
        monkeypatch.setenv("PATH", str(project.root))

    @pytest.mark.parametrize("words", ["doctor --offline", "lint"])
    def test_no_color_forbids_them(self, words: str) -> None:
        shown = on_a_terminal(words, {"TERM": "xterm-256color", "NO_COLOR": "1"})
        assert shown.strip()
        codes = re.findall(r"\x1b\[([0-9;]*)m", shown)
        assert [code for code in codes if code not in ("", "0", "1", "2")] == []  # bold is none

    def test_a_dumb_terminal_is_sent_none(self) -> None:
        assert ESCAPE not in on_a_terminal("doctor --offline", {"TERM": "dumb"})


@pytest.mark.parametrize("task", [task for task in TASKS if task not in ("new", "unbundle")])
def test_where_nobody_sits_there_are_neither_colours_nor_moving_parts(
    task: str, project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every command, with whatever it says where neither Podman nor kubectl is to be found."""
    from container_manager.cli import run

    project.deploy("web")
    monkeypatch.setenv("PATH", str(project.root))
    monkeypatch.setenv("TERM", "xterm-256color")
    with pytest.raises(SystemExit):
        run([task])
    told = capfd.readouterr()
    assert told.out + told.err
    assert ESCAPE not in told.out + told.err
    assert "\r" not in told.out + told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("words", ["--version", "--list", "up --help", "schema"])
@pytest.mark.parametrize("unbuffered", ["1", ""])
def test_a_full_disk_is_told(words: str, unbuffered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    ended = program(">/dev/full", *words.split())
    assert (ended.returncode, ended.stderr) == (
        1,
        "Standard output cannot be written: No space left on device.\n"
        "  Only what is told is lost: give it a file with room for it, or /dev/null.\n",
    )
