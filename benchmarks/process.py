"""Runs one command in a fresh process: how long it takes, and how much memory it needs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PROC = Path("/proc")

_KEPT_VARIABLES = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_")
_SAMPLING_SECONDS = 0.005
_KIB = 1024


class CommandFailed(Exception):
    """A command did not work, so that its times mean nothing."""


@dataclass(frozen=True)
class Timing:
    """How long a command took, in seconds.

    Attributes:
        wall: by the clock.
        cpu: user and system time of all its processes.
    """

    wall: float
    cpu: float


@dataclass(frozen=True)
class Call:
    """A command that is ready to run.

    Attributes:
        argv: the program, with its path, and its arguments.
        cwd: the folder that it runs in.
        environ: all of its environment.
        exit_code: the one that means that it worked.
    """

    argv: tuple[str, ...]
    cwd: Path
    environ: Mapping[str, str]
    exit_code: int = 0


def program(name: str) -> str:
    """The path of a program: of this virtual environment first, so that all rivals share it."""
    if name == "python":
        return sys.executable
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise CommandFailed(f"The program '{name}' was not found.")
    return found


def environment(caches: Path) -> dict[str, str]:
    """A process environment without settings of Python, so that bytecode is kept as by default.

    Args:
        caches: the folder that programs may keep caches in.
    """
    kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT_VARIABLES)}
    return {**kept, "XDG_CACHE_HOME": str(caches)}


def timed(call: Call) -> Timing:
    """Run a command to its end.

    Raises:
        CommandFailed: where its exit code is not the expected one.
    """
    os.sync()  # what the run before left to be written must not burden this one
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = _started(call, errors.fileno())
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            process.wait()
            raise
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        _check(call, process.returncode, errors.read())
    return Timing(wall, usage.ru_utime + usage.ru_stime)


def peak_memory(call: Call) -> int:
    """Run a command to its end, and look at the memory of all its processes all the while.

    Looking slows the command down, so that times are measured in runs of their own.

    Returns:
        The largest sum over the processes in bytes, with shared pages counted once (PSS).
    """
    peak = 0
    with tempfile.TemporaryFile() as errors:
        process = _started(call, errors.fileno(), own_session=True)
        try:
            while process.poll() is None:
                peak = max(peak, sum(map(memory, family(process.pid))))
                time.sleep(_SAMPLING_SECONDS)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        errors.seek(0)
        _check(call, process.returncode, errors.read())
    if peak == 0:
        raise CommandFailed("The memory of processes cannot be seen here: there is no /proc.")
    return peak


def _started(call: Call, errors: int, *, own_session: bool = False) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        call.argv,
        cwd=call.cwd,
        env=call.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        start_new_session=own_session,
    )


def _check(call: Call, exit_code: int, errors: bytes) -> None:
    if exit_code != call.exit_code:
        said = errors.decode(errors="replace").strip()[-2000:]
        name = " ".join((Path(call.argv[0]).name, *call.argv[1:]))
        raise CommandFailed(f"'{name}' ended with exit code {exit_code}: {said}")


def family(leader: int) -> set[int]:
    """The processes that a process started, itself included.

    Args:
        leader: its id; it leads a session of its own, by which orphans are found as well.
    """
    parents: dict[int, int] = {}
    members = {leader}
    for entry in PROC.iterdir() if PROC.exists() else ():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name of the program stands in parentheses, and may hold anything.
                words = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                parents[int(entry.name)] = int(words[1])
                if int(words[3]) == leader:
                    members.add(int(entry.name))
    return members | _descendants(members, parents)


def _descendants(members: Iterable[int], parents: Mapping[int, int]) -> set[int]:
    found: set[int] = set()
    new = set(members)
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


def memory(pid: int) -> int:
    """The memory of one process in bytes: its share of shared pages; 0 where it has ended."""
    for name, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError):
            return _kilobytes((PROC / str(pid) / name).read_text().splitlines(), key) * _KIB
    return 0


def _kilobytes(lines: Sequence[str], key: str) -> int:
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)
