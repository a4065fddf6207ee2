"""What fails because somebody else was at work on Podman's store meanwhile: worth another try."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from container_manager.run import Finished

_SAYINGS = (
    # Any image was removed while Podman looked for layers to build on, or at all images.
    "layer not known",
    "consider removing the image to resolve the issue",
    # Who was killed may have left a provider behind that goes on making the same container.
    "is already in use by",
)
"""What Podman says then."""

_TRIES = 3
_PAUSE = 1.0
"""Seconds in which whoever was at work may come to an end."""


def tried_again(
    act: Callable[[Sequence[str]], Finished],
    names: Sequence[str],
    left: Callable[[], Sequence[str]] | None = None,
) -> Finished:
    """Do something that may fail for what others do, and again where it did.

    Args:
        act: has a provider do it for some services.
        names: the services.
        left: those for which it is still to be done after a failure; None: all of them.
    """
    finished = act(names)
    for _ in range(_TRIES - 1):
        said = finished.stderr + finished.stdout
        if finished.ok or not any(saying in said for saying in _SAYINGS):
            break
        time.sleep(_PAUSE)
        names = names if left is None else left()
        if not names:
            break
        finished = act(names)
    return finished
