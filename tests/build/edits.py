"""What people do to a project and to what was built, as data that hypothesis can shrink."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st
from tests.build.laboratory import (
    ENVIRON,
    LINKS,
    NOTEBOOK,
    VARIANTS,
    WEB,
    WORKER,
    Lab,
    clear_way,
    remove,
    write,
)


@dataclass(frozen=True)
class Edit:
    """One thing that somebody does.

    Attributes:
        kind: a key of :data:`KINDS`.
        at: the path or the variable; of a generated file, its place among all of them.
        how: what becomes of it.
    """

    kind: str
    at: str | int
    how: str | int

    def __repr__(self) -> str:
        return f"Edit({self.kind!r}, {self.at!r}, {self.how!r})"

    def apply(self, lab: Lab) -> None:
        """Do it; where it makes no sense, nothing happens."""
        KINDS[self.kind](lab, self.at, self.how)


def _change(lab: Lab, at: str | int, how: str | int) -> None:
    """Give a file another content."""
    number, _, manner = str(how).partition(" ")
    variants = VARIANTS[str(at)]
    write(lab.root / str(at), variants[int(number) % len(variants)], manner)


def _alter(lab: Lab, at: str | int, how: str | int) -> None:
    """Do anything else to a file of the project, or bring it back."""
    path, words = lab.root / str(at), str(how).split()
    if not os.path.lexists(path):
        write(path, VARIANTS[str(at)][0])
    elif words[0] == "touch":
        os.utime(path, follow_symlinks=False)
    elif words[0] == "remove":
        remove(path)
    elif words[0] == "rename":
        path.rename(path.with_name(f"renamed-{path.name}"))
    elif words[0] == "chmod" and not path.is_symlink():
        path.chmod(int(words[1], 8))
    elif words[0] == "link":
        remove(path)
        path.symlink_to(words[1])
    elif words[0] == "folder":
        write(path / "inside.txt", "inside\n")


def _variable(lab: Lab, at: str | int, how: str | int) -> None:
    """Set a variable of the process, or unset it."""
    values = ENVIRON[str(at)]
    lab.set_variable(str(at), values[int(how) % len(values)])


def _tamper(lab: Lab, at: str | int, how: str | int) -> None:
    """Change what was built."""
    paths = lab.built()
    if not paths:
        return
    path = paths[int(at) % len(paths)]
    lab.theirs.add(path)
    target, words = lab.build_dir / path, str(how).split()
    if words[0] == "delete":
        remove(target)
    elif words[0] == "chmod":
        if not target.is_symlink():
            target.chmod(int(words[1], 8))
    elif words[0] == "folder":
        remove(target)
        write(target / "theirs.txt", "theirs\n")
        lab.theirs.add(f"{path}/theirs.txt")
    elif words[0] == "link":
        remove(target)
        target.symlink_to("/etc/hostname")
    else:
        write(target, f"edited {len(lab.theirs)}\n", str(how))


def _add(lab: Lab, at: str | int, how: str | int) -> None:
    """Put a file of one's own among what was built."""
    target = lab.build_dir / str(at)
    if not lab.build_dir.is_dir() or target.is_dir():
        return
    clear_way(target)
    lab.theirs.add(str(at))
    write(target, str(how))


def _lose(lab: Lab, _: str | int, how: str | int) -> None:
    """Lose what is not a source."""
    remove(lab.build_dir if how == "build" else lab.root / ".container-manager")


def _ports(lab: Lab, at: str | int, how: str | int) -> None:
    """Remember another port, or none: somebody brought the file back, or took it away."""
    place = lab.root / ".container-manager/ports.json"
    if how == "gone":
        remove(place)
    else:
        remembered = {"config.yml": {"framework.services.web.port_host": int(at) + 20000}}
        write(place, json.dumps(remembered), str(how))


def _wait(_: Lab, __: str | int, ___: str | int) -> None:
    """Let clocks go on, so that the times of files are believed."""
    time.sleep(0.03)


KINDS: Mapping[str, Callable[[Lab, str | int, str | int], None]] = {
    "change": _change,
    "alter": _alter,
    "variable": _variable,
    "tamper": _tamper,
    "add": _add,
    "lose": _lose,
    "ports": _ports,
    "wait": _wait,
}

_ALTERED = (
    *("touch", "remove", "rename", "folder", "chmod 755", "chmod 600", "chmod 4755"),
    *(f"link {target}" for target in LINKS),
)
_TAMPERED = ("in place", "renamed", "backdated", "delete", "chmod 640", "folder", "link")
_ADDED = (
    *(f"{WEB}/theirs.txt", f"{WEB}/config.yml", f"{WORKER}/README.txt", "theirs/x.txt"),
    *(f"{WORKER}/own.ini", f"{WEB}/repo_src", f"{WEB}/docs/deep/er.txt"),
)


def _edits(
    kind: str, at: st.SearchStrategy[str | int], how: st.SearchStrategy[str | int]
) -> st.SearchStrategy[Edit]:
    return st.builds(Edit, st.just(kind), at, how)


_PATHS = sorted(VARIANTS)
_OF_ONE = [path for path in _PATHS if path.startswith((WEB, NOTEBOOK))]
_paths: st.SearchStrategy[str | int] = st.sampled_from(_PATHS)
_paths_of_one: st.SearchStrategy[str | int] = st.sampled_from(_OF_ONE)
_numbers: st.SearchStrategy[str | int] = st.integers(0, 40)
_changes = st.builds(
    lambda number, manner: f"{number} {manner}",
    st.sampled_from([0, 1, 0, 1, 2, 3, 4]),
    st.sampled_from(["in place", "renamed", "backdated"]),
)
edits_of_services: st.SearchStrategy[Edit] = st.one_of(
    _edits("change", _paths_of_one, _changes),
    _edits("change", _paths_of_one, _changes),
    _edits("alter", _paths_of_one, st.sampled_from(_ALTERED)),
)
"""Of files that one service alone is made from, mostly."""

edits: st.SearchStrategy[Edit] = st.one_of(
    edits_of_services,
    _edits("change", _paths, _changes),
    _edits("change", _paths, _changes),
    _edits("alter", _paths, st.sampled_from(_ALTERED)),
    _edits("variable", st.sampled_from(sorted(ENVIRON)), _numbers),
    _edits("tamper", _numbers, st.sampled_from(_TAMPERED)),
    _edits("add", st.sampled_from(_ADDED), st.sampled_from(["theirs\n", "read me\n"])),
    _edits("lose", st.just(0), st.sampled_from(["memory", "memory", "build"])),
    _edits("ports", _numbers, st.sampled_from(["in place", "renamed", "backdated", "gone"])),
    _edits("wait", st.just(0), st.just(0)),
)
"""Of everything."""
