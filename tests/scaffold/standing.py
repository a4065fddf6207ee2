"""What many tests begin with is made once, and stands as it was made, at its place, for each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Standing:
    """A folder that is brought back to its place, since what is in it names that place.

    An answers file has the URL of its template, and a worktree of git the path of its repository.

    Attributes:
        place: where it stands.
        kept: how it was made.
    """

    place: Path
    kept: Path

    def anew(self) -> Path:
        """The place, with nothing of what an earlier test did."""
        if self.place.exists():
            shutil.rmtree(self.place)
        shutil.copytree(self.kept, self.place, symlinks=True)
        return self.place


def standing(folder: Path, make: Callable[[Path], object]) -> Standing:
    """Make it.

    Args:
        folder: an empty one, for this alone.
        make: fills the folder that it is given, which is to be its place.
    """
    found = Standing(place=folder / "here", kept=folder / "kept")
    found.place.mkdir()
    make(found.place)
    found.place.rename(found.kept)
    return found
