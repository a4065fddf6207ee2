"""What single commands refuse before they touch anything."""

from __future__ import annotations

import importlib.util
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.conftest import Project, snapshot
from tests.puppet import Puppet
from tests.test_cli import outcome

from container_manager import building, opening, started, verbs
from container_manager.build import lock
from container_manager.build.manifest import VERSION
from container_manager.errors import BuildError, ConfigError, PreconditionError
from container_manager.verbs import adopting, data, showing


def test_volumes_are_either_copied_or_ignored(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy()
    assert outcome("adopt", "--copy", "--ignore") == 2
    told = "--copy and --ignore exclude each other: nothing was done."
    assert told in capsys.readouterr().err


def test_nothing_to_run_is_refused_before_a_folder_of_ours_is_made(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy()
    before = snapshot(project.root)
    assert outcome("exec", "web") == 2
    told = "There is no command to run.\n  Write it after --: exec web -- ls -l\n"
    assert capsys.readouterr().err == told
    assert snapshot(project.root) == before


def test_compose_files_that_are_not_there(project: Project) -> None:
    with project.refuses(ConfigError) as refusal:
        verbs.clean_files([Path("one.yml"), Path("two.yml")])
    assert refusal.messages == [f"{n}.yml: There is no such file." for n in ("one", "two")]


def test_the_dashboard_where_its_extra_is_not_installed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with project.refuses(PreconditionError) as refusal:
        showing.dashboard()
    assert "The dashboard is an extra that is not installed." in refusal.text
    assert "'container-manager[dashboard]'" in refusal.text


def test_names_of_services_mean_nothing_without_a_configuration(
    project: Project, puppet: Puppet
) -> None:
    project.write("config.yml", "hooks: [")
    (project.root / ".container-manager").mkdir()
    puppet.has_volumes(lab_data="lab")
    for verb in (data.backup, data.restore, data.preview_restore):
        with project.refuses(ConfigError, written=True) as refusal:
            verb(service=["web"])
        assert "Without its configuration, nothing tells what a service's name" in refusal.text


def test_a_backup_needs_no_template_that_renders(
    project: Project, puppet: Puppet, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web", "services: {web: {image: '{{ nothing }}'}}\n")
    with project.refuses(PreconditionError, written=True) as refusal:
        data.backup()
    assert "Going on with what the containers tell." in capsys.readouterr().err
    assert "The project 'lab' has no volumes to save." in refusal.text  # Podman was asked


def test_volumes_of_a_project_that_has_none(project: Project, puppet: Puppet) -> None:
    project.deploy()
    with project.refuses(PreconditionError, written=True) as refusal:
        adopting.former_volumes(project="als")
    assert "No volume of the compose project 'als' has the name of one of this st" in refusal.text


def test_two_projects_that_were_started_from_a_broken_configuration(
    project: Project, puppet: Puppet
) -> None:
    project.write("config.yml", "hooks: [")
    (project.root / ".container-manager").mkdir()
    puppet.has_volumes(one_data="one", two_data="two", two_log="two")
    with project.refuses(ConfigError, written=True) as refusal:
        started.find_running(None)
    assert "More than one project was started from here: one, two." in refusal.text
    assert "project_name: NAME" in refusal.text


def test_a_rollback_after_another_command_was_finished(project: Project) -> None:
    project.deploy()
    project.build()
    begun = f'{{"version": {VERSION}, "undo": null, "keep": 3, "steps": []}}'
    project.write("build/.manager/journal.json", begun)
    with project.refuses(BuildError, written=True) as refusal:
        building.rollback()
    assert "so the newest former build is another one now." in refusal.text
    assert "rollback --build NUMBER" in refusal.text


IMPATIENT = SimpleNamespace(monotonic=count(step=100).__next__, sleep=lambda _: None)
"""A clock by which every wait is over at once."""


def test_one_command_at_a_time_changes_a_stack(
    project: Project, puppet: Puppet, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.deploy()
    monkeypatch.setattr(lock, "time", IMPATIENT)
    held = lock.hold(project.root / ".container-manager/lock", "It is ours")
    with held, project.refuses(PreconditionError, written=True) as refusal:
        verbs.down()
    assert "The stack is being changed by process " in refusal.text
    assert not [call for call in puppet.calls() if call.startswith(("rm", "stop"))]


def test_one_command_at_a_time_generates_credentials(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = "services: {web: {image: localhost/x, environment: {DOOR_TOKEN: '${DOOR_TOKEN}'}}}\n"
    project.deploy("web", web, credentials=["DOOR_TOKEN"])
    (project.root / ".container-manager").mkdir()
    monkeypatch.setattr(lock, "time", IMPATIENT)
    held = lock.hold(project.root / ".container-manager/credentials.lock", "It is ours")
    with held, project.refuses(PreconditionError, written=True) as refusal:
        opening.open_to_start(None)
    assert "Credentials are being generated by process " in refusal.text
    assert not (project.root / ".env").exists()


def test_a_lock_in_whose_place_a_folder_is(project: Project) -> None:
    project.write("lock/x")
    with (
        pytest.raises(BuildError, match="The lock cannot be made: Is a directory"),
        lock.hold(project.root / "lock", "It is ours"),
    ):
        pass
