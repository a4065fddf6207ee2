"""Who comes to this machine for the first time, for tests of what a new user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


class Somebody:
    """Whoever has just logged in: an empty home, no settings, no git identity."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        ours = ("GIT_", "PYTHON", "PYTEST", "COVERAGE", "CI", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        programs = f"{Path(sys.base_prefix, 'bin')}{os.pathsep}{os.environ['PATH']}"
        self.environ = {
            **kept,
            "HOME": str(home),
            "PATH": programs,
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def run(
        self, folder: Path, *argv: str, code: int = 0, more: Mapping[str, str] | None = None
    ) -> str:
        """What a program says, which must end with that exit code."""
        done = subprocess.run(
            argv,
            cwd=folder,
            env={**self.environ, **(more or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{argv}: {done.returncode}\n{done.stdout[-6000:]}"
        assert "Traceback" not in done.stdout
        return done.stdout
