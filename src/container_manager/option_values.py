"""What the words of options and names mean, where invoke knows texts alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from container_manager.errors import UsageError

_DIGITS = 9
"""Of a number, at most: Podman reads some of 64 bits, and Python none of thousands of digits."""


_STANDARD_OUTPUT = "-"
"""As most programs know it, see the guidelines 13 of POSIX, "Utility Syntax Guidelines"."""


def text_file(text: str, option: str) -> Path | None:
    """Where a text goes that an option names a file for; None: to standard output.

    Raises:
        UsageError: it looks like an option.
    """
    _refuse_option(text, option)
    return Path(text) if text and text != _STANDARD_OUTPUT else None


def archive_file(text: str, option: str) -> str | None:
    """The file of an archive, which is verified once it is there; None where none was said.

    Raises:
        UsageError: it is standard output, or looks like an option.
    """
    if text == _STANDARD_OUTPUT:
        raise UsageError(
            f"{option} names a file, and '-' is standard output: nothing was done.",
            remedy=f"Name a file, {option} images.tar say; one that is called so is './-'.",
        )
    _refuse_option(text, option)
    return text or None


def _refuse_option(text: str, option: str) -> None:
    """A file called like an option is hardly meant, and hard to get rid of."""
    if text.startswith("-") and text != _STANDARD_OUTPUT:
        raise UsageError(
            f"{option} names a file, and '{text}' looks like an option: nothing was done.",
            remedy=f"Name the file after {option}; one that is called so is './{text}'.",
        )


def one_name(names: Sequence[str] | str | None) -> str:
    """The name of the one service that a task is about; empty where none was said.

    Raises:
        UsageError: there are several.
    """
    listed = [names] if isinstance(names, str) else list(names or ())
    if len(listed) > 1:
        raise UsageError(
            f"One service can be meant, not {len(listed)}: {', '.join(listed)}.",
            remedy="A command goes after --, as in: exec SERVICE -- ls -l",
        )
    return listed[0] if listed else ""


def seconds(text: str) -> float | None:
    """The value of ``--timeout``; None where it is not given."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--timeout takes a number of seconds above 0, not {text!r}.")
    return seconds


def count_of(text: str, option: str) -> int | None:
    """A whole number from 0 on, that other programs can read, too; None where it is not given."""
    if not text:
        return None
    if not text.isdecimal():
        raise UsageError(f"{option} takes a whole number, not {text!r}.")
    if len(text) > _DIGITS:
        raise UsageError(f"{option} takes a smaller number, of {_DIGITS} digits at most.")
    return int(text)


def number_of(text: str) -> int | None:
    """The number of a build; None where none is given."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > _DIGITS:
        raise UsageError(f"A build has a number, not {text!r}.", remedy="'builds' lists them.")
    return int(text)
