"""The one module that starts processes, but for those that people work in (:mod:`terminal`).

Everything else decides on an argv and hands it to a :class:`Runner`, so that a test can replay
recorded answers and ``--dry`` can show what would run.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from container_manager.errors import RuntimeFailure

QUERY_TIMEOUT = 60.0
"""Seconds that a question to Podman may take."""

_BY_HAND = "Run it by hand to see why."
_KEPT = 1 << 20
"""Bytes that are kept of what was handed on line by line, for errors."""

_READ_SIZE = 65536
_POLL_SECONDS = 0.2
_END_SECONDS = 5.0
_END_POLL = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a process left behind; ``stdout`` and ``stderr`` are decoded leniently."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether the process said that it succeeded."""
        return self.returncode == 0

    @property
    def last_lines(self) -> str:
        """The end of what it said, for an error message."""
        text = self.stderr.strip() or self.stdout.strip()
        return "\n".join(text.splitlines()[-10:])


class Runner(Protocol):
    """Starts a process and waits for it, with a bound on the time or on the silence."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | None = None,
        timeout: float = QUERY_TIMEOUT,
        silence: float | None = None,
        on_line: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
        merged: bool = False,
    ) -> Finished:
        """Run ``argv`` to its end.

        Args:
            argv: program and arguments; never a shell line, never a secret.
            env: the whole environment of the process; None inherits ours.
            cwd: its working directory.
            stdin: bytes for its standard input; without, it reads nothing.
            timeout: seconds after which it is killed.
            silence: seconds without any output after which it is killed (for builds and pulls).
            on_line: called with each line that it prints, as it prints it.
            stop: when set, the process is ended, and what it left so far is returned.
            merged: its standard error counts as standard output, so that lines stay in order.

        Raises:
            RuntimeFailure: it took too long, or could not be started.
        """
        ...


class ProcessRunner:
    """The real thing. Children run in a session of their own, so that Ctrl-C reaches only us."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: bytes | None = None,
        timeout: float = QUERY_TIMEOUT,
        silence: float | None = None,
        on_line: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
        merged: bool = False,
    ) -> Finished:
        """See :meth:`Runner.run`."""
        try:
            process = subprocess.Popen(
                list(argv),
                env=None if env is None else dict(env),
                cwd=cwd,
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merged else subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            # The system says 'No such file' of the folder too, and Python then names the folder.
            gone = cwd is not None and str(error.filename) == str(cwd)
            where = f" in the folder {cwd}" if gone else ""
            raise RuntimeFailure(
                f"'{argv[0]}' could not be started{where}: {error.strerror or error}",
                remedy=None if gone else "See that it is installed, and found on PATH.",
            ) from error
        try:
            return _collect(process, tuple(argv), stdin, timeout, silence, on_line, stop)
        except BaseException:
            _kill_group(process)
            raise


def _collect(
    process: subprocess.Popen[bytes],
    argv: tuple[str, ...],
    stdin: bytes | None,
    timeout: float,
    silence: float | None,
    on_line: Callable[[str], None] | None,
    stop: threading.Event | None,
) -> Finished:
    assert process.stdout is not None
    if process.stdin is not None:
        # Inputs here are secrets and small files: they fit a pipe's buffer.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(stdin or b"")
        process.stdin.close()
    streams = {pipe: _Stream(on_line) for pipe in (process.stdout, process.stderr) if pipe}
    started = last = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for pipe in streams:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            if _read_ready(selector, streams):
                last = time.monotonic()
            elif process.poll() is not None and not selector.select(0):
                break  # a grandchild (conmon, say) may keep the pipe open for ever
            if stop is not None and stop.is_set():
                _end_group(process)
                break
            _check_deadlines(argv, started, last, timeout, silence)
    while process.poll() is None:
        _check_deadlines(argv, started, last, timeout, silence)
        time.sleep(0.01)
    for pipe, stream in streams.items():
        stream.finish()
        pipe.close()
    return Finished(
        argv=argv,
        returncode=process.returncode,
        stdout=streams[process.stdout].text,
        stderr=streams[process.stderr].text if process.stderr else "",
    )


def _read_ready(selector: selectors.BaseSelector, streams: Mapping[IO[bytes], _Stream]) -> bool:
    events = selector.select(_POLL_SECONDS)
    for key, _ in events:
        data = os.read(key.fd, _READ_SIZE)
        if data:
            streams[key.fileobj].feed(data)  # type: ignore[index]
        else:
            selector.unregister(key.fileobj)
    return bool(events)


def _check_deadlines(
    argv: Sequence[str], started: float, last: float, timeout: float, silence: float | None
) -> None:
    now = time.monotonic()
    shown = " ".join(argv[:4])
    if now - started > timeout:
        raise RuntimeFailure(
            f"'{shown} …' took longer than {timeout:.0f} s and was ended.", remedy=_BY_HAND
        )
    if silence is not None and now - last > silence:
        raise RuntimeFailure(
            f"'{shown} …' said nothing for {silence:.0f} s and was ended.", remedy=_BY_HAND
        )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    _end_group(process)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started; returns when they are gone.

    A compose provider ends at once, and the Podman that it started finishes its container first.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        until = time.monotonic() + _END_SECONDS
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_END_SECONDS)
            while _lives(process.pid) and time.monotonic() < until:
                time.sleep(_END_POLL)
            if not _lives(process.pid):
                break


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS: only dead ones are left, or they are not ours
        return False
    return True


class _Stream:
    """Collects one pipe's bytes and hands on whole lines; of what is handed on, it keeps the end.

    A log may be followed for weeks.
    """

    def __init__(self, on_line: Callable[[str], None] | None) -> None:
        self._on_line = on_line
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        self._chunks.append(data)
        if self._on_line is None:
            return
        self._size += len(data)
        while self._size - len(self._chunks[0]) > _KEPT:
            self._size -= len(self._chunks.popleft())
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line.decode(errors="replace").rstrip("\r"))

    def finish(self) -> None:
        if self._on_line is not None and self._rest:
            self._on_line(self._rest.decode(errors="replace"))

    @property
    def text(self) -> str:
        return b"".join(self._chunks).decode(errors="replace")
