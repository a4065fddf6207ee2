"""Standard streams that can be used, whatever the program was started with.

Where one is closed (``status >&-``), the next file that is opened would take its place, and what is
printed would get into it. Nor may what is printed vanish in silence: whoever asked for it learns
that it could not be written, as of other programs. Where one knows few letters (``LC_ALL=C``), a
name would end the program.
"""

from __future__ import annotations

import io
import os
import sys

_STDOUT = 1


class OutputRefused(OSError):
    """Standard output cannot be written: the disk is full, or it is closed."""


class _Output(io.FileIO):
    """Standard output, whose errors can be told from those of all other files."""

    def write(self, data: object, /) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputRefused(error.errno, error.strerror) from error


def make_usable() -> None:
    """Put something in place of streams that are closed; write ``?`` for unknown letters.

    What is written to a closed standard output fails, as it would without us. What is written to a
    closed standard error is told to nobody: there is nobody who could be told that it failed.
    """
    for descriptor, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_RDWR)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free: this one
    for descriptor, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            stream = open(descriptor, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
    _tell_refusals_apart()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def _tell_refusals_apart() -> None:
    """Have standard output raise errors of its own, where it is Python's own and no test's."""
    old = sys.stdout
    if type(old) is not io.TextIOWrapper or old.fileno() != _STDOUT:
        return
    if type(getattr(old.buffer, "raw", old.buffer)) is not io.FileIO:
        return  # done before
    old.flush()
    raw = _Output(_STDOUT, "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        raw if old.write_through else io.BufferedWriter(raw),
        encoding=old.encoding,
        errors=old.errors,
        line_buffering=old.line_buffering,
        write_through=old.write_through,
    )


def knows_all_letters() -> bool:
    """Whether standard output can be written any letter."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # a text in memory has none
    return encoding.lower().replace("_", "-").startswith("utf")
