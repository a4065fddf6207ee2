"""Answers that take a while."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from container_manager.errors import RuntimeFailure
from container_manager.lifecycle.status.observing import Slow


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
