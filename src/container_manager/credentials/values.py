"""Values that are refused before anything starts: guessable ones, and such as cannot be given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from container_manager.compose.digest import secret_value
from container_manager.compose.interpolate import references
from container_manager.compose.model import SecretEntry, Stack
from container_manager.config.credentials import declared
from container_manager.config.environment import Environment, Report, is_utf8
from container_manager.config.variables import dotenv_place
from container_manager.credentials.needed import Needed, used_secrets
from container_manager.credentials.weakness import is_well_known, names_password, weakness
from container_manager.errors import Location, Problem
from container_manager.model import Service

MAX_ENTRY = 128 * 1024
"""The bytes of ``NAME=value`` and its end that Linux gives to a program (MAX_ARG_STRLEN)."""

_MIN_NUMBER = 4
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
    own = {credential.name: credential.service for credential in wanted}
    reasons = _reasons(own, environment)
    for name in sorted(used_secrets(stack, names) - own.keys()):
        if names_password(name) and is_well_known(environment.get(name) or ""):
            reasons[name] = "is a default or well-known one"
    return [
        *_told(reasons, environment),
        *_written(stack, names, environment, own),
        *_undeliverable(stack, names, environment),
    ]


def weak(services: Iterable[Service], environment: Environment) -> list[Problem]:
    """What :func:`refused` says of all credentials that services declare, whatever uses them."""
    own = {one.name: service.name for service in services for one in declared(service.settings)}
    return _told(_reasons(own, environment), environment)


def _reasons(own: Mapping[str, str], environment: Environment) -> dict[str, str]:
    """Why declared credentials (name -> service) are refused, of those that are."""
    found = {name: weakness(name, owner, environment.get(name)) for name, owner in own.items()}
    return {name: reason for name, reason in found.items() if reason}


def _told(reasons: Mapping[str, str], environment: Environment) -> list[Problem]:
    problems = []
    for name, reason in reasons.items():
        place = source(name, environment)
        setter = "the process environment" if name in environment.process else "secrets_command"
        said = "" if place else f", which {setter} sets,"
        problems.append(
            Problem(message=f"The value of {name}{said} {reason}.", where=place, remedy=_REMEDY)
        )
    return problems


def source(name: str, environment: Environment) -> Location | None:
    """The line of ``.env`` that sets a variable; None where something else does."""
    if name in environment.process:
        return None
    elsewhere = name not in environment.dotenv and name in environment.supplied
    return None if elsewhere else dotenv_place(name, environment)


def _written(
    stack: Stack, names: Iterable[str], environment: Environment, own: Collection[str]
) -> Iterator[Problem]:
    """Passwords that the compose files themselves give, in a default or outright.

    Only a name that ends like a password's is one here: ``PASSWORD_FIELD`` may well be a word.
    """
    for service in (stack.services[name] for name in names):
        for entry in service.secret_entries:
            variable = _weak_default(entry, environment, own)
            if variable is not None:
                yield Problem(
                    message=f"'{entry.key}' of the service '{service.name}' takes a default or "
                    f"well-known value, since {variable} is not set.",
                    where=entry.where,
                    remedy=f"Write ${{{variable}}} without a default, and name {variable} under "
                    "the service's 'credentials', so that 'up' generates it.",
                )
        for key, value in service.environment.items():
            if names_password(key, last=True) and _is_literal_password(value or ""):
                yield Problem(
                    message=f"The value of '{key}' of the service '{service.name}' is a default or "
                    "well-known one.",
                    where=service.entry_places.get(key, service.where),
                    remedy=f"Write ${{{key}}} instead, and name {key} under the service's "
                    "'credentials', so that 'up' generates it.",
                )


def _weak_default(entry: SecretEntry, environment: Environment, own: Collection[str]) -> str | None:
    """The variable in an entry whose well-known default stands in; never one of ``own``."""
    for reference in references(entry.text):
        value = environment.get(reference.name)
        stands_in = value is None or (value == "" and reference.operator == ":-")
        if (
            reference.operator in ("-", ":-")
            and stands_in
            and reference.name not in own
            and any(names_password(name, last=True) for name in (reference.name, entry.key))
            and is_well_known(environment.interpolate(reference.operand, Report()))
        ):
            return reference.name
    return None


def _is_literal_password(value: str) -> bool:
    """Whether a value is a well-known password and not a number that switches something on."""
    return is_well_known(value) and not (value.isdecimal() and len(value) < _MIN_NUMBER)


def _undeliverable(stack: Stack, names: Iterable[str], environment: Environment) -> list[Problem]:
    """Values that would not reach their container byte for byte."""
    problems = []
    for name in names:
        for entry in stack.services[name].secret_entries:
            told = " and ".join(entry.variables)
            what = f"The value of {told}, as '{entry.key}' of the service '{name}' gets it,"
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
            place = source(entry.variables[0], environment)
            problems.append(Problem(message=message, where=place, remedy=remedy))
    return problems
