"""Files that people ask for, at the paths that they name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from container_manager.errors import UsageError, display_path


def present(path: Path) -> str | None:
    """The text of a file; None where there is none.

    Raises:
        UsageError: it cannot be read, and so not be written anew.
    """
    with _told(path):
        return path.read_text(encoding="utf-8") if path.exists() else None


def save(path: Path, text: str) -> bool:
    """Write a file, unless it holds the text already.

    Returns:
        Whether it changed.

    Raises:
        UsageError: it cannot be written.
    """
    if present(path) == text:
        return False
    with _told(path):
        path.write_text(text, encoding="utf-8")
    return True


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(
            f"{display_path(path)} cannot be written: {why}.",
            remedy="Name a file, in a folder that is there and that you may write to.",
        ) from error
