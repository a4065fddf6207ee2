"""A shell on a terminal, and TAB pressed there."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping, Sequence

PROMPT = "ready> "
"""What the shell must be told to say; what is typed before that, it does not see as typed."""


def completed(shell: Sequence[str], environ: Mapping[str, str], told: str, typed: str) -> str:
    """What a line has become at the last TAB, and what was shown before.

    Args:
        shell: the program, with its options.
        environ: all variables, but for ``TERM``.
        told: lines that are typed first; its start files or these set the prompt.
        typed: the line; each TAB is pressed when all before it was answered.
    """
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        shell, stdin=follower, stdout=follower, stderr=follower,
        env={**environ, "TERM": "dumb"}, start_new_session=True,
    )  # fmt: skip
    os.close(follower)
    try:
        os.write(leader, told.encode())
        _until(leader, PROMPT)
        shown = ""
        for piece in typed.split("\t")[:-1]:  # as people type: the next letters after each answer
            os.write(leader, f"{piece}\t".encode())
            shown += _until(leader, piece) + _settled(leader)
        return _undone(shown.replace("\r", "").replace("\a", ""))
    finally:
        process.kill()
        process.wait(timeout=60)
        os.close(leader)


def _undone(shown: str) -> str:
    """What a line looks like after its backspaces."""
    line: list[str] = []
    for letter in shown:
        if letter == "\b":
            del line[-1:]
        else:
            line.append(letter)
    return "".join(line)


def _until(terminal: int, text: str) -> str:
    """Read until a text appears."""
    shown, end = "", time.monotonic() + 60
    while text not in shown:
        assert time.monotonic() < end, shown
        if select.select([terminal], [], [], 1.0)[0]:
            shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


def _settled(terminal: int) -> str:
    """Read until the completed word is followed by a blank, or more of it can be typed."""
    shown, end = "", time.monotonic() + 60
    while not shown.rstrip("\b").endswith((" ", ".", "/")):
        assert time.monotonic() < end, shown
        if select.select([terminal], [], [], 1.0)[0]:
            shown += os.read(terminal, 4096).decode(errors="replace")
    return shown
