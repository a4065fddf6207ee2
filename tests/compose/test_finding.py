"""Which program is taken for a provider: programs that say and do what real ones say and do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from container_manager.compose import finding
from container_manager.compose.compose_v2 import ComposeV2
from container_manager.compose.finding import CACHE, CHOICE, Finder
from container_manager.compose.podman_compose import PodmanCompose
from container_manager.errors import PreconditionError
from container_manager.podman.host import PodmanHost
from container_manager.run import ProcessRunner

V2 = "Docker Compose version v2.40.3"
PC = "podman-compose version 1.6.0\npodman version 5.4.2"


class Machine:
    """A machine of our own: folders for programs, and a Podman that may have ``compose``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.calls = root / "calls"
        self.environ = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(root / "home")}
        self.choice = ""
        self.version = (5, 4, 2)
        self.program("bin/podman", "")

    def program(self, place: str, banner: str, *, code: int = 16) -> str:
        """A program that says ``banner`` when asked for its version, and fails with ``code``."""
        file = self.root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f'#!/bin/sh\necho "$0 $*" >> "{self.calls}"\n'
            f'[ "$1" != version ] || {{ echo "{banner}"; exit 0; }}\nexit {code}\n'
        )
        file.chmod(0o755)
        return str(file)

    def delegates(self, default: str) -> None:
        """Let ``podman compose`` run a program, or what the user's variable names."""
        (self.bin / "podman").write_text(
            '#!/bin/sh\n[ "$1" = compose ] || exit 125\nshift\n'
            f'program=${{{CHOICE}:-{default}}}\n'
            f'[ "${{PODMAN_COMPOSE_WARNING_LOGS:-true}}" = false ] || echo '
            '">>>> Executing external compose provider \\"$program\\". <<<<" >&2\n'
            'exec "$program" "$@"\n'
        )  # fmt: skip

    def finder(self) -> Finder:
        host = PodmanHost(
            executable=str(self.bin / "podman"),
            version=self.version,
            rootless=False,
            settings={"CONTAINERS_CONF": str(self.root / "containers.conf")},
            reasons=(),
        )
        return Finder(
            runner=ProcessRunner(),
            host=host,
            environ=self.environ,
            choice=self.choice,
            state_dir=self.root,
        )

    def find(self, name: str) -> PodmanCompose | ComposeV2:
        found = self.finder().find(name)
        assert isinstance(found, (PodmanCompose, ComposeV2))
        return found

    def refused(self, name: str) -> str:
        with pytest.raises(PreconditionError) as caught:
            self.finder().find(name)
        assert caught.value.exit_code == 2
        return str(caught.value)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without Docker's plugins; the package next to us is still there."""
    monkeypatch.setattr(finding, "_PLUGIN_PLACES", (str(tmp_path / "usr/lib/docker"),))
    return Machine(tmp_path)


def test_plugins_come_before_path_and_path_before_the_package(machine: Machine) -> None:
    package = machine.find("docker").program[0]
    assert package.endswith("/compose/docker-compose")
    for place in ("bin/docker-compose", "usr/lib/docker/cli-plugins/docker-compose",
                  "home/.docker/cli-plugins/docker-compose"):  # fmt: skip
        program = machine.program(place, V2)
        found = machine.find("docker")
        assert found.program == (program,)
        assert found.title == f"Docker Compose 2.40.3 ({program})"


@pytest.mark.parametrize(
    ("banner", "code", "reason"),
    [
        ("docker-compose version 1.29.2, build unknown", 1, "is something else, it says: docker-"),
        ("Docker Compose version 2.24.3", 16, "has version 2.24.3, which is too old"),
        (V2, 0, "hides the exit codes of its failures"),
        (PC, 1, "is something else, it says: podman-compose version 1.6.0"),
    ],
)
def test_what_cannot_be_used_is_passed_over_or_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, banner: str, code: int, reason: str
) -> None:
    program = machine.program("bin/docker-compose", banner, code=code)
    assert machine.find("docker").program != (program,)
    monkeypatch.setattr("importlib.metadata.distribution", _no_package)
    (machine.root / CACHE).unlink()
    message = machine.refused("docker")
    assert "No Docker Compose of version 2.24.4 or later was found; " in message
    assert f"{program} {reason}" in message
    assert "remove 'compose_provider'" in message


def _no_package(name: str) -> None:
    import importlib.metadata

    raise importlib.metadata.PackageNotFoundError(name)


def test_podman_compose_is_asked_what_it_runs_and_held_to_it(machine: Machine) -> None:
    composed = machine.program("bin/podman-compose", PC)
    docker = machine.program("bin/docker-compose", V2)
    machine.delegates("podman-compose")
    found = machine.find("podman")
    podman = str(machine.bin / "podman")
    assert isinstance(found, PodmanCompose)
    assert found.program == (podman, "compose")
    assert found.variables[CHOICE] == composed
    assert found.title == f"podman compose, which runs podman-compose 1.6.0 ({composed})"

    machine.choice = docker
    found = machine.find("podman")
    assert isinstance(found, ComposeV2)
    assert found.variables[CHOICE] == docker
    assert "which runs Docker Compose 2.40.3" in found.title


def test_what_podman_compose_must_not_run(machine: Machine) -> None:
    machine.program("bin/podman-compose", "podman-compose version 1.3.0")
    machine.delegates("podman-compose")
    assert "podman-compose has version 1.3.0, which is too old" in machine.refused("podman")
    machine.program("bin/podman-compose", "docker-compose version 1.29.2")
    assert "it says: docker-compose version 1.29.2" in machine.refused("podman")
    machine.program("bin/podman", "", code=125)
    assert "'podman compose' has nothing to run" in machine.refused("podman")
    machine.version = (4, 3, 1)
    message = machine.refused("podman")
    assert "Podman 4.3.1 has no 'podman compose'; it came with 4.7." in message
    assert "Install a later Podman" in message


def test_the_answer_is_remembered_until_a_program_changes(machine: Machine) -> None:
    program = machine.program("bin/docker-compose", V2)
    machine.find("docker")
    asked = machine.calls.read_text()
    assert f"{program} version" in asked
    machine.find("docker")
    assert machine.calls.read_text() == asked
    machine.program("bin/docker-compose", "Docker Compose version v2.41.0")
    assert "2.41.0" in machine.find("docker").title
    Path(program).unlink()
    assert machine.find("docker").program != (program,)


def test_a_variable_that_leads_to_no_podman_is_refused(machine: Machine) -> None:
    machine.environ["DOCKER_HOST"] = "tcp://build.example:2375"
    message = machine.refused("docker")
    assert "DOCKER_HOST is tcp://build.example:2375" in message
    assert "Unset DOCKER_HOST" in message
    assert replace(machine.finder(), environ={}).find("podman-compose").socket is None


def test_a_podman_compose_with_nothing_to_run_says_what_it_said(machine: Machine) -> None:
    (machine.bin / "podman").write_text(
        "#!/bin/sh\necho 'looking up docker-compose' >&2\nexit 125\n"
    )
    with pytest.raises(PreconditionError, match="'podman compose' has nothing to run") as caught:
        machine.finder().find("podman")
    assert "looking up docker-compose" in str(caught.value)
    assert "Install podman-compose" in str(caught.value)


def test_a_provider_whose_plugin_is_gone_is_told(machine: Machine) -> None:
    with pytest.raises(PreconditionError, match="There is no compose provider 'lab-compose'"):
        machine.finder().find("lab-compose")
