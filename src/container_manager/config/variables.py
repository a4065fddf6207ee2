"""Where the variables of a text get their values from; values of secrets are in nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from container_manager.config.dotenv_file import dotenv_lines
from container_manager.config.environment import Environment
from container_manager.config.interpolation import InterpolationError, Reference, tokens
from container_manager.errors import Location

ENVIRONMENT = "environment"
DOTENV = ".env"
HOST = "host"
SUPPLIED = "secrets_command"
DEFAULT = "default"
UNSET = "unset"

_OMITTED = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable that a text refers to.

    Attributes:
        name: the variable.
        secret: whether its value is shown nowhere.
        source: :data:`ENVIRONMENT`, :data:`DOTENV`, :data:`HOST` (its name), :data:`SUPPLIED`,
            :data:`DEFAULT` (of the text) or :data:`UNSET`.
        value: what it gives; None for a secret, and where it gives nothing.
        where: the line of ``.env`` that sets it, where that is the source.
        overridden: the line of ``.env`` that sets it in vain, since the environment does.
        generated: whether ``up`` generates it where it is not set.
    """

    name: str
    secret: bool
    source: str
    value: str | None = None
    where: Location | None = None
    overridden: Location | None = None
    generated: bool = False


def variables_in(text: str, environment: Environment) -> tuple[Variable, ...]:
    """The variables of a text, those in defaults that are used too; each once, in order."""
    if "$" not in text:
        return ()
    found = {one.name: one for one in reversed([*_variables(text, environment)])}
    return tuple(reversed(found.values()))


def variable(name: str, environment: Environment, operator: str = "") -> Variable:
    """One variable, in a reference with an operator."""
    value = environment.get(name)
    present = value is not None and (value != "" or not operator.startswith(":"))
    secret = environment.is_secret(name)
    line = dotenv_place(name, environment) if name in environment.dotenv else None
    in_process = name in environment.process
    host = environment.host_name(name, operator) if value is None else None
    if host is not None:
        value, source = host, HOST
    elif present or (value is not None and not operator.endswith("-")):
        in_file = DOTENV if name in environment.dotenv else SUPPLIED
        source = ENVIRONMENT if in_process else in_file
    else:
        source = DEFAULT if operator.endswith("-") else UNSET
    return Variable(
        name=name,
        secret=secret,
        source=source,
        value=None if secret or source in (DEFAULT, UNSET) else value,
        where=line if source == DOTENV else None,
        overridden=line if in_process else None,
        generated=name in environment.generated,
    )


def dotenv_place(name: str, environment: Environment) -> Location | None:
    """The line of ``.env``, or of an environment's own file, that sets a variable.

    Where none does, it is the file that could; None where there can be none.
    """
    for path in (environment.dotenv_path, environment.dotenv_below):
        line = dotenv_lines(path).get(name) if path is not None else None
        if path is not None and line is not None:
            return Location(path, line)
    return Location(environment.dotenv_path) if environment.dotenv_path is not None else None


def as_written(text: str, environment: Environment) -> str:
    """A text with its references as they are written, but for what would be a secret's default.

    Raises:
        InterpolationError: the text is malformed.
    """
    if "$" not in text:
        return text
    parts = []
    for token in tokens(text):
        parts.append(
            token.replace("$", "$$") if isinstance(token, str) else _spelled(token, environment)
        )
    return "".join(parts)


def _spelled(reference: Reference, environment: Environment) -> str:
    name, operator, operand = reference.name, reference.operator, reference.operand
    if not operator:
        return f"${{{name}}}"
    if operator.endswith("?"):
        return reference.spelled
    if environment.is_secret(name):
        operand = _OMITTED if operand else ""
    return f"${{{name}{operator}{as_written(operand, environment)}}}"


def _variables(text: str, environment: Environment) -> Iterator[Variable]:
    try:
        references = [token for token in tokens(text) if isinstance(token, Reference)]
    except InterpolationError:
        return  # told where values are expanded
    for reference in references:
        one = variable(reference.name, environment, reference.operator)
        yield one
        used = one.source == DEFAULT or (
            reference.operator.endswith("+") and one.source not in (DEFAULT, UNSET)
        )
        if used:
            yield from _variables(reference.operand, environment)
