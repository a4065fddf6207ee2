"""Which backups go when a new one was made: never one that somebody asked for, or may need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A backup, as far as pruning is concerned.

    Attributes:
        name: its folder.
        created: when, ISO 8601; tells which is newer.
        prunable: whether it is ours, was made without being asked for, still has the name that we
            gave it, is complete, and holds nothing that we did not put there.
        volumes: the names of the volumes that it holds.
    """

    name: str
    created: str
    prunable: bool
    volumes: frozenset[str]


def surplus(backups: Sequence[Kept], *, keep: int, existing: Collection[str]) -> list[str]:
    """The backups to remove, oldest first.

    Beyond the newest ``keep`` automatic ones, a backup goes unless it is the only one left of a
    volume that does not exist any more.

    Args:
        backups: all that are there.
        keep: how many automatic ones stay; 0: all of them.
        existing: the names of the volumes that Podman has.

    >>> old = Kept(name="old", created="1", prunable=True, volumes=frozenset({"data"}))
    >>> new = Kept(name="new", created="2", prunable=True, volumes=frozenset({"data"}))
    >>> surplus([old, new], keep=1, existing=())
    ['old']
    """
    if keep <= 0:
        return []
    ordered = sorted(backups, key=lambda one: (one.created, one.name))
    automatic = [one for one in ordered if one.prunable]
    going: list[str] = []
    for one in automatic[: max(len(automatic) - keep, 0)]:
        others = [two for two in ordered if two.name != one.name and two.name not in going]
        elsewhere = {name for two in others for name in two.volumes}
        if one.volumes <= elsewhere | set(existing):
            going.append(one.name)
    return going
