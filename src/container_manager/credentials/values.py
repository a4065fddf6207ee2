"""Values that are refused before anything starts: guessable ones, and such as cannot be given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from container_manager.compose.digest import secret_value
from container_manager.compose.model import Stack
from container_manager.config.dotenv_file import dotenv_lines
from container_manager.config.environment import Environment, is_utf8
from container_manager.credentials.needed import Needed, used_secrets
from container_manager.errors import Location, Problem

MIN_LENGTH = 8
"""A credential shorter than this is refused."""

MAX_ENTRY = 128 * 1024
"""The bytes of ``NAME=value`` and its end that Linux gives to a program (MAX_ARG_STRLEN)."""

_WORDS = """
    0p3nw3bu abc123 admin admin123 administrator changeit changeme changethis credential default
    demo dummy elastic example foobar guest hunter2 iloveyou jupyter letmein login mariadb master
    minio minioadmin mongo mongoadmin mongodb mysql neo4j openwebui passw0rd password password1
    password12 password123 passwd pipelines placeholder postgres postgresql qwerty qwerty123
    qwertyuiop rabbitmq redis replaceme root sa sample secret secretkey superuser t0ps3cr3t test
    test123 test1234 testing todo token toor user username webui welcome yourpassword yoursecret
    """

WELL_KNOWN = frozenset(_WORDS.split())
"""What programs ship with and people begin with, without signs and in lower case."""

_DIGITS = "1234567890" * 2
_PASSWORD_WORDS = frozenset(("PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "PWD"))
_REMEDY = "Remove it, so that 'up' generates one, or write a long random one."


def refused(
    wanted: Sequence[Needed], stack: Stack, names: Sequence[str], environment: Environment
) -> list[Problem]:
    """Every value that must not be used, by name; the value itself is never shown.

    Args:
        wanted: the declared credentials.
        stack: all compose services.
        names: those that are to run.
        environment: the variables.
    """
    reasons: dict[str, str] = {}
    for credential in wanted:
        reason = weakness(credential.name, credential.service, environment.get(credential.name))
        if reason:
            reasons[credential.name] = reason
    own = {credential.name for credential in wanted}
    for name in sorted(used_secrets(stack, names) - own):
        if _is_password(name) and is_well_known(environment.get(name) or ""):
            reasons[name] = "is a default or well-known one"
    return [
        *_told(reasons, environment),
        *_undeliverable(stack, names, environment),
    ]


def weakness(name: str, service: str, value: str | None) -> str | None:
    """Why a declared credential's value is refused; None where it is fine or not set.

    >>> weakness("DB_PASSWORD", "framework.db", "Change-Me!")
    'is a default or well-known one'
    """
    if value is None:
        return None
    if not value.strip():
        return "is blank"
    if is_well_known(value) or _bare(value) in (_bare(name), _bare(service.rpartition(".")[2])):
        return "is a default or well-known one"
    if len(set(value)) == 1:
        return "is one character again and again"
    if len(value) < MIN_LENGTH:
        return f"is shorter than {MIN_LENGTH} characters"
    return None


def is_well_known(value: str) -> bool:
    """Whether a value is one that everybody tries first; case and signs make no difference.

    >>> [is_well_known(value) for value in ("PASSWORD", "0p3n-w3bu!", "12345678", "x7#kQ")]
    [True, True, True, False]
    """
    bare = _bare(value)
    return bare in WELL_KNOWN or (bare != "" and _DIGITS.startswith(bare))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _is_password(name: str) -> bool:
    return not _PASSWORD_WORDS.isdisjoint(re.split(r"[^A-Z0-9]+", name.upper()))


def _told(reasons: Mapping[str, str], environment: Environment) -> list[Problem]:
    if not reasons:
        return []
    path = environment.dotenv_path
    lines = dotenv_lines(path) if path is not None else {}
    problems = []
    for name, reason in reasons.items():
        place = source(name, environment, lines)
        said = "" if place else ", which the process environment sets,"
        problems.append(
            Problem(message=f"The value of {name}{said} {reason}.", where=place, remedy=_REMEDY)
        )
    return problems


def source(
    name: str, environment: Environment, lines: Mapping[str, int] | None = None
) -> Location | None:
    """The line of ``.env`` that sets a variable; None where the process environment does."""
    path = environment.dotenv_path
    if name in environment.process or path is None:
        return None
    lines = dotenv_lines(path) if lines is None else lines
    return Location(path, lines.get(name))


def _undeliverable(stack: Stack, names: Iterable[str], environment: Environment) -> list[Problem]:
    """Values that would not reach their container byte for byte."""
    problems = []
    for name in names:
        for entry in stack.services[name].secret_entries:
            told = " and ".join(entry.variables)
            what = f"The value of {told}, as '{entry.key}' of the service '{name}' gets it,"
            place = source(entry.variables[0], environment)
            value = secret_value(entry, stack.environment)
            if not is_utf8(value):
                message, remedy = f"{what} is not UTF-8 text.", "Write it as UTF-8, or encode it."
            elif "\0" in value:
                message, remedy = f"{what} holds a NUL byte.", "Remove it."
            elif len(f"{entry.key}={value}".encode()) >= MAX_ENTRY:
                message = f"{what} is longer than the {MAX_ENTRY // 1024} KiB that Linux allows."
                remedy = "Mount it as a file instead."
            else:
                continue
            problems.append(Problem(message=message, where=place, remedy=remedy))
    return problems
