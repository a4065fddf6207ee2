"""What people and programs see of a cluster: what would change, what was done, what goes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from container_manager.errors import display_path
from container_manager.report import print_json
from container_manager.report.removing import ask_for_name

if TYPE_CHECKING:
    from container_manager.cluster.applying import Removal
    from container_manager.cluster.contexts import Target
    from container_manager.cluster.planning import ClusterPlan, Step
    from container_manager.export.kubernetes.writing import Written
    from container_manager.verbs.cluster_images import Delivered
    from container_manager.verbs.clusters import Applied

_WORDS = {
    "create": "new",
    "change": "changed",
    "replace": "made anew",
    "remove": "removed",
    "leave": "left (a volume)",
    "keep": "kept",
}


def show_manifests(written: Written, *, json: bool = False) -> None:
    """Which manifests were written."""
    if json:
        overlay = str(written.overlay) if written.overlay else None
        told = {"folder": str(written.folder), "overlay": overlay, "kept": written.kept}
        print_json({**told, "written": written.changed, "removed": written.removed})
        return
    counts = f"{len(written.changed)} written, {written.kept} kept, {len(written.removed)} removed"
    print(f"{display_path(written.folder)}: {counts}")
    for action, names in (("write", written.changed), ("remove", written.removed)):
        for name in names:
            print(f"  {action:<7} {name}")
    if written.overlay is not None:
        print(f"{display_path(written.overlay)} is yours: it is written once, as an example.")


def show_files(files: dict[str, str], *, json: bool = False) -> None:
    """Manifests that would be written."""
    if json:
        print_json(files)
        return
    for name, text in files.items():
        print(f"# {name}\n{text}", end="")


def show_cluster_plan(plan: ClusterPlan, *, json: bool = False) -> None:
    """What would become of each object, with the difference; problems on stderr."""
    if json:
        print_json(_plan_json(plan))
        return
    print(f"{plan.target}: {_summary(plan)}")
    if plan.new_namespace:
        print(f"  create   Namespace {plan.target.namespace}")
    for step in plan.steps:
        if step.action != "keep":
            print(f"  {step.action:<8} {step.name}")
        if step.action == "change":
            for line in step.lines:
                print(f"           {line}")
    if plan.unseen:
        print(f"  {_unseen(plan.unseen)}")
    sys.stdout.flush()
    if plan.problems:
        print("The cluster would not take:", file=sys.stderr)
    for problem in plan.problems:
        print(f"- {problem}", file=sys.stderr)


def show_applied(applied: Applied, *, json: bool = False) -> None:
    """What was done, and what is left."""
    if json:
        done = {"removed": list(applied.removed), "left": list(applied.left)}
        print_json(_plan_json(applied.plan) | done)
        return
    print(f"{applied.plan.target}: {_summary(applied.plan)}; all is ready")
    if applied.plan.unseen:
        print(f"  {_unseen(applied.plan.unseen)}")
    if applied.left:
        print(f"  left, with their data: {', '.join(applied.left)}")


def show_removal(target: Target, found: Removal, *, json: bool = False) -> None:
    """What goes, or went, and what stays."""
    if json:
        print_json(
            {
                "context": target.context,
                "namespace": target.namespace,
                "removed": [_named(one) for one in found.objects],
                "volumes": [_named(one) for one in found.volumes],
                "kept": [_named(one) for one in found.kept],
                "unseen": list(found.unseen),
            }
        )
        return
    print(removal_text(target, found))


def removal_text(target: Target, found: Removal) -> str:
    """What goes, and what stays, for people."""
    lines = [f"Of {target}:"]
    lines += [f"  {_named(one)}" for one in found.objects]
    lines += [f"  {_named(one)} ({_size(one)}) goes, NOT SAVED" for one in found.volumes]
    if len(lines) == 1:
        lines.append("  nothing: there is nothing of it")
    if found.unseen:
        lines.append(f"  {_unseen(found.unseen)}")
    if found.kept:
        kept = ", ".join(f"{_named(one)} ({_size(one)})" for one in found.kept)
        lines.append(f"  and keeps {kept}")
    return "\n".join(lines)


def removal_confirmer(*, yes: bool) -> Callable[[Target, Removal], None]:
    """What tells a removal on stderr, and asks where data goes and a person sits there."""

    def confirm(target: Target, found: Removal) -> None:
        print(f"Removed are:\n{removal_text(target, found)}", file=sys.stderr, flush=True)
        if found.volumes and not yes:
            ask_for_name(found.project, len(found.volumes))

    return confirm


def show_delivered(delivered: Delivered, *, json: bool = False) -> None:
    """Where images are, and as what they are pinned."""
    if json:
        file = str(delivered.archive) if delivered.archive else None
        print_json({"images": delivered.pins, "archive": file})
        return
    for name, pin in delivered.pins.items():
        print(f"{name} -> {pin}")
    if not delivered.pins:
        print("No image of the stack is built here: the cluster pulls them all.")
    if delivered.archive is not None:
        print(f"Import {delivered.archive} on every node: ctr -n k8s.io images import FILE")


def _plan_json(plan: ClusterPlan) -> dict[str, Any]:
    return {
        "context": plan.target.context,
        "namespace": plan.target.namespace,
        "new_namespace": plan.new_namespace,
        "objects": [_step_json(step) for step in plan.steps],
        "problems": [str(problem) for problem in plan.problems],
        "unseen": list(plan.unseen),
    }


def _step_json(step: Step) -> dict[str, Any]:
    return {"action": step.action, "object": step.name, "diff": list(step.lines)}


def _summary(plan: ClusterPlan) -> str:
    counts: dict[str, int] = {}
    for step in plan.steps:
        counts[step.action] = counts.get(step.action, 0) + 1
    parts = [f"{counts[action]} {word}" for action, word in _WORDS.items() if action in counts]
    parts += [f"{len(plan.problems)} refused"] if plan.problems else []
    return ", ".join(parts) or "nothing to do"


def _unseen(kinds: tuple[str, ...]) -> str:
    return f"not looked for, without the right to list them: {', '.join(kinds)}"


def _named(one: Any) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def _size(claim: Any) -> str:
    capacity = (claim.get("status") or {}).get("capacity") or {}
    asked = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    return str(capacity.get("storage") or asked.get("storage") or "size unknown")
