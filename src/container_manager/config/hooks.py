"""The key ``hooks``: the user's own commands around building, starting and stopping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from container_manager.config.interpolation import Text
from container_manager.errors import Location, Problem, did_you_mean
from container_manager.model import Hook, Node, dotted

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


def problems(tree: Node) -> Iterator[Problem]:
    """What is wrong with the hooks of a configuration."""
    hooks = tree.find(("hooks",))
    if hooks is None or not isinstance(hooks.value, dict):
        return
    for name, node in hooks.value.items():
        if name not in HOOKS:
            near = did_you_mean(str(name), HOOKS)
            yield Problem(
                message=f"There is no hook '{name}'.",
                where=node.where,
                remedy=near or f"There are {', '.join(HOOKS)}.",
            )
        elif late := [at for at in _timeouts(node) if not _is_timeout(at.value)]:
            message = f"The timeout of a command of '{dotted(('hooks', name))}' must be seconds, "
            yield Problem(
                message=f"{message}more than 0 and at most {LONGEST}.", where=late[0].where
            )
        elif node.value is not None and not _is_entry(node.plain()):
            message = f"'{dotted(('hooks', name))}' must be {EXPECTED}."
            yield Problem(message=message, where=node.where)


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
    if isinstance(entry, Mapping) or _is_argv(entry):
        yield None, entry
    else:
        yield from enumerate(entry)


def _is_entry(entry: Any) -> bool:
    return _is_command(entry) or (
        isinstance(entry, list) and bool(entry) and all(map(_is_command, entry))
    )


def _is_command(entry: Any) -> bool:
    if not isinstance(entry, Mapping):
        return _is_argv(entry)
    return set(entry) <= {"command", "timeout"} and _is_argv(entry.get("command"))


def _timeouts(node: Node) -> Iterator[Node]:
    """What an entry's commands say as their timeout."""
    for one in node.value if isinstance(node.value, list) else [node]:
        if isinstance(one.value, dict) and "timeout" in one.value:
            yield one.value["timeout"]


def _is_timeout(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= LONGEST


def _is_argv(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and bool(entry)
        and all(isinstance(word, str) and "\0" not in word for word in entry)
        and entry[0] != ""
    )
