"""Starts containers in threads: several at once, and nobody waits for a slow one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from types import TracebackType

from container_manager.errors import RuntimeFailure
from container_manager.podman.engine import Engine
from container_manager.run import Finished

_AT_ONCE = 4
"""Calls of Podman at a time: it takes locks of its own, and more calls wait for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Some containers, after Podman was told to start them.

    Attributes:
        ids: compose service -> id of its container.
        before: compose service -> when it was started the time before.
        finished: what Podman said.
    """

    ids: Mapping[str, str]
    before: Mapping[str, float | None]
    finished: Finished


class Starter:
    """Starts containers within a ``with`` block; at its end, what is under way is given up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="start")
        self._abandon = threading.Event()
        self._under_way: dict[Future[Started], Mapping[str, str]] = {}

    def __enter__(self) -> Starter:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._abandon.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def busy(self) -> set[str]:
        """The services whose containers are being started."""
        return {name for ids in self._under_way.values() for name in ids}

    def start(self, ids: Mapping[str, str], before: Mapping[str, float | None]) -> None:
        """Begin to start containers.

        Args:
            ids: compose service -> id of its container.
            before: compose service -> when it was started the time before.
        """
        for some in _shares(ids):
            self._under_way[self._pool.submit(self._start, some, before)] = some

    def wait(self, seconds: float) -> list[Started]:
        """What has been started by now, waiting at most so long for the first."""
        if not self._under_way:
            time.sleep(seconds)
            return []
        done, _ = wait(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)
        for one in done:
            del self._under_way[one]
        return [one.result() for one in done]

    def _start(self, ids: Mapping[str, str], before: Mapping[str, float | None]) -> Started:
        try:
            finished = self._engine.start(list(ids.values()), stop=self._abandon)
        except RuntimeFailure as error:
            finished = Finished(argv=(), returncode=1, stdout="", stderr=str(error))
        return Started(ids=ids, before=before, finished=finished)


def _shares(ids: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The containers in at most as many shares as calls are made at a time."""
    names = list(ids)
    for first in range(min(_AT_ONCE, len(names))):
        yield {name: ids[name] for name in names[first::_AT_ONCE]}
