"""Waits until the workloads of a project are as they should be, and says why they are not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from container_manager.cluster.api import Api, Object, Refused, Silent
from container_manager.cluster.contexts import Target
from container_manager.cluster.rollout import (
    Phase,
    Verdict,
    current,
    is_ready,
    verdict,
)
from container_manager.cluster.wanted import WORKLOADS, named
from container_manager.errors import Problem, RuntimeFailure, raise_all
from container_manager.progress import Progress

DEADLINE = 300.0
"""Seconds that a rollout may take, where nothing else is said."""

_PAUSE = 1.0
_EVENTS = 5
_LINES = 10


def await_rollout(
    api: Api,
    target: Target,
    applied: Sequence[Object],
    *,
    deadline: float,
    progress: Progress,
    redact: Callable[[str], str],
) -> None:
    """Wait until everything is ready.

    Args:
        api: the cluster.
        target: where it is, for messages.
        applied: the objects that were applied; those that are no workloads are not waited for.
        deadline: seconds for all together.
        progress: told what is waited for.
        redact: takes secrets out of what containers have said.

    Raises:
        RuntimeFailure: something cannot become ready, or does not in time; each with its cause.
    """
    open_ = {named(one): one for one in applied if one["kind"] in WORKLOADS}
    until = time.monotonic() + deadline
    while open_:
        kinds = [(one["apiVersion"], one["kind"]) for one in open_.values()]
        seen = _seen(api, kinds, until, progress)
        if seen is None:
            continue
        found = {name: seen.verdict(one) for name, one in open_.items()}
        failed = {name: said for name, said in found.items() if said.phase is Phase.FAILED}
        for name, said in found.items():
            if said.phase is Phase.READY:
                progress.step(f"ready   {name}: {said.reason}")
                del open_[name]
        late = time.monotonic() >= until
        if failed or (late and open_):
            progress.idle()
            told = failed if failed and not late else {name: found[name] for name in open_}
            stuck = {name: (said, open_[name]) for name, said in told.items()}
            raise_all(RuntimeFailure, _problems(api, target, seen, stuck, deadline, redact))
        progress.waiting({name: found[name].reason for name in open_})
        if open_:
            time.sleep(_PAUSE)
    progress.idle()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A namespace at one moment: a question for each kind, however many workloads there are.

    Attributes:
        workloads: by kind and name.
        replica_sets: those of Deployments.
        pods: all of them.
    """

    workloads: Mapping[tuple[str, str], Object]
    replica_sets: Sequence[Object]
    pods: Sequence[Object]

    def verdict(self, one: Object) -> Verdict:
        """How far a workload has come that was applied."""
        present = self.present(one)
        if present is None:
            return Verdict(phase=Phase.FAILED, reason="somebody has deleted it")
        return verdict(present, self.current_pods(one), datetime.now(UTC))

    def present(self, one: Object) -> Object | None:
        """A workload as it is."""
        return self.workloads.get((one["kind"], one["metadata"]["name"]))

    def current_pods(self, one: Object) -> list[Object]:
        """The pods of a workload's present revision, found by its own selector."""
        present = self.present(one) or one
        given = present["spec"].get("selector", {}).get("matchLabels") or {}
        pods = [pod for pod in self.pods if _matches(pod, given)]
        sets = [one for one in self.replica_sets if _matches(one, given)]
        return current(present, pods, sets)


def see(api: Api, kinds: Iterable[tuple[str, str]]) -> Seen:
    """Look at a namespace.

    Args:
        api: the cluster.
        kinds: of the workloads that matter, with the versions of their API.
    """
    found = [one for version, kind in sorted(set(kinds)) for one in api.listed(version, kind)]
    return Seen(
        workloads={(one["kind"], one["metadata"]["name"]): one for one in found},
        replica_sets=api.listed("apps/v1", "ReplicaSet"),
        pods=api.listed("v1", "Pod"),
    )


def _seen(
    api: Api, kinds: Iterable[tuple[str, str]], until: float, progress: Progress
) -> Seen | None:
    """A look; None, a moment later, where the server has a bad moment: leaders change, say."""
    try:
        return see(api, kinds)
    except (Refused, Silent) as error:
        lasting = isinstance(error, Refused) and not error.passing
        if lasting or time.monotonic() >= until:
            raise
        progress.waiting({"the cluster": f"it does not answer ({error})"})
        time.sleep(_PAUSE)
        return None


def _matches(one: Object, given: Mapping[str, str]) -> bool:
    labels = one["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in given.items())


def _problems(
    api: Api,
    target: Target,
    seen: Seen,
    stuck: Mapping[str, tuple[Verdict, Object]],
    deadline: float,
    redact: Callable[[str], str],
) -> list[Problem]:
    problems = []
    for name, (said, workload) in stuck.items():
        if said.phase is Phase.FAILED:
            message = f"{name} failed: {said.reason}"
        else:
            message = f"{name} was not ready within {deadline:.0f} s: {said.reason}"
        causes = "\n".join(redact(line) for line in _causes(api, seen, workload))
        kind, plain = workload["kind"].lower(), workload["metadata"]["name"]
        problems.append(
            Problem(
                message=f"{redact(message)}\n{causes}".rstrip(),
                remedy="Pods that served before go on serving, and nothing was removed. "
                f"Mend it and apply again. To look: {target.kubectl} describe {kind} {plain}",
            )
        )
    return problems


def _causes(api: Api, seen: Seen, workload: Object) -> list[str]:
    """What the cluster and the containers have said: events, and last lines."""
    stuck = [pod for pod in seen.current_pods(workload) if not is_ready(pod)]
    if not stuck:
        return _events(api, workload["metadata"]["name"])
    pod = stuck[0]
    name = str(pod["metadata"]["name"])
    lines = _events(api, name)
    for status in _statuses(pod):
        container = str(status.get("name"))
        ended = (status.get("lastState") or {}).get("terminated")
        ended = (status.get("state") or {}).get("terminated") or ended
        if ended:
            lines.append(
                f"  Container {container} of {name} ended with code {ended.get('exitCode')}"
                f" ({ended.get('reason')}), {status.get('restartCount', 0)} restarts"
            )
        said = api.log(name, container, _LINES)
        if not said and status.get("restartCount"):
            said = api.log(name, container, _LINES, previous=True)
        if said:
            lines.append(f"  The last lines of {name}, container {container}:")
            lines += [f"    {line}" for line in said]
    return lines


def _statuses(pod: Object) -> list[Object]:
    status = pod.get("status") or {}
    both = (status.get("initContainerStatuses") or (), status.get("containerStatuses") or ())
    return [one for group in both for one in group if not one.get("ready")]


def _events(api: Api, name: str) -> list[str]:
    found = api.listed("v1", "Event", fields=f"involvedObject.name={name}")
    warnings = [event for event in found if event.get("type") == "Warning"]
    warnings.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    lines = [f"    {one.get('reason')}: {one.get('message')}" for one in warnings[-_EVENTS:]]
    return [f"  Events of {name}:", *dict.fromkeys(lines)] if lines else []
