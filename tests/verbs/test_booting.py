"""``boot``: what is written, what systemd is told, and what is refused."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import Project

from container_manager.cli import run

UNIT = "container-manager-lab.service"
NOBODY = 4_242_424
"""The number of an ordinary user without a name."""

SYSTEMCTL = """\
#!/bin/sh
[ "$1" = --user ] && shift
echo "$*" >>"$FAKE/calls"
[ ! -e "$FAKE/fails-$1" ] || { echo "Failed: no $1 today" >&2; exit 1; }
case $1 in
is-system-running) cat "$FAKE/state" ;;
--version) echo 'systemd 252 (252.38)' ;;
enable) touch "$FAKE/enabled-$2" ;;
disable) rm -f "$FAKE/enabled-$2" ;;
start) touch "$FAKE/active-$2" ;;
is-enabled) [ -e "$FAKE/enabled-$2" ] ;;
is-active) [ -e "$FAKE/active-$2" ] ;;
esac
"""

LOGINCTL = """\
#!/bin/sh
[ -e "$FAKE/lingers" ] && echo Linger=yes || { echo 'User is not logged in' >&2; exit 1; }
"""


@dataclass(frozen=True)
class Machine:
    """A machine with a systemd that does as it is told, of an ordinary user.

    Attributes:
        fake: what the programs note and are steered by.
        units: where the user's units lie.
    """

    fake: Path
    units: Path

    @property
    def unit(self) -> Path:
        """The unit of the project."""
        return self.units / UNIT

    def calls(self) -> list[str]:
        """What systemctl was told since this was asked the time before; no questions."""
        log = self.fake / "calls"
        told = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in told if not line.startswith(("is-", "--version"))]


@pytest.fixture
def machine(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A project that was built, on such a machine."""
    programs, fake = tmp_path / "programs", tmp_path / "fake"
    programs.mkdir()
    fake.mkdir()
    for name, text in (("systemctl", SYSTEMCTL), ("loginctl", LOGINCTL)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (fake / "state").write_text("running\n")
    (fake / "lingers").touch()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(fake))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    project.deploy("web")
    project.build()
    return Machine(fake=fake, units=tmp_path / "home/.config/systemd/user")


def outcome(*argv: str) -> int:
    """The exit code of the installed program."""
    with pytest.raises(SystemExit) as ended:
        run(argv)
    code = ended.value.code
    return code if isinstance(code, int) else 0


def test_a_unit_is_written_and_enabled(
    project: Project, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome("boot") == 0
    told = capsys.readouterr()
    assert machine.calls() == ["daemon-reload", f"enable {UNIT}"]
    text = machine.unit.read_text()
    assert f"up --as-built --detached --config {project.root}/config.yml\n" in text
    assert f"stop --config {project.root}/config.yml\n" in text
    assert machine.unit.stat().st_mode & 0o777 == 0o644
    assert list(machine.units.iterdir()) == [machine.unit]
    assert told.out.startswith(f"Wrote {machine.unit}\n")
    assert f"systemctl --user start {UNIT}" in told.out
    assert f"journalctl --user -u {UNIT}" in told.out
    assert told.err == ""


def test_once_more_changes_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    outcome("boot")
    before = machine.unit.stat()
    capsys.readouterr()
    assert outcome("boot") == 0
    assert machine.unit.stat() == before
    assert capsys.readouterr().out.startswith(f"Unit: {machine.unit}\n")


def test_now_starts_it_as_the_machine_would(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome("boot", "--now") == 0
    assert machine.calls() == ["daemon-reload", f"enable {UNIT}", f"start {UNIT}"]
    assert "State: started by systemd." in capsys.readouterr().out


def test_a_start_that_fails_is_a_failure_and_tells_where_to_look(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.fake / "fails-start").touch()
    assert outcome("boot", "--now") == 1
    told = capsys.readouterr().err
    assert "The unit did not start: Failed: no start today" in told
    assert f"journalctl --user -u {UNIT}" in told


def test_what_systemd_does_not_take_is_told(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.fake / "fails-enable").touch()
    assert outcome("boot") == 1
    told = capsys.readouterr().err
    assert f"'systemctl --user enable {UNIT}' failed: Failed: no enable today" in told


def test_remove_takes_it_away_and_again_finds_nothing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome("boot")
    machine.calls()
    capsys.readouterr()
    assert outcome("boot", "--remove") == 0
    assert machine.calls() == [f"disable {UNIT}", "daemon-reload", f"reset-failed {UNIT}"]
    assert not machine.unit.exists()
    assert capsys.readouterr().out == f"Removed {machine.unit}. What runs goes on running.\n"
    assert outcome("boot", "--remove") == 0
    assert machine.calls() == []
    assert "there is no unit of it" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, "deployed_services: [\n"])
def test_remove_needs_no_configuration_that_works(
    project: Project, machine: Machine, content: str | None
) -> None:
    outcome("boot")
    if content is None:
        (project.root / "config.yml").unlink()
    else:
        project.write("config.yml", content)
    assert outcome("boot", "--remove") == 0
    assert not machine.unit.exists()


def test_dry_shows_the_unit_and_touches_nothing(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome("--dry", "boot") == 0
    told = capsys.readouterr().out
    assert f"Would write {machine.unit}" in told
    assert "[Service]\nType=oneshot\n" in told
    assert outcome("boot", "--dry", "--json") == 0
    assert json.loads(capsys.readouterr().out)["text"] in told
    assert not machine.units.exists()
    assert machine.calls() == []


def test_dry_remove_names_what_would_go(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome("boot")
    capsys.readouterr()
    assert outcome("boot", "--remove", "--dry") == 0
    assert capsys.readouterr().out == f"Would remove {machine.unit}.\n"
    assert machine.unit.exists()


def test_json_is_for_programs(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome("boot", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": UNIT,
        "unit": str(machine.unit),
        "enabled": True,
        "active": False,
        "lingers": True,
        "written": True,
        "removed": [],
        "problems": [],
    }


def test_an_environment_has_a_unit_of_its_own(project: Project, machine: Machine) -> None:
    project.write("config.prod.yml", "import: config.yml\n")
    assert outcome("build", "--env", "prod") == 0
    assert outcome("boot") == 0
    assert outcome("boot", "--env", "prod") == 0
    prod = machine.units / "container-manager-lab-prod.service"
    assert sorted(machine.units.iterdir()) == [prod, machine.unit]
    assert f"up --as-built --detached --config {project.root}/config.prod.yml\n" in prod.read_text()
    assert outcome("boot", "--remove", "--env", "prod") == 0
    assert list(machine.units.iterdir()) == [machine.unit]


class TestStatus:
    """``boot --status``."""

    def test_without_a_unit_there_is_nothing_wrong(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert outcome("boot", "--status") == 0
        assert "does not start with the machine" in capsys.readouterr().out
        assert machine.calls() == []

    def test_it_asks_systemd(self, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
        outcome("boot", "--now")
        capsys.readouterr()
        assert outcome("boot", "--status", "--json") == 0
        state = json.loads(capsys.readouterr().out)
        assert (state["enabled"], state["active"], state["problems"]) == (True, True, [])

    def test_what_keeps_it_from_starting_is_exit_code_1(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        outcome("boot")
        (machine.fake / "lingers").unlink()
        (machine.fake / f"enabled-{UNIT}").unlink()
        capsys.readouterr()
        assert outcome("boot", "--status") == 1
        told = capsys.readouterr().err
        assert "This user does not linger" in told
        assert f"loginctl enable-linger {NOBODY}" in told
        assert "'boot' enables it." in told

    def test_a_configuration_that_is_gone_is_told(
        self, project: Project, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        outcome("boot")
        (project.root / "config.yml").unlink()
        capsys.readouterr()
        assert outcome("boot", "--status") == 1
        assert f"The unit needs {project.root}/config.yml" in capsys.readouterr().err


class TestWhoseUnit:
    """A unit of this name may be there already."""

    def test_somebodys_own_is_never_overwritten(
        self, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        machine.units.mkdir(parents=True)
        machine.unit.write_text("[Service]\nExecStart=/bin/true\n")
        assert outcome("boot") == 2
        assert f"{machine.unit}: This unit is not ours" in capsys.readouterr().err
        assert outcome("boot", "--remove") == 0
        assert machine.unit.read_text() == "[Service]\nExecStart=/bin/true\n"
        assert machine.calls() == []

    def test_one_that_was_masked_stays_masked(self, machine: Machine) -> None:
        machine.units.mkdir(parents=True)
        machine.unit.symlink_to(os.devnull)
        assert outcome("boot") == 2
        assert machine.unit.is_symlink()

    def test_that_of_another_checkout_is_refused_while_it_is_there(
        self,
        project: Project,
        machine: Machine,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        outcome("boot")
        first = machine.unit.read_text()
        os.rename(project.root, tmp_path / "moved")  # noqa: PTH104 - we stand in it
        project.root.mkdir()
        project.write("config.yml", "{}\n")
        os.chdir(tmp_path / "moved")
        capsys.readouterr()
        assert outcome("boot") == 2
        told = capsys.readouterr().err
        assert f"another checkout, {project.root}/config.yml" in told
        assert machine.unit.read_text() == first

    def test_that_of_a_checkout_that_was_moved_is_taken_over(
        self, project: Project, machine: Machine, tmp_path: Path
    ) -> None:
        outcome("boot")
        os.rename(project.root, tmp_path / "moved")  # noqa: PTH104
        os.chdir(tmp_path / "moved")
        assert outcome("boot") == 0
        assert f"--config {tmp_path}/moved/config.yml\n" in machine.unit.read_text()

    def test_a_new_project_name_leaves_no_second_unit(
        self, project: Project, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        outcome("boot")
        project.write("config.yml", project.read("config.yml").replace('"lab"', '"hall"'))
        project.build()
        machine.calls()
        capsys.readouterr()
        assert outcome("boot") == 0
        new = "container-manager-hall.service"
        assert machine.calls() == [f"disable {UNIT}", "daemon-reload", f"enable {new}"]
        assert [one.name for one in machine.units.iterdir()] == [new]
        assert f"Removed {machine.unit}" in capsys.readouterr().out


class TestRefusals:
    """Exit code 2, and nothing written."""

    @pytest.mark.parametrize("state", ["offline\n", "unknown\n", ""])
    def test_without_systemd_it_says_what_to_do_by_hand(
        self,
        project: Project,
        machine: Machine,
        state: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        (machine.fake / "state").write_text(state)
        for words in (("boot",), ("boot", "--status"), ("boot", "--remove")):
            assert outcome(*words) == 2
            told = capsys.readouterr().err
            assert f"up --as-built --detached --config {project.root}/config.yml" in told
        assert not machine.units.exists()

    def test_without_systemctl_too(
        self,
        machine: Machine,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("PATH", str(machine.fake))
        assert outcome("boot") == 2
        assert "There is no systemd here" in capsys.readouterr().err

    def test_who_came_by_su_is_told_to_log_in(
        self,
        machine: Machine,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        (machine.fake / "fails-is-system-running").touch()
        assert outcome("boot") == 2
        assert "machinectl shell" in capsys.readouterr().err

    def test_a_stack_that_was_never_built_cannot_start_as_built(
        self, project: Project, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project.deploy("db", "services: {db: {image: localhost/db}}\n")
        assert outcome("boot") == 2
        assert "framework.db is not in this build" in capsys.readouterr().err
        assert not machine.units.exists()

    def test_root_does_not_take_an_ordinary_users_stack(
        self,
        project: Project,
        machine: Machine,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """As it would be under sudo."""
        state = project.root / ".container-manager"
        state.mkdir(mode=0o700, exist_ok=True)
        if os.getuid() == 0:
            os.chown(state, NOBODY, -1)
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        assert outcome("boot", "--dry") == 2
        assert f"This stack is that of {state.owner() if os.getuid() else NOBODY}" in (
            capsys.readouterr().err
        )

    def test_without_a_configuration_that_is_what_is_told(
        self, project: Project, machine: Machine, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (machine.fake / "state").write_text("offline\n")
        (project.root / "config.yml").unlink()
        assert outcome("boot") == 2
        assert "There is no config.yml in" in capsys.readouterr().err

    def test_containers_elsewhere_start_elsewhere(
        self,
        machine: Machine,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("CONTAINER_HOST", "ssh://ada@far/run/podman.sock")
        assert outcome("boot") == 2
        assert "CONTAINER_HOST is set" in capsys.readouterr().err
        assert not machine.units.exists()

    def test_one_thing_at_a_time(self, machine: Machine) -> None:
        assert outcome("boot", "--remove", "--status") == 2
        assert machine.calls() == []


def test_who_does_not_linger_is_warned(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.fake / "lingers").unlink()
    assert outcome("boot") == 0
    assert f"loginctl enable-linger {NOBODY}" in capsys.readouterr().err
    assert machine.unit.exists()


def test_variables_of_the_shell_alone_are_told_and_not_kept(
    project: Project,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WEB_PASSWORD", "s3cret-s3cret")
    monkeypatch.setenv("MOOD", "good")
    project.write(".env", "WEB_TOKEN=s3cret-of-dotenv\n", mode=0o600)
    project.deploy(
        "web",
        "services: {web: {image: localhost/web, environment: "
        "{P: '${WEB_PASSWORD}', T: '${WEB_TOKEN}'}}}\n",
        mood="${MOOD}",
        home="${HOME}",
    )
    project.build(project.config(**os.environ))
    assert outcome("boot") == 0
    told = capsys.readouterr().err
    assert "not there when the machine starts: MOOD, WEB_PASSWORD." in told
    assert f"Write them into {project.root}/.env (mode 600)." in told
    assert "s3cret" not in machine.unit.read_text() + told
