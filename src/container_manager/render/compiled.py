"""Keeps compiled templates from one command to the next: compiling is most of rendering.

One file in the project's private folder. What is in it is code, so nothing else may be believed:
it lies where only the project's owner may write, like the configuration itself. A file that cannot
be used is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import weakref
from pathlib import Path

from jinja2 import BytecodeCache, compiler
from jinja2.bccache import Bucket

from container_manager.inputs import look
from container_manager.render import jinja

_TABLE = "CREATE TABLE IF NOT EXISTS templates (name TEXT PRIMARY KEY, code BLOB NOT NULL)"
_FIND = "SELECT code FROM templates WHERE name = ?"
_STORE = "INSERT OR REPLACE INTO templates VALUES (?, ?)"


_SIZE = 32
"""Bytes of a digest, which stands before the code: whoever is killed while he writes leaves pages
of the old file and of the new one, and Python would run what they give together."""


def _digest(code: bytes) -> bytes:
    return hashlib.sha256(code).digest()


class CompiledTemplates(BytecodeCache):
    """Jinja's cache of compiled templates, which checks by itself that their sources are the same.

    Args:
        path: the file; its folder exists, or nothing is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made: dict[str, bytes] = {}
        makers = (compiler.__file__, jinja.__file__)
        self._edition = f"{[look(str(file)) for file in makers]} "  # another maker, other code
        self._database: sqlite3.Connection | None = None
        if path.exists():
            with contextlib.suppress(sqlite3.Error):
                self._database = self._opened()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with what was compiled before."""
        if self._database is None:
            return
        with contextlib.suppress(sqlite3.Error):
            row = self._database.execute(_FIND, (self._edition + bucket.key,)).fetchone()
            if (
                row is not None
                and isinstance(row[0], bytes)
                and row[0][:_SIZE] == _digest(row[0][_SIZE:])
            ):
                bucket.bytecode_from_string(row[0][_SIZE:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember what was compiled, until :meth:`store`."""
        code = bucket.bytecode_to_string()
        self._made[self._edition + bucket.key] = _digest(code) + code

    def store(self) -> None:
        """Write what was compiled; where that is not possible, the next command compiles again."""
        if not self._made or not self._path.parent.is_dir():
            return
        try:
            self._write()
        except (OSError, sqlite3.Error):  # not ours, or half a file: it is only a memory
            with contextlib.suppress(OSError, sqlite3.Error):
                self._path.unlink(missing_ok=True)
                self._database = None
                self._write()
        self._made.clear()

    def _opened(self) -> sqlite3.Connection:
        # Whichever thread happens to clear us away closes it.
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, database.close)
        return database

    def _write(self) -> None:
        if self._database is None:
            os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600))
            self._database = self._opened()
        database = self._database
        self._path.chmod(0o600)
        # No file of its own beside it, and no waiting for the disk: it may be lost.
        database.execute("PRAGMA journal_mode = MEMORY")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        database.execute(_TABLE)
        database.executemany(_STORE, self._made.items())
        database.execute("COMMIT")
