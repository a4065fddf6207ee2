"""The installed program, run in this process: most of a short command's time is its start.

What hands on our own standard streams, stays attached or gets variables that Python itself reads is
run in a process of its own; tests of containers have hundreds of commands that do none of it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from container_manager.cli import run

_STREAMED = ("exec", "run", "shell")
_ATTACHED = ("up", "rebuild", "watch")
_DETACHED = ("-d", "--detached", "--help")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    said: str


def runs_here(words: Sequence[str]) -> bool:
    """Whether a command does without a process of its own."""
    if words[0] in _ATTACHED:
        return any(word in _DETACHED for word in words)
    return words[0] not in _STREAMED


def run_here(words: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> Ended:
    """Run the program to its end.

    Args:
        words: its arguments.
        folder: where it stands meanwhile.
        environ: further variables.
    """
    out, said = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environ or {}),
        _nothing_to_read(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(said),
        pytest.raises(SystemExit) as ended,
    ):
        run(words)
    code = ended.value.code
    return Ended(
        code=code if isinstance(code, int) else 0, out=out.getvalue(), said=said.getvalue()
    )


@contextlib.contextmanager
def _nothing_to_read() -> Iterator[None]:
    with (
        Path(os.devnull).open(encoding="utf-8") as nothing,
        mock.patch.object(sys, "stdin", nothing),
    ):
        yield
