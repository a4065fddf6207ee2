"""What people answer beforehand: ``--data QUESTION=VALUE``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from container_manager.config.environment import holds_credentials, looks_secret
from container_manager.errors import Problem, UsageError, did_you_mean, raise_all
from container_manager.scaffold.fetching import Template

_NAMED = ("make", "name", "family", "application")
"""Questions of our template that the name of a service answers."""

_NUMBERS = {
    "int": (re.compile(r"[+-]?[0-9]+"), "a whole number"),
    "float": (re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"), "a number"),
}


def parse(data: Iterable[str] | Mapping[str, Any]) -> dict[str, Any]:
    """The answers, as Copier takes them: texts, which it reads by the question's type.

    Raises:
        UsageError: something is no ``QUESTION=VALUE``, or stands twice.

    Examples:
        >>> parse(["port=8101", "command=a=b"])
        {'port': '8101', 'command': 'a=b'}
    """
    if isinstance(data, Mapping):
        return dict(data)
    found: dict[str, Any] = {}
    problems = []
    for item in data:
        key, equals, value = item.partition("=")
        if not equals or not key:
            problems.append(Problem(message=f"--data takes QUESTION=VALUE, not {item!r}."))
        elif found.setdefault(key, value) != value:
            problems.append(Problem(message=f"--data answers '{key}' twice, and differently."))
    raise_all(UsageError, problems)
    return found


def check(data: Mapping[str, Any], template: Template, *, named: bool) -> None:
    """Refuse what the template does not ask, and what must not be recorded.

    Args:
        data: the answers.
        template: the template.
        named: whether the name of a service answers some of our questions.

    Raises:
        UsageError: with every answer that cannot be used.
    """
    questions = template.questions
    if questions is None:  # Copier alone can read them
        questions = {key: {} for key in data}
    asked = {key: said for key, said in questions.items() if said.get("when") is not False}
    problems = []
    for key, value in data.items():
        if template.source.ours and named and key in _NAMED:
            problems.append(
                Problem(
                    message=f"'{key}' follows from the name of the service.",
                    remedy="Write the name in full: applications.APPLICATION.NAME, for example.",
                )
            )
        elif key not in asked:
            problems.append(_unknown(key, [k for k in asked if k not in _NAMED], template))
        else:
            problems += _value_problems(key, value, asked[key])
    raise_all(UsageError, problems)


def _unknown(key: str, known: list[str], template: Template) -> Problem:
    return Problem(
        message=f"The template {template.source.name} does not ask for '{key}'.",
        remedy=did_you_mean(key, known) or f"It asks for: {', '.join(known)}.",
    )


def _value_problems(key: str, value: object, said: Mapping[str, Any]) -> list[Problem]:
    text = str(value)
    if not said.get("secret") and (looks_secret(key) or holds_credentials(text)):
        return [
            Problem(
                message=f"The answer '{key}' looks like a secret, and answers are recorded.",
                remedy="Put it into .env, and refer to its variable.",
            )
        ]
    pattern, expected = _NUMBERS.get(str(said.get("type")), (None, ""))
    if pattern is not None and not pattern.fullmatch(text.strip()):
        return [Problem(message=f"'{key}' must be {expected}, not {text!r}.")]
    return []
