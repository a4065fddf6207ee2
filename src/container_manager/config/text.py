"""Reads files of text, and says why one cannot be read."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from container_manager.errors import ConfigError, Location
from container_manager.inputs import note

_ANOTHER = "Put a file of text in its place, or name another one."


def read_text(path: Path, error: type[Any] = ConfigError) -> str:
    """The text of a UTF-8 file; unreadable or otherwise encoded files are told as problems."""
    where = Location(path)
    note(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise error("This is not a regular file.", where=where, remedy=_ANOTHER)
        data = path.read_bytes()
    except IsADirectoryError as cause:
        raise error("This is a directory, not a file.", where=where, remedy=_ANOTHER) from cause
    except OSError as cause:
        reason = cause.strerror or type(cause).__name__
        remedy = "Make it readable." if isinstance(cause, PermissionError) else None
        raise error(f"Cannot read the file: {reason}.", where=where, remedy=remedy) from cause
    except ValueError as cause:
        raise error(f"This cannot be the name of a file: {path!r}.") from cause
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = data.count(b"\n", 0, cause.start) + 1
        raise error(
            "The file is not UTF-8 text.", where=Location(path, line), remedy="Save it as UTF-8."
        ) from cause
