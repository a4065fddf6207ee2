"""Notes what is told to people while tests run: each message, by whom, and with which exit code.

Nothing in the package takes part. ``PYTEST_MESSAGES`` names a folder; every
process that runs tests leaves a file there, and ``python -m docs.errors --seen FOLDER`` looks which
messages of the catalogue are in none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from container_manager import errors

_PROGRAM = ("container_manager", "container-manager", "invoke")
_LONGEST = 4000
_PREFIX = "container_manager."


class Recorder:
    """Wraps where messages are made, and where the output of our program is read.

    Args:
        folder: where the file goes that holds what was noted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[tuple[str, str]] = set()
        self._raised: set[tuple[int, str]] = set()
        self._said: set[str] = set()
        self._reasons: set[str] = set()

    def start(self, patch: pytest.MonkeyPatch) -> None:
        """Begin."""
        patch.setattr(errors.Problem, "__init__", self._problem(errors.Problem.__init__))
        patch.setattr(errors.ManagerError, "__init__", self._error(errors.ManagerError.__init__))
        patch.setattr(pytest.RaisesExc, "__exit__", self._expected(pytest.RaisesExc.__exit__))
        patch.setattr(
            subprocess.Popen, "communicate", self._communicate(subprocess.Popen.communicate)
        )

    def pytest_unconfigure(self) -> None:
        """Write down what was noted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        noted = {
            "made": sorted(self._made),
            "raised": sorted(self._raised),
            "said": sorted(self._said),
            "reasons": sorted(self._reasons),
        }
        # Runs one after another share the folder, and process ids are given anew.
        name = f"{os.getpid()}-{time.time_ns()}.json"
        (self._folder / name).write_text(json.dumps(noted), encoding="utf-8")

    def _problem(self, make: Callable[..., None]) -> Callable[..., None]:
        def making(problem: errors.Problem, *args: Any, **words: Any) -> None:
            make(problem, *args, **words)
            self._made.add((_module(), problem.message[:_LONGEST]))

        return making

    def _error(self, make: Callable[..., None]) -> Callable[..., None]:
        def making(error: errors.ManagerError, *args: Any, **words: Any) -> None:
            make(error, *args, **words)
            for problem in error.problems:
                self._raised.add((error.exit_code, problem.message[:_LONGEST]))

        return making

    def _expected(self, leave: Callable[..., bool]) -> Callable[..., bool]:
        """Note what ``pytest.raises`` caught, too: a reason that no message has quoted yet."""

        def leaving(expected: Any, kind: Any, error: BaseException | None, *rest: Any) -> bool:
            if error is not None:
                self._reasons.add(str(error)[:_LONGEST])
            return leave(expected, kind, error, *rest)

        return leaving

    def _communicate(self, wait: Callable[..., Any]) -> Callable[..., Any]:
        def communicate(process: subprocess.Popen[Any], *args: Any, **words: Any) -> Any:
            streams = wait(process, *args, **words)
            if any(name in str(process.args) for name in _PROGRAM):
                self._said.update(text for stream in streams for text in _texts(stream))
            return streams

        return communicate


def _module() -> str:
    """The module of ours that makes a problem; empty where a test does it itself."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in (
        "dataclasses",
        errors.__name__,
        __name__,
    ):
        frame = frame.f_back
    name = str(frame.f_globals.get("__name__"))
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else ""


def _texts(stream: str | bytes | None) -> Iterator[str]:
    """The paragraphs of an output: what stands in one is told together."""
    text = stream.decode(errors="replace") if isinstance(stream, bytes) else stream or ""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.strip():
            yield "\n".join(lines[number : number + 3])[:_LONGEST]
