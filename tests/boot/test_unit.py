"""The unit that starts a stack with the machine, as systemd itself reads it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.boot.reading import Unit

from container_manager.boot.unit import (
    Record,
    Wanted,
    kept_variables,
    read_record,
    unit_text,
    unusable_paths,
)

HOSTILE = (
    "plain",
    "two  blanks",
    "50% off %n %%",
    "$HOME ${HOME} $$",
    'it\'s "quoted" `id`',
    r"back\slash \n \x41 \\",
    "a=b;c #d",
    "!|@-:+",
    "größe ✓",
)
"""Names of folders that mean something to systemd or to a shell."""

RECORDER = '#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n'
"""Stands for the interpreter, and says what it was called with."""


def wanted(folder: Path, *, system: bool = False) -> Wanted:
    """A unit of a project in a folder that is there, with something to call."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").touch()
    python = folder / "python"
    python.write_text(RECORDER)
    python.chmod(0o755)
    return Wanted(
        project="lab",
        config=folder / "config.yml",
        python=python,
        variables={"PATH": f"{folder}:/usr/bin"},
        system=system,
    )


def as_systemd_reads(one: Wanted, folder: Path) -> Unit:
    return Unit.read(unit_text(one), one.name, folder, system=one.system)


@pytest.mark.parametrize(("name", "system"), [("plain", False), *((n, True) for n in HOSTILE)])
def test_systemd_calls_us_wherever_the_project_lies(
    tmp_path: Path, name: str, system: bool
) -> None:
    one = wanted(tmp_path / name, system=system)
    read = as_systemd_reads(one, tmp_path)
    assert read.complaints == []
    assert read.values["AssertPathExists"] == [f"{one.config} untested"]
    assert read.values["Environment"] == [f"PATH={one.config.parent}:/usr/bin"]
    start, stop = (
        subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
        for argv in read.commands
    )
    own = [str(one.python), "-P", "-m", "container_manager"]
    assert start == [*own, "up", "--as-built", "--detached", "--config", str(one.config)]
    assert stop == [*own, "stop", "--config", str(one.config)]


def test_what_carries_containers_outlives_the_command_and_failures_are_tried_again(
    tmp_path: Path,
) -> None:
    read = as_systemd_reads(wanted(tmp_path / "lab"), tmp_path)
    assert (read.values["Type"], read.values["RemainAfterExit"]) == (["oneshot"], ["yes"])
    assert read.values["KillMode"] == ["process"]
    assert read.values["Restart"] == ["on-failure"]


def test_versions_of_systemd_that_refuse_to_try_again_are_not_asked_to(tmp_path: Path) -> None:
    old = replace(wanted(tmp_path / "lab"), retries=False)
    assert as_systemd_reads(old, tmp_path).values["Restart"] == ["no"]


@pytest.mark.parametrize(
    ("system", "waits", "target"),
    [
        (True, "network-online.target", "multi-user.target"),
        (False, "podman-user-wait-network-online.service", "default.target"),
    ],
)
def test_it_waits_for_the_network_of_whose_it_is(
    tmp_path: Path, system: bool, waits: str, target: str
) -> None:
    one = wanted(tmp_path / "lab", system=system)
    text = unit_text(one)
    assert f"After={waits}\n" in text
    assert f"Wants={waits}\n" in text
    assert ("RequiresMountsFor" in as_systemd_reads(one, tmp_path).values) is system
    assert text.endswith(f"[Install]\nWantedBy={target}\n")


@pytest.mark.parametrize(
    ("system", "folder", "target"),
    [(True, "system", "multi-user.target"), (False, "user", "default.target")],
)
def test_systemd_enables_and_disables_it(
    tmp_path: Path, system: bool, folder: str, target: str
) -> None:
    """By its own program, on the files of a machine that does not run."""
    one = wanted(tmp_path / "lab", system=system)
    units = tmp_path / "machine" / "etc" / "systemd" / folder
    units.mkdir(parents=True)
    (units / one.name).write_text(unit_text(one), encoding="utf-8")
    scope = "--system" if system else "--global"
    systemctl = ["systemctl", scope, f"--root={tmp_path / 'machine'}"]
    subprocess.run([*systemctl, "enable", one.name], check=True, capture_output=True)
    link = units / f"{target}.wants" / one.name
    assert link.is_symlink()
    subprocess.run([*systemctl, "disable", one.name], check=True, capture_output=True)
    assert not link.is_symlink()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_unit_says_what_it_starts(tmp_path: Path, name: str) -> None:
    one = wanted(tmp_path / name)
    record = read_record(unit_text(one))
    assert record == Record(config=one.config, python=one.python)
    assert record.gone is None
    one.python.unlink()
    assert record.gone == one.python


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[Unit]\nDescription=somebody's\n",
        "# Written by Container Manager",
        "# Written by Container Manager\n[X-Container-Manager]\nConfig=7\nPython=\n",
        '# Written by Container Manager\n[X-Container-Manager]\nConfig="/a"\nPython=["/b"]\n',
    ],
)
def test_what_we_did_not_write_is_not_taken_for_ours(text: str) -> None:
    assert read_record(text) is None


@pytest.mark.parametrize("name", ["line\nbreak", "blank ", "backslash\\", "tab\t", "\udcff"])
def test_paths_that_no_unit_can_name_are_refused(name: str) -> None:
    one = Wanted(
        project="lab",
        config=Path("/srv") / name,
        python=Path(sys.executable),
        variables={},
        system=False,
    )
    (problem,) = unusable_paths(one)
    assert problem.message == f"systemd cannot be told of this path: {str(one.config)!r}."


def test_the_unit_keeps_what_decides_about_podman_and_nothing_else() -> None:
    environ = {
        "PATH": ":bin:/usr/bin:.:/bin:/usr/bin",
        "CONTAINERS_CONF": "/etc/mine.conf",
        "XDG_DATA_HOME": "/data",
        "STORAGE_DRIVER": "",
        "MONGO_PASSWORD": "s3cret-s3cret",
        "HTTPS_PROXY": "http://ada:s3cret@proxy",
    }
    assert kept_variables(environ) == {
        "PATH": "/usr/bin:/bin",
        "CONTAINERS_CONF": "/etc/mine.conf",
        "XDG_DATA_HOME": "/data",
    }
