"""What people and programs see of the build directory: builds, plans, former builds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from container_manager.errors import display_path
from container_manager.report import print_json, table
from container_manager.report.hooks import show_hooks, start_data

if TYPE_CHECKING:
    from container_manager.export.folder import Exported
    from container_manager.model import Build, BuildPlan, Change, FormerBuild, ServiceRow

_CAUSES = 5
"""Configuration keys that are shown for one changed file."""


def show_services(rows: Sequence[ServiceRow], *, json: bool) -> None:
    """The deployed services as a table, or as JSON."""
    if json:
        print_json(
            [
                {
                    "name": row.name,
                    "family": row.family,
                    "template": row.template,
                    "ports": list(row.ports),
                    "defined": str(row.where) if row.where else None,
                }
                for row in rows
            ]
        )
        return
    cells = [
        (row.name, row.family, row.template, ", ".join(row.ports) or "-", str(row.where or "-"))
        for row in rows
    ]
    print(table(("SERVICE", "FAMILY", "TEMPLATE", "PORTS", "DEFINED IN"), cells))


def show_build(build: Build, *, json: bool) -> None:
    """What a build did, and its compose files."""
    changes = build.plan.pending
    if json:
        print_json(
            {
                "build_dir": str(build.build_dir),
                "compose_files": [str(file.path) for file in build.shown],
                "changes": [_change(change) for change in changes],
                "warnings": [str(problem) for problem in build.warnings],
            }
        )
        return
    print(f"{display_path(build.build_dir)}: {summary(build.plan)}")
    for file in build.shown:
        print(f" - {display_path(file.path)}")


def plan_json(plan: BuildPlan, *, redact: Callable[[str], str] | None = None) -> dict[str, Any]:
    """What a build would change, for programs; with ``redact``, the difference in content, too."""
    return {
        "build_dir": str(plan.build_dir),
        "changes": [
            _change(change) | ({"diff": redact(_diff(plan, change))} if redact else {})
            for change in plan.pending
        ],
        "hooks": start_data(plan.hooks),
    }


def show_plan(
    plan: BuildPlan, *, redact: Callable[[str], str] | None = None, json: bool = False
) -> None:
    """What a build would change, and why; with ``redact``, the difference in content, too."""
    if json:
        print_json(plan_json(plan, redact=redact))
        return
    show_hooks(plan.hooks)
    print(f"{display_path(plan.build_dir)}: {summary(plan)}")
    for group in [[one] for one in plan.pending] if redact else _with_same_causes(plan.pending):
        for change in group:
            hand = "changed by hand; " if change.by_hand else ""
            print(f"  {change.action:<8} {printable(change.path)}  ({hand}{change.reason})")
        causes = group[0].causes
        for cause in causes[:_CAUSES]:
            print(f"           {cause}")
        if len(causes) > _CAUSES:
            print(f"           and {len(causes) - _CAUSES} more keys")
        if redact:
            sys.stdout.write(redact(_diff(plan, group[0])))


def _with_same_causes(changes: Sequence[Change]) -> list[list[Change]]:
    """Files that change for the same reason: the flattened configuration of every service, say."""
    groups: dict[object, list[Change]] = {}
    for one in changes:
        key = (one.action, one.reason, one.causes) if one.causes else one.path
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _diff(plan: BuildPlan, change: Change) -> str:
    from container_manager.diffs import diff_of  # only where people ask for it

    return diff_of(plan, change)


def show_builds(builds: Sequence[FormerBuild], *, json: bool) -> None:
    """The former builds as a table, or as JSON."""
    if json:
        print_json(
            [
                {
                    "number": one.number,
                    "replaced": one.replaced.isoformat(timespec="seconds"),
                    "files": one.files,
                    "differs": list(one.differs),
                    "lost": list(one.lost),
                }
                for one in builds
            ]
        )
        return
    if not builds:
        print("No former build is kept: builds are kept from the first change on.")
        return
    cells = [
        (
            str(one.number),
            f"{one.replaced:%Y-%m-%d %H:%M:%S}",
            str(one.files),
            str(len(one.differs)),
            f"no: {len(one.lost)} files are lost" if one.lost else "yes",
        )
        for one in builds
    ]
    print(table(("BUILD", "REPLACED", "FILES", "DIFFERS IN", "COMES BACK"), cells))


def summary(plan: BuildPlan) -> str:
    """One line about a plan.

    >>> from pathlib import Path
    >>> from container_manager.model import BuildPlan
    >>> summary(BuildPlan(build_dir=Path("build"), outputs={}, changes=()))
    'nothing to change'
    """
    counts: dict[str, int] = {}
    for change in plan.pending:
        counts[change.action] = counts.get(change.action, 0) + 1
    words = {"write": "new", "replace": "changed", "mode": "mode changed", "remove": "removed"}
    parts = [f"{counts[action]} {word}" for action, word in words.items() if action in counts]
    return ", ".join(parts) if parts else "nothing to change"


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "path": change.path,
        "reason": change.reason,
        "causes": list(change.causes),
        "by_hand": change.by_hand,
    }


def printable(path: str) -> str:
    r"""A path on one line, whatever is in its name.

    >>> printable("services/two\nlines")
    "'services/two\\nlines'"
    """
    return path if path.isprintable() else repr(path)


def show_exported(exported: Exported, *, json: bool = False) -> None:
    """Which files an export target gave."""
    told = {"written": list(exported.written), "removed": list(exported.removed)}
    if json:
        print_json({"folder": str(exported.folder), "kept": exported.kept, **told})
        return
    counts = f"{len(exported.written)} written, {exported.kept} kept"
    print(f"{display_path(exported.folder)}: {counts}, {len(exported.removed)} removed")
    for action, paths in told.items():
        for path in paths:
            print(f"  {action:<8} {printable(path)}")
