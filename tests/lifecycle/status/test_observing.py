"""Answers that take a while, and health that is too old to be told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from tests.lifecycle.containers import container

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.status.judging import Drift
from container_manager.lifecycle.status.observing import Observer, Slow


def test_a_question_that_failed_is_asked_again() -> None:
    answers: Iterator[RuntimeFailure | int] = iter([RuntimeFailure("Podman is silent."), 7])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, RuntimeFailure):
            raise answer
        return answer

    slow = Slow[int](ask, every=0.0, first=0)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(RuntimeFailure):
            slow.get(pool, wait=True)
        assert slow.get(pool, wait=True) == 7


@pytest.mark.parametrize(("age", "again"), [(12, False), (17, True), (30, True)])
def test_health_that_is_too_old_once_it_is_told_is_checked_again(age: int, again: bool) -> None:
    """Ten seconds between checks: twenty are the most, and looking takes some of them."""
    checked_at = (datetime.now(UTC) - timedelta(seconds=age)).isoformat()
    log = [{"Start": checked_at, "Output": ""}]
    health = {"Health": {"Status": "healthy", "FailingStreak": 0, "Log": log}}
    state = container("web", state=health, check={"Test": ["CMD", "true"], "Interval": 10**10})
    checked: list[str] = []
    engine = SimpleNamespace(check_health=lambda one, **_: checked.append(one))
    project = SimpleNamespace(
        engine=engine,
        containers=lambda: [state],
        identity=lambda *, create: SimpleNamespace(owns=lambda labels: True),
    )
    with Observer(cast(Project, project), Drift) as observer:
        observer.check_stale()
    assert checked == (["id-web"] if again else [])
