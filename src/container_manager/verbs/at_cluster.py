"""The block in which verbs ask a cluster and change it, and how its refusals are told there."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from container_manager.cluster.api import Api, Refused, Silent
from container_manager.cluster.connection import connected
from container_manager.cluster.contexts import Target, choose, contexts, kubectl_here
from container_manager.cluster.naming import namespace_of
from container_manager.cluster.refusals import remedy_of
from container_manager.config.loader import Config
from container_manager.errors import InterruptedByUser, PreconditionError, RuntimeFailure
from container_manager.lifecycle.signals import taken_signals
from container_manager.progress import Progress, Redactor, progress_here
from container_manager.run import ProcessRunner, Runner


@dataclass(slots=True, kw_only=True)
class AtCluster:
    """A cluster that can be asked, for a project.

    Attributes:
        target: which one.
        api: where it is asked.
        runner: starts processes.
        kubectl: the program.
        progress: told what is done.
        redact: takes secrets out of what is shown.
        changed: whether something there may be otherwise by now.
    """

    target: Target
    api: Api
    runner: Runner
    kubectl: str
    progress: Progress
    redact: Redactor
    changed: bool = False

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """A block that changes it: what stops there, stops halfway."""
        self.changed = True
        yield


@contextlib.contextmanager
def at_cluster(loaded: Config, context: str | None, namespace: str | None) -> Iterator[AtCluster]:
    """A block in which the cluster that is meant can be asked.

    Args:
        loaded: the configuration.
        context: the context of kubectl; None: what the configuration says.
        namespace: None: what the configuration says, else the project's name.

    Raises:
        ManagerError: there is no way to it, or it refuses what the block asks; the exit code says
            whether anything may have been changed.
    """
    runner, kubectl = ProcessRunner(), kubectl_here()
    said = loaded.values.get("kubernetes") or {}
    target = Target(
        context=choose(contexts(runner, kubectl, os.environ), context, said.get("context")),
        namespace=namespace_of(namespace, said.get("namespace"), loaded.project_name),
    )
    progress, redact = progress_here(), _redactor(loaded)
    try:
        with taken_signals(), connected(runner, kubectl, target, os.environ) as api:
            one = AtCluster(
                target=target,
                api=api,
                runner=runner,
                kubectl=kubectl,
                progress=progress,
                redact=redact,
            )
            with _told(one):
                yield one
    finally:
        progress.idle()


def _redactor(loaded: Config) -> Redactor:
    """Takes secrets out of texts, as they are and as Kubernetes writes them."""

    def values() -> list[str]:
        plain = [*loaded.environment.secret_values(loaded.referenced).values()]
        return [*plain, *(base64.b64encode(one.encode()).decode() for one in plain if one)]

    return Redactor(values)


@contextlib.contextmanager
def _told(one: AtCluster) -> Iterator[None]:
    try:
        yield
    except Refused as refusal:
        message = f"The cluster of the context '{one.target.context}' refuses: {refusal}"
        raise RuntimeFailure(
            one.redact(message) + _so_far(one), remedy=remedy_of(refusal)
        ) from refusal
    except Silent as silence:
        message = one.redact(f"The cluster does not answer: {silence}")
        remedy = f"See that its context works: {one.target.login} version"
        if one.changed:
            raise RuntimeFailure(message + _so_far(one), remedy=remedy) from silence
        raise PreconditionError(message, remedy=remedy) from silence
    except KeyboardInterrupt:
        if not one.changed:
            raise InterruptedByUser("Interrupted. Nothing in the cluster was changed.") from None
        raise InterruptedByUser(
            "Interrupted. What was applied stays, and the cluster goes on with it.",
            remedy="'kube.up' goes on from there, 'kube.status' shows how things are.",
        ) from None


def _so_far(one: AtCluster) -> str:
    return "\n  What was done until then stays." if one.changed else ""
