"""Writes a merged update into the user's working tree: all of it, or nothing."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.scaffold.git import Git
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
            PreconditionError: git refused; nothing was changed.
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
        applied = self.git.ask(*_EXACT, str(patch))
        if not applied.ok:
            raise PreconditionError(
                f"Git cannot apply the update: nothing was changed.\n{applied.last_lines}",
                remedy="See that the files named are as they were committed: git status.",
            )
        try:
            if stages:
                self.git("update-index", "-z", "--index-info", stdin=stages)
        except RuntimeFailure:
            self.git(*_EXACT, "--reverse", str(patch))
            raise

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


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A block after which Ctrl-C is heeded: in its middle, half of the files would be written."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
