"""What would become of each object in a cluster: asked of the server, which changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from container_manager.cluster.api import MANAGER, Api, Object, Refused
from container_manager.cluster.comparing import difference
from container_manager.cluster.contexts import Target
from container_manager.cluster.refusals import immutable, refusal_problem
from container_manager.cluster.wanted import (
    CLAIM,
    Wanted,
    labelled_secret,
    named,
    with_digests,
)
from container_manager.errors import Problem

CREATE, CHANGE, REPLACE, REMOVE, KEEP, LEAVE = (
    "create",
    "change",
    "replace",
    "remove",
    "keep",
    "leave",
)

_REMOVABLE = (
    ("networking.k8s.io/v1", "Ingress"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
)
"""What may be removed when it is no longer wanted, in this order. Claims of volumes never are."""

_OF_OVERLAYS = (
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "DaemonSet",
    "CronJob",
    "ServiceAccount",
)
"""Those of them that no stack has by itself: whoever may not list them can do without."""

_STAND_IN = "-cman-try"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of one object.

    Attributes:
        action: ``create``, ``change``, ``replace`` (deleted and made anew: a Job), ``remove``,
            ``keep`` (it is as it should be) or ``leave`` (a volume that nobody wants any more).
        one: the object as it is to be; of what goes or is left, as it is.
        lines: the difference.
    """

    action: str
    one: Object
    lines: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The object as people speak of it."""
        return named(self.one)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlan:
    """What would be done to a cluster.

    Attributes:
        target: where.
        steps: what becomes of each object, in the order in which it is done.
        problems: what the server refuses, and fields that others own.
        new_namespace: whether the namespace has to be made.
        unseen: kinds that we may not list there: what is dropped of them stays.
    """

    target: Target
    steps: tuple[Step, ...]
    problems: tuple[Problem, ...] = ()
    new_namespace: bool = field(default=False)
    unseen: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that would alter something."""
        return tuple(step for step in self.steps if step.action not in (KEEP, LEAVE))


def plan(api: Api, target: Target, wanted: Wanted, *, force: bool = False) -> ClusterPlan:
    """Compare what is wanted with a cluster, by its own dry run of every object.

    Args:
        api: the cluster.
        target: where it is, for messages.
        wanted: what is wanted.
        force: whether fields that others own would be taken over.

    Raises:
        Refused: the cluster does not even let itself be asked.
    """
    ending = _ending(api, target)
    if ending is not None:
        return ClusterPlan(target=target, steps=(), problems=(ending,))
    there = namespace_is_there(api, target)
    trial = api if there else api.elsewhere("default")
    steps: list[Step] = []
    problems: list[Problem] = []
    for one in objects_of(api, wanted):
        try:
            steps.append(_step(trial, one, force=force, there=there))
        except Refused as refusal:
            problems.append(refusal_problem(one, refusal, target))
    made, unseen = made_by_us(api, wanted.selector) if there else ([], ())
    steps += unwanted(api, wanted, made) if there else []
    return ClusterPlan(
        target=target,
        steps=tuple(steps),
        problems=tuple(problems),
        new_namespace=not there,
        unseen=unseen,
    )


def _ending(api: Api, target: Target) -> Problem | None:
    """What is wrong with a namespace that is being deleted: nothing new can be made in it."""
    try:
        found = api.get(namespace(target))
    except Refused:
        return None
    if found is None or not found["metadata"].get("deletionTimestamp"):
        return None
    return Problem(
        message=f"The namespace {target.namespace} is being deleted.",
        remedy=f"Wait until it is gone ({target.login} get namespace {target.namespace}), or take "
        "another one.",
    )


def namespace_is_there(api: Api, target: Target) -> bool:
    """Whether the namespace exists; yes, where only an operator may ask for it."""
    try:
        return api.get(namespace(target)) is not None
    except Refused as refusal:
        if refusal.forbidden:
            return True
        raise


def namespace(target: Target) -> Object:
    """The namespace as an object."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": target.namespace}}


def objects_of(api: Api, wanted: Wanted) -> Iterator[Object]:
    """Every object with the secrets, as they are to be applied; the secrets come first."""
    secrets = {one.name: one for one in wanted.secrets}
    for secret in wanted.secrets:
        yield labelled_secret(secret, wanted.project)
    # Asked only now: whoever applies what this gives has made the secrets meanwhile.
    ids = {name: _id(api.get(labelled_secret(one, ""))) for name, one in secrets.items()}
    for one in wanted.objects:
        yield with_digests(one, secrets, ids)


def _id(found: Object | None) -> str:
    return str(found["metadata"]["uid"]) if found is not None else ""


def _step(api: Api, one: Object, *, force: bool, there: bool) -> Step:
    if not there:
        # No object can be tried in a namespace that does not exist, so it is in another one,
        # under a name of its own.
        return Step(action=CREATE, one=one, lines=difference(None, _tried_elsewhere(api, one)))
    present = api.get(one)
    if present is None:
        return Step(action=CREATE, one=one, lines=difference(None, api.apply(one, dry=True)))
    try:
        applied = api.apply(one, dry=True, force=force)
    except Refused as refusal:
        if one["kind"] == "Job" and immutable(refusal):
            return Step(action=REPLACE, one=one, lines=("its pods' template changes",))
        raise
    lines = difference(present, applied)
    return Step(action=CHANGE if lines else KEEP, one=one, lines=lines)


def _tried_elsewhere(api: Api, one: Object) -> Object:
    name = str(one["metadata"]["name"])
    tried: dict[str, Any] = deepcopy(dict(one))
    tried["metadata"]["name"] = f"{name[: 63 - len(_STAND_IN)].rstrip('-.')}{_STAND_IN}"
    tried["metadata"].pop("namespace", None)
    answer: dict[str, Any] = deepcopy(dict(api.apply(tried, dry=True, force=True)))
    answer["metadata"]["name"] = name
    answer["metadata"].pop("namespace", None)
    return answer


def unwanted(api: Api, wanted: Wanted, made: Sequence[Object]) -> list[Step]:
    """What we made for the project, and that is no longer wanted; volumes are left."""
    keep = {(one["kind"], one["metadata"]["name"]) for one in wanted.objects}
    keep |= {("Secret", secret.name) for secret in wanted.secrets}
    gone = [one for one in made if (one["kind"], _name(one)) not in keep]
    left = [one for one in claims(api, wanted.selector) if (CLAIM, _name(one)) not in keep]
    steps = [Step(action=REMOVE, one=one) for one in gone]
    return steps + [Step(action=LEAVE, one=one) for one in left]


def made_by_us(api: Api, selector: str) -> tuple[list[Object], tuple[str, ...]]:
    """What may be removed of what we made; people copy labels, so these alone do not say that.

    Args:
        api: the cluster.
        selector: what finds the project's objects.

    Returns:
        The objects, and the kinds that we may not list.

    Raises:
        Refused: a kind that every stack has may not be listed.
    """
    found: list[Object] = []
    unseen: list[str] = []
    for version, kind in _REMOVABLE:
        try:
            found += [one for one in api.listed(version, kind, labels=selector) if _ours(one)]
        except Refused as refusal:
            if not refusal.forbidden or kind not in _OF_OVERLAYS:
                raise
            unseen.append(kind)
    return found, tuple(unseen)


def claims(api: Api, selector: str) -> Sequence[Object]:
    """The claims of volumes of a project."""
    return api.listed("v1", CLAIM, labels=selector)


def _ours(one: Mapping[str, Any]) -> bool:
    managers = one["metadata"].get("managedFields") or ()
    return any(each.get("manager") == MANAGER for each in managers)


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])
