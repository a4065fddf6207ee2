"""Verbs that show what runs, and change nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator

from container_manager.lifecycle.status.drifting import Comparison
from container_manager.lifecycle.status.model import Status
from container_manager.lifecycle.status.observing import Observer
from container_manager.places import ConfigPath
from container_manager.progress import progress_here, slowly
from container_manager.started import find_running

_EVERY = 1.0


def status(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Status:
    """What the containers of a stack do at this moment, and how they differ from what is wanted.

    Health checks whose last result is too old are run first.

    Args:
        config: the configuration; None: ``config.yml``, found upwards. Where it is broken or gone,
            labels tell what was started from it.
        service: names of services; none means all.

    Raises:
        ConfigError: nothing tells what was started from it.
        PreconditionError: a name leads to no container.
    """
    saying = slowly(progress_here(), "Looking at the containers and the configuration …")
    with saying, observer(config) as observed:
        observed.check_stale()
        return observed.look(tuple(service), wait=True)


def watch_status(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Iterator[Status]:
    """The same again and again, once a second, for ever.

    Health checks that nobody else runs are run meanwhile.
    """
    names = tuple(service)
    with observer(config) as observed:
        yield observed.look(names, wait=True)
        while True:
            time.sleep(_EVERY)
            yield observed.look(names)


@contextlib.contextmanager
def observer(config: ConfigPath = None) -> Iterator[Observer]:
    """Who looks at the stack of a configuration, for the time of a block."""
    project = find_running(config, told=True)  # the comparison tells it
    comparison = Comparison(project.config_path)
    with Observer(project, comparison.compare, comparison.outdated) as observed:
        yield observed
