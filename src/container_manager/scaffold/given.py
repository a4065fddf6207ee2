"""What people answer beforehand: ``--data QUESTION=VALUE``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from container_manager.config.environment import is_utf8
from container_manager.config.secret_names import holds_credentials, looks_secret
from container_manager.errors import Problem, UsageError, did_you_mean, raise_all
from container_manager.scaffold.fetching import Template

_NAMED = ("make", "name", "family", "application")
"""Questions of our template that the name of a service answers."""

_TYPES = {
    "int": (re.compile(r"[+-]?[0-9]+"), "a whole number"),
    "float": (re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)"), "a number"),
    # Copier takes any other word for a yes.
    "bool": (re.compile(r"(?i)y|yes|t|true|on|1|n|no|f|false|off|0"), "yes or no"),
}

_TOKEN = re.compile(r"\b(gh[pousr]_|github_pat_|glpat-)\w{16}|\bAKIA[0-9A-Z]{16}\b|-----BEGIN ")
"""What well-known tokens and keys begin with."""


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


def check_values(data: Mapping[str, Any], templates: Iterable[Template]) -> None:
    """Refuse what must not be recorded, and what is no value of its question.

    Whether anybody asks at all, :func:`check_known` says when all answers are known.

    Args:
        data: the answers.
        templates: those that are given them.

    Raises:
        UsageError: with every answer that cannot be used.
    """
    problems: list[Problem] = []
    for template in templates:
        asked = template.questions
        for key, value in data.items():
            if asked is None or key in asked:
                problems += _value_problems(key, value, (asked or {}).get(key, {}))
    raise_all(UsageError, problems)


def check_known(data: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse answers to what no template asked.

    Args:
        data: the answers.
        known: what was asked.

    Raises:
        UsageError: with every such answer.
    """
    raise_all(
        UsageError,
        [
            Problem(
                message=f"The template did not ask {key!r}.",
                remedy=did_you_mean(key, known) or f"Its questions: {', '.join(sorted(known))}.",
            )
            for key in data
            if key not in known
        ],
    )


def _unknown(key: str, known: list[str], template: Template) -> Problem:
    return Problem(
        message=f"The template {template.source.name} does not ask for '{key}'.",
        remedy=did_you_mean(key, known) or f"It asks for: {', '.join(known)}.",
    )


def _value_problems(key: str, value: object, said: Mapping[str, Any]) -> list[Problem]:
    text = str(value)
    if not is_utf8(text):
        return [Problem(message=f"The answer '{key}' holds bytes that are no text in UTF-8.")]
    tells = looks_secret(key) or holds_credentials(text) or _TOKEN.search(text)
    if tells and not said.get("secret"):
        return [
            Problem(
                message=f"The answer '{key}' looks like a secret, and answers are recorded.",
                remedy="Put it into .env, and refer to its variable.",
            )
        ]
    pattern, expected = _TYPES.get(str(said.get("type")), (None, ""))
    if pattern is not None and not pattern.fullmatch(text.strip()):
        return [Problem(message=f"'{key}' must be {expected}, not {text!r}.")]
    return []
