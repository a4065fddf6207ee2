"""Verbs around the containers that are there: what they say, use and publish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from container_manager.build import pipeline
from container_manager.config.loader import load
from container_manager.discovery import select
from container_manager.lifecycle.daily import addresses, handling, pulling
from container_manager.lifecycle.daily import logs as logging
from container_manager.lifecycle.daily.addresses import Address
from container_manager.lifecycle.daily.handling import UsedImage
from container_manager.lifecycle.daily.merged import merged
from container_manager.lifecycle.daily.printing import Look, pattern_of
from container_manager.lifecycle.daily.pulling import Pulled
from container_manager.lifecycle.project import open_project
from container_manager.lifecycle.signals import taken_signals
from container_manager.places import ConfigPath
from container_manager.report import warn_all
from container_manager.started import changing, find_running


def logs(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    follow: bool = False,
    tail: int | None = None,
    since: str = "",
    until: str = "",
    timestamps: bool = False,
    grep: str = "",
    ignore_case: bool = False,
    json: bool = False,
) -> None:
    """Print what containers have said, without secrets.

    Args:
        config: the configuration; it may be broken.
        service: names of services, ours or compose's; none means all.
        follow: go on until Ctrl-C, with restarted, recreated and new containers.
        tail: how many lines of each container at most; None for all.
        since: ``10m``, ``2h``, or a time such as ``2026-01-31T08:00:00``.
        until: the same; nothing later is shown.
        timestamps: show the time of each line.
        grep: a regular expression; only lines in which it is found are shown.
        ignore_case: large and small letters are the same to it.
        json: an object a line.

    Raises:
        ManagerError: see the exit code.
    """
    pattern = pattern_of(grep, ignore_case=ignore_case)
    look = Look(timestamps=timestamps, pattern=pattern, as_json=json)
    project = find_running(config, adopt=False)
    with taken_signals():  # what reads logs for us is ended, whatever ends us
        logging.logs(
            project,
            tuple(service),
            follow=follow,
            tail=tail,
            since=since,
            until=until,
            look=look,
        )


def port(config: ConfigPath = None, *, service: Iterable[str] = ()) -> list[Address]:
    """What the running containers of services publish. Arguments as :func:`logs`."""
    return addresses.addresses(find_running(config, adopt=False), tuple(service))


def link(
    config: ConfigPath = None, *, service: Iterable[str] = (), port: int | None = None
) -> Address:
    """The one address of services that a browser can be sent to.

    Args:
        config: the configuration; it may be broken.
        service: names of services, ours or compose's; none means all.
        port: its port, where there are several; in the container or on this machine.

    Raises:
        ManagerError: see the exit code.
    """
    return addresses.the_link(find_running(config, adopt=False), tuple(service), port=port)


def top(config: ConfigPath = None, *, service: Iterable[str] = ()) -> dict[str, list[str]]:
    """Container -> a table of its processes, line by line. Arguments as :func:`logs`."""
    return handling.processes(find_running(config, adopt=False), tuple(service))


def images(config: ConfigPath = None, *, service: Iterable[str] = ()) -> list[UsedImage]:
    """The images that containers were made of. Arguments as :func:`logs`."""
    return handling.images(find_running(config, adopt=False), tuple(service))


def copy(config: ConfigPath = None, *, source: str, destination: str) -> None:
    """Copy files between this machine and a container; ``SERVICE:PATH`` is in a container."""
    handling.copy(find_running(config, adopt=False), source, destination)


def pull(config: ConfigPath = None, *, service: Iterable[str] = ()) -> Pulled:
    """Pull newer images of services that are not built here; no container is touched.

    Args:
        config: the configuration.
        service: names of services; none means all.

    Raises:
        ManagerError: see the exit code.
    """
    loaded = load(config)
    prepared = pipeline.prepare(loaded)
    names = tuple(service)
    only = [one.name for one in select(prepared.services, loaded, names)] if names else None
    project = open_project(loaded, prepared.services)
    with changing(project):
        return pulling.pull(project, prepared.stack, only)


def merged_stack(config: ConfigPath = None, *, service: Iterable[str] = ()) -> dict[str, Any]:
    """The stack as all compose files together say it; nothing is written. Arguments as above."""
    loaded = load(config)
    prepared = pipeline.prepare(loaded)
    warn_all(prepared.warnings)
    names = tuple(service)
    only = [one.name for one in select(prepared.services, loaded, names)] if names else None
    return merged(prepared.stack, only)
