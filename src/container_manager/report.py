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
    from container_manager.model import ServiceRow
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


def show_up(running: Running, *, json: bool) -> None:
    """What runs, and where it can be reached; last, on stderr, what others can reach."""
    _show_services(running, json=json)
    sys.stdout.flush()
    for row in running.services:
        for line in row.door_lines:
            print(line, file=sys.stderr)


def _show_services(running: Running, *, json: bool) -> None:
    if json:
        print_json(
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
        print_json(
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
        print_json(
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


def print_json(value: Any) -> None:
    """What programs read, on stdout."""
    print(json_module.dumps(value, indent=2, ensure_ascii=False))
