"""Merges what changed in a template into what people made of it, in a repository of our own.

Copier's update writes its conflicts over a user's files, and loses edits without a word: those in
a file that the template deletes or renames, and those in a binary file. So Copier renders the old
version and brings it to the new one where nobody has edited anything, and git merges that.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import RuntimeFailure
from container_manager.scaffold.git import Git, own_git
from container_manager.scaffold.refusals import AFTER, BEFORE, marker_lines

_BASE, _OURS, _THEIRS = 1, 2, 3
"""Git's numbers for the sides of a conflict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file as git keeps it: mode and content."""

    mode: str
    blob: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A file about which a person has to decide.

    Attributes:
        path: from the top of the working tree.
        lines: where its markers begin; empty where one side has no file, or no text.
        deleted: whether the template has the file no more.
        stages: the sides of the conflict, by git's numbers.
        beside: the name of the user's file, where the template has a folder in its place.
    """

    path: str
    lines: tuple[int, ...]
    deleted: bool
    stages: Mapping[int, Entry]
    beside: str | None = None

    def told(self, shown: str) -> str:
        """One line about it; ``shown`` is how people know the file."""
        if self.deleted:
            kept = f" as '{self.beside}'" if self.beside else ""
            return f"{shown}: you changed it, the template has it no more; yours is kept{kept}"
        if not self.lines:
            return f"{shown}: you and the template changed it; yours is kept"
        word = "lines" if len(self.lines) > 1 else "line"
        return f"{shown}: conflict at {word} {', '.join(map(str, self.lines))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge came to.

    Attributes:
        commit: the user's files with the template's changes in.
        conflicts: what a person has to decide.
        stay_deleted: files that the user deleted and the template changed.
    """

    commit: str
    conflicts: tuple[Conflict, ...]
    stay_deleted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A throw-away repository that sees the user's commits.

    Attributes:
        git: git in it.
        head: the user's commit.
    """

    git: Git
    head: str

    def empty(self) -> None:
        """Remove all files; commits stay."""
        for path in self.git.folder.iterdir():
            if path.name == ".git":
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        self.git("read-tree", "--empty")

    def commit_files(self, parent: str | None = None) -> str:
        """Commit all files that are here, and stand on that commit."""
        self.git("add", "--all", "--force", ".")
        return self.commit_tree(self.git("write-tree"), parent)

    def commit_tree(self, tree: str, parent: str | None) -> str:
        """Make a commit and stand on it; files stay as they are."""
        parents = ["-p", parent] if parent else []
        commit = self.git("commit-tree", tree, *parents, "-m", "update")
        self.git("update-ref", "--no-deref", "HEAD", commit)
        return commit

    def check_out(self, commit: str) -> None:
        """Have the files of a commit here, and no others."""
        self.git("checkout", "--quiet", "--force", "--detach", commit)
        self.git("clean", "-ffdxq")

    def entries(self, commit: str) -> dict[str, Entry]:
        """All files of a commit, by their paths."""
        found = {}
        for line in self.git.listed("ls-tree", "-r", "-z", commit):
            facts, _, path = line.partition("\t")
            mode, _, blob = facts.split(" ")
            found[path] = Entry(mode=mode, blob=blob)
        return found

    def tree_with(self, tree: str | None, changes: Mapping[str, Entry | None]) -> str:
        """The tree in which some files are others; None stands for no file."""
        self.git("read-tree", *([tree] if tree else ["--empty"]))
        # What goes away first, so that a folder may stand where a file was.
        ordered = sorted(changes.items(), key=lambda item: item[1] is not None)
        lines = [
            f"{entry.mode} {entry.blob}\t{path}" if entry else f"0 {'0' * len(self.head)}\t{path}"
            for path, entry in ordered
        ]
        self.git("update-index", "-z", "--index-info", stdin="".join(f"{x}\0" for x in lines))
        return self.git("write-tree")


@contextlib.contextmanager
def workshop(user: Git, name: str) -> Iterator[Workshop]:
    """A throw-away repository.

    Args:
        user: the user's repository.
        name: the name of its folder: templates may ask for that of the folder they render to.
    """
    # Copier's own name for a folder that an update renders to: by it, a template knows that this
    # is not where things are going to be, and does not insist on the names of folders.
    with tempfile.TemporaryDirectory(prefix="copier._main.") as temporary:
        folder = Path(temporary).resolve() / (name or "project")
        folder.mkdir()
        git = own_git(user.runner, folder, user.env)
        sort = user.ask("rev-parse", "--show-object-format").stdout.strip() or "sha1"
        git("init", "--quiet", "--template=", f"--object-format={sort}")
        objects = (user.folder / user("rev-parse", "--git-path", "objects")).resolve()
        borrowed = folder / ".git" / "objects" / "info" / "alternates"
        borrowed.parent.mkdir(parents=True, exist_ok=True)
        borrowed.write_text(f"{_quoted(str(objects))}\n", encoding="utf-8")
        yield Workshop(git=git, head=user("rev-parse", "HEAD"))


def merge(shop: Workshop, current: str, old: str, new: str, answers_path: str) -> Merged:
    """Bring what changed between two renderings of a template into a commit of the user.

    Only the template's own files take part: git would find renames among the user's others.

    Args:
        shop: where.
        current: the user's commit.
        old: the commit of the rendering that the user's files were made from.
        new: its successor, of the newer version.
        answers_path: the answers file, which is the template's alone.
    """
    before, after = shop.entries(old), shop.entries(new)
    everything = shop.entries(current)
    mine = {path: entry for path, entry in everything.items() if path in before or path in after}
    mine[answers_path] = before[answers_path]
    ours = shop.commit_tree(shop.tree_with(None, mine), old)
    shop.check_out(ours)
    named = {f"GITHEAD_{ours}": BEFORE, f"GITHEAD_{new}": AFTER}
    merging = Git(runner=shop.git.runner, folder=shop.git.folder, env={**shop.git.env, **named})
    finished = merging.ask("merge-recursive", old, "--", ours, new)
    if finished.returncode not in (0, 1):
        raise RuntimeFailure(f"Git could not merge the template's changes: {finished.last_lines}")
    conflicts, deleted = _settle(shop, before)
    merged = shop.entries(shop.commit_files(ours))
    changes: dict[str, Entry | None] = dict.fromkeys(mine)
    tree = shop.tree_with(current, changes | merged)
    return Merged(commit=shop.commit_tree(tree, current), conflicts=conflicts, stay_deleted=deleted)


def _settle(
    shop: Workshop, before: Collection[str]
) -> tuple[tuple[Conflict, ...], tuple[str, ...]]:
    """What of the conflicts a person has to decide; a deletion of the user's needs nobody."""
    conflicts, deleted = [], []
    for path, stages in _unmerged(shop.git).items():
        if _OURS not in stages and _THEIRS in stages:
            if path in before:
                shop.git("update-index", "--force-remove", "--", path)
                (shop.git.folder / path).unlink(missing_ok=True)
                deleted.append(path)
            continue  # the template renamed what the user deleted: a new file, then
        if _OURS not in stages:
            continue
        place = shop.git.folder / path
        beside = place.with_name(f"{place.name}~{BEFORE}")  # git's name for it
        conflicts.append(
            Conflict(
                path=path,
                lines=tuple(marker_lines(place)),
                deleted=_THEIRS not in stages,
                stages=stages,
                beside=beside.name if place.is_dir() and beside.is_file() else None,
            )
        )
    return tuple(conflicts), tuple(deleted)


def _unmerged(git: Git) -> dict[str, dict[int, Entry]]:
    found: dict[str, dict[int, Entry]] = {}
    for line in git.listed("ls-files", "--unmerged", "-z"):
        facts, _, path = line.partition("\t")
        mode, blob, stage = facts.split(" ")
        found.setdefault(path, {})[int(stage)] = Entry(mode=mode, blob=blob)
    return found


def _quoted(path: str) -> str:
    """A path as git's list of alternates wants it, where it could be taken for something else."""
    if not path.startswith(('"', "#")) and "\n" not in path:
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
