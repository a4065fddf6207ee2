"""Standard streams that can be used, whatever the program was started with.

Where one is closed (``status >&-``), the next file that is opened would take its place, and what is
printed would get into it. Where one knows few letters (``LC_ALL=C``), a name would end the program.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def make_usable() -> None:
    """Put the null device in place of streams that are closed; write ``?`` for unknown letters."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def knows_all_letters() -> bool:
    """Whether standard output can be written any letter."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # a text in memory has none
    return encoding.lower().replace("_", "-").startswith("utf")
