"""Trees of files as people have them, and what a build ought to make of each."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

from container_manager.build.ignore import IGNORED

LINK = 0o777
"""The mode of a symlink, which has none of its own."""


@dataclass(frozen=True)
class File:
    """A regular file."""

    content: bytes
    mode: int


@dataclass(frozen=True)
class Other:
    """Anything else.

    Attributes:
        kind: of a special file; or where a symlink leads; or ``hard link``.
        number: of the file or folder that it leads to, in the order in which they are planted.
    """

    kind: str
    number: int


Tree = Mapping[str, "File | Other | Tree"]

SPECIAL = ("pipe", "socket", "device")
INSIDE = ("file inside", "folder inside")
"""A relative symlink to what is copied along: it is kept."""

FOLLOWED = ("file by absolute path", "file elsewhere")
REFUSED = {
    "nowhere": "This symlink leads nowhere: nowhere.",
    "itself": "This symlink leads nowhere: {name}.",
    "outside": "This symlink leads out of the project: {outside}.",
    "folder elsewhere": "This symlink leads to a folder elsewhere, which would not come along.",
    "folder by absolute path": (
        "This symlink leads to a folder elsewhere, which would not come along."
    ),
}


@dataclass
class Grown:
    """A tree on disk, and what a build ought to make of it.

    Attributes:
        root: the project.
        top: the folder that was planted.
        copies: relative path -> kind, mode, content.
        problems: place and message of everything that cannot be copied.
    """

    root: Path
    top: Path
    copies: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    problems: set[tuple[str, str]] = field(default_factory=set)
    _files: list[tuple[Path, File]] = field(default_factory=list)
    _folders: list[Path] = field(default_factory=list)

    def plant(self, tree: Tree) -> None:
        """Make a tree, and note what is to become of it."""
        others = list(self._plant(self.top, tree, ignored=False))
        for path, other, ignored in others:
            if other.kind in SPECIAL:
                special(path, other.kind)
                if not ignored:
                    self._problem(path, "This is neither a file, a folder nor a symlink.")
            elif other.kind == "hard link":
                self._hard_link(path, other.number, ignored=ignored)
            else:
                self._link(path, other, ignored=ignored)
        for path, file in self._files:
            path.chmod(file.mode)

    def _plant(
        self, folder: Path, tree: Tree, *, ignored: bool
    ) -> Iterator[tuple[Path, Other, bool]]:
        folder.mkdir(parents=True, exist_ok=True)
        self._folders.append(folder)
        for name, item in tree.items():
            path = folder / name
            left_out = ignored or is_ignored(name)
            if isinstance(item, File):
                path.write_bytes(item.content)
                self._files.append((path, item))
                if not left_out:
                    self._copied(path, item)
            elif isinstance(item, Other):
                yield path, item, left_out
            else:
                yield from self._plant(path, item, ignored=left_out)

    def _hard_link(self, path: Path, number: int, *, ignored: bool) -> None:
        if self._files:
            source, file = self._files[number % len(self._files)]
            path.hardlink_to(source)
            if not ignored:
                self._copied(path, file)

    def _link(self, path: Path, other: Other, *, ignored: bool) -> None:
        kind = other.kind
        if not self._files and kind.startswith("file"):
            kind = "file elsewhere"
        target = self._target(path, kind, other.number)
        path.symlink_to(target)
        if ignored:
            return
        if kind in REFUSED:
            outside = self.root.parent / "outside.txt"
            self._problem(path, REFUSED[kind].format(name=path.name, outside=outside))
        elif kind in INSIDE:
            if is_utf8(self._inner(path)) and is_utf8(target):
                self.copies[self._inner(path)] = ("link", LINK, target)
            else:
                self._problem(path, "The symlink's name or target is not UTF-8.")
        elif kind == "file elsewhere":
            self._copied(path, File(b"far\n", 0o644))
        else:
            self._copied(path, dict(self._files)[Path(target)])

    def _target(self, path: Path, kind: str, number: int) -> str:
        """Where a symlink leads."""
        files = [file for file, _ in self._files] or [self.root / "shared/far.txt"]
        file = files[number % len(files)]
        folder = self._folders[number % len(self._folders)]
        return {
            "file inside": os.path.relpath(file, path.parent),
            "folder inside": os.path.relpath(folder, path.parent),
            "file by absolute path": str(file),
            "folder by absolute path": str(folder),
            "file elsewhere": os.path.relpath(self.root / "shared/far.txt", path.parent),
            "folder elsewhere": os.path.relpath(self.root / "shared", path.parent),
            "outside": str(self.root.parent / "outside.txt"),
            "nowhere": "nowhere",
            "itself": path.name,
        }[kind]

    def _copied(self, path: Path, file: File) -> None:
        if is_utf8(self._inner(path)):
            content = hashlib.sha256(file.content).hexdigest()
            self.copies[self._inner(path)] = ("file", file.mode, content)
        else:
            self._problem(path, "The file's name is not UTF-8.")

    def _inner(self, path: Path) -> str:
        return path.relative_to(self.top).as_posix()

    def _problem(self, path: Path, message: str) -> None:
        self.problems.add((str(path), message))


def special(path: Path, kind: str) -> None:
    """Make what is neither file, folder nor symlink; a pipe, where a device is not allowed."""
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as one, chdir(path.parent):
            one.bind(".being-made")  # the names of sockets are short
            Path(".being-made").rename(path.name)
        return
    if kind == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
        except PermissionError:
            pass
        else:
            return
    os.mkfifo(path)


def is_ignored(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in IGNORED)


def is_utf8(name: str) -> bool:
    return name == os.fsencode(name).decode(errors="replace")


# --- all trees ------------------------------------------------------------------------------------

NAMES = (
    *("a", "b.txt", "-rf", "--", ".hidden", "...", " ", "trailing ", " leading", "new\nline", "\t"),
    *("quo'te\"", "back\\slash", "{{ name }}", "{% raw %}", "${HOME}", "*", "[x]", "#", "!", "a:b"),
    *("\u00e9", "e\u0301", "日本", "\U0001f600", "x" * 255, "é" * 127, "\x7f", "\u2028", "CON"),
    *("page.html.j2", "kernel.json.j2", "docker-compose.yml.j2", "Makefile", ".manager", "build"),
    *("__pycache__", "mod.pyc", ".git", ".venv", "Thumbs.db", ".gitignore", "\udcff", "é\udce9.t"),
)  # fmt: skip
MODES = (0o644, 0o755, 0o600, 0o444, 0o200, 0o000, 0o777, 0o4755, 0o2711, 0o1644)

_odd = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1,
               max_size=4)  # fmt: skip
names = st.sampled_from(NAMES) | _odd.filter(lambda name: name not in (".", ".."))
_files = st.builds(File, st.binary(max_size=20), st.sampled_from(MODES) | st.integers(0, 0o7777))
_well = st.builds(Other, st.sampled_from((*INSIDE, *FOLLOWED, "hard link")), st.integers(0, 20))
_ill = st.builds(Other, st.sampled_from((*REFUSED, *SPECIAL)), st.integers(0, 20))


def trees(*, whole: bool) -> st.SearchStrategy[Tree]:
    """Trees; only such as can be copied, if ``whole`` says so."""
    leaves = _files | _well if whole else _files | _well | _ill
    kept = names.filter(is_utf8) if whole else names
    return st.dictionaries(
        kept,
        st.recursive(leaves, lambda inner: st.dictionaries(kept, inner, max_size=4), max_leaves=10),
        max_size=5,
    )
