"""What people and programs see of a finished command; results on stdout, all else on stderr."""

from __future__ import annotations

import json as json_module
import os
import shlex
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from container_manager.errors import ManagerError, Problem, display_path

if TYPE_CHECKING:
    from container_manager.lifecycle.outcome import Outcome, Running
    from container_manager.model import Build, BuildPlan, Change, FormerBuild, ServiceRow
    from container_manager.scaffold.new import Made


def tell(error: ManagerError) -> None:
    """Show an error on stderr: every problem, each with its place and its remedy."""
    many = len(error.problems) > 1
    if many:
        print(f"{len(error.problems)} problems:", file=sys.stderr)
    for problem in error.problems:
        print(f"{'- ' if many else ''}{problem}", file=sys.stderr)


def refused_by_system(error: OSError) -> ManagerError:
    """What the operating system refused, as an error of ours."""
    place = f" '{error.filename}'" if error.filename else ""
    return ManagerError(
        f"The system refused{place}: {error.strerror or type(error).__name__}.",
        remedy="See to permissions and free space there, then try again.",
    )


def nobody_reads() -> int:
    """The exit code when whoever read our output is gone (``… | head``), said to nobody.

    It is that of a program that the signal SIGPIPE ends. What is left of the output is dropped, or
    it would fail once more at the end of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return 128 + signal.SIGPIPE


def warn_all(problems: Sequence[Problem]) -> None:
    """Show findings that stop nothing, on stderr."""
    for problem in problems:
        print(f"Warning: {problem}", file=sys.stderr)


def show_services(rows: Sequence[ServiceRow], *, json: bool) -> None:
    """The deployed services as a table, or as JSON."""
    if json:
        _print_json(
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
        _print_json(
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


def show_plan(plan: BuildPlan, *, diff: bool = False, json: bool = False) -> None:
    """What a build would change, one line a file, with the reason; ``diff`` shows the content."""
    if json:
        _print_json(
            {
                "build_dir": str(plan.build_dir),
                "changes": [
                    _change(change) | ({"diff": _diff(plan, change)} if diff else {})
                    for change in plan.pending
                ],
            }
        )
        return
    print(f"{display_path(plan.build_dir)}: {summary(plan)}")
    for change in plan.pending:
        print(f"  {change.action:<8} {printable(change.path)}  ({change.why})")
        for cause in change.causes:
            print(f"           {cause}")
        if diff:
            sys.stdout.write(_diff(plan, change))


def _diff(plan: BuildPlan, change: Change) -> str:
    from container_manager.diffs import diff_of  # only where people ask for it

    return diff_of(plan, change)


def show_builds(builds: Sequence[FormerBuild], *, json: bool) -> None:
    """The former builds as a table, or as JSON."""
    if json:
        _print_json(
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


def show_up(running: Running, *, json: bool) -> None:
    """What runs, and where it can be reached; last, on stderr, what others can reach."""
    _show_services(running, json=json)
    sys.stdout.flush()
    for row in running.services:
        for line in row.door_lines:
            print(line, file=sys.stderr)


def _show_services(running: Running, *, json: bool) -> None:
    if json:
        _print_json(
            {
                "project": running.project.name,
                "services": [
                    {
                        "service": row.name,
                        "owner": row.owner,
                        "container": row.container,
                        "state": row.phase,
                        "addresses": [port.address for port in row.ports],
                        "open_to_other_machines": list(row.open_to_other_machines),
                    }
                    for row in running.services
                ],
            }
        )
        return
    cells = [
        (row.name, row.phase, row.reason, ", ".join(port.address for port in row.ports) or "-")
        for row in running.services
    ]
    print(table(("SERVICE", "STATE", "SEEN", "ADDRESS"), cells))


def show_removed(outcome: Outcome, *, json: bool) -> None:
    """What a verb took away, and what it left."""
    if json:
        _print_json(
            {
                "removed": list(outcome.removed),
                "kept": list(outcome.kept),
                "backup": outcome.backup,
            }
        )
        return
    if outcome.removed:
        print("Removed: " + ", ".join(outcome.removed))
    else:
        print("There was nothing to remove.")
    for kept in outcome.kept:
        print(f"Kept: {kept}")


def show_new(made: Made, *, json: bool) -> None:
    """What was made from a template, and what to do next."""
    if json:
        _print_json(
            {
                "name": made.name,
                "path": str(made.path),
                "files": list(made.files),
                "addresses": list(made.addresses),
            }
        )
        return
    place = display_path(made.path)
    print(f"Made {place}, {'a project' if made.is_project else made.name}:")
    for file in made.files:
        print(f" - {file}")
    print("Next:")
    if made.is_project:
        print(f"  cd {shlex.quote(place)}")
    up, test = _commands(made)
    width = max(len(up), len(test))
    answers = f", and it answers on {', '.join(made.addresses)}" if made.addresses else ""
    print(f"  {up:<{width}}    # runs it{answers}")
    print(f"  {test:<{width}}    # runs its tests")
    if made.remedy is None:
        print("  Commit it: 'invoke update' brings later improvements of the template in.")
    else:
        print(f"Note: {made.remedy}", file=sys.stderr)


def _commands(made: Made) -> tuple[str, str]:
    """How people run what was made, and its tests: by the project's own script, if it has one."""
    script = made.project / "run"
    has_script = os.access(script, os.X_OK) and script.is_file()
    if made.is_project:
        return ("./run up -d", "./run test") if has_script else ("invoke up -d", "pytest")
    if not has_script:
        return "invoke up -d", f"pytest {shlex.quote(display_path(made.path))}"
    run = shlex.quote(os.path.relpath(script))
    run = run if "/" in run else f"./{run}"
    # The script takes paths from the project's folder, wherever people stand.
    return f"{run} up -d", f"{run} test {shlex.quote(str(made.path.relative_to(made.project)))}"


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


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their longest cell.

    >>> print(table(("A", "B"), [("long", "x")]))
    A     B
    long  x
    """
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "path": change.path,
        "reason": change.reason,
        "why": change.why,
        "causes": list(change.causes),
    }


def printable(path: str) -> str:
    r"""A path on one line, whatever is in its name.

    >>> printable("services/two\nlines")
    "'services/two\\nlines'"
    """
    return path if path.isprintable() else repr(path)


def _print_json(value: Any) -> None:
    print(json_module.dumps(value, indent=2, ensure_ascii=False))
