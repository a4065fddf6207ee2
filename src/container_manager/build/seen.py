"""Whether files are what they were when they were looked at last.

A file counts as unchanged while size, times, inode and mode are what they were. As in git's index,
that is not believed of a file that changed so shortly before it was looked at that its clock could
not tell a further change: its content is compared.
"""

from __future__ import annotations

import base64
import os
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from container_manager.build.reading import Reading
from container_manager.inputs import Stamp

_NOTHING: Stamp = (0, 0, 0, 0, 0)

TICK = 20_000_000
"""Nanoseconds within which a second change may leave the times of a file as they were (Linux)."""

_COARSE_TICK = 2_000_000_000
"""The same for file systems that count seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was looked at.

    Attributes:
        stamps: path -> its stamp; None where nothing was.
        digests: path -> the digest of its content, where it was read.
        young: paths that may have changed once more without a trace.
    """

    stamps: Mapping[str, Stamp | None]
    digests: Mapping[str, str]
    young: frozenset[str]

    @classmethod
    def since(cls, at: int, stamps: Mapping[str, Stamp | None], digests: Mapping[str, str]) -> Seen:
        """What was looked at after a time (ns since 1970)."""
        return cls(stamps=stamps, digests=digests, young=_young(at, stamps))

    def known(self) -> dict[str, tuple[Stamp, str]]:
        """Contents that need not be read again while their stamps stay."""
        return {
            path: (stamp, self.digests[path])
            for path, stamp in self.stamps.items()
            if stamp is not None and path in self.digests and path not in self.young
        }

    @classmethod
    def parse(cls, data: Any) -> Seen:
        """Read what :meth:`dump` gave.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        packed = array("Q", base64.b64decode(data["stamps"]))
        numbers = iter(packed)  # five a path: many thousands, so nothing is called for each
        paths = data["paths"]
        stamps: dict[str, Stamp | None]
        stamps = dict(zip(paths, zip(*[numbers] * 5, strict=True), strict=True))
        for place in data["absent"]:
            stamps[paths[place]] = None
        digests = zip(paths, data["digests"], strict=True) if data["digests"] else ()
        return cls(
            stamps=stamps,
            digests={path: digest for path, digest in digests if digest is not None},
            young=frozenset(paths[place] for place in data["young"]),
        )

    def dump(self) -> dict[str, Any]:
        """The same for JSON.

        Raises:
            OverflowError: a time lies before 1970.
        """
        flat = chain.from_iterable(stamp or _NOTHING for stamp in self.stamps.values())
        places = enumerate(self.stamps.items())
        return {
            "paths": list(self.stamps),
            "stamps": base64.b64encode(array("Q", flat).tobytes()).decode(),
            "absent": [place for place, (_, stamp) in places if stamp is None],
            "digests": [*map(self.digests.get, self.stamps)] if self.digests else [],
            "young": [place for place, path in enumerate(self.stamps) if path in self.young],
        }

    def changed(self, prefix: str = "") -> list[str]:
        """The paths at which something else is now; ``prefix`` stands before every path."""
        found = []
        lstat, young = os.lstat, self.young
        for path, stamp in self.stamps.items():  # many thousands: look() would cost half as much
            now: Stamp | None = None
            try:
                i = lstat(prefix + path)
                now = (i.st_size, i.st_mtime_ns, i.st_ctime_ns, i.st_ino, i.st_mode)
            except (OSError, ValueError):
                pass
            if now == stamp and path not in young:
                continue
            moved = bool(prefix) and now != stamp  # a link on the way may lead to its like
            if moved or not self._holds_the_same(path, prefix + path, now):
                found.append(path)
        return found

    def _holds_the_same(self, path: str, place: str, now: Stamp | None) -> bool:
        """Whether only the times differ, or might: somebody touched the file."""
        stamp = self.stamps[path]
        if stamp is None or now is None or now[4] != stamp[4] or path not in self.digests:
            return False
        present = Reading().present(place)
        return present is not None and present.digest == self.digests[path]


def _young(at: int, stamps: Mapping[str, Stamp | None]) -> frozenset[str]:
    return frozenset(
        path for path, stamp in stamps.items() if stamp is not None and _is_young(stamp, at)
    )


def _is_young(stamp: Stamp, at: int) -> bool:
    coarse = stamp[1] % 1_000_000_000 == 0 and stamp[2] % 1_000_000_000 == 0
    return max(stamp[1], stamp[2]) >= at - (_COARSE_TICK if coarse else TICK)
