"""Runs health checks where nobody else does: Podman leaves them to systemd."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from container_manager.errors import RuntimeFailure
from container_manager.health import check_is_due
from container_manager.podman.engine import Engine
from container_manager.podman.state import ContainerState

_CHECK_MARGIN = 10.0
_CHECKS_AT_ONCE = 8
_MEANWHILE = 3.0


class HealthTicker:
    """Runs health checks in threads, where nobody else runs them; a slow one blocks nobody."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(_CHECKS_AT_ONCE, thread_name_prefix="health")
        self._stop = threading.Event()
        self._running: set[str] = set()
        self._last: dict[str, float] = {}

    def tick(self, containers: Iterable[ContainerState], ages: Mapping[str, float]) -> None:
        """Start the checks that are due."""
        now = time.monotonic()
        for container in containers:
            last = self._last.get(container.id)
            due = container.id not in self._running and check_is_due(
                container,
                now=time.time(),
                age=ages.get(container.id, 0.0),
                since_ours=None if last is None else now - last,
            )
            if due:
                self._running.add(container.id)
                self._last[container.id] = now
                self._pool.submit(self._check, container)

    def _check(self, container: ContainerState) -> None:
        assert container.health is not None
        limit = container.health.timeout + _CHECK_MARGIN
        try:
            with contextlib.suppress(RuntimeFailure):
                self._engine.check_health(container.id, timeout=limit, stop=self._stop)
        finally:
            self._running.discard(container.id)

    def close(self) -> None:
        """End the checks that still run."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def checked_meanwhile(engine: Engine, look: Callable[[], list[ContainerState]]) -> Iterator[None]:
    """For the time of a block that does something else, run the checks of some containers.

    Args:
        engine: Podman.
        look: gives the containers as they are.
    """
    ended = threading.Event()

    def tick() -> None:
        with health_ticker(engine) as ticker:
            while not ended.wait(_MEANWHILE):
                with contextlib.suppress(RuntimeFailure):
                    states, now = look(), time.time()
                    ticker.tick(states, {s.id: now - (s.started_at or now) for s in states})

    thread = threading.Thread(target=tick, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextlib.contextmanager
def health_ticker(engine: Engine) -> Iterator[HealthTicker]:
    """A ticker for the time of a block."""
    ticker = HealthTicker(engine)
    try:
        yield ticker
    finally:
        ticker.close()
