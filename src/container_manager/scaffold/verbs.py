"""The two commands on templates, as functions; no other command pays for their imports."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container_manager.config.loader import Config, load
from container_manager.errors import ConfigError, InterruptedByUser, UsageError
from container_manager.places import find_config
from container_manager.progress import PlainProgress
from container_manager.run import ProcessRunner

if TYPE_CHECKING:
    from container_manager.scaffold.new import Made
    from container_manager.scaffold.update import Preview

ConfigPath = str | PathLike[str] | None


@contextlib.contextmanager
def _interruptible(outcome: str) -> Iterator[None]:
    """A block that Ctrl-C and SIGTERM end in order: what it keeps in temporary folders goes away.

    Args:
        outcome: what is to be said then.

    Raises:
        InterruptedByUser: it was ended.
    """

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()  # Python lets no other listen
    before = signal.signal(signal.SIGTERM, stop) if is_main else None
    try:
        yield
    except KeyboardInterrupt as error:
        raise InterruptedByUser(f"Interrupted: {outcome}.") from error
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


@_interruptible("nothing was made")
def new(
    config: ConfigPath = None,
    *,
    name: str | None = None,
    kind: str | None = None,
    template: str | None = None,
    data: Mapping[str, Any] | Iterable[str] = (),
    defaults: bool = False,
    project: str | os.PathLike[str] | None = None,
) -> Made:
    """Make a service of a project from a template, or a whole project.

    Nothing is ever overwritten, and nothing is left behind where something fails.

    Args:
        config: the configuration of the project that gets the service.
        name: of the service: ``web``, ``framework.web``, ``applications.APP.web``,
            ``services.web``.
        kind: which kind of service; None leaves it to the template.
        template: a name under ``templates`` of the configuration; None for ours.
        data: answers to the template's questions, as a mapping or as ``QUESTION=VALUE``.
        defaults: ask nothing. Without a terminal nothing is asked either.
        project: a folder that does not exist: a project is made there instead.

    Raises:
        ManagerError: see the exit code; nothing was made.
    """
    from container_manager.scaffold.given import parse
    from container_manager.scaffold.new import Wishes, new_project, new_service
    from container_manager.scaffold.sources import OURS

    is_project = project is not None
    if is_project and (name or kind):
        raise UsageError("--project makes a project; a name and --kind go with a service.")
    wishes = Wishes(
        name=name,
        kind=kind,
        template=template,
        data=parse(data),
        ask=not defaults and sys.stdin.isatty() and sys.stdout.isatty(),
    )
    runner, progress = ProcessRunner(), PlainProgress()
    if project is None:
        return new_service(load(config), wishes, runner, progress)
    names_templates = config is not None or template not in (None, OURS)
    folder = Path(os.path.abspath(project))  # noqa: PTH100 - '..' as people mean it
    loaded = load(config) if names_templates else None
    return new_project(folder, loaded, wishes, runner, progress)


@_interruptible("nothing was changed")
def update(
    config: ConfigPath = None,
    *,
    service: Iterable[str] = (),
    check: bool = False,
    data: Mapping[str, Any] | Iterable[str] = (),
    defaults: bool = False,
    template: str | None = None,
    show: Callable[[Preview], None] | None = None,
) -> Preview:
    """Bring what is new in their templates into the project and its services.

    Args:
        config: the configuration; one that cannot be loaded stops no update.
        service: names of services; empty for the project and all of them.
        check: only look.
        data: answers to the templates' questions, as a mapping or as ``QUESTION=VALUE``.
        defaults: ask nothing. Without a terminal nothing is asked either.
        template: where the templates are now, if not where the answers files say.
        show: called with the whole change before anything is touched.

    Raises:
        ManagerError: see the exit code; nothing was changed.
    """
    from container_manager.scaffold.given import parse
    from container_manager.scaffold.update import Wish, preview

    names = tuple(service)
    wish = Wish(
        names=names,
        data=parse(data),
        template=template,
        ask=not defaults and sys.stdin.isatty() and sys.stdout.isatty(),
    )
    path = Path(os.path.abspath(config or find_config()))  # noqa: PTH100 - as load() takes it
    try:
        loaded: Config | None = load(path)
    except ConfigError:
        if not path.is_file():
            raise
        loaded = None
    with preview(path.parent, loaded, wish, ProcessRunner(), PlainProgress()) as seen:
        if show is not None:
            show(seen)
        if seen.change is not None and not check:
            with _interruptible("all of the update is there, or nothing; 'git status' says which"):
                seen.change.apply()
    return seen
