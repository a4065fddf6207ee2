"""Reads ``.env``: values are literal, and what is no ``NAME=value`` is told with its line."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from container_manager.config.source import read_text
from container_manager.errors import ConfigError, Location, Problem, raise_all


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a ``.env`` file, values literal; an absent file has none.

    Raises:
        ConfigError: a line that is no ``NAME=value``, each with its number.
    """
    if os.path.islink(path) and not os.path.exists(path):  # noqa: PTH110, PTH114
        raise ConfigError("This symlink leads nowhere.", where=Location(path))
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists() raises on names too long
        return {}
    from dotenv.parser import parse_stream  # only here: most commands have no .env

    values: dict[str, str] = {}
    problems: list[Problem] = []
    for binding in parse_stream(StringIO(read_text(path))):
        if binding.error:
            where = Location(path, binding.original.line)
            # The line itself is not quoted: it may hold half of a password.
            problems.append(
                Problem(
                    message="This line is not of the form NAME=value.",
                    where=where,
                    remedy="Quote values with spaces, quotes or '#'.",
                )
            )
        elif binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    raise_all(ConfigError, problems)
    return values
