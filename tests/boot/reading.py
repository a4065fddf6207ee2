"""Units as systemd's own program reads them, without a systemd that runs."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Unit:
    """A unit that ``systemd-analyze verify`` has read.

    Attributes:
        complaints: what it complains of.
        values: key -> its values, as it understands them.
    """

    complaints: list[str]
    values: dict[str, list[str]]

    @classmethod
    def read(cls, text: str, name: str, folder: Path, *, system: bool) -> Unit:
        """Have a unit read that is written into a folder for that."""
        file = folder / name
        file.write_text(text, encoding="utf-8")
        argv = ["systemd-analyze", "--system" if system else "--user", "verify", str(file)]
        loud = {**os.environ, "SYSTEMD_LOG_LEVEL": "debug", "XDG_RUNTIME_DIR": str(folder)}
        quiet = {**loud, "SYSTEMD_LOG_LEVEL": "info"}
        verified = subprocess.run(argv, capture_output=True, text=True, check=False, env=quiet)
        dump = subprocess.run(argv, capture_output=True, text=True, check=False, env=loud).stdout
        own = dump.partition(f"-> Unit {name}:\n")[2].partition("\n\t-> Unit ")[0]
        values: dict[str, list[str]] = {}
        for line in own.splitlines():
            key, _, value = line.strip().partition(": ")
            values.setdefault(key, []).append(value)
        return cls([line for line in verified.stderr.splitlines() if name in line], values)

    @property
    def commands(self) -> list[list[str]]:
        """What systemd would call to start and to stop."""
        return [_words(line) for line in self.values["Command Line"]]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it gives them."""
        return dict(one.split("=", 1) for one in self.values["Environment"])


def _words(command: str) -> list[str]:
    """The words of a command, which is shown quoted for a shell; variables are filled in later."""
    shown = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True
    )
    read = [word.split("$$") for word in shown.stdout.splitlines()]
    assert not any("$" in part for word in read for part in word), command
    return ["$".join(word) for word in read]
