"""The times in what ``podman logs`` says."""

from __future__ import annotations

import pytest

from container_manager.lifecycle.daily.stamps import just_before, nanoseconds, pieces

AT = "2026-11-26T18:27:18.868881636Z"
LATER = "2026-11-26T18:27:18.869001495Z"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (AT, [(AT, "")]),
        (f"{AT} ", [(AT, "")]),
        (f"{AT}  two spaces ", [(AT, " two spaces ")]),
        (f"{AT} done{LATER} ", [(AT, "done"), (LATER, "")]),
        (f"{AT} at {LATER}", [(AT, f"at {LATER}")]),
        (f"{AT} ms 2026-11-26T18:27:19.123Z x", [(AT, "ms 2026-11-26T18:27:19.123Z x")]),
        (f"{LATER} {AT} said", [(LATER, f"{AT} said")]),
        ("Error: no such container", [("", "Error: no such container")]),
        ("", [("", "")]),
    ],
)
def test_pieces(line: str, expected: list[tuple[str, str]]) -> None:
    assert pieces(line) == expected


def test_a_long_line_is_one_again() -> None:
    text = "x" * 8192
    found = pieces(f"{AT} {text}{LATER} {text}")
    assert "".join(part for _, part in found) == 2 * text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-10-25T02:59:59.9+02:00", "2026-10-25T02:00:00+01:00"),  # summer ends
        ("2026-11-26T18:27:18Z", "2026-11-26T18:27:18.000000001Z"),
        ("2026-11-26T18:27:18.09Z", "2026-11-26T18:27:18.1Z"),
    ],
)
def test_times_are_compared_as_such(one: str, other: str) -> None:
    assert nanoseconds(one) < nanoseconds(other)


def test_podman_is_asked_for_a_moment_just_before() -> None:
    moment = nanoseconds(AT)
    before = nanoseconds(just_before(moment).replace("+00:00", "Z"))
    assert 0 < moment - before < 10_000
    assert nanoseconds("2026-99-26T18:27:18Z") == nanoseconds("") == 0
