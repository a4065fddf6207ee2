"""What a test run has started, written down for the next one, should this one be killed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from container_manager import identity as labels
from container_manager.compose.overlay import secret_prefix
from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.podman.engine import Engine
from container_manager.testing.private import meeting_folder, open_lock

PODMAN_FOLDER = "container-manager-podman-"
"""How the folder begins in which a run keeps how Podman is called; see the plugin."""

_ENDING = ".run"


class Record:
    """The stacks of a living run, in a file whose lock dies with it.

    Args:
        podman: the folder in which the run keeps how Podman is called.
        engine: removes what dead runs have left.
    """

    def __init__(self, podman: Path, engine: Engine) -> None:
        folder = meeting_folder("stacks")
        self._path = folder / f"{os.getpid()}-{secrets.token_hex(4)}{_ENDING}"
        self._podman = podman
        self._stacks: list[str] = []
        self._images: list[str] = []
        with _alone(folder):  # between its making and its lock, no other takes it for a dead one's
            for path in sorted(folder.glob(f"*{_ENDING}")):
                _sweep(path, engine)
            file = open_lock(self._path, wait=True)
            assert file is not None
            self._file = file
        self._write()

    def add(self, stack: str) -> None:
        """Note a stack before anything of it is made."""
        self._stacks.append(stack)
        self._write()

    def keep(self, image: str) -> None:
        """Note the name of an image that is kept until the run's end."""
        self._images.append(image)
        self._write()

    def drop(self, stack: str) -> None:
        """Forget a stack of which nothing is left."""
        self._stacks.remove(stack)
        self._write()

    def close(self, engine: Engine) -> None:
        """Remove what is left of the run; what cannot be removed is left to the next one."""
        if _remove(engine, self._stacks, self._images):
            self._path.unlink(missing_ok=True)
        self._file.close()

    def _write(self) -> None:
        said = {"stacks": self._stacks, "images": self._images, "podman": str(self._podman)}
        # One line a state: whoever is killed while writing leaves the line before.
        self._file.write(f"{json.dumps(said)}\n")
        self._file.flush()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    file = open_lock(folder / "lock", wait=True)
    assert file is not None
    with file:
        yield


def _sweep(path: Path, engine: Engine) -> None:
    """Remove what a run has left that does not live any more."""
    try:
        file = open_lock(path, wait=False)
    except PreconditionError:
        return  # it is none of ours; its name says nothing to us
    if file is None:
        return
    with file:
        said = _last_state(file)
        podman = Path(said.get("podman", ""))
        if podman.name.startswith(PODMAN_FOLDER):
            shutil.rmtree(podman, ignore_errors=True)
        if _remove(engine, said.get("stacks", ()), said.get("images", ())):
            path.unlink(missing_ok=True)


def _last_state(file: IO[str]) -> dict[str, Any]:
    for line in reversed(file.read().splitlines()):
        with contextlib.suppress(ValueError):
            return dict(json.loads(line))
    return {}


def _remove(engine: Engine, stacks: Iterable[str], images: Iterable[str]) -> bool:
    gone = [remove_all(engine, name) for name in stacks]
    for name in images:
        engine.remove_image(name)
    return all(gone)


def remove_all(engine: Engine, stack: str) -> bool:
    """Remove everything of a stack by its name, which no other one has.

    Returns:
        Whether nothing is left.
    """
    mine = f"{labels.PROJECT}={stack}"
    compose = f"{labels.COMPOSE_PROJECT}={stack}"
    try:
        done = [_remove_containers(engine, f"label={compose}")]
        volumes = {one.name for label in (mine, compose) for one in engine.volumes(label)}
        done += [engine.remove_volume(name).ok for name in sorted(volumes)]
        done += [engine.remove_network(name).ok for name in engine.networks(mine)]
        for image in engine.images(mine):
            # A tag without the stack's name is somebody's who wants to keep the image.
            names = [tag for tag in image.tags if stack in tag] if image.tags else [image.id]
            done += [engine.remove_image(name).ok for name in names]
        removed = engine.remove_secrets(engine.secrets(secret_prefix(stack)))
    except RuntimeFailure:
        return False
    return all(done) and (removed is None or removed.ok)


def _remove_containers(engine: Engine, label: str) -> bool:
    """Podman refuses one whose namespaces others use: as long as that helps, it is asked again."""
    left = engine.container_ids(label)
    while left:
        engine.remove(left, anonymous_volumes=True)
        before, left = left, engine.container_ids(label)
        if len(left) == len(before):
            return False
    return True
