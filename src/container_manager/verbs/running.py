"""Verbs that start the stack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from container_manager import lifecycle
from container_manager.config.loader import load
from container_manager.discovery import discover, select
from container_manager.errors import FormerVolumes, UsageError
from container_manager.lifecycle.outcome import Outcome, Running
from container_manager.lifecycle.previews import Confirm, Preview
from container_manager.opening import Opened, open_to_start, starting
from container_manager.places import ConfigPath
from container_manager.started import changing, find

if TYPE_CHECKING:
    from container_manager.verbs.adopting import Settle


def up(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    timeout: float | None = None,
    adopt: bool = False,
    attached: bool = False,
    accept_credentials: bool = False,
    as_built: bool = False,
    settle: Settle | None = None,
) -> Running:
    """Build, start, and wait until everything runs and is healthy.

    Args:
        config: the configuration.
        service: names of services; they and what they need are started, no other is touched.
        timeout: seconds that each service may take, over what the configuration says.
        adopt: take over a stack of this name that another checkout started.
        attached: whether Ctrl-C stops the containers, since the logs are followed next.
        accept_credentials: take the present credentials for those that open the volumes.
        as_built: run what the build directory holds, after a rollback say; nothing is built.
        settle: says whether data under former names is to be copied; None: it is not, and keeps
            the stack from starting.

    Raises:
        ManagerError: see the exit code.
    """
    names = tuple(service)
    must_open = lifecycle.MustOpen.when(accepted=accept_credentials, emptied=False)
    opened = open_to_start(config, names, adopt=adopt, must_open=must_open, as_it_is=as_built)

    def start() -> Outcome:
        with starting(opened, attached=attached):
            return lifecycle.up(
                opened.project,
                opened.build,
                stack=opened.stack,
                only=opened.only,
                timeout=timeout,
                accept_credentials=accept_credentials,
            )

    try:
        outcome = start()
    except FormerVolumes:
        if settle is None or not _settled(opened, settle):
            raise
        outcome = start()
    return Running(project=opened.project, services=outcome.services)


def _settled(opened: Opened, settle: Settle) -> bool:
    from container_manager.verbs.adopting import settled_at_start  # once in a project's life

    return settled_at_start(opened.project, opened.stack, settle)


def follow(running: Running) -> None:
    """Follow the logs of what runs, until it ends or Ctrl-C stops it."""
    lifecycle.follow(running.project, running.services)


def rebuild(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    volumes: bool = False,
    save: bool = True,
    timeout: float | None = None,
    adopt: bool = False,
    attached: bool = False,
    accept_credentials: bool = False,
    confirm: Confirm | None = None,
) -> Running:
    """Build all images afresh and start anew.

    Args:
        config: the configuration.
        service: names of services; their images and containers alone are made anew.
        volumes: empty the volumes too.
        save: whether volumes that are emptied are saved first.
        timeout: seconds that each service may take.
        adopt: take over a stack of this name that another checkout started.
        attached: whether Ctrl-C stops the containers, since the logs are followed next.
        accept_credentials: take the present credentials for those that open the volumes.
        confirm: told what will be replaced; raises where that must not be.
    """
    names = tuple(service)
    _refuse_some_volumes(names, volumes=volumes)
    must_open = lifecycle.MustOpen.when(accepted=accept_credentials, emptied=volumes)
    opened = open_to_start(config, names, adopt=adopt, must_open=must_open)
    if confirm is not None:
        with changing(opened.project):  # Ctrl-C at the question stops nothing
            confirm(
                lifecycle.preview_rebuild(
                    opened.project, only=opened.only, volumes=volumes, save=save
                )
            )
    with starting(opened, attached=attached):
        outcome = lifecycle.rebuild(
            opened.project,
            opened.build,
            only=opened.only,
            stack=opened.stack,
            volumes=volumes,
            save=save,
            timeout=timeout,
            accept_credentials=accept_credentials,
        )
    return Running(project=opened.project, services=outcome.services)


def preview_rebuild(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    volumes: bool = False,
    save: bool = True,
    adopt: bool = False,
) -> Preview:
    """What :func:`rebuild` would remove before it starts everything anew; nothing is done."""
    names = tuple(service)
    _refuse_some_volumes(names, volumes=volumes)
    only = None
    if names:
        loaded = load(config)
        only = [one.name for one in select(discover(loaded)[0], loaded, names)]
    project = find(config, adopt=adopt)
    return lifecycle.preview_rebuild(project, only=only, volumes=volumes, save=save)


def _refuse_some_volumes(names: Sequence[str], *, volumes: bool) -> None:
    if names and volumes:
        raise UsageError(
            "--volumes empties the volumes of the whole stack: nothing was done.",
            remedy="Leave the names of services out, or --volumes.",
        )
