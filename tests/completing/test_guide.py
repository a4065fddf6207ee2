"""The how-to "Completion", followed in each shell: its lines are taken from the page.

What it says of ``invoke``, of broken configurations and of what is not run, ``test_words`` holds.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.completing.terminal import PROMPT, completed
from tests.conftest import Project
from tests.pages.reading import steps
from tests.pages.session import Session

from container_manager.completing.words import offered
from container_manager.shells import SHELLS

PAGE = (Path(__file__).parents[2] / "docs/how-to/completion.md").read_text("utf-8")
BIN = Path(sys.executable).parent
BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
FIRST = {  # what stands in each shell's file before the guide's line
    "bash": f"PS1='{PROMPT}'\n",
    "zsh": f"PS1='{PROMPT}'; unset zle_bracketed_paste; unsetopt prompt_sp\n"
    "autoload -Uz compinit; compinit -u\n",
    "fish": "",
}


def rows(head: str) -> list[list[str]]:
    """The cells of a table of the page, by its head."""
    (table,) = re.findall(rf"^\| {re.escape(head)} \|\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.M)
    cells = (re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in table.splitlines())
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in cells]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


LINES = {
    shell: (codes(file)[0], codes(line)[0]) for shell, file, line in rows("shell | file | line")
}


@pytest.fixture
def home(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, beside a project as the template makes it; our programs are not on ``PATH``."""
    project.deploy("web", port_host=8099)
    project.write(
        "run", '#!/bin/sh\nexec "$(dirname "$0")/.venv/bin/container-manager" "$@"\n', 0o755
    )
    (project.root / ".venv/bin").mkdir(parents=True)
    (project.root / ".venv/bin/container-manager").symlink_to(BIN / "container-manager")
    home = project.root.parent / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "ZDOTDIR", "BASH_COMPLETION_USER_DIR"):
        monkeypatch.delenv(name, raising=False)
    without = [one for one in os.environ["PATH"].split(os.pathsep) if Path(one) != BIN]
    monkeypatch.setenv("PATH", os.pathsep.join(without))
    return home


def starts_with(home: Path, shell: str, *lines: str) -> None:
    """Write the file that a shell reads when it starts."""
    file = home / LINES[shell][0].removeprefix("~/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def tab(shell: str, typed: str) -> str:
    """What a line is once TAB was pressed behind it."""
    if shell != "fish":  # which asks for more of a terminal, and tells what TAB would offer
        return completed([shell, "-i"], os.environ, "", f"{typed}\t")
    said = subprocess.run(
        ["fish", "-c", 'complete -C "$argv[1]"', typed],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert said.stderr == ""
    return typed.rpartition(" ")[0] + " " + said.stdout.partition("\t")[0] + " "


@pytest.mark.parametrize("shell", SHELLS)
class TestOneLine:
    def test_where_the_program_is_on_the_path(
        self, shell: str, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
        starts_with(home, shell, FIRST[shell], LINES[shell][1])
        assert "container-manager build web " in tab(shell, "container-manager build we")

    def test_with_the_path_of_a_project(self, shell: str, home: Path) -> None:
        line = LINES[shell][1].replace(
            "container-manager", f"{Path.cwd()}/.venv/bin/container-manager", 1
        )
        starts_with(home, shell, FIRST[shell], line)
        assert "./run explain-podman " in tab(shell, "./run explain-")


class TestSavedInAFile:
    @pytest.fixture(autouse=True)
    def _saved(self, home: Path, tmp_path: Path) -> None:
        (tmp_path / "said").mkdir()
        with Session(Path.cwd(), os.environ, tmp_path / "said") as session:
            session.follow(steps(PAGE))

    def test_bash_with_its_package(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert BASH_COMPLETION.is_file(), "install bash-completion"
        monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
        starts_with(home, "bash", FIRST["bash"], f". {BASH_COMPLETION}")
        assert "container-manager build web " in tab("bash", "container-manager build we")

    def test_bash_that_sources_it(self, home: Path) -> None:
        (file,) = re.findall(r"^\$ \./run completion bash > (.+)$", PAGE, re.M)
        starts_with(home, "bash", FIRST["bash"], f"source {file}")
        assert "./run build web " in tab("bash", "./run build we")

    def test_zsh(self, home: Path) -> None:
        ((line, *_),) = (
            codes(says) for shell, says in rows("shell | reads that file") if shell == "zsh"
        )
        starts_with(home, "zsh", line, FIRST["zsh"])
        assert "./run build web " in tab("zsh", "./run build we")

    def test_fish(self, home: Path) -> None:
        assert "./run build web " in tab("fish", "./run build we")


def test_what_the_guide_says_is_offered(project: Project) -> None:
    project.deploy("web", "services: {front: {image: a}}\n", port_host=80)
    project.deploy("chat", "services: {chat: {image: b}}\n")
    project.write("config.prod.yml", "import: config.yml\n")
    for name in ("20260131T080000Z", "20260301T080000Z", "20251231T080000Z"):
        project.write(f"backups/{name}/manifest.json", "{}")
    project.build()
    offers = {
        "up ": {"chat", "web"},
        "exec ": {"chat", "web", "front"},
        "logs ": {"chat", "web", "front"},
        "explain web.": {"web.path", "web.port_host", "web.copy_src"},
        "explain framework.services.": {"framework.services.web."},
        "up --env ": {"prod"},
        "restore ": {"20260301T080000Z", "20260131T080000Z", "20251231T080000Z"},
        "graph --format ": {"svg", "mermaid"},
        "new --kind ": {"database"},
        "kill --signal ": {"TERM"},
    }
    assert [typed for row in rows("you type | TAB offers") for typed in codes(row[0])] == list(
        offers
    )
    for typed, some in offers.items():
        *words, last = typed.split(" ")
        found = list(offered(words, last))
        assert some <= {one.text for one in found}, typed
        if typed.startswith("explain web"):
            assert [one.text for one in found if not one.meaning] == ["web.port_host"]
    backups = [one.text for one in offered(["restore"], "")]
    assert backups == sorted(backups, reverse=True)
    (long,) = codes(rows("you type | TAB offers")[0][1])
    assert [one.text for one in offered(["up"], long)] == ["framework.chat", "framework.web"]
