"""The key ``hooks``: the user's own commands around building, starting and stopping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from container_manager.config.alternatives import Either, Named, Whole
from container_manager.config.interpolation import Text
from container_manager.config.shapes import Fields, KnownKey, ListOf, Shape, Value
from container_manager.config.telling import wrong
from container_manager.config.values import WORD, is_number, matching
from container_manager.errors import Location, Problem, did_you_mean
from container_manager.model import Hook, KeyPath, Node, dotted

HOOKS: Mapping[str, str] = {
    "before_build": "before anything is read or rendered",
    "after_build": "when the build directory is up to date",
    "before_up": "before containers are looked at",
    "after_up": "when everything runs and is healthy",
    "before_down": "before containers are stopped",
}
"""Each hook, and when it runs."""

TIMEOUT = 300.0
"""Seconds that a command may take, unless ``timeout`` says otherwise."""

LONGEST = 7 * 24 * 3600
"""Seconds that ``timeout`` may say at most; the system cannot wait for any number."""

EXPECTED = (
    "a command as a list of texts, {command: […], timeout: SECONDS}, or a list of such commands"
)


_ARGV = ListOf(
    expected="a command as a list of texts",
    first=WORD,
    each=matching(r"[^\u0000]*", "a text without a NUL byte"),
    at_least=1,
)
_TIMEOUT = Value(
    expected=f"seconds, more than 0 and at most {LONGEST}",
    fine=lambda value: is_number(value) and 0 < value <= LONGEST,
    json={"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST},
)
_COMMAND = Fields(
    expected="{command: […], timeout: SECONDS}",
    complete=lambda said: "command" in said,
    known={
        "command": KnownKey(
            shape=_ARGV, meaning="the program and its arguments", examples=(["make", "docs"],)
        ),
        "timeout": KnownKey(
            shape=_TIMEOUT, meaning="the seconds that it may take", default=int(TIMEOUT)
        ),
    },
)
_COMMANDS = ListOf(
    expected="a list of such commands",
    each=Either(expected="a command", shapes=(_ARGV, _COMMAND)),
    at_least=1,
)
_ENTRY = Named(
    name="hook",
    expected=EXPECTED,
    shape=Whole(
        expected=EXPECTED, shape=Either(expected=EXPECTED, shapes=(_ARGV, _COMMAND, _COMMANDS))
    ),
)

SHAPE = Fields(
    expected="a mapping",
    nullable=True,
    known={
        name: KnownKey(
            shape=_ENTRY,
            meaning=f"runs {when}",
            examples=(["make", "docs"], {"command": ["make", "docs"], "timeout": 60}),
        )
        for name, when in HOOKS.items()
    },
)


def hooks_of(tree: Node, values: Mapping[str, Any], errors: list[Problem]) -> tuple[Hook, ...]:
    """The commands of a checked configuration, in order.

    Args:
        tree: the configuration with its places.
        values: the same, expanded.
        errors: gains what is wrong now that variables are filled in.
    """
    given = values.get("hooks") or {}
    found = []
    for name, entry in given.items():
        for index, command in _commands(entry):
            timed = isinstance(command, Mapping)
            argv = command["command"] if timed else command
            at = tree.nearest(("hooks", name) if index is None else ("hooks", name, index))
            found.append(
                Hook(
                    name=str(name),
                    argv=tuple(argv),
                    timeout=float(command.get("timeout") or TIMEOUT) if timed else TIMEOUT,
                    where=at.where,
                )
            )
    errors += [p for one in found for p in secrets_in(one.argv, "hooks", one.where)]
    return tuple(sorted(found, key=lambda one: list(HOOKS).index(one.name)))


def told(shape: Shape, node: Node, path: KeyPath) -> Iterator[Problem]:
    """What is wrong with the hooks of a configuration."""
    for misfit in shape.misfits(node, path):
        shown = dotted(misfit.path)
        late = [at for at in _timeouts(misfit.node) if not _TIMEOUT.fits(at)]
        if misfit.shape is SHAPE and misfit.key is None:
            yield wrong(path, node, SHAPE.expected)
        elif misfit.key is not None:
            near = did_you_mean(str(misfit.key), HOOKS)
            yield Problem(
                message=f"There is no hook '{misfit.key}'.",
                where=misfit.node.where,
                remedy=near or f"There are {', '.join(HOOKS)}.",
            )
        elif late:
            message = f"The timeout of a command of '{shown}' must be {_TIMEOUT.expected}."
            yield Problem(message=message, where=late[0].where)
        else:
            yield Problem(message=f"'{shown}' must be {EXPECTED}.", where=misfit.node.where)


def secrets_in(argv: Iterable[str], key: str, where: Location) -> Iterator[Problem]:
    """Secret variables in a command: everybody on a machine can read what a program is given.

    Args:
        argv: the command, expanded.
        key: what it is of.
        where: its place.
    """
    found = {one.name: None for word in argv if isinstance(word, Text) for one in word.secrets}
    for name in found:
        yield Problem(
            message=f"The secret variable {name} stands in a command of '{key}', which everybody "
            "on this machine could read.",
            where=where,
            remedy="Leave it out: the command finds it in its environment.",
        )


def _commands(entry: Any) -> Iterator[tuple[int | None, Any]]:
    """The commands of a hook; each with its place in the list, where it is one."""
    if entry is None:
        return
    if isinstance(entry, Mapping) or isinstance(entry[0], str):
        yield None, entry
    else:
        yield from enumerate(entry)


def _timeouts(node: Node) -> Iterator[Node]:
    """What an entry's commands say as their timeout."""
    for one in node.value if isinstance(node.value, list) else [node]:
        if isinstance(one.value, dict) and "timeout" in one.value:
            yield one.value["timeout"]
