"""Values of the configuration as they may be shown: nothing of a secret is in them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from container_manager.config.interpolation import InterpolationError, Placeholder, Text, tokens
from container_manager.config.loader import Config
from container_manager.config.secret_names import holds_credentials, looks_secret
from container_manager.config.variables import Variable, as_written
from container_manager.model import KeyPath, Scalar
from container_manager.progress import Redactor

HIDDEN = "(hidden)"

_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-+]…?|:?\?[^{}]*)?\}")
"""A reference in which nothing stands but its variable, and what is told where it is not set."""

_ASSIGNMENT = re.compile(
    r"([A-Za-z][A-Za-z0-9_.-]*)\s*[=:]\s*(?=[^\s=:\0])|(?<!\S)--?([A-Za-z][\w.-]*)\s+(?=[^\s\0-])"
)
_AUTHORIZATION = re.compile(r"\b(?:Bearer|Basic) +[\w.~+/=-]{8}")
"""What an ``Authorization`` header holds."""


class Hiding:
    """Takes secrets out of what is shown of a configuration.

    Args:
        config: the configuration.
    """

    def __init__(self, config: Config) -> None:
        self._environment = config.environment
        names = {*config.referenced, *config.environment.process}
        self._redact = Redactor(lambda: config.environment.secret_values(names).values())

    def value(self, path: KeyPath, value: Any) -> tuple[Scalar, bool]:
        """An expanded scalar as it is shown, and whether it is hidden."""
        if isinstance(value, Text):
            parts = [
                as_written(part.spelled, self._environment)
                if isinstance(part, Placeholder)
                else part
                for part in value.parts
            ]
            only_references = all(isinstance(part, Placeholder) for part in value.parts)
            return self._text(path, "".join(parts), harmless=only_references)
        if isinstance(value, str):
            if (
                "${" in value
            ):  # malformed, or it would be a Text: a default may stand anywhere in it
                return HIDDEN, True
            return self._text(path, str(value), harmless=not value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return (HIDDEN, True) if says_secret(path) else (_plain(value), False)
        return value, False

    def written(self, path: KeyPath, value: Any) -> tuple[Scalar, bool]:
        """A scalar as it stands in a file, and whether it is hidden."""
        if not isinstance(value, str):
            return self.value(path, value)
        try:
            references = not any(isinstance(token, str) for token in tokens(value))
            text = as_written(value, self._environment)
        except InterpolationError:
            return HIDDEN, True
        return self._text(path, text, harmless=references)

    def variable(self, one: Variable) -> Variable:
        """A variable as it is shown."""
        if one.value is None:
            return one
        shown, hidden = self._text((), one.value, harmless=False)
        return replace(one, value=None if hidden else shown)

    def text(self, text: str) -> str:
        """Any other text that is shown."""
        return self._redact(text)

    def _text(self, path: KeyPath, text: str, *, harmless: bool) -> tuple[str, bool]:
        """A text; ``harmless``: nothing but references to variables stands in it."""
        if says_secret(path) and not harmless:
            return HIDDEN, True
        if holds_credentials(_REFERENCE.sub("", text)) or _assigns_secret(text):
            return HIDDEN, True
        return self._redact(text), False


def says_secret(path: KeyPath) -> bool:
    """Whether a key, or one that holds it, says that its value is a secret.

    >>> says_secret(("framework", "services", "token", "port"))
    False
    >>> says_secret(("database", "passwords", "password", 0))
    True
    """
    own, of_service = _below_names(path)
    if of_service and own[:1] == ("credentials",):
        return False  # names of variables
    return any(isinstance(key, str) and looks_secret(key) for key in own)


def _below_names(path: KeyPath) -> tuple[KeyPath, bool]:
    """The part of a path after the name of a service or application, and whether it has one."""
    family = path[:1]
    if family == ("services",) or path[:2] == ("framework", "services"):
        return path[len(family) + 1 + (family == ("framework",)) :], True
    if family == ("applications",):
        return (path[4:], True) if path[2:3] == ("services",) else (path[2:], False)
    return path, False


def _assigns_secret(text: str) -> bool:
    """Whether ``PASSWORD=word``, ``--token word``, ``Bearer word`` or the like is in a text."""
    literal = _REFERENCE.sub("\0", text)
    return bool(_AUTHORIZATION.search(literal)) or any(
        looks_secret(match[1] or match[2]) for match in _ASSIGNMENT.finditer(literal)
    )


def _plain(value: float) -> float:
    """A number without what we know about it."""
    return int(value) if isinstance(value, int) else value
