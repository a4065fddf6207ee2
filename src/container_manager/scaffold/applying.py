"""Writes a merged update into the user's working tree: all of it, or nothing."""

from __future__ import annotations

import contextlib
import shlex
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import PreconditionError, Problem, RuntimeFailure, display_path
from container_manager.scaffold.git import Git
from container_manager.scaffold.keeping import Kept
from container_manager.scaffold.merging import Conflict, Entry, Workshop

_EXACT = ("-c", "apply.whitespace=nowarn", "-c", "apply.ignoreWhitespace=no", "apply", "--binary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an update does to the working tree.

    Attributes:
        git: the user's repository.
        shop: the throw-away repository that holds the result.
        commit: the result.
        conflicts: what a person has to decide.
    """

    git: Git
    shop: Workshop
    commit: str
    conflicts: Sequence[Conflict]

    def apply(self) -> None:
        """Write it, and tell git of the conflicts, so that nobody commits their markers.

        Raises:
            PreconditionError: git refused; it says whether nothing was changed.
        """
        if self.git("rev-parse", "HEAD") != self.shop.head:
            raise PreconditionError(
                "Something was committed while the update was made: nothing was changed.",
                remedy="Run it again.",
            )
        stages = self._stages()
        patch = self.shop.git.folder.parent / "update.patch"
        self.shop.git(
            "diff", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--no-color", "--src-prefix=a/", "--dst-prefix=b/", f"--output={patch}",
            self.shop.head, self.commit,
        )  # fmt: skip
        with _undisturbed():
            self._write(patch, stages)

    def _write(self, patch: Path, stages: str) -> None:
        touched = self.shop.git.listed(
            "diff", "--no-renames", "--name-only", "-z", self.shop.head, self.commit
        )
        try:
            kept = Kept.of(self.git.folder, touched)
        except OSError as error:
            raise PreconditionError(
                f"{error.filename} cannot be read ({error.strerror}): nothing was changed."
            ) from error
        why = self._failure(patch, stages)
        if why is None:
            return
        # Git looks at all contents first, but not at whether it may write, or has the space.
        left = kept.bring_back()
        if left:
            raise PreconditionError(_left(self.git.folder, kept, left, why))
        raise PreconditionError(
            f"Git cannot apply the update: nothing was changed.\n{why}",
            remedy="Mend that, see that the files are as they were committed (git status), and run "
            "it again.",
        )

    def _failure(self, patch: Path, stages: str) -> str | None:
        """Why git could not write all of it; None where it could."""
        try:
            done = self.git.ask(*_EXACT, str(patch))
            if done.ok and stages:
                done = self.git.ask("update-index", "-z", "--index-info", stdin=stages)
        except RuntimeFailure as error:
            return str(error)
        return None if done.ok else done.last_lines

    def _stages(self) -> str:
        """What the index is to say of the conflicts; their contents are put into git."""
        lines = []
        for conflict in self.conflicts:
            lines.append(f"0 {'0' * len(self.shop.head)}\t{conflict.path}\0")
            for stage, entry in sorted(conflict.stages.items()):
                self._keep(entry)
                lines.append(f"{entry.mode} {entry.blob} {stage}\t{conflict.path}\0")
        return "".join(lines)

    def _keep(self, entry: Entry) -> None:
        """Put a content into the user's repository; git alone sees its bytes."""
        if self.git.ask("cat-file", "-e", entry.blob).ok:
            return
        name = self.shop.git("unpack-file", entry.blob)
        self.git("hash-object", "-w", "--no-filters", "--", str(self.shop.git.folder / name))


def _left(folder: Path, kept: Kept, left: Sequence[str], why: str) -> Problem:
    """What stays of an update that failed in its middle, and could not be taken back."""
    names = {path: shlex.quote(display_path(folder / path)) for path in left}
    back = [name for path, name in names.items() if kept.was_there(path)]
    ours = [name for path, name in names.items() if not kept.was_there(path)]
    ways = [f"git checkout HEAD -- {' '.join(back)}"] if back else []
    ways += [f"rm -rf {' '.join(ours)}"] if ours else []
    return Problem(
        message="Git could not apply all of the update, and these are not as they were: "
        f"{', '.join(names.values())}. Everything else is.\n{why}",
        remedy=f"Mend that, and go back: {' && '.join(ways)}",
    )


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A block after which Ctrl-C is heeded: in its middle, half of the files would be written."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
