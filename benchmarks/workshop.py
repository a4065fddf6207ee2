"""The folder that is measured in: the projects, and the states that they are brought into."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from benchmarks import projects
from benchmarks.cases import CHANGED_SERVICE, COLD, Command, State
from benchmarks.process import CHECKOUT, Call, CommandFailed, environment, program, timed

_TASKS = "from container_manager.tasks import namespace\n"


class Workshop:
    """Makes projects where they are first asked for.

    Attributes:
        folder: an empty folder, where all happens.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._edition = 0

    def project(self, command: Command, services: int) -> Path:
        """The project that a command works in; it is generated where it is missing."""
        size = f"start_up_{services}" if command.is_start_up else str(services)
        root = self.folder / size / command.folder
        if not root.exists():
            if command.folder == "empty":
                root.mkdir(parents=True)
                (root / "tasks.py").touch()
            else:
                projects.generate(root, services)
                (root / "tasks.py").write_text(_TASKS, encoding="utf-8")
                if command.is_start_up:
                    timed(self._call(COLD, root))
        return root

    def prepare(self, command: Command, services: int) -> Call:
        """Bring the project into the state that the command starts from."""
        root = self.project(command, services)
        # It lies beside the project, whose folder must stay as the last build left it.
        shutil.rmtree(root.with_name(f"{root.name}-copy"), ignore_errors=True)
        if command.state is State.ABSENT:
            for path in (root / "build", root / ".container-manager", _caches(root)):
                shutil.rmtree(path, ignore_errors=True)
            projects.change_template(root, _changed(services), 0)
            projects.change_motto(root, 0)
        elif command.state is not State.BUILT:
            self._edition += 1
            if command.state is State.TEMPLATE:
                projects.change_template(root, _changed(services), self._edition)
            else:
                projects.change_motto(root, self._edition)
        return self._call(command, root)

    def _call(self, command: Command, root: Path) -> Call:
        name, *arguments = (word.format(project=root) for word in command.argv)
        return Call(
            (program(name), *arguments),
            cwd=CHECKOUT if name == "python" else root,  # where the rivals are found
            environ=environment(_caches(root)),
            exit_code=command.exit_code,
        )

    def check(self, command: Command, services: int) -> None:
        """Look whether a command did what its time is measured for.

        Raises:
            CommandFailed: where it did not.
        """
        root = self.project(command, services)
        if command.is_start_up:
            return
        rendered = root / "build" / projects.template_of(root, _changed(services)).relative_to(root)
        text = rendered.with_suffix("").read_text(encoding="utf-8")
        edition = re.search(r'EDITION: "(\d+)"', text)
        motto = re.search(r"edition (\d+)", text)
        wanted = str(self._edition)
        done = {
            State.ABSENT: edition is None and motto is None,
            State.BUILT: True,
            State.TEMPLATE: edition is not None and edition[1] == wanted,
            State.MOTTO: motto is not None and motto[1] == wanted,
        }
        if not done[command.state]:
            raise CommandFailed(f"'{command.name}' did not bring the change into the build.")

    def remove(self, services: int) -> None:
        """Remove the projects of one size."""
        shutil.rmtree(self.folder / str(services), ignore_errors=True)


def _caches(root: Path) -> Path:
    """Where programs that work in a project may keep caches: each project has its own."""
    return root.with_name(f"{root.name}-caches")


def _changed(services: int) -> int:
    return min(CHANGED_SERVICE, services - 1)
