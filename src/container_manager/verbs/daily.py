"""Verbs for daily work on a stack that is there: no build, and mostly no configuration, needed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import replace

from container_manager import lifecycle
from container_manager.build import again
from container_manager.errors import ManagerError
from container_manager.lifecycle.daily import controlling, listing
from container_manager.lifecycle.daily.listing import ContainerRow
from container_manager.lifecycle.outcome import Running
from container_manager.lifecycle.project import Project
from container_manager.opening import open_to_start, starting
from container_manager.places import ConfigPath
from container_manager.started import changing, find_running
from container_manager.verbs.meaning import are_ours, owners_of


def ps(config: ConfigPath = None, *, service: Iterable[str] = ()) -> list[ContainerRow]:
    """All containers of the stack, or those of some services, as observed."""
    return listing.ps(find_running(config, adopt=False), tuple(service))


def restart(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    only: bool = False,
    timeout: float | None = None,
    adopt: bool = False,
    accept_credentials: bool = False,
) -> Running:
    """Apply new settings as ``up`` does, then restart what that has not started afresh.

    Args:
        config: the configuration.
        service: names of services; none means all.
        only: build and apply nothing: a plain restart of the containers that are there.
        timeout: seconds that each service may take, over what the configuration says.
        adopt: take over a stack of this name that another checkout started.
        accept_credentials: take the present credentials for those that open the volumes.

    Raises:
        ManagerError: see the exit code.
    """
    names = tuple(service)
    if only:
        project = find_running(config, adopt=adopt)
        with changing(project):
            outcome = lifecycle.restart(project, names, timeout=timeout)
        return Running(project=project, services=outcome.services)
    must_open = lifecycle.MustOpen.when(accepted=accept_credentials, emptied=False)
    opened = open_to_start(
        config, names if are_ours(config, names) else (), adopt=adopt, must_open=must_open
    )
    owners = owners_of(config, opened.stack, names) if names else None
    with starting(opened, attached=False):
        done = lifecycle.up(
            opened.project,
            opened.build,
            stack=opened.stack,
            only=owners,
            timeout=timeout,
            accept_credentials=accept_credentials,
        )
        fresh = {one.name for one in done.services if one.fresh}
        restarted = lifecycle.restart(opened.project, names, fresh=fresh, timeout=timeout)
    latest = {one.name: one for one in (*done.services, *restarted.services)}
    # The services that 'up' only looked at are told, too, as they were found.
    return Running(
        project=opened.project,
        services=tuple(
            replace(one, fresh=True) if n in fresh else one for n, one in latest.items()
        ),
    )


def start(
    config: ConfigPath = None, *, service: Iterable[str] = (), timeout: float | None = None
) -> Running:
    """Start containers that exist, and wait until they run and are healthy.

    Args:
        config: the configuration; it may be broken.
        service: names of services, ours or compose's; none means all.
        timeout: seconds that each may take.

    Raises:
        ManagerError: see the exit code.
    """
    project = find_running(config, adopt=False)
    with changing(project):
        outcome = lifecycle.start(project, tuple(service), timeout=timeout)
    _tell_what_is_newer(project)
    return Running(project=project, services=outcome.services)


def _tell_what_is_newer(project: Project) -> None:
    """Say where 'up' would apply settings; where that cannot be known, nothing is said."""
    with contextlib.suppress(ManagerError):
        if again.plan_again(project.config_path, os.environ).plan.pending:
            project.progress.step(
                "The configuration has changed since it was built last; 'up' applies it."
            )


def stop(config: ConfigPath = None, *, service: Iterable[str] = ()) -> list[ContainerRow]:
    """End containers and keep them; ``start`` starts them again. Arguments as :func:`start`."""
    project = find_running(config, adopt=False)
    with changing(project):
        return listing.rows(controlling.stop(project, tuple(service)))


def kill(
    config: ConfigPath = None, *, service: Iterable[str] = (), signal: str = "KILL"
) -> list[ContainerRow]:
    """Send running containers a signal, without waiting. Arguments as :func:`start`."""
    project = find_running(config, adopt=False)
    # No lock: what hangs while the stack is being changed is what somebody wants to kill.
    return listing.rows(controlling.kill(project, tuple(service), signal=signal))


def pause(config: ConfigPath = None, *, service: Iterable[str] = ()) -> list[ContainerRow]:
    """Freeze running containers. Arguments as :func:`start`."""
    project = find_running(config, adopt=False)
    with changing(project):
        return listing.rows(controlling.pause(project, tuple(service)))


def unpause(config: ConfigPath = None, *, service: Iterable[str] = ()) -> list[ContainerRow]:
    """Let paused containers go on. Arguments as :func:`start`."""
    project = find_running(config, adopt=False)
    with changing(project):
        return listing.rows(controlling.unpause(project, tuple(service)))
