"""What Copier leaves to chance is settled: which tag is recorded, and a cache that others fill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import copier
import pytest
from copier.errors import InteractiveSessionError
from plumbum import ProcessExecutionError
from tests.conftest import Project
from tests.scaffold.making import recorded, refused
from tests.scaffold.small_template import git

from container_manager import verbs
from container_manager.errors import ConfigError, UsageError
from container_manager.scaffold.faults import told


class Unlucky:
    """Copier, whose git fails a few times because another one fetches at the same moment."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.runs = copier.run_copy

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ProcessExecutionError(["git"], 1, "", "did not send all necessary objects")
        self.runs(*args, **kwargs)


def test_the_version_tag_is_recorded_where_its_commit_has_others(
    lab: Project, tmp_path: Path
) -> None:
    git(tmp_path / "template", "tag", "nightly")
    assert recorded(verbs.new(name="web"))["_commit"] == "v0.1.0"


def test_a_fetch_that_met_another_is_tried_once_more(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copier, "run_copy", Unlucky(1))
    assert verbs.new(name="web").name == "services.web"


def test_a_fetch_that_fails_again_is_told(lab: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copier, "run_copy", Unlucky(2))
    with refused(lab, ConfigError) as said:
        verbs.new(name="web")
    assert "did not send all necessary objects" in said[0]


def test_questions_that_nobody_is_there_to_answer() -> None:
    with (
        pytest.raises(UsageError, match="asks, and nobody is there to answer") as caught,
        told("template"),
    ):
        raise InteractiveSessionError("Use `--defaults` and/or `--data`")
    assert "--data QUESTION=VALUE" in str(caught.value)
