"""Ctrl-C and SIGTERM while a stack is up."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping

import pytest

from container_manager.testing.presses import Presses

BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(autouse=True)
def before() -> Iterator[Mapping[signal.Signals, object]]:
    """Ordinary handlers, whatever this run was started with; each test has to leave them."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: None)
    given = {number: signal.getsignal(number) for number in kept}
    yield given
    left = {number: signal.getsignal(number) for number in kept}
    for number, handler in kept.items():
        signal.signal(number, handler)
    assert left == given


@BOTH
def test_the_first_ends_the_run(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), Presses().watched():
        signal.raise_signal(number)


@BOTH
def test_another_one_does_not_break_the_way_out(number: signal.Signals) -> None:
    presses, removed = Presses(), []
    with presses.watched():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            signal.raise_signal(number)
            with presses.held_off():
                signal.raise_signal(number)
                removed.append("all")
    assert removed == ["all"]


@BOTH
def test_one_that_comes_during_a_removal_counts_after_it(number: signal.Signals) -> None:
    removed = []

    def remove() -> None:
        with Presses().held_off():
            signal.raise_signal(number)
            removed.append("all")

    with pytest.raises(KeyboardInterrupt):
        remove()
    assert removed == ["all"]


def test_blocks_may_overlap() -> None:
    presses = Presses()
    one, other = presses.watched(), presses.watched()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    other.__exit__(None, None, None)


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Presses().watched():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, signal.default_int_handler)
