"""The variables a project sees, and which of them are secret.

One precedence, everywhere: the process environment, then ``.env``, whose values are literal, then
``secrets_command``. Secrets are never expanded: where one is referenced, the reference stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from container_manager.config.interpolation import (
    InterpolationError,
    Placeholder,
    Reference,
    Text,
    tokens,
)
from container_manager.config.proxies import holds_user
from container_manager.config.secret_names import holds_credentials, looks_secret
from container_manager.config.supplied import NOTHING, Supplied
from container_manager.errors import Location, Problem
from container_manager.inputs import THIS_HOST, note_variable

MIN_SCANNED = 8
"""Secret values shorter than this many characters are not looked for in the build."""

_HOST = "HOST"


def is_utf8(text: str) -> bool:
    """Whether a text from the system can be written to a file."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Variables and the rules about them.

    Attributes:
        process: the process environment.
        dotenv: the values of ``.env``.
        patterns: the ``secrets:`` globs of the configuration; ``!GLOB`` exempts.
        dotenv_path: where ``.env`` is or would be, for messages and what is generated; in an
            environment that is ``.env.NAME``.
        dotenv_below: the ``.env`` that lies below that one, in an environment.
        generated: the credentials of services: what ``up`` generates where it is not set.
        host: what ``${HOST}`` is where nobody sets that variable; empty where it is nothing.
        supplied: what ``secrets_command`` prints; it is run when it is asked.
    """

    process: Mapping[str, str]
    dotenv: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()
    dotenv_path: Path | None = None
    dotenv_below: Path | None = None
    generated: frozenset[str] = frozenset()
    host: str = ""
    supplied: Supplied = NOTHING

    def get(self, name: str) -> str | None:
        """The value of a variable, or None when it is not set."""
        value = self.process.get(name)
        note_variable(name, value)
        if value is None:
            value = self.dotenv.get(name)
        return self.supplied.get(name) if value is None else value

    def host_name(self, name: str, operator: str) -> str | None:
        """This host's name, for a plain ``${HOST}`` that nobody sets."""
        if name != _HOST or operator or not self.host:
            return None
        note_variable(THIS_HOST, self.host)
        return self.host

    def is_secret(self, name: str) -> bool:
        """Whether the variable's value may be written nowhere."""
        for pattern in self.patterns:
            if pattern.startswith("!") and fnmatchcase(name, pattern[1:]):
                return False
        if any(fnmatchcase(name, pattern) for pattern in self.patterns):
            return True
        if looks_secret(name):
            return True
        if name not in self.process and name not in self.dotenv and name in self.supplied:
            return True
        value = self.get(name) or ""
        return holds_credentials(value) or holds_user(name, value)

    def secret_values(self, referenced: Iterable[str]) -> dict[str, str]:
        """The secrets to look for: of ``.env``, of the command, of the shell those referenced."""
        names = sorted({*self.dotenv, *self.supplied, *referenced})
        found = {name: self.get(name) or "" for name in names if self.is_secret(name)}
        return {name: value for name, value in found.items() if value}

    def public(self) -> dict[str, str]:
        """Every variable that is not secret, shell over ``.env`` over the command's."""
        exempts = any(pattern.startswith("!") for pattern in self.patterns)  # or all are secret
        merged = {**(self.supplied if exempts else {}), **self.dotenv, **self.process}
        return {n: value for n, value in merged.items() if not self.is_secret(n)}

    def expand(self, text: str, report: Report) -> str:
        """Expand what may be expanded; see the module's docstring for what stays.

        Raises:
            InterpolationError: the text is malformed.
        """
        if "$" not in text:
            return text
        parts: list[str | Placeholder] = []
        for token in tokens(text):
            parts.extend(self._resolve(token, report))
        joined = _join(parts)
        if any("$" in part if isinstance(part, str) else True for part in joined):
            return Text(joined)
        return "".join(str(part) for part in joined)

    def interpolate(self, text: str, report: Report) -> str:
        """Everything filled in, secrets too: what a container gets. An unset variable is empty.

        Raises:
            InterpolationError: the text is malformed.
        """
        if "$" not in text:
            return text
        parts: list[str] = []
        for token in tokens(text):
            if isinstance(token, str):
                parts.append(token)
                continue
            report.referenced.add(token.name)
            value = self._value(token, report)
            if isinstance(value, str):
                parts.append(value)
            elif value is None:
                report.unset.add(token.name)
            else:
                parts.append(self.interpolate(token.operand, report))
        return "".join(parts)

    def _resolve(self, token: str | Reference, report: Report) -> Iterable[str | Placeholder]:
        if isinstance(token, str):
            return (token,)
        report.referenced.add(token.name)
        secret = self.is_secret(token.name)
        value = self._value(token, report)
        if secret:
            if value is None:
                report.unset.add(token.name)
            return (Placeholder(name=token.name, spelled=token.spelled, secret=True),)
        if isinstance(value, str):
            return (value,)
        if value is None:
            report.unset.add(token.name)
            return (Placeholder(name=token.name, spelled=token.spelled, secret=False),)
        expanded = self.expand(token.operand, report)
        return expanded.parts if isinstance(expanded, Text) else (expanded,)

    def _value(self, token: Reference, report: Report) -> str | _UseOperand | None:
        """The value; None when unset without a default; USE_OPERAND when the operand stands in."""
        value = self.get(token.name)
        if value is None:
            value = self.host_name(token.name, token.operator)
        if value is not None and not is_utf8(value):
            report.undecodable.add(token.name)
        present = value is not None and (value != "" or not token.operator.startswith(":"))
        if token.operator.endswith("+"):
            return _USE_OPERAND if present else ""
        if present or (value is not None and not token.operator):
            return value
        if token.operator.endswith("-"):
            return _USE_OPERAND
        if token.operator.endswith("?") and (value is not None or token.name not in self.generated):
            report.missing[token.name] = token.operand
            return ""
        return None


class _UseOperand:
    """A marker: the reference stands for its operand."""


_USE_OPERAND = _UseOperand()


@dataclass(slots=True)
class Report:
    """What an expansion noticed on its way: names only, never values."""

    referenced: set[str] = field(default_factory=set)
    unset: set[str] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)
    undecodable: set[str] = field(default_factory=set)


def _join(parts: Iterable[str | Placeholder]) -> tuple[str | Placeholder, ...]:
    """Neighbouring literals become one."""
    joined: list[str | Placeholder] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


def expand_value(
    value: Any,
    where: Location,
    environment: Environment,
    report: Report,
    problems: list[Problem],
) -> Any:
    """Expand one scalar of the configuration; malformed references become problems."""
    if not isinstance(value, str) or "$" not in value:
        return value
    missing_before = set(report.missing)
    undecodable_before = set(report.undecodable)
    try:
        expanded = environment.expand(value, report)
    except InterpolationError as error:
        problems.append(
            Problem(message=f"{error}.", where=where, remedy="Write $$ for a plain dollar.")
        )
        return value
    for name in sorted(set(report.missing) - missing_before):
        problems.append(missing_variable(name, report.missing[name], where, environment))
    for name in sorted(report.undecodable - undecodable_before):
        message = f"The value of {name} is not UTF-8 text."
        problems.append(Problem(message=message, where=where, remedy="Set it anew, as UTF-8."))
    return expanded


def missing_variable(
    name: str, message: str, where: Location | None, environment: Environment
) -> Problem:
    """The problem of a ``${NAME:?message}`` that is not set."""
    said = f": {message}" if message else ""
    place = environment.dotenv_path or ".env"
    return Problem(
        message=f"The variable {name} is required and not set{said}.",
        where=where,
        remedy=f"Set {name} in the environment or in {place}.",
    )


def unset_credential(
    name: str, where: Location, environment: Environment, consequence: str
) -> Problem:
    """The finding that a credential has no value yet, where a container is to get it."""
    return Problem(
        message=f"The credential {name} is not set yet{consequence}.",
        where=where,
        remedy=f"'up' generates it in {environment.dotenv_path or '.env'}.",
    )


def unset_secret(
    name: str, where: Location, environment: Environment, consequence: str = ""
) -> Problem:
    """The finding that a secret has no value; it is not to have a default."""
    return Problem(
        message=f"The secret variable {name} is not set{consequence}.",
        where=where,
        remedy=f"Set it in the environment or in {environment.dotenv_path or '.env'}.",
    )


def unset_variable(
    name: str, where: Location, environment: Environment, consequence: str = ""
) -> Problem:
    """The finding that a variable has no value which is neither."""
    return Problem(
        message=f"The variable {name} is not set{consequence}.",
        where=where,
        remedy=f"Set it in the environment or in {environment.dotenv_path or '.env'}, "
        f"or give a default: ${{{name}:-…}}.",
    )
