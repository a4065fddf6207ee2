"""The key ``defaults``: compose keys for every service whose template is silent about them.

Here is what it may look like; what the values mean is for ``compose/defaults.py``, once variables
are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from container_manager.config.alternatives import Either
from container_manager.config.interpolation import Text
from container_manager.config.shapes import ByName, Fields, KnownKey, Misfit, Shape, Value
from container_manager.config.telling import wrong
from container_manager.config.values import AMOUNT, TEXT, TEXTS, is_number
from container_manager.errors import Problem, did_you_mean
from container_manager.model import KeyPath, Node, dotted

ROOT: KeyPath = ("defaults",)

_PLAIN = Value(
    expected="a text or a number",
    fine=lambda value: value is None or isinstance(value, str) or is_number(value),
    json={"type": ["string", "number", "null"]},
)
"""Nothing, too, and an empty text is one."""

_BY_NAME = ByName(expected="a mapping of names to values", each=_PLAIN)

_LOGGING: Mapping[str, KnownKey] = {
    "driver": KnownKey(shape=TEXT, meaning="what takes the output", examples=("journald",)),
    "options": KnownKey(
        shape=_BY_NAME, meaning="options of the driver", examples=({"max-size": "10m"},)
    ),
}

DEFAULTS: Mapping[str, KnownKey] = {
    "restart": KnownKey(
        shape=TEXT,
        meaning="the restart policy; one-shots do not get it",
        examples=("unless-stopped", "on-failure:3"),
    ),
    "logging": KnownKey(
        shape=Fields(
            known=_LOGGING, expected="a mapping with 'driver' and 'options'", nullable=True
        ),
        meaning="where output goes, and how much is kept",
        examples=({"driver": "json-file", "options": {"max-size": "10m"}},),
    ),
    "mem_limit": KnownKey(
        shape=AMOUNT, meaning="the most memory a container may use", examples=("512m",)
    ),
    "pids_limit": KnownKey(shape=AMOUNT, meaning="the most processes it may have", examples=(500,)),
    "userns_mode": KnownKey(shape=TEXT, meaning="its user namespace", examples=("keep-id",)),
    "devices": KnownKey(
        shape=TEXTS,
        meaning="devices of the host that it may use",
        examples=(["/dev/fuse", "nvidia.com/gpu=all"],),
    ),
    "environment": KnownKey(
        shape=Either(
            expected="a mapping of names to values, or a list of NAME=value",
            shapes=(TEXTS, _BY_NAME),
        ),
        meaning="variables, each for itself",
        examples=({"TZ": "Europe/Berlin"}, ["TZ=Europe/Berlin"]),
    ),
    "stop_grace_period": KnownKey(shape=TEXT, meaning="the time it gets to end", examples=("30s",)),
}

SHAPE = Fields(known=DEFAULTS, expected="a mapping", nullable=True)


def told(shape: Shape, node: Node, path: KeyPath) -> Iterator[Problem]:
    """What is wrong with the key, unknown keys after the rest; null is as good as absent."""
    misfits = sorted(
        shape.misfits(node, path), key=lambda one: one.key is not None and len(one.path)
    )
    for misfit in misfits:
        if misfit.key is not None:
            yield _unknown(misfit, list(_LOGGING if len(misfit.path) > len(ROOT) + 1 else DEFAULTS))
        elif misfit.shape is _PLAIN and isinstance(misfit.node.value, bool):
            yield wrong(misfit.path, misfit.node, "a text (in quotes) or a number")
        else:
            yield wrong(misfit.path, misfit.node, misfit.shape.expected)


def _unknown(misfit: Misfit, known: list[str]) -> Problem:
    """A key that is not there would have no effect."""
    near = did_you_mean(str(misfit.key), known)
    return Problem(
        message=f"'{dotted(misfit.path[:-1])}' has no key '{misfit.key}'.",
        where=misfit.node.where,
        remedy=near or f"It has {', '.join(known)}.",
    )


def as_in_compose(tree: Node, values: Mapping[str, Any]) -> Node | None:
    """``defaults`` with variables expanded, as a compose file would spell it.

    Args:
        tree: the configuration with its places.
        values: the same, expanded.

    Returns:
        What it says, with the places of the configuration: references that are left (secrets, and
        what is not set) stay, and a literal dollar is doubled. None where there is nothing.
    """
    node = tree.find(ROOT)
    if node is None or not isinstance(node.value, dict):
        return None
    return _spelled(node, values["defaults"])


def _spelled(node: Node, value: Any) -> Node:
    if isinstance(node.value, dict):
        children = {key: _spelled(child, value[key]) for key, child in node.value.items()}
        return Node(value=children, where=node.where)
    if isinstance(node.value, list):
        items = [_spelled(child, value[index]) for index, child in enumerate(node.value)]
        return Node(value=items, where=node.where)
    return Node(value=value.escaped if isinstance(value, Text) else value, where=node.where)
