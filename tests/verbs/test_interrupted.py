"""Ctrl-C ends a command in order, and what stays is said."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.test_cli import outcome

from container_manager.bundling import receiving
from container_manager.errors import InterruptedByUser
from container_manager.verbs import watching


def press(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_while_it_watches(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.deploy()
    monkeypatch.setattr(watching, "_apply", press)
    with pytest.raises(InterruptedByUser, match="Watching has ended; what runs goes on running"):
        watching.watch()


def test_while_a_bundle_is_read(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("lab.bundle.tar", "x")
    monkeypatch.setattr(receiving, "Reader", press)
    assert outcome("unbundle", "lab.bundle.tar") == 130
    assert "Interrupted: no project was written." in capsys.readouterr().err
