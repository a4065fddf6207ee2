"""Reads each file once: for its digest, and for secrets that it may hold, in bounded memory."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from container_manager.build.unsharing import is_shut, presences
from container_manager.inputs import Stamp, look, stamp_of
from container_manager.model import Output

if TYPE_CHECKING:
    from container_manager.build.leaks import LeakScan

_CHUNK = 1 << 20

Known = Mapping[str, tuple[Stamp, str]]
"""Absolute path -> the stamp with which it was read, and the digest of what it held."""


class ChangedWhileReadError(OSError):
    """A file changed between its first byte and its last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is at a path: ``sha256:…``, ``link:…``, or empty for what no build writes."""

    digest: str
    stamp: Stamp

    @property
    def mode(self) -> int:
        """Permission bits."""
        return stat.S_IMODE(self.stamp[4])


class Reading:
    """Digests of sources and of what was built; a file that did not change is not read again.

    Args:
        known: what was read before, by this or an earlier command.
        scan: looks for secrets in sources.
        scanned: whether what is known was searched for these very secrets, and held none.
    """

    def __init__(
        self, known: Known | None = None, scan: LeakScan | None = None, *, scanned: bool = False
    ) -> None:
        self.seen: dict[str, tuple[Stamp, str]] = {}
        self.leaks: dict[str, str] = {}
        self._known = known or {}
        self._scan = scan if scan is not None and scan.looks_for_something else None
        self._believed = scanned or self._scan is None
        self._texts: dict[str, str] = {}
        self._asked: Callable[[], Iterable[str]] = tuple
        self._shut: dict[str, tuple[Stamp, str] | None] | None = None

    def about(self, paths: Callable[[], Iterable[str]]) -> None:
        """Say what it will be asked about, so that all that is shut is looked at together."""
        self._asked, self._shut = paths, None

    def wanted(self, output: Output) -> str:
        """The digest of the content that an output is to have.

        Raises:
            OSError: its source cannot be read.
        """
        if output.link is not None:
            return f"link:{output.link}"
        if output.text is not None:
            return self._of_text(output.text)
        assert output.source is not None
        if output.source not in self.seen:
            self._source(output.source)
        return self.seen[output.source][1]

    def present(self, path: str) -> Present | None:
        """What is at a path; None where nothing is."""
        stamp = look(path)
        if stamp is None:
            return self._shut_away(path, None)
        if stat.S_ISLNK(stamp[4]):
            return Present(digest=f"link:{os.readlink(path)}", stamp=stamp)  # noqa: PTH115
        if not stat.S_ISREG(stamp[4]):
            return Present(digest="", stamp=stamp)
        return self._present_file(path, stamp)

    def _present_file(self, path: str, stamp: Stamp) -> Present | None:
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            self.seen[path] = known
            return Present(digest=known[1], stamp=stamp)
        try:
            stamp, digest, _ = _read(path, None)
        except PermissionError:
            return self._shut_away(path, Present(digest="", stamp=stamp))
        except OSError:
            return Present(digest="", stamp=stamp)
        self.seen[path] = (stamp, digest)
        return Present(digest=digest, stamp=stamp)

    def _shut_away(self, path: str, otherwise: Present | None) -> Present | None:
        """What is at a path that is shut, since a container has given it to another user."""
        if not is_shut(path):
            return otherwise
        if self._shut is None:
            self._shut = presences([one for one in {*self._asked(), path} if is_shut(one)])
        found = self._shut.get(path)
        return Present(digest=found[1], stamp=found[0]) if found is not None else None

    def _source(self, path: str) -> None:
        known = self._known.get(path) if self._believed else None
        if known is not None and known[0] == look(path):
            self.seen[path] = known
            return
        stamp, digest, leak = _read(path, self._scan)
        self.seen[path] = (stamp, digest)
        if leak is not None:
            self.leaks[path] = leak

    def _of_text(self, text: str) -> str:
        digest = self._texts.get(text)  # the flattened configuration is many a service's
        if digest is None:
            digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
            self._texts[text] = digest
        return digest


def file_digest(path: str) -> str:
    """The digest of a file, streamed.

    Raises:
        OSError: it cannot be read, or changes meanwhile.
    """
    return _read(path, None)[1]


def _read(path: str, scan: LeakScan | None) -> tuple[Stamp, str, str | None]:
    """The stamp, the digest, and the name of a secret in it."""
    digest = hashlib.sha256()
    # Never wait for what only seems to be a file: a pipe, say, that took its place.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = stamp_of(os.fstat(descriptor))
        search = scan.stream() if scan is not None else None
        while chunk := os.read(descriptor, _CHUNK):
            digest.update(chunk)
            if search is not None:
                search.feed(chunk)
        if stamp_of(os.fstat(descriptor)) != before:
            raise ChangedWhileReadError(0, "it changes while it is being read", path)
    finally:
        os.close(descriptor)
    return before, f"sha256:{digest.hexdigest()}", search.found if search is not None else None
