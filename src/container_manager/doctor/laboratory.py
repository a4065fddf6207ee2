"""Containers that exist only to be measured, of an image of our own, and their removal.

Everything made carries a label with our token, so that all of it is found and removed, however the
measuring ends; the token begins with the time, so that what a former run left that was killed goes,
too, and names the process.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from container_manager import debian_tree
from container_manager.errors import RuntimeFailure
from container_manager.podman.engine import Engine
from container_manager.podman.probe import Program
from container_manager.run import Finished

LABEL = "io.container-manager.doctor"
PREFIX = "cm-doctor-"

APPLETS = (
    "sh",
    "cat",
    "date",
    "false",
    "httpd",
    "ls",
    "nslookup",
    "sleep",
    "timeout",
    "true",
    "wget",
)
"""What a trial may call inside of its container."""

STALE = 1800.0
"""Seconds after which what carries our label belongs to a run that was killed."""

_ALWAYS = ("--pull=never", "--http-proxy=false")
"""Nothing is fetched; and containers that talk to each other do so without this machine's proxy."""

_CALL_TIMEOUT = 30.0
_CLEANING_TIMEOUT = 60.0
_CLEANING_ROUNDS = 5


class Abandoned(Exception):
    """The measuring was given up while a check was at work."""


class Laboratory:
    """Where containers are tried.

    Args:
        engine: Podman.
        folder: a private folder for what trials need on disk.
        stop: when set, whatever runs is ended, and nothing more is started.
    """

    def __init__(self, engine: Engine, folder: Path, stop: threading.Event) -> None:
        self.engine = engine
        self.folder = folder
        self.stop = stop
        self.token = f"{int(time.time())}-{os.getpid()}-{secrets.token_hex(3)}"
        self.image = f"localhost/{self.name('image')}:latest"
        self._label = f"--label={LABEL}={self.token}"

    def name(self, what: str) -> str:
        """A name that nobody else has."""
        return f"{PREFIX}{self.token}-{what}"

    def call(self, *arguments: str, timeout: float = _CALL_TIMEOUT) -> Finished:
        """Run ``podman ARGUMENTS``; failures are the caller's to look at.

        Raises:
            Abandoned: the measuring was given up.
            RuntimeFailure: it took too long.
        """
        if self.stop.is_set():
            raise Abandoned
        finished = self.engine.call(*arguments, timeout=timeout, stop=self.stop)
        if self.stop.is_set():
            raise Abandoned
        return finished

    def order(self, *arguments: str, timeout: float = _CALL_TIMEOUT) -> Finished:
        """The same for what has to succeed.

        Raises:
            RuntimeFailure: Podman says that it failed.
        """
        finished = self.call(*arguments, timeout=timeout)
        if not finished.ok:
            raise RuntimeFailure(f"'podman {arguments[0]}' failed: {finished.last_lines}")
        return finished

    def make_image(self, program: Program) -> None:
        """Make the image of a static busybox, with our token in a file that it can serve.

        Raises:
            RuntimeFailure: Podman refuses it.
        """
        entry = debian_tree.Entry
        tree = {name: entry() for name in ("bin", "etc", "proc", "sys", "dev", "www")}
        tree["tmp"] = entry(mode=0o1777)
        tree["bin/busybox"] = entry(source=program.path)
        tree["www/token"] = entry(content=self.token.encode(), mode=0o644)
        tree |= {f"bin/{name}": entry(link="busybox") for name in APPLETS}
        archive = self.folder / "image.tar"
        debian_tree.write(archive, tree)
        change = f"--change=LABEL {LABEL}={self.token}"
        self.order("import", "--quiet", change, str(archive), self.image)

    def run(self, *words: str, options: Sequence[str] = (), timeout: float = 30.0) -> Finished:
        """Run a command in a container of its own, to its end."""
        return self.call(
            *("run", "--rm", self._label, *_ALWAYS, *options, self.image, *words),
            timeout=timeout,
        )

    def start(self, name: str, *words: str, options: Sequence[str] = ()) -> str:
        """Start a container that goes on running; returns its name.

        Raises:
            RuntimeFailure: it does not start.
        """
        full = self.name(name)
        options = ("--detach", f"--name={full}", self._label, *_ALWAYS, *options)
        self.order("run", *options, self.image, *words)
        return full

    def make_network(self, name: str) -> str:
        """Make a network; returns its name.

        Raises:
            RuntimeFailure: Podman refuses it.
        """
        full = self.name(name)
        self.order("network", "create", self._label, full)
        return full

    def clean(self, *, broken_off: bool = False) -> list[str]:
        """Remove all that was made here, and what a killed run left; returns what stays.

        Args:
            broken_off: whether this may have been called in the middle of a start, whose container
                comes up after a look: then it looks until two looks in a row find nothing.
        """
        left: list[str] = []
        for _ in range(_CLEANING_ROUNDS):
            left = self._remove_all()
            if not left and broken_off:
                left = self._remove_all()
            if not left:
                break
        return left

    def _remove_all(self) -> list[str]:
        """Remove what is there; the names of what was there."""
        engine = self.engine
        containers = [
            one.name for one in engine.everything() if self._is_ours(one.labels.get(LABEL))
        ]
        if containers:
            argv = ("rm", "--force", "--depend", "--time=0", "--volumes", *containers)
            engine.call(*argv, timeout=_CLEANING_TIMEOUT)
        networks = [
            name
            for name, labels in engine.networks(LABEL).items()
            if self._is_ours((labels or {}).get(LABEL))
        ]
        if networks:
            engine.call("network", "rm", *networks, timeout=_CLEANING_TIMEOUT)
        images = [one.id for one in engine.images(LABEL) if self._is_ours(one.labels.get(LABEL))]
        if images:
            # Without --force, which would give a container that is still there ten seconds to end.
            engine.call("rmi", *images, timeout=_CLEANING_TIMEOUT)
        return [*containers, *networks, *images]

    def _is_ours(self, token: Any) -> bool:
        return token == self.token or is_stale(token, time.time())


def is_stale(token: Any, now: float) -> bool:
    """Whether a label's value is that of a run which must be over.

    >>> is_stale("1000-abc", 1000 + STALE + 1), is_stale("1000-abc", 1001), is_stale("mine", 0)
    (True, False, False)
    """
    made = re.match(r"(\d+)-", str(token))
    return made is not None and now - int(made[1]) > STALE
