"""``./run`` of a new project, with a Python that only pretends to install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.template.scaffolds import ROOT

PYTHON = f"""#!/bin/sh
case "$*" in
    *ensurepip*) test ! -e "{{0}}/no-venv" ;;
    "-m venv "*)
        mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
        printf '#!/bin/sh\\nprintf "<%%s>" "$@"; exit 3\\n' >"$3/bin/container-manager"
        chmod +x "$3/bin/container-manager" ;;
    "-m pip "*) echo "$PWD: $*" >>"{{0}}/pip"; test ! -e "{{0}}/no-network" ;;
    "-m pytest"*) shift 2; printf '%s: pytest' "$PWD"; printf '<%s>' "$@" ;;
    *) exec "{sys.executable}" "$@" ;;
esac
"""


class Machine:
    """A project, and a PATH of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "my project é"
        self.project.mkdir()
        shutil.copy(ROOT / "template/project/run", self.project)
        self.ask_for("pytest>=8")
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name in ("sh", "dirname", "cat", "rm", "mkdir", "cp", "chmod", "tail", "git"):
            program = shutil.which(name)
            assert program
            (self.programs / name).symlink_to(program)
        self.add("python3", PYTHON.format(folder))
        self.add("podman", "#!/bin/sh\n")

    def add(self, name: str, text: str) -> None:
        program = self.programs / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)

    def ask_for(self, package: str, more: str = "") -> None:
        text = f'[dependency-groups]\ntest = ["{package}"]\n{more}'
        (self.project / "pyproject.toml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code and output of ``./run``, started elsewhere."""
        done = subprocess.run(
            [self.project / "run", *arguments],
            cwd=self.folder,
            env={"PATH": str(self.programs)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def installed(self) -> list[str]:
        """What pip was asked for since the last question."""
        log = self.folder / "pip"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_it_prepares_once_then_hands_on_arguments_and_exit_code(machine: Machine) -> None:
    code, said, told = machine.run("up", "a b", "")
    assert (code, said) == (3, "<up><a b><>")
    making, installing = told.splitlines()
    assert making.startswith("Making .venv, once, with Python 3.")
    assert installing.startswith("Installing what pyproject.toml asks for;")
    assert installing.endswith(f"{machine.project}/.venv/prepare.log")
    _, groups = machine.installed()
    assert groups.startswith(f"{machine.project}: -m pip install ")
    assert groups.endswith(" --group test")

    assert machine.run("services") == (3, "<services>", "")
    assert machine.installed() == []


def test_tests_run_in_the_projects_folder(machine: Machine) -> None:
    code, said, _ = machine.run("test", "-k", "a or b")
    assert (code, said) == (0, f"{machine.project}: pytest<-k><a or b>")


def test_it_prepares_again_where_other_packages_are_asked_for_or_it_was_moved(
    machine: Machine,
) -> None:
    machine.run("services")
    machine.installed()
    machine.ask_for("pytest>=8", more="[tool.ruff]\n")
    machine.run("services")
    assert machine.installed() == []
    machine.ask_for("pytest>=9")
    machine.run("services")
    assert len(machine.installed()) == 2
    machine.project = machine.project.rename(machine.folder / "moved")
    machine.run("services")
    assert len(machine.installed()) == 2


def test_a_failed_preparation_is_told_and_tried_again(machine: Machine) -> None:
    (machine.folder / "no-network").touch()
    code, said, told = machine.run("services")
    assert (code, said) == (2, "")
    assert f"see above, and {machine.project}/.venv/prepare.log" in told
    assert "PIP_FIND_LINKS" not in told
    machine.ask_for("container-manager>=0.2.0")
    assert "where its wheel is: PIP_FIND_LINKS=FOLDER ./run" in machine.run("services")[2]
    (machine.folder / "no-network").unlink()
    assert machine.run("services")[:2] == (3, "<services>")


def test_all_missing_packages_are_named_at_once(machine: Machine) -> None:
    (machine.folder / "no-venv").touch()
    (machine.programs / "git").unlink()
    code, _, told = machine.run("services")
    assert code == 2
    assert told.endswith("are needed. On Debian: apt-get install python3-venv git\n")
    assert not (machine.project / ".venv").exists()


def test_without_podman_it_says_so_and_goes_on(machine: Machine) -> None:
    machine.run("services")
    (machine.programs / "podman").unlink()
    code, said, told = machine.run("services")
    assert (code, said) == (3, "<services>")
    assert told == "Podman is missing: apt-get install podman busybox-static\n"


def test_a_broken_pyproject_is_told_in_one_line(machine: Machine) -> None:
    machine.run("services")
    (machine.project / "pyproject.toml").write_text("[dependency-groups\n", encoding="utf-8")
    code, said, told = machine.run("services")
    assert (code, said) == (2, "")
    assert told.startswith(f"{machine.project}/pyproject.toml: ")
    assert told.count("\n") == 1
