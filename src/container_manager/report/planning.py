"""What people and programs see of a plan: files, images and containers, each with its causes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from container_manager.report import print_json
from container_manager.report.building import plan_json, show_plan

if TYPE_CHECKING:
    from container_manager.errors import Problem
    from container_manager.lifecycle.foreseeing import Foreseen, ImageChange
    from container_manager.lifecycle.planning import ContainerChange
    from container_manager.verbs.planning import Plan

_CAUSES = 5
_WORDS = {
    "create": "new",
    "recreate": "made anew",
    "start": "started",
    "remove": "removed",
    "keep": "kept",
}


def show_whole_plan(
    plan: Plan, *, redact: Callable[[str], str] | None = None, json: bool = False
) -> None:
    """The files, then images and containers; with ``redact`` the difference in content, too."""
    if json:
        print_json(whole_plan_json(plan, redact=redact))
        return
    show_plan(plan.build.plan, redact=redact)
    sys.stdout.flush()
    if plan.foreseen is None:
        _list("What 'up' would do to containers is not known here:", plan.unknown)
    else:
        _show_running(plan.foreseen)
        _list("'up' would refuse to start:", plan.foreseen.problems)


def whole_plan_json(plan: Plan, *, redact: Callable[[str], str] | None = None) -> dict[str, Any]:
    """The same for programs: files, images and containers, each with its causes."""
    return plan_json(plan.build.plan, redact=redact) | _running_json(plan)


def _show_running(foreseen: Foreseen) -> None:
    print(f"containers: {summary(foreseen)}")
    for image in foreseen.images:
        _entry(image.action, image.image, image.causes)
    for container in foreseen.containers:
        if container.action != "keep":
            _entry(container.action, _named(container), container.causes)
            if not container.certain:
                print("           it stays if the image comes out as it was")
    sys.stdout.flush()


def _list(head: str, problems: Sequence[Problem]) -> None:
    """Findings, on stderr."""
    if problems:
        print(head, file=sys.stderr)
    for problem in problems:
        print(f"- {problem}", file=sys.stderr)


def summary(foreseen: Foreseen) -> str:
    """One line about what becomes of images and containers."""
    counts: dict[str, int] = {}
    for one in foreseen.containers:
        counts[one.action] = counts.get(one.action, 0) + 1
    parts = [f"{counts[action]} {word}" for action, word in _WORDS.items() if action in counts]
    built = [one for one in foreseen.images if one.action == "build"]
    pulled = [one for one in foreseen.images if one.action == "pull"]
    for images, what in ((built, "built"), (pulled, "pulled")):
        parts += [f"{len(images)} image{'s' * (len(images) != 1)} {what}"] if images else []
    return ", ".join(parts) or "none"


def _entry(action: str, what: str, causes: tuple[str, ...]) -> None:
    shown = causes[:_CAUSES]
    print(f"  {action:<8} {what}" + (f"  ({shown[0]})" if shown else ""))
    for cause in shown[1:]:
        print(f"           {cause}")
    if causes[_CAUSES:]:
        print(f"           and {len(causes) - _CAUSES} more")


def _named(change: ContainerChange) -> str:
    return change.container.name if change.container is not None else change.service


def _running_json(plan: Plan) -> dict[str, Any]:
    if plan.foreseen is None:
        return {"images": None, "containers": None, "problems": [str(p) for p in plan.unknown]}
    return {
        "images": [_image(one) for one in plan.foreseen.images],
        "containers": [_container(one) for one in plan.foreseen.containers],
        "problems": [str(problem) for problem in plan.foreseen.problems],
    }


def _image(one: ImageChange) -> dict[str, Any]:
    return {
        "action": one.action,
        "image": one.image,
        "causes": list(one.causes),
        "services": list(one.services),
    }


def _container(one: ContainerChange) -> dict[str, Any]:
    return {
        "action": one.action,
        "service": one.service,
        "owner": one.owner,
        "container": one.container.name if one.container is not None else None,
        "causes": list(one.causes),
        "certain": one.certain,
    }
