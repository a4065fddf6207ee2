"""Completion in the shells themselves."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.completing.terminal import completed
from tests.conftest import Project

from container_manager.cli import run
from container_manager.shells import SHELLS, script_of

BIN = Path(sys.executable).parent
CASES = [
    (["container-manager", "expl"], ["explain", "explain-podman"]),
    (["cman", "build", "we"], ["web"]),
    (["container-manager", "build", "--service=we"], ["--service=web"]),
    (["container-manager", "explain", "framework.serv"], ["framework.services."]),
    (["container-manager", "explain", "web.port"], ["web.port_host"]),
    (["container-manager", "cp", "we"], ["web:"]),
    (["container-manager", "build", "--config", "config.p"], ["config.prod.yml"]),
    (["container-manager", "up", "--env", ""], ["prod"]),
    (["./run", "build", "we"], ["web"]),
    (["invoke", "build", "--service", "we"], ["web"]),
    (["container-manager", "up", "--timeout", ""], []),
]
IDS = [" ".join(words) for words, _ in CASES]


@pytest.fixture(autouse=True)
def _lab(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with a program of its own, as one from the template has it."""
    project.deploy("web", port_host=8099)
    project.write("config.prod.yml", "import: config.yml\n")
    project.write("tasks.py", "from container_manager.tasks import namespace\n")
    project.write("run", "#!/bin/sh\necho it must not be started; exit 1\n", 0o755)
    (project.root / ".venv/bin").mkdir(parents=True)
    (project.root / ".venv/bin/container-manager").symlink_to(BIN / "container-manager")
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")


def said_by(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(("words", "expected"), CASES, ids=IDS)
def test_bash(words: list[str], expected: list[str]) -> None:
    """The function that bash calls, given what it gives."""
    pieces = [piece for word in words for piece in word.replace("=", "\n=\n").split("\n")]
    program = f"""
        eval "$(container-manager completion bash)"
        complete -p {shlex.quote(words[0])} >/dev/null
        COMP_WORDS=({shlex.join(pieces)}); COMP_CWORD={len(pieces) - 1}
        _container_manager {shlex.quote(words[0])} {shlex.quote(pieces[-1])}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    # What stands before '=' stays there: bash replaces only what is behind it.
    found = [line for line in said_by("bash", "--norc", "-c", program) if line]
    assert found == [text.rpartition("=")[2] for text in expected]


@pytest.mark.parametrize(("words", "expected"), CASES, ids=IDS)
def test_fish(words: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("fish").absolute()))
    program = (
        f"container-manager completion fish | source; complete -C {shlex.quote(' '.join(words))}"
    )
    found = [line.partition("\t")[0] for line in said_by("fish", "--no-config", "-c", program)]
    assert found == expected


@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("container-manager explain-\t", "container-manager explain-podman "),
        ("cman build we\t", "cman build web "),
        ("container-manager build --service=we\t", "build --service=web "),
        ("container-manager explain framework.s\tw\tpo\t", "framework.services.web.port_host "),
        ("./run build we\t", "./run build web "),
        ("invoke build --service we\t", "invoke build --service web "),
    ],
)
def test_zsh(typed: str, becomes: str) -> None:
    """Typed on a terminal: zsh completes nowhere else."""
    told = (
        "unset zle_bracketed_paste; unsetopt prompt_sp; PS1='ready''> '; autoload -Uz compinit; "
        'compinit -D -u; eval "$(container-manager completion zsh)"\n'
    )
    environ = {**os.environ, "ZDOTDIR": str(Path.cwd())}
    assert becomes in completed(["zsh", "-f", "-i"], environ, told, typed)


class TestTheTask:
    @pytest.mark.parametrize("shell", SHELLS)
    def test_it_prints_the_script(self, shell: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            run(["completion", shell])
        assert capsys.readouterr().out == script_of(shell)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["completion"], "Which shell was not said."),
            (["completion", "tcsh"], "There is no completion for 'tcsh'."),
            (["completion", "bsah"], "Did you mean 'bash'?"),
        ],
    )
    def test_other_shells_are_refused(
        self, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            run(words)
        assert ended.value.code == 2
        assert said in capsys.readouterr().err
