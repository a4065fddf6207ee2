"""Which backups go when a new one was made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from container_manager.lifecycle.data.retention import Kept, surplus


def kept(name: str, *volumes: str, prunable: bool = True) -> Kept:
    return Kept(name=name, created=name, prunable=prunable, volumes=frozenset(volumes))


def test_the_newest_automatic_ones_stay() -> None:
    three = [kept(name, "data") for name in "acb"]
    assert surplus(three, keep=2, existing=()) == ["a"]
    assert surplus(three, keep=1, existing=()) == ["a", "b"]
    assert surplus(three, keep=3, existing=()) == []


def test_nothing_goes_where_all_are_to_be_kept() -> None:
    assert surplus([kept(name, "data") for name in "abc"], keep=0, existing=()) == []


def test_what_somebody_asked_for_neither_goes_nor_counts() -> None:
    mine = kept("a", "data", prunable=False)
    others = [kept(name, "data") for name in "bcd"]
    assert surplus([mine, *others], keep=2, existing=()) == ["b"]


def test_the_only_backup_of_a_volume_that_is_gone_stays() -> None:
    old, middle, new = kept("a", "data", "lost"), kept("b", "data"), kept("c", "data")
    assert surplus([old, middle, new], keep=1, existing=["data"]) == ["b"]
    assert surplus([old, middle, new], keep=1, existing=["data", "lost"]) == ["a", "b"]


_BACKUPS = st.lists(
    st.tuples(st.booleans(), st.frozensets(st.sampled_from("xyz"))), max_size=8
).map(
    lambda rows: [
        Kept(name=f"{number:02}", created=f"{number:02}", prunable=prunable, volumes=volumes)
        for number, (prunable, volumes) in enumerate(rows)
    ]
)


@given(_BACKUPS, st.integers(0, 5), st.frozensets(st.sampled_from("xyz")))
def test_no_volume_that_is_gone_loses_its_last_backup(
    backups: list[Kept], keep: int, existing: frozenset[str]
) -> None:
    going = surplus(backups, keep=keep, existing=existing)
    left = [one for one in backups if one.name not in going]
    saved = {name for one in backups for name in one.volumes} - existing
    assert saved <= {name for one in left for name in one.volumes}
    assert all(one.prunable for one in backups if one.name in going)
    automatic = [one for one in backups if one.prunable]
    assert all(one in left for one in automatic[len(automatic) - keep :] if keep)
    assert going == [] or keep > 0
