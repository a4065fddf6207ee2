"""Follows a page in one shell, as its reader does in a terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.pages.reading import Command, File, Step, as_shown

DEADLINE = 400
"""Seconds for one command; the slowest installs a virtual environment on a busy machine."""


class Trouble(AssertionError):
    """A page is not as its reader finds things."""


class Session:
    """One shell, in which the commands of a page run one after another.

    Attributes:
        seen: everything that was said, for whoever looks for a mistake.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str], scratch: Path) -> None:
        """Open it.

        Args:
            folder: where the reader stands.
            environ: all variables of the shell.
            scratch: a folder for what commands say; it must exist.
        """
        self._scratch, self._number, self.seen = scratch, 0, ""
        self._shell = subprocess.Popen(
            # Who runs tests in the background may have SIGINT ignored for all that is below.
            ["env", "--default-signal=INT", "bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the shell; whatever a command has left of its processes ends, too."""
        assert self._shell.stdin is not None
        self._shell.stdin.close()
        try:
            self._shell.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._shell.pid, signal.SIGKILL)
            self._shell.wait()

    def follow(self, steps: Iterable[Step]) -> None:
        """Do all of this, in order.

        Raises:
            Trouble: a command fails or says something else than the page.
            ValueError: an edit does not fit.
        """
        for step in steps:
            if isinstance(step, Command):
                self._type(step)
                continue
            path = Path(self.run("pwd -P")[1].strip(), step.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = step.text if isinstance(step, File) else step.of(path.read_text("utf-8"))
            path.write_text(text, encoding="utf-8")

    def run(self, text: str, until: Callable[[str], bool] | None = None) -> tuple[int, str]:
        """Type one command.

        Args:
            text: the command.
            until: Ctrl-C is pressed when this holds of what it has said so far; without it, never.

        Returns:
            Its exit code, and all that it said.

        Raises:
            Trouble: it does not end in time.
        """
        self._number += 1
        said, code, group = (
            self._scratch / f"{self._number}.{kind}" for kind in ("said", "code", "group")
        )
        said.touch()
        block = f"{{ {text}\n}} </dev/null >'{said}' 2>&1"
        if until is not None:  # in a group of its own, since Ctrl-C goes to a whole group
            block = f"set -m\n{block} & echo $! >'{group}'; set +m; wait $!"
        assert self._shell.stdin is not None
        self._shell.stdin.write(
            f"{block}\necho $? >'{code}.new'; mv '{code}.new' '{code}'\n".encode()
        )
        self._shell.stdin.flush()
        ends = time.monotonic() + DEADLINE
        while not code.exists():
            if self._shell.poll() is not None or time.monotonic() > ends:
                raise Trouble(f"'{text}' does not end; it said:\n{said.read_text('utf-8')}")
            if until is not None and until(said.read_text("utf-8")):
                os.killpg(int(group.read_text()), signal.SIGINT)
                until = None
            time.sleep(0.05)
        return int(code.read_text()), said.read_text("utf-8")

    def _type(self, command: Command) -> None:
        shown = command.shown
        until = (lambda said: as_shown(shown, said, so_far=True)) if command.interrupted else None
        code, said = self.run(command.text, until)
        self.seen += f"$ {command.text}\n{said}"
        allowed = (0, 130) if command.interrupted else (0,)
        if code not in allowed or (shown and not as_shown(shown, said, so_far=command.interrupted)):
            expected = "\n".join(shown)
            raise Trouble(
                f"line {command.line}: $ {command.text}\nended with {code} and said\n{said}\n"
                f"where the page shows\n{expected}"
            )
