"""Verbs on a cluster: what would change there, changing it, taking it away. Podman is not asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from container_manager.cluster import applying, planning
from container_manager.cluster.applying import Removal
from container_manager.cluster.contexts import Target
from container_manager.cluster.observing import look
from container_manager.cluster.overlays import overlaid, overlay_folder
from container_manager.cluster.pins import pinned, read_pins
from container_manager.cluster.planning import ClusterPlan
from container_manager.cluster.waiting import DEADLINE, await_rollout
from container_manager.cluster.wanted import Secret, Wanted
from container_manager.config.loader import Config, load
from container_manager.errors import ConfigError, Problem, RuntimeFailure, raise_all
from container_manager.export.kubernetes.model import Manifests
from container_manager.export.kubernetes.writing import told_if_outdated
from container_manager.lifecycle.status.model import Status
from container_manager.places import ConfigPath
from container_manager.report import warn_all
from container_manager.verbs.at_cluster import AtCluster, at_cluster
from container_manager.verbs.exporting import manifests_of, write_manifests

_EVERY = 2.0
"""Seconds between two looks: each asks the server five times."""

ConfirmRemoval = Callable[[Target, Removal], None]
"""Is told what is about to go; raises where that must not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What ``kube.up`` has done.

    Attributes:
        plan: what it has found out before.
        removed: what was no longer wanted, and is gone.
        left: volumes that are no longer wanted, and stay.
    """

    plan: ClusterPlan
    removed: tuple[str, ...]
    left: tuple[str, ...]


def kube_plan(
    config: ConfigPath = None,
    *,
    context: str | None = None,
    namespace: str | None = None,
    force_conflicts: bool = False,
    overlay: str | None = None,
) -> ClusterPlan:
    """What :func:`kube_up` would do now, as the cluster itself says; nothing is done.

    Args:
        config: the configuration.
        context: the context of kubectl; None: what the configuration says.
        namespace: None: what the configuration says, else the project's name.
        force_conflicts: whether fields that others own would be taken over.
        overlay: the user's overlay that is laid over it.

    Raises:
        ManagerError: see the exit code.
    """
    loaded = load(config)
    manifests = manifests_of(loaded)
    folder = overlay_folder(loaded.root, overlay) if overlay else None
    if folder is not None:
        told_if_outdated(manifests, loaded.build_dir)
    with at_cluster(loaded, context, namespace) as one:
        wanted = _wanted(loaded, manifests, one, folder)
        return _shown(planning.plan(one.api, one.target, wanted, force=force_conflicts), one)


def kube_up(
    config: ConfigPath = None,
    *,
    context: str | None = None,
    namespace: str | None = None,
    force_conflicts: bool = False,
    timeout: float | None = None,
    overlay: str | None = None,
) -> Applied:
    """Apply everything, wait until it is ready, then remove what is no longer wanted.

    Args:
        config: the configuration.
        context: the context of kubectl; None: what the configuration says.
        namespace: None: what the configuration says, else the project's name.
        force_conflicts: whether fields that others own are taken over.
        timeout: seconds until everything has to be ready.
        overlay: the user's overlay that is laid over it; the base below it is written first.

    Raises:
        ManagerError: see the exit code; where the cluster refuses anything, nothing was changed.
    """
    loaded = load(config)
    manifests = manifests_of(loaded)
    folder = overlay_folder(loaded.root, overlay) if overlay else None
    if folder is not None:
        write_manifests(loaded, manifests)
    with at_cluster(loaded, context, namespace) as one:
        wanted = _wanted(loaded, manifests, one, folder)
        planned = planning.plan(one.api, one.target, wanted, force=force_conflicts)
        planned = _shown(planned, one)
        raise_all(RuntimeFailure, _with_nothing_done(planned.problems))
        with one.changing():
            one.progress.step(f"Applying to {one.target}")
            objects = applying.apply(
                one.api, planned, wanted, force=force_conflicts, tell=one.progress.step
            )
            await_rollout(
                one.api,
                one.target,
                objects,
                deadline=timeout or DEADLINE,
                progress=one.progress,
                redact=one.redact,
            )
            removed, left = applying.prune(one.api, planned, tell=one.progress.step)
    return Applied(plan=planned, removed=removed, left=left)


def kube_down(
    config: ConfigPath = None,
    *,
    context: str | None = None,
    namespace: str | None = None,
    volumes: bool = False,
    confirm: ConfirmRemoval | None = None,
) -> tuple[Target, Removal]:
    """Remove what the project has in a cluster; volumes stay unless they are named.

    Args:
        config: the configuration.
        context: the context of kubectl; None: what the configuration says.
        namespace: None: what the configuration says, else the project's name.
        volumes: whether claims of volumes go, and with them the data.
        confirm: told what will be removed; raises where that must not be.

    Raises:
        ManagerError: see the exit code.
    """
    loaded = load(config)
    with at_cluster(loaded, context, namespace) as one:
        found = applying.removal(one.api, loaded.project_name, volumes=volumes)
        if confirm is not None:
            confirm(one.target, found)
        with one.changing():
            applying.remove(one.api, found, one.target, tell=one.progress.step)
    return one.target, found


def kube_status(
    config: ConfigPath = None, *, context: str | None = None, namespace: str | None = None
) -> Status:
    """What the project's pods do at this moment.

    Args:
        config: the configuration.
        context: the context of kubectl; None: what the configuration says.
        namespace: None: what the configuration says, else the project's name.

    Raises:
        ManagerError: see the exit code.
    """
    loaded = load(config)
    with at_cluster(loaded, context, namespace) as one:
        return look(one.api, one.target, loaded.project_name, str(loaded.path))


def watch_kube_status(
    config: ConfigPath = None, *, context: str | None = None, namespace: str | None = None
) -> Iterator[Status]:
    """The same as :func:`kube_status` again and again, for ever."""
    loaded = load(config)
    with at_cluster(loaded, context, namespace) as one:
        while True:
            yield look(one.api, one.target, loaded.project_name, str(loaded.path))
            time.sleep(_EVERY)


def preview_kube_down(
    config: ConfigPath = None,
    *,
    context: str | None = None,
    namespace: str | None = None,
    volumes: bool = False,
) -> tuple[Target, Removal]:
    """What :func:`kube_down` would do; nothing is done."""
    loaded = load(config)
    with at_cluster(loaded, context, namespace) as one:
        found = applying.removal(one.api, loaded.project_name, volumes=volumes)
    return one.target, found


def _wanted(loaded: Config, manifests: Manifests, one: AtCluster, overlay: Path | None) -> Wanted:
    """The same with what is in no file: digests of images, and secrets; and with an overlay."""
    warn_all(manifests.warnings)
    problems = [
        Problem(
            message=f"The secret '{key}' of {need.name} has no value: nothing was done.",
            remedy="Set its variable in the environment or in .env; 'explain' says where it is "
            "used.",
        )
        for need in manifests.secrets
        for key, find in need.values.items()
        if not find()
    ]
    raise_all(ConfigError, problems)
    objects = manifests.objects
    if overlay is not None:
        objects = overlaid(one.runner, one.kubectl, overlay, one.target, manifests.project)
    pins = read_pins(loaded.state_dir)
    return Wanted(
        project=manifests.project,
        objects=pinned(objects, manifests.images, pins),
        secrets=tuple(
            Secret(name=need.name, values={key: find() for key, find in need.values.items()})
            for need in manifests.secrets
        ),
    )


def _shown(plan: ClusterPlan, one: AtCluster) -> ClusterPlan:
    """The plan without values of secrets, which others may have written into what we compare."""
    return replace(
        plan,
        steps=tuple(replace(step, lines=tuple(map(one.redact, step.lines))) for step in plan.steps),
        problems=tuple(replace(each, message=one.redact(each.message)) for each in plan.problems),
    )


def _with_nothing_done(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    if not problems:
        return ()
    return (*problems, Problem(message="So nothing in the cluster was changed."))
