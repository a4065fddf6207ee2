"""The way to a cluster: kubectl logs in, and hands us through at a socket that is ours alone.

Clusters are logged in to by certificates, tokens, programs of clouds, through proxies: kubectl
knows them all, and whoever has a cluster has kubectl. Its messages are for people, and differ
between versions, so it is asked for the API itself. On a port of the machine, ``kubectl proxy``
would let every user of it in; a socket in a folder that only we may enter does not.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from container_manager.cluster.api import Api
from container_manager.cluster.contexts import Target
from container_manager.errors import ManagerError, PreconditionError
from container_manager.run import Finished, Runner

_READY_WITHIN = 30.0
_LONGEST = 24 * 3600.0
_ENDED_WITHIN = 0.3
_PAUSE = 0.02
_WHILE_WE_LIVE = (
    'parent=$1; shift; "$@" & child=$!; '
    'while kill -0 "$parent" && kill -0 "$child"; do sleep 1; done 2>/dev/null; '
    'kill "$child" 2>/dev/null; wait "$child"'
)
"""Nobody is let in any more once we are gone, be it that we were killed."""


@contextlib.contextmanager
def connected(
    runner: Runner, kubectl: str, target: Target, environ: Mapping[str, str]
) -> Iterator[Api]:
    """A block in which a cluster can be asked.

    Args:
        runner: starts kubectl.
        kubectl: the program.
        target: which context and namespace.
        environ: the environment of kubectl.

    Raises:
        PreconditionError: kubectl does not get that far.
    """
    with tempfile.TemporaryDirectory(prefix="cman-") as folder:  # mode 0700
        path = Path(folder) / "api"
        argv = (kubectl, "proxy", f"--unix-socket={path}", f"--context={target.context}")
        watched = ("/bin/sh", "-c", _WHILE_WE_LIVE, "sh", str(os.getpid()), *argv)
        proxy = _Proxy(runner, watched, environ)
        proxy.start()
        try:
            proxy.await_socket(path, target.login)
            yield Api(str(path), target.namespace)
        finally:
            proxy.end()


def _listens(path: Path) -> bool:
    """Whether somebody listens there: a socket is there a moment before that."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_READY_WITHIN)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


class _Proxy:
    """``kubectl proxy``, in a thread of its own."""

    def __init__(self, runner: Runner, argv: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self._runner, self._argv, self._environ = runner, argv, environ
        self._stop = threading.Event()
        self._said = ""
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(_ENDED_WITHIN)  # where it takes longer, it ends by itself

    def await_socket(self, path: Path, login: str) -> None:
        until = time.monotonic() + _READY_WITHIN
        while not _listens(path):
            if not self._thread.is_alive() or time.monotonic() > until:
                said = self._said or f"no socket within {_READY_WITHIN:.0f} s"
                raise PreconditionError(
                    f"kubectl leads to no cluster: {said}",
                    remedy=f"See what it says by itself: {login} version",
                )
            time.sleep(_PAUSE)

    def _run(self) -> None:
        try:
            finished: Finished = self._runner.run(
                self._argv, env=self._environ, timeout=_LONGEST, stop=self._stop
            )
            self._said = finished.last_lines
        except ManagerError as error:
            self._said = str(error)
