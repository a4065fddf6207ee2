"""What ``doctor`` says of the units that start stacks with the machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from container_manager.boot.unit import Wanted, unit_text
from container_manager.doctor.booting import reboots
from container_manager.doctor.subject import Subject
from container_manager.run import Finished


class Login:
    """Says whether the user lingers."""

    def __init__(self, said: str) -> None:
        self.said = said

    def run(self, argv: Sequence[str], **_: object) -> Finished:
        return Finished(argv=tuple(argv), returncode=0, stdout=self.said, stderr="")


@pytest.fixture
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ordinary user's units, of a machine that has ``loginctl``."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "loginctl").write_text("#!/bin/sh\n")
    (programs / "loginctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 4_242_424)
    folder = tmp_path / "systemd" / "user"
    folder.mkdir(parents=True)
    (folder / "container-manager-of-somebody.service").write_text("[Service]\n")
    return folder


def boots(units: Path, config: Path) -> None:
    """A unit that starts the stack of a configuration."""
    wanted = Wanted(
        project="lab", config=config, python=Path("/bin/sh"), variables={}, system=False
    )
    (units / wanted.name).write_text(unit_text(wanted))


def codes(tmp_path: Path, said: str = "Linger=yes\n") -> list[str]:
    subject = Subject(runner=Login(said), environ={}, folder=tmp_path)
    return [one.code for one in reboots(subject)]


def test_without_a_unit_of_ours_nothing_is_said(units: Path, tmp_path: Path) -> None:
    assert codes(tmp_path) == []


def test_a_unit_is_told_and_what_stands_against_it(units: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    boots(units, config)
    assert codes(tmp_path) == ["boot-gone"]
    config.touch()
    assert codes(tmp_path) == ["boot"]
    assert codes(tmp_path, "Linger=no\n") == ["boot-without-linger"]
