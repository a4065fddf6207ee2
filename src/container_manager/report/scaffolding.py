"""What people and programs see of what was made from a template."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from container_manager.errors import display_path
from container_manager.report import print_json

if TYPE_CHECKING:
    from container_manager.scaffold.new import Made


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
    elif not made.is_known:
        print(f"Note: {made.remedy}", file=sys.stderr)
    if made.is_project and made.is_bundled:
        print(f"Note: {_INDEX}", file=sys.stderr)


_PROGRAMS = ("container-manager", "cman")

_INDEX = (
    "'./run' prepares .venv, for which pip must find container-manager in an index; where it is in "
    "none, give the folder of its wheel: PIP_FIND_LINKS=FOLDER ./run test"
)


def _program() -> str:
    """How people call this program from any folder."""
    called = Path(sys.argv[0])
    if called.name not in _PROGRAMS or shutil.which(called.name):
        return _PROGRAMS[0]
    return shlex.quote(str(called.absolute()))


def _commands(made: Made) -> tuple[str, str]:
    """How people run what was made, and its tests: by the project's own script, if it has one."""
    script = made.project / "run"
    has_script = os.access(script, os.X_OK) and script.is_file()
    if made.is_project and made.is_bundled:
        return f"{_program()} up -d", "./run test"  # the former needs nothing that is not here
    if made.is_project:
        return ("./run up -d", "./run test") if has_script else ("invoke up -d", "pytest")
    if not has_script:
        return "invoke up -d", f"pytest {shlex.quote(display_path(made.path))}"
    run = shlex.quote(os.path.relpath(script))
    run = run if "/" in run else f"./{run}"
    # The script takes paths from the project's folder, wherever people stand.
    return f"{run} up -d", f"{run} test {shlex.quote(str(made.path.relative_to(made.project)))}"
