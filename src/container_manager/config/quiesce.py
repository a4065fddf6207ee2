"""The setting ``quiesce`` of a service: the commands around a backup of its volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.config.alternatives import OrNull, Whole
from container_manager.config.shapes import Fields, KnownKey, ListOf
from container_manager.config.values import SECONDS, WORD
from container_manager.model import Key, Node

TIMEOUT = 60.0
"""Seconds that a command may take, unless ``timeout`` says otherwise."""

EXPECTED = "a mapping with before, after (argv lists), container (a compose service), timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiesce:
    """What makes a service's files fit to be copied while it runs.

    Attributes:
        before: argv, run inside its container; empty: none.
        after: the same, once the copy is made, however that went.
        container: the compose service to run them in; None: the one that mounts a volume.
        timeout: seconds that each may take.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    container: str | None = None
    timeout: float = TIMEOUT


def declared(settings: Mapping[str, Any]) -> Quiesce | None:
    """What a service's settings declare.

    >>> declared({"quiesce": {"before": ["sync"]}})
    Quiesce(before=('sync',), after=(), container=None, timeout=60.0)
    """
    entry = settings.get("quiesce")
    if not isinstance(entry, Mapping):
        return None
    return Quiesce(
        before=tuple(map(str, entry.get("before") or ())),
        after=tuple(map(str, entry.get("after") or ())),
        container=entry.get("container"),
        timeout=float(entry.get("timeout") or TIMEOUT),
    )


def _has_commands(said: Mapping[Key, Node]) -> bool:
    return any(said[key].value for key in ("before", "after") if key in said)


_COMMAND = "a command as a list of texts"
_ARGV = OrNull(expected=_COMMAND, shape=ListOf(expected=_COMMAND, each=WORD))

SHAPE = Whole(
    expected=EXPECTED,
    shape=Fields(
        expected=EXPECTED,
        complete=_has_commands,
        known={
            "before": KnownKey(
                shape=_ARGV,
                meaning="the command that makes its files fit to be copied, run inside",
                examples=(["redis-cli", "save"],),
            ),
            "after": KnownKey(
                shape=_ARGV,
                meaning="the command afterwards, however the copy went",
                examples=(["rm", "/tmp/lock"],),  # noqa: S108 - a path in a container
            ),
            "container": KnownKey(
                shape=OrNull(expected="a text", shape=WORD),
                meaning="the compose service to run them in, where several mount volumes",
                examples=("database",),
            ),
            "timeout": KnownKey(
                shape=SECONDS, meaning="the seconds that each may take", default=60
            ),
        },
    ),
)
