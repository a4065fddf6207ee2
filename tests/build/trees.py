"""What is below a build directory, and how two of these differ."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping

from tests.conftest import Project, Seen, meaning

Tree = dict[str, tuple[str, int, str]]
"""Path -> kind, mode and content."""


@contextlib.contextmanager
def said_of_failures(moment: str) -> Iterator[None]:
    """Add to a failure when it happened."""
    try:
        yield
    except Exception as error:
        error.add_note(moment)
        raise


def assert_same(expected: Mapping[str, object], found: Mapping[str, object]) -> None:
    """Two trees are the same; a failure says where they are not."""
    paths = sorted(expected.keys() | found.keys())
    differences = [
        f"{path}: {found.get(path)}, not {expected.get(path)}"
        for path in paths
        if expected.get(path) != found.get(path)
    ]
    assert not differences, "\n".join(differences)


def files(project: Project) -> Tree:
    """Generated and foreign files."""
    return meaning(project.built()) if (project.root / "build").exists() else {}


def owned(project: Project) -> Tree:
    """The files that the manifest names."""
    recorded = json.loads(project.read("build/.manager/manifest.json"))["files"]
    built = files(project)
    return {path: built[path] for path in recorded}


def everything(project: Project) -> Tree:
    """The build directory with folders and the manager's records; the lock names a process."""
    tree = meaning(project.tree("build"))
    del tree[".manager/lock"]
    return tree


def kept_from_git(project: Project) -> bool:
    """Whether git ignores what is private, if anything is there."""
    private = project.root / ".container-manager"
    return not private.exists() or (private / ".gitignore").read_text() == "*\n"


def untouched(project: Project) -> dict[str, Seen]:
    """The project down to inodes and times, without the lock and what only makes builds faster."""
    ours = (".container-manager", "build/.manager/lock")
    return {path: seen for path, seen in project.tree().items() if not path.startswith(ours)}
