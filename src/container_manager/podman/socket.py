"""Podman's socket: which one a program that speaks Docker's language is to use.

Nothing here talks to dockerd: whoever answers has to be Podman.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.podman.host import PodmanHost
from container_manager.run import Runner

UNIX = "unix://"
PODMAN = "podman"
ASKED = ("CONTAINER_HOST", "DOCKER_HOST")
"""Variables that name a socket; Podman itself follows the first."""

_CONFIGURATION = ("CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "CONTAINERS_STORAGE_CONF")
_ANSWER_SECONDS = 5.0
_READ_SIZE = 65536
_OPENING_SECONDS = 30.0
_IDLE_SECONDS = 300
_LONGEST = 100
"""Bytes of a socket's path: the system takes 107."""


def who_answers(address: str) -> str | None:
    """``podman``, or whatever else answers at a ``unix://`` address; None: nobody does."""
    # By hand, since the library's module for HTTP takes longer to import than this to ask.
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(_ANSWER_SECONDS)
            asking.connect(address.removeprefix(UNIX))
            asking.sendall(b"GET /_ping HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = b"".join(iter(lambda: asking.recv(_READ_SIZE), b""))
    except OSError:
        return None
    lines = answer.decode("latin-1").split("\r\n\r\n")[0].splitlines()
    headers = {n.strip().lower(): v.strip() for n, _, v in (ln.partition(":") for ln in lines)}
    if "libpod-api-version" in headers:
        return PODMAN
    return headers.get("server") or "an unknown program"


def choose(host: PodmanHost, environ: Mapping[str, str]) -> str | None:
    """The address of the socket to use; None: one of our own has to be opened.

    Args:
        host: the Podman that the containers are for.
        environ: the environment that Podman is called with.

    Raises:
        PreconditionError: a variable names a socket that is not Podman's, or none of this machine.
    """
    for name in ASKED:
        if environ.get(name):
            _refuse_others(name, environ[name])
    if environ.get("CONTAINER_HOST"):
        return environ["CONTAINER_HOST"]
    if environ.get("CONTAINER_CONNECTION") or host.remote:
        if host.address.startswith(UNIX) and who_answers(host.address) == PODMAN:
            return host.address
        what = (
            "CONTAINER_CONNECTION names" if environ.get("CONTAINER_CONNECTION") else "Calls go to"
        )
        raise PreconditionError(
            f"{what} a Podman elsewhere, and Docker Compose needs a socket of this machine.",
            remedy="Set CONTAINER_HOST=unix://PATH to the connection's socket instead "
            "('podman machine inspect' shows it), or remove 'compose_provider'.",
        )
    # A service that somebody else started knows nothing of the settings of our calls.
    if host.settings or any(environ.get(name) for name in _CONFIGURATION):
        return None
    usual = f"{UNIX}{_usual_folder(host, environ)}/podman/podman.sock"
    for address in (environ.get("DOCKER_HOST"), usual):
        if address and _is_ours(address) and who_answers(address) == PODMAN:
            return address
    return None


def _usual_folder(host: PodmanHost, environ: Mapping[str, str]) -> str:
    return environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}" if host.rootless else "/run"


def _is_ours(address: str) -> bool:
    try:
        return Path(address.removeprefix(UNIX)).stat().st_uid == os.getuid()
    except OSError:
        return False


def _refuse_others(name: str, address: str) -> None:
    """A variable that leads to anything but Podman is told, not passed over."""
    if not address.startswith(UNIX):
        raise PreconditionError(
            f"{name} is {address}, and Docker Compose can only use Podman through a socket of "
            "this machine.",
            remedy=f"Unset {name}, or set it to unix://PATH of Podman's socket.",
        )
    who = who_answers(address)
    if who == PODMAN:
        return
    what = f"where {who} answers, not Podman" if who else "where nobody answers"
    raise PreconditionError(
        f"{name} is {address}, {what}.",
        remedy=f"Unset {name}: a socket of Podman's is opened for the time of a call. Or set it "
        "to one ('systemctl --user start podman.socket').",
    )


@contextlib.contextmanager
def opened(
    runner: Runner, host: PodmanHost, environ: Mapping[str, str], state_dir: Path
) -> Iterator[str]:
    """The address of a socket of our own, for the time of a block; it ends with the block.

    Args:
        runner: starts the service.
        host: Podman.
        environ: its environment, with the settings that it needs.
        state_dir: the project's private folder, where the socket lies if its path is short enough.

    Raises:
        RuntimeFailure: Podman does not serve.
    """
    folder = _folder(state_dir)
    address = f"{UNIX}{folder / 'podman.sock'}"
    service = _Service(runner, host, environ, address)
    try:
        service.start()
        yield address
    finally:
        service.end()
        shutil.rmtree(folder, ignore_errors=True)


def _folder(state_dir: Path) -> Path:
    for left in state_dir.glob("socket-*"):
        if _is_left_behind(left):
            shutil.rmtree(left, ignore_errors=True)
    short = len(os.fsencode(state_dir)) < _LONGEST - len("/socket-xxxxxxxx/podman.sock")
    return Path(tempfile.mkdtemp(prefix="socket-", dir=state_dir if short else None))


def _is_left_behind(folder: Path) -> bool:
    """Whether a folder is of a command that was killed; one that is opening may not answer yet."""
    try:
        age = time.time() - folder.stat().st_mtime
    except OSError:
        return False
    return age > _OPENING_SECONDS and who_answers(f"{UNIX}{folder / 'podman.sock'}") is None


class _Service:
    """``podman system service`` in a thread; it also ends by itself when nobody asks any more."""

    def __init__(
        self, runner: Runner, host: PodmanHost, environ: Mapping[str, str], address: str
    ) -> None:
        self._address = address
        self._stop = threading.Event()
        self._said = ""
        self._runner = runner
        self._argv = (host.executable, "system", "service", f"--time={_IDLE_SECONDS}", address)
        self._environ = environ
        self._thread = threading.Thread(target=self._run, name="podman-service")

    def _run(self) -> None:
        try:
            finished = self._runner.run(
                self._argv, env=self._environ, timeout=float("inf"), stop=self._stop
            )
            self._said = finished.last_lines
        except RuntimeFailure as error:
            self._said = str(error)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._thread.start()
        end = time.monotonic() + _OPENING_SECONDS
        while who_answers(self._address) is None:
            if not self._thread.is_alive() or time.monotonic() > end:
                self.end()
                raise RuntimeFailure(
                    f"Podman opened no socket for Docker Compose: {self._said}",
                    remedy="Mend what it says, or remove 'compose_provider'.",
                )
            time.sleep(0.02)

    def end(self) -> None:
        """End it, and wait until it has ended."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
