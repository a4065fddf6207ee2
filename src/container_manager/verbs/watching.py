"""``watch``: builds on every edit, and does what each service asks for then."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from container_manager.errors import InterruptedByUser, ManagerError, display_path
from container_manager.inputs import Stamp, look, noting_overall
from container_manager.lifecycle.daily.reacting import Reactions
from container_manager.lifecycle.ticking import checked_meanwhile
from container_manager.once import once
from container_manager.opening import Opened, open_to_start, starting
from container_manager.places import ConfigPath
from container_manager.progress import Progress
from container_manager.report import tell

_LOOK_EVERY = 0.25
_QUIET = 0.3
"""Seconds without an edit before anything is done: editors and git write many files."""

_LONGEST = 3.0
"""Seconds after which edits are built although they go on: a program may write a log for ever."""

_SHOWN = 3

Stamps = Mapping[str, Stamp | None]


def watch(
    config: ConfigPath = None, *, service: Iterable[str] = (), timeout: float | None = None
) -> NoReturn:
    """Bring the stack up, then follow edits until somebody presses Ctrl-C.

    Every input of the build is watched. What cannot be built or does not come up is told, and what
    runs goes on running until the next edit.

    Args:
        config: the configuration.
        service: names of services; they and what they need; none means all.
        timeout: seconds that each service may take to become ready.

    Raises:
        InterruptedByUser: Ctrl-C; what runs goes on running.
        ManagerError: the stack did not come up in the first place.
    """
    names, reactions = tuple(service), Reactions(timeout)
    try:
        with noting_overall() as seen:
            opened = _apply(config, names, reactions)
        project = opened.project
        with checked_meanwhile(project.engine, project.containers):
            _follow(config, names, reactions, project.progress, seen.stamps)
    except KeyboardInterrupt:
        raise InterruptedByUser(
            "Watching has ended; what runs goes on running.", remedy="'down' stops it."
        ) from None


def _follow(
    config: ConfigPath,
    names: Sequence[str],
    reactions: Reactions,
    progress: Progress,
    known: Stamps,
) -> NoReturn:
    """Look, wait for quiet, build, apply; for ever."""
    progress.step(f"Watching {len(known)} files and folders; Ctrl-C ends it.")
    while True:
        edited = _next_edit(known)
        progress.step(f"Changed: {_shown(edited)}")
        try:
            with noting_overall() as seen:
                _apply(config, names, reactions)
        except ManagerError as error:
            tell(error)
            progress.step("Still watching.")
            # It may have ended early: what was looked at before counts, too.
            known = {**known, **edited, **seen.stamps}
        else:
            known = seen.stamps


def _next_edit(known: Stamps) -> Stamps:
    """Wait until something is not as it was known, and nothing more happens; what it is now.

    Where something happens all the time, that is what it is after a while.
    """
    while not (edited := _differences(known)):
        time.sleep(_LOOK_EVERY)
    end = time.monotonic() + _LONGEST
    while True:
        time.sleep(_QUIET)
        now = _differences(known)
        if now == edited or time.monotonic() > end:
            return now
        edited = now


def _differences(known: Stamps) -> Stamps:
    return {path: now for path, before in known.items() if (now := look(path)) != before}


def _apply(config: ConfigPath, names: Sequence[str], reactions: Reactions) -> Opened:
    with once():
        opened = open_to_start(config, names)
    with starting(opened, attached=False):
        reactions.apply(opened.project, opened.build, opened.stack, opened.only)
    return opened


def _shown(edited: Stamps) -> str:
    """Some of the files that were edited; folders only where nothing else was."""
    files = [path for path, seen in edited.items() if seen is None or not stat.S_ISDIR(seen[4])]
    listed = [display_path(Path(path)) for path in files or edited]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
