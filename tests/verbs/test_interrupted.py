"""Ctrl-C ends a command in order, and what stays is said."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace

import pytest
from tests.bundling.small import small, written
from tests.conftest import Project
from tests.puppet import Puppet
from tests.test_cli import outcome

from container_manager.errors import InterruptedByUser
from container_manager.verbs import watching


def press(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_while_it_watches(
    project: Project,
    puppet: Puppet,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project.deploy("web", "services: {}\n")
    waiting = SimpleNamespace(sleep=press, monotonic=time.monotonic)
    monkeypatch.setattr(watching, "time", waiting)
    with pytest.raises(InterruptedByUser, match="Watching has ended; what runs goes on running"):
        watching.watch()
    assert "Ctrl-C ends it." in capsys.readouterr().err


def test_while_a_bundle_is_unpacked(
    project: Project,
    puppet: Puppet,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project.root / "lab.bundle.tar").write_bytes(written(small()))
    puppet.says("info", "amd64")
    monkeypatch.setattr(os, "rename", press)  # the last that it does
    assert outcome("unbundle", "lab.bundle.tar") == 130
    assert "Interrupted: no project was written." in capsys.readouterr().err
    assert [one.name for one in project.root.iterdir()] == ["lab.bundle.tar"]
