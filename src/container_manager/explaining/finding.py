"""From what people type to a key of the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from container_manager.config.known import TOP_LEVEL
from container_manager.config.loader import Config
from container_manager.config.schema import service_nodes
from container_manager.config.service_keys import SERVICE
from container_manager.errors import Problem, UsageError, did_you_mean, display_path
from container_manager.model import Key, KeyPath, Node, dotted
from container_manager.names import Match, resolve

_SERVICE_FORMS = (3, 2, 1)
"""How many words the name of a service may have: ``applications.APP.X``, ``framework.X``, ``X``."""

_SHOWN = 5
"""Files that a message lists."""


def find_key(config: Config, text: str) -> KeyPath:
    """The key that somebody means: its whole path, or one that begins with a service's name.

    Between ``-`` and ``_`` there is no difference; ``list[0]`` is ``list.0``. A key of ours that is
    not set is found, too.

    Args:
        config: the configuration.
        text: ``framework.services.web.port_host``, ``framework.web.port_host``, ``web.port_host``.

    Raises:
        UsageError: there is none; with what there is.
    """
    parts = [part for part in re.sub(r"\[(\d+)\]", r".\1", text).strip(".").split(".") if part]
    if not parts:
        raise UsageError("No key is named.", remedy="explain KEY, or explain --service NAME.")
    candidates = [((), parts), *_below_services(config, parts)]
    best: tuple[KeyPath, list[str]] = ((), parts)
    for start, rest in candidates:
        node = config.tree.find(start)
        found, count = _walk(node, rest) if node is not None else ((), 0)
        path, left = (*start, *found), rest[count:]
        if not left:
            return path
        if len(left) == 1 and _is_known(config, path, left[0]):
            return (*path, left[0].replace("-", "_"))
        if len(left) < len(best[1]):
            best = (path, left)
    raise UsageError(_unknown(config, text, *best))


def _below_services(config: Config, parts: Sequence[str]) -> Iterable[tuple[KeyPath, list[str]]]:
    for count in _SERVICE_FORMS:
        match = resolve(config.raw, ".".join(parts[:count])) if count <= len(parts) else None
        if isinstance(match, Match):
            yield match.key_path, list(parts[count:])


def _walk(node: Node, parts: Sequence[str]) -> tuple[KeyPath, int]:
    """How far a path leads, and how many words of it that is; keys may hold dots."""
    best: tuple[KeyPath, int] = ((), 0)
    for size in range(1, len(parts) + 1):
        key = _child(node, ".".join(parts[:size]))
        child = node.find((key,)) if key is not None else None
        if key is None or child is None:
            continue
        found, count = _walk(child, parts[size:])
        if size + count > best[1]:
            best = ((key, *found), size + count)
    return best


def _child(node: Node, text: str) -> Key | None:
    number = int(text) if text.isascii() and text.isdecimal() else None
    if isinstance(node.value, list):
        return number if number is not None and number < len(node.value) else None
    if not isinstance(node.value, dict):
        return None
    if text in node.value:
        return text
    if number is not None and number in node.value:
        return number
    same = [key for key in node.value if str(key).replace("-", "_") == text.replace("-", "_")]
    return same[0] if len(same) == 1 else None


def _is_known(config: Config, path: KeyPath, name: str) -> bool:
    """Whether a key of ours could stand there."""
    if not path:
        return name.replace("-", "_") in TOP_LEVEL
    services = {key_path for key_path, _ in service_nodes(config.tree, [])}
    return path in services and name.replace("-", "_") in SERVICE


def _unknown(config: Config, text: str, path: KeyPath, left: Sequence[str]) -> Problem:
    """What there is in the place of a key that there is not."""
    node = config.tree.find(path)
    children = [str(key) for key in node.value] if node and isinstance(node.value, dict) else []
    near = _near(config, text, path, left)
    if not path:
        remedy = near or f"These are set: {', '.join(children)}."
        return Problem(message=f"There is no key {text!r} in the configuration.", remedy=remedy)
    assert node is not None
    there = f"It has {', '.join(children)}." if children else "It has no keys."
    files = list(dict.fromkeys(_files(node)))
    if len(files) > 1:  # its own place is one of several that have to do with it
        return Problem(
            message=f"There is no key {text!r}: {len(files)} files say something of "
            f"'{dotted(path)}', none of them {'.'.join(left)!r}.",
            remedy=f"{near or there} {_listed(files)}",
        )
    return Problem(
        message=f"There is no key {text!r}: '{dotted(path)}' is there, and has no "
        f"{'.'.join(left)!r}.",
        where=node.where,
        remedy=near or there,
    )


def _files(node: Node) -> Iterable[str]:
    """The files that say something of a value, what others replaced counted in."""
    for _, child in node.walk():
        one: Node | None = child
        while one is not None:
            yield display_path(one.where.file)
            one = one.replaced


def _listed(files: Sequence[str]) -> str:
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return f"The files: {', '.join(files[:_SHOWN])}{more}."


def _near(config: Config, text: str, path: KeyPath, left: Sequence[str]) -> str | None:
    """Keys that may have been meant: those there first, then those deeper, then all."""
    node = config.tree.find(path)
    if path and node is not None:
        below = [one for one, _ in node.walk(path) if len(one) > len(path)]
        children = [one for one in below if len(one) == len(path) + 1]
        alike = [one for one in children if _alike(one, left[0])]
        alike = alike or [one for one in below if _alike(one, left[-1])]
        return _did_you_mean(alike) if alike else None
    everything = [dotted(one) for one, _ in config.tree.walk() if one]
    return did_you_mean(text, dict.fromkeys([*everything, *TOP_LEVEL]))


def _alike(path: KeyPath, typed: str) -> bool:
    return did_you_mean(typed, (str(path[-1]),)) is not None


def _did_you_mean(paths: Sequence[KeyPath]) -> str:
    return "Did you mean " + " or ".join(repr(dotted(one)) for one in paths[:3]) + "?"
