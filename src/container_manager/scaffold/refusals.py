"""Where an update would lose edits, or stands on those that an earlier one left open."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from container_manager.errors import Location, PreconditionError, Problem, display_path
from container_manager.scaffold.git import Git
from container_manager.scaffold.targets import Target

BEFORE, BASE, AFTER = "before updating", "last update", "after updating"
"""What conflict markers call the three sides; the same words as Copier's."""

_SHOWN = 3


def left_open(git: Git, target: Target) -> list[Problem]:
    """Conflicts of an earlier update that nobody has resolved."""
    folder = within(git, target.folder)
    unmerged = git.listed("diff", "--name-only", "--diff-filter=U", "-z", "--", folder)
    marked = git.ask("grep", "-l", "-z", "-I", "-e", f"^<<<<<<< {BEFORE}", "--", folder)
    paths = [*unmerged, *(path for path in marked.stdout.split("\0") if path)]
    return [
        Problem(
            message="A conflict of an earlier update is not resolved.",
            where=Location(git.folder / path, marker_line(git.folder / path)),
            remedy="Choose the lines to keep, remove the markers, then: git add -A && git commit.",
        )
        for path in dict.fromkeys(paths)
    ]


def marker_line(path: Path) -> int | None:
    """The line of the first conflict marker in a file."""
    return next(iter(marker_lines(path)), None)


def marker_lines(path: Path) -> list[int]:
    """The lines at which conflicts begin, counted from 1."""
    if not path.is_file() or path.is_symlink():
        return []
    lines = path.read_bytes().split(b"\n")
    return [n for n, line in enumerate(lines, 1) if line.startswith(f"<<<<<<< {BEFORE}".encode())]


def unsaved(git: Git, target: Target) -> list[Problem]:
    """What of a target is not committed, so that nothing could bring it back."""
    answers_file = answers_within(git, target)
    if not git.ask("cat-file", "-e", f"HEAD:{answers_file}").ok:
        return [_never_committed(git, target, answers_file)]
    status = git.listed(
        "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--",
        within(git, target.folder),
    )  # fmt: skip
    changed = [entry[3:] for entry in status]
    if not changed:
        return []
    shown = ", ".join(changed[:_SHOWN]) + (" …" if len(changed) > _SHOWN else "")
    return [
        Problem(
            message=f"{target.name} has changes that are not committed: {shown}.",
            where=target.where,
            remedy="Commit them (git add -A && git commit), or put them away (git stash -u).",
        )
    ]


def in_the_way(git: Git, added: Iterable[str]) -> list[Problem]:
    """What git does not know where the template writes, or what is a file where it needs a folder.

    Args:
        git: the user's repository.
        added: paths that the update writes and git does not know.
    """
    problems = []
    for path in sorted(added):
        place = git.folder / path
        inside = [parent for parent in place.parents if parent.is_relative_to(git.folder)]
        blocker = next((p for p in inside if p.is_file() or p.is_symlink()), None)
        if blocker is None and place.is_dir() and not place.is_symlink():
            blocker = place
        # What git knows there goes away with the update: no commit holds both.
        if blocker and _holds_unknown(git, blocker):
            problems.append(
                Problem(
                    message="The template needs this path, and something of another kind is here.",
                    where=Location(blocker),
                    remedy="Rename it, and commit that.",
                )
            )
        elif not blocker and (place.is_symlink() or place.exists()):
            problems.append(
                Problem(
                    message="The template writes this file, and git ignores yours.",
                    where=Location(place),
                    remedy=f"Commit it (git add -f {shlex.quote(display_path(place))}), or move "
                    "it away.",
                )
            )
    return problems


def _holds_unknown(git: Git, path: Path) -> bool:
    """Whether something is at a path, or below it, that git does not know."""
    return bool(git.listed("ls-files", "--others", "-z", "--", str(path)))


def within(git: Git, folder: Path) -> str:
    """A folder as git calls it: from the top of the working tree, through no symlink.

    Raises:
        PreconditionError: a symlink leads out of the working tree.
    """
    place = folder.resolve()
    if not place.is_relative_to(git.folder.resolve()):
        raise PreconditionError(
            f"{place} is outside of the repository {git.folder}: nothing there can be updated.",
            where=Location(folder),
        )
    return place.relative_to(git.folder.resolve()).as_posix()


def answers_within(git: Git, target: Target) -> str:
    """The answers file of a target as git calls it: git keeps a symlink, not what it leads to."""
    return (PurePosixPath(within(git, target.folder)) / target.answers_path.name).as_posix()


def _never_committed(git: Git, target: Target, answers_file: str) -> Problem:
    # Not check-ignore: that takes no path literally.
    if git.listed(
        "ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--", answers_file
    ):
        return Problem(
            message="Git ignores this: an update would overwrite your edits.",
            where=Location(target.answers_path),
            remedy="Take it out of .gitignore and commit it.",
        )
    return Problem(
        message=f"{target.name} was never committed: an update could not keep your edits.",
        where=target.where,
        remedy="Commit it first: git add -A && git commit.",
    )
