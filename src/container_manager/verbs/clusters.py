"""Verbs on a cluster: what would change there, changing it, taking it away. Podman is not asked."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from container_manager.cluster import applying, planning
from container_manager.cluster.api import Api, Refused
from container_manager.cluster.applying import Removal
from container_manager.cluster.connection import connected
from container_manager.cluster.contexts import Target, choose, contexts, kubectl_here
from container_manager.cluster.naming import namespace_of
from container_manager.cluster.observing import look
from container_manager.cluster.pins import pinned, read_pins
from container_manager.cluster.planning import ClusterPlan
from container_manager.cluster.waiting import DEADLINE, await_rollout
from container_manager.cluster.wanted import Secret, Wanted
from container_manager.config.loader import Config, load
from container_manager.errors import (
    ConfigError,
    InterruptedByUser,
    Problem,
    RuntimeFailure,
    raise_all,
)
from container_manager.export.kubernetes.model import Manifests
from container_manager.lifecycle.signals import taken_signals
from container_manager.lifecycle.status.model import Status
from container_manager.places import ConfigPath
from container_manager.progress import Progress, Redactor, progress_here
from container_manager.report import warn_all
from container_manager.run import ProcessRunner
from container_manager.verbs.exporting import manifests_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cluster:
    """A cluster that can be asked, for a project."""

    target: Target
    api: Api
    progress: Progress
    redact: Redactor


def kube_plan(
    config: ConfigPath = None,
    *,
    context: str | None = None,
    namespace: str | None = None,
    force_conflicts: bool = False,
) -> ClusterPlan:
    """What :func:`kube_up` would do now, as the cluster itself says; nothing is done.

    Args:
        config: the configuration.
        context: the context of kubectl; None: what the configuration says.
        namespace: None: what the configuration says, else the project's name.
        force_conflicts: whether fields that others own would be taken over.

    Raises:
        ManagerError: see the exit code.
    """
    loaded = load(config)
    manifests = manifests_of(loaded)
    with _cluster(loaded, context, namespace) as one:
        wanted = _wanted(loaded, manifests)
        return planning.plan(one.api, one.target, wanted, force=force_conflicts)


def kube_up(
    config: ConfigPath = None,
    *,
    context: str | None = None,
    namespace: str | None = None,
    force_conflicts: bool = False,
    timeout: float | None = None,
) -> Applied:
    """Apply everything, wait until it is ready, then remove what is no longer wanted.

    Args:
        config: the configuration.
        context: the context of kubectl; None: what the configuration says.
        namespace: None: what the configuration says, else the project's name.
        force_conflicts: whether fields that others own are taken over.
        timeout: seconds until everything has to be ready.

    Raises:
        ManagerError: see the exit code; where the cluster refuses anything, nothing was changed.
    """
    loaded = load(config)
    manifests = manifests_of(loaded)
    with _cluster(loaded, context, namespace) as one:
        wanted = _wanted(loaded, manifests)
        planned = planning.plan(one.api, one.target, wanted, force=force_conflicts)
        raise_all(RuntimeFailure, _with_nothing_done(planned.problems))
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
    with _cluster(loaded, context, namespace) as one:
        found = applying.removal(one.api, loaded.project_name, volumes=volumes)
        if confirm is not None:
            confirm(one.target, found)
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
    with _cluster(loaded, context, namespace) as one:
        return look(one.api, one.target, loaded.project_name, str(loaded.path))


def preview_kube_down(
    config: ConfigPath = None,
    *,
    context: str | None = None,
    namespace: str | None = None,
    volumes: bool = False,
) -> tuple[Target, Removal]:
    """What :func:`kube_down` would do; nothing is done."""
    loaded = load(config)
    with _cluster(loaded, context, namespace) as one:
        found = applying.removal(one.api, loaded.project_name, volumes=volumes)
    return one.target, found


@contextlib.contextmanager
def _cluster(loaded: Config, context: str | None, namespace: str | None) -> Iterator[_Cluster]:
    """A block in which the cluster that is meant can be asked."""
    runner, kubectl = ProcessRunner(), kubectl_here()
    said = loaded.values.get("kubernetes") or {}
    target = Target(
        context=choose(contexts(runner, kubectl, os.environ), context, said.get("context")),
        namespace=namespace_of(namespace, said.get("namespace"), loaded.project_name),
    )
    progress = progress_here()
    redact = Redactor(lambda: loaded.environment.secret_values(loaded.referenced).values())
    try:
        with taken_signals(), connected(runner, kubectl, target, os.environ) as api:
            yield _Cluster(target=target, api=api, progress=progress, redact=redact)
    except Refused as refusal:
        raise RuntimeFailure(
            f"The cluster of the context '{target.context}' refuses: {refusal}"
        ) from refusal
    except KeyboardInterrupt:
        raise InterruptedByUser(
            "Interrupted. What was applied stays, and the cluster goes on with it.",
            remedy="'kube.up' goes on from there, 'kube.status' shows how things are.",
        ) from None
    finally:
        progress.idle()


def _wanted(loaded: Config, manifests: Manifests) -> Wanted:
    """The same with what is in no file: digests of images, and secrets."""
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
    pins = read_pins(loaded.state_dir)
    return Wanted(
        project=manifests.project,
        objects=pinned(manifests.objects, manifests.images, pins),
        secrets=tuple(
            Secret(name=need.name, values={key: find() for key, find in need.values.items()})
            for need in manifests.secrets
        ),
    )


def _with_nothing_done(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    if not problems:
        return ()
    return (*problems, Problem(message="So nothing in the cluster was changed."))
