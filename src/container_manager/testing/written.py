"""Finds secrets that are written out in a document: as values, in arguments and in addresses.

What counts is the text as it was written, with the defaults of its variables: whoever reads the
file reads those too. Names decide by their last word, so that ``PASSWORD_MIN_LENGTH`` is no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import pairwise

from container_manager.config.environment import Environment
from container_manager.config.interpolation import InterpolationError, tokens
from container_manager.config.secret_names import holds_credentials, looks_secret
from container_manager.errors import Problem
from container_manager.model import KeyPath, Node, dotted

_ENTRIES = frozenset({"environment", "args", "labels", "annotations", "options", "driver_opts"})
"""Lists below these keys hold ``NAME=value``."""

_HOLE = "\0"
"""Stands for what a text takes from elsewhere."""

_FROM_ELSEWHERE = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+|`[^`]*`"  # a shell's
    r"|\{\w*\}|%s|<[\w -]+>"  # a program's, a manual's
)
_ARGUMENT = re.compile(
    r"(?:^|[\s'\"])--?(?P<option>[A-Za-z][\w-]*)=(?P<first>[^\s'\"]+|'[^']*'|\"[^\"]*\")"
    r"|(?:^|[\s,;'\"])(?P<variable>[A-Z][A-Z0-9_]*)=(?P<second>[^\s,;'\"]+|'[^']*'|\"[^\"]*\")"
)
_MOUNT_OPTION = re.compile(r"(?:^|,)(?P<name>\w+)=(?P<value>[^,]+)")
_OPTION = re.compile(r"--?([A-Za-z][\w-]*)")

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GLUED = re.compile(
    r"([A-Z0-9]+)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN)|(API|ACCESS|SECRET|PRIVATE)(KEY)"
)
_OPEN_KEYS = frozenset({"PUBLIC", "PRIMARY", "FOREIGN", "PARTITION", "SORT", "ROUTING"})

_TRUTH = frozenset({"true", "false", "yes", "no", "on", "off", "none", "null"})
_SMALL_NUMBER = re.compile(r"-?\d{1,3}(?:\.\d+)?")
_PATH = re.compile(r"(?:~|\.{1,2})?(?:/[\w.@-]+){2,}/?")
_BEFORE_A_VALUE = re.compile(r".*[\s:=]", re.DOTALL)
_PORT = re.compile("(?<=:)\0(?=/)")
_HOLE_AND_QUOTES = re.compile("\0['\")\\]};,]*")
_LEAST = 4
"""Characters beside a variable that make a part of a secret: ``v1-`` is none."""


def written_out(node: Node, environment: Environment, base: KeyPath = ()) -> Iterator[Problem]:
    """The places of a document where a secret is written out; its value is never told.

    Args:
        node: a compose file or a part of the configuration, as it was written.
        environment: which further names are secret, or are not (``secrets:``).
        base: the path of ``node`` in the configuration; empty for a compose file.
    """
    told = set()
    for path, child in node.walk(base):
        for name in _secrets_at(path, child, environment):
            place = (child.where, name)  # what an alias repeats was written once
            if place not in told:
                told.add(place)
                yield _problem(name, path, child, configured=bool(base))


def _secrets_at(path: KeyPath, node: Node, environment: Environment) -> Iterator[str]:
    """The names of what is written out at one place."""
    if isinstance(node.value, list):
        yield from _following(node.value, environment)
    if isinstance(node.value, (dict, list, bool)) or node.value is None:
        return
    name, text = _entry(path, str(node.value))
    shown = _with_defaults(text)
    secret = path[:1] == ("secrets",) and path[2:] == ("content",)
    if (secret or names_secret(name, environment)) and any(map(_is_value, _parts(shown))):
        yield name
        return
    if _address_with_credentials(shown):
        yield name
        return
    for key, value in _arguments(path, shown):
        if names_secret(key, environment) and any(map(_is_value, _parts(value))):
            yield key


def _entry(path: KeyPath, text: str) -> tuple[str, str]:
    """The name and the value of a text, in a mapping or as ``NAME=value``."""
    if path and isinstance(path[-1], int) and len(path) > 1 and path[-2] in _ENTRIES:
        name, _, value = text.partition("=")
        return name, value
    names = [str(key) for key in path if isinstance(key, str)]
    return (names[-1] if names and path[-1] == names[-1] else ""), text


def _following(items: list[Node], environment: Environment) -> Iterator[str]:
    """Options whose value is the next argument: ``[--password, x]``."""
    texts = [str(item.value) if isinstance(item.value, (str, int)) else "" for item in items]
    for option, value in pairwise(texts):
        named = _OPTION.fullmatch(option)
        if not named or value.startswith("-") or not names_secret(named[1], environment):
            continue
        if any(map(_is_value, _parts(_with_defaults(value)))):
            yield named[1]


def _arguments(path: KeyPath, shown: str) -> Iterator[tuple[str, str]]:
    for found in _ARGUMENT.finditer(shown):
        yield found["option"] or found["variable"], found["first"] or found["second"]
    if "driver_opts" in path:
        for found in _MOUNT_OPTION.finditer(shown):
            yield found["name"], found["value"]


# --- names ----------------------------------------------------------------------------------------


def names_secret(name: str, environment: Environment) -> bool:
    """Whether the value of a name is a secret.

    >>> known = Environment(process={}, patterns=("PIN", "!DEMO_KEY"))
    >>> [names_secret(n, known) for n in ("db.password", "PGPASSWORD", "clientSecret", "PIN")]
    [True, True, True, True]
    >>> [names_secret(n, known) for n in ("TOKEN_REFRESH", "DB_PASSWORD_FILE", "PWD", "DEMO_KEY")]
    [False, False, False, False]
    """
    patterns = environment.patterns
    words = _words(name)
    exempt = any(p.startswith("!") and fnmatchcase(name, p[1:]) for p in patterns)
    if not words or exempt or words[-1] == "FILE":
        return False
    if any(fnmatchcase(name, pattern) for pattern in patterns):
        return True
    if words[-1] == "KEY" and words[-2:-1] and words[-2] in _OPEN_KEYS:
        return False
    return looks_secret(words[-1]) or (words[-1] == "PWD" and len(words) > 1)


def _words(name: str) -> list[str]:
    words = [w for w in re.split(r"[^A-Z0-9]+", _CAMEL.sub("_", name).upper()) if w]
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    if words:
        last = words[-1].rstrip("0123456789") or words[-1]
        glued = _GLUED.fullmatch(last)
        words[-1:] = [part for part in glued.groups() if part] if glued else [last]
    return words


# --- values ---------------------------------------------------------------------------------------


def _with_defaults(text: str) -> str:
    """The text with its defaults, and holes for what comes from elsewhere."""
    return _FROM_ELSEWHERE.sub(_HOLE, _filled(text))


def _filled(text: str) -> str:
    try:
        return "".join(
            token
            if isinstance(token, str)
            else (_filled(token.operand) if token.operator[-1:] in ("-", "+") else _HOLE)
            for token in tokens(text)
        )
    except InterpolationError:
        return ""  # the build refuses it


def _parts(shown: str) -> list[str]:
    """What of a value may be a secret: all of it, or what stands beside its variables."""
    if "://" in shown:
        return []  # an address is looked at as such
    if _HOLE not in shown:
        return [shown]
    parts = [_BEFORE_A_VALUE.sub("", part).strip("-_./@,;+'\"") for part in shown.split(_HOLE)]
    return [part for part in parts if len(part) >= _LEAST]


def _is_value(text: str) -> bool:
    value = text.strip().strip("'\"")
    return bool(value) and not (
        value.lower() in _TRUTH or _SMALL_NUMBER.fullmatch(value) or _PATH.fullmatch(value)
    )


def _address_with_credentials(shown: str) -> bool:
    return holds_credentials(_HOLE_AND_QUOTES.sub("", _PORT.sub("1", shown)))


def _problem(name: str, path: KeyPath, node: Node, *, configured: bool) -> Problem:
    variable = "_".join(_words(name)) or "NAME"
    place = "" if "environment" in path[:-1] else f" ('{dotted(path)}')"
    if configured:
        remedy = f"Put the value into .env, and write ${{{variable}}} here."
    elif place or not name:
        remedy = f"Put the value into .env, and pass {variable}: ${{{variable}}} in 'environment'."
    else:
        remedy = (
            f"Write {name}: ${{{variable}}}, and list {variable} under the service's 'credentials' "
            "or put the value into .env."
        )
    unlike = f" If it is no secret, list '!{name}' under 'secrets:'." if name else ""
    return Problem(
        message=f"a literal value in {name or 'an address'}{place}",
        where=node.where,
        remedy=f"{remedy}{unlike}",
    )
