"""``dashboard``: a page of this machine alone that shows the stack while it lives."""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container_manager.build import pipeline
from container_manager.config.loader import load
from container_manager.errors import PreconditionError
from container_manager.inputs import Stamp, look, noting_overall
from container_manager.lifecycle.daily.addresses import can_browse
from container_manager.lifecycle.daily.listing import rows
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.signals import taken_signals
from container_manager.lifecycle.status.drifting import Comparison
from container_manager.lifecycle.status.observing import Observer
from container_manager.picture.model import Picture
from container_manager.picture.style import style_sheet
from container_manager.picture.svg import graph_svg
from container_manager.places import CONFIG_NAME, ConfigPath
from container_manager.report.planning import whole_plan_json
from container_manager.started import find_running
from container_manager.verbs.picturing import stack_picture, states_of
from container_manager.verbs.planning import plan

if TYPE_CHECKING:
    from container_manager.dashboard.app import Shown

_PROGRAM = "container-manager"
_NEEDED = ("starlette", "uvicorn")


def dashboard(config: ConfigPath = None, *, port: int = 0, browse: bool | None = None) -> None:
    """Serve the page until Ctrl-C; the stack is left as it is.

    Args:
        config: the configuration. Where it is broken or gone, the page shows what labels tell.
        port: of the page; 0 takes a free one.
        browse: whether a browser is opened; None: where somebody sits who has one.

    Raises:
        PreconditionError: the extra is not installed, or the port is taken.
        KeyboardInterrupt: Ctrl-C.
    """
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise PreconditionError(
            "The dashboard is an extra that is not installed.",
            remedy=f"Install it: {sys.executable} -m pip install 'container-manager[dashboard]'",
        )
    from container_manager.dashboard.feed import Feed
    from container_manager.dashboard.serving import serve

    project = find_running(config)
    comparison = Comparison(project.config_path)
    feed = Feed(project, lambda: Observer(project, comparison.compare, comparison.outdated))

    def ready(address: str) -> None:
        project.progress.step(f"The dashboard of {project.name} is at:\n\n  {address}\n")
        project.progress.step(
            "The address holds its key: whoever has it sees the page. Ctrl-C ends."
        )
        if can_browse() if browse is None else browse:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    with taken_signals():  # what follows logs and events is ended, whatever ends us
        serve(feed, _shown(project), port=port, ready=ready)


def _shown(project: Project) -> Shown:
    from container_manager.dashboard.app import Shown

    drawing = Drawing(project)
    return Shown(
        about=lambda: about(project),
        graph=drawing.svg,
        graph_style=style_sheet,
        plan=lambda: _planned(project),
    )


def about(project: Project) -> dict[str, Any]:
    """The project's name, and how its commands are typed."""
    words = [program_name(sys.argv[0], project.root)]
    default = project.config_path.name == CONFIG_NAME
    more = [] if default else ["--config", str(project.config_path)]
    return {
        "project": project.name,
        "config": str(project.config_path),
        "program": words[0],
        "options": shlex.join(more),
        "service": "--service " if words[0] == "invoke" else "",
    }


def program_name(started: str, root: Path) -> str:
    """How people call the program here.

    Args:
        started: how this process was started.
        root: the project's folder.
    """
    name = Path(started).name
    if name in ("invoke", "inv"):
        return "invoke"
    if shutil.which(_PROGRAM) is None and (root / "run").is_file():
        return "./run"
    return _PROGRAM


def _planned(project: Project) -> dict[str, Any]:
    found = plan(project.config_path)
    return {**whole_plan_json(found), "pending": found.pending}


class Drawing:
    """The picture of a stack, made anew where a file of its configuration has changed.

    Args:
        project: whose.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._inputs: dict[str, Stamp | None] = {}
        self._picture: Picture | None = None

    def svg(self) -> str:
        """The picture with what the containers do.

        Raises:
            ManagerError: the configuration cannot be used.
        """
        with self._lock:
            picture = self._newest()
        identity = self._project.identity(create=False)
        ours = [one for one in self._project.containers() if identity.owns(one.labels)]
        return graph_svg(picture, states_of(rows(ours), picture), style=False)

    def _newest(self) -> Picture:
        changed = any(look(path) != stamp for path, stamp in self._inputs.items())
        if self._picture is None or changed:
            with noting_overall() as seen:
                prepared = pipeline.prepare(load(self._project.config_path))
            self._inputs = dict(seen.stamps)
            self._picture = stack_picture(prepared, live=True)
        return self._picture
