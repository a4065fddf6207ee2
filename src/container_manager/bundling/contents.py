"""What of a project goes into its bundle: what a build reads, and what it has written.

Nothing else does: a folder also holds data, keys and whatever people keep beside their work.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import container_manager
from container_manager.build import manifest as record
from container_manager.build.leaks import LeakScan
from container_manager.bundling.manifest import PROJECT, Member, leads_out, may_travel
from container_manager.compose.model import Stack
from container_manager.errors import BuildError, Location, Problem, raise_all
from container_manager.model import Build

_CHUNK = 1 << 20
_MOST_LINKS = 40
"""More links on the way to a file are a circle (as Linux counts)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The files of a project that travel.

    Attributes:
        members: what they are in the bundle, in order.
        files: member's path -> where it is read.
        left: what stays, as far as people should know.
    """

    members: tuple[Member, ...]
    files: Mapping[str, Path]
    left: tuple[Problem, ...]


def collect(
    root: Path,
    build: Build,
    read: Iterable[Path],
    mounted: Collection[Path],
    *,
    stays: Collection[Path],
    scan: LeakScan,
) -> Contents:
    """Find what travels.

    Args:
        root: the project's folder.
        build: what was built.
        read: what a build and a start read, absolute; it need not be there.
        mounted: what containers mount, absolute.
        stays: files that belong to this machine.
        scan: knows the secrets.

    Raises:
        BuildError: a file holds a secret, or the project does not stand alone in its folder.
    """
    build_dir = build.build_dir
    _refuse_outside(root, build_dir)
    copied = {_plain(Path(one.source)) for one in build.plan.outputs.values() if one.source}
    sources = {*map(_plain, read), *(path for path in mounted if path.is_file())}
    sources = {path for path in sources if not path.is_relative_to(build_dir)}
    problems: list[Problem] = []
    found = _files(root, sources | copied | _written(build_dir), problems)
    inside = {n: path for n, path in found.items() if may_travel(n) and path not in stays}
    members = [_member(path, name, scan, problems) for name, path in inside.items()]
    raise_all(BuildError, problems)
    left = [
        *_kept_back(root, found.keys() - inside.keys(), stays),
        *_outside(root, copied),
        *_mounted_folders(root, build_dir, mounted),
    ]
    files = {one.path: inside[one.path.removeprefix(PROJECT)] for one in members}
    return Contents(members=tuple(members), files=files, left=tuple(left))


def secret_files(stack: Stack, build: Build) -> set[Path]:
    """The files that compose's own secrets are read from; they are not to travel.

    Raises:
        BuildError: one is part of the build, which travels as a whole.
    """
    found = {
        _plain(stack.base / os.path.expanduser(str(one.definition["file"]))): one  # noqa: PTH111
        for one in stack.secrets.values()
        if one.definition.get("file")
    }
    raise_all(
        BuildError,
        (
            Problem(
                message=f"The file {path.name} of the secret '{one.name}' is copied into the "
                "build, and would be in the bundle.",
                where=one.where,
                remedy="Keep it in a folder of its own beside 'services', which stays here.",
            )
            for path, one in found.items()
            if path.is_relative_to(build.build_dir)
        ),
    )
    return set(found)


def _refuse_outside(root: Path, build_dir: Path) -> None:
    if not build_dir.is_relative_to(root):
        raise BuildError(
            f"The build directory {build_dir} lies outside of the project, and a bundle holds "
            "one folder.",
            remedy="Let 'build_dir' name a folder of the project.",
        )


def _written(build_dir: Path) -> set[Path]:
    """What was built, and the list of it."""
    files = {build_dir / path for path in record.read(build_dir).files}
    return files | {record.place(build_dir)}


def _files(root: Path, wanted: Iterable[Path], problems: list[Problem]) -> dict[str, Path]:
    """Path from the project's folder -> the same, absolute, of those that are files or links."""
    found = {one for path in sorted(wanted) for one in _with_links(root, path, problems)}
    return {path.relative_to(root).as_posix(): path for path in sorted(found)}


def _plain(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _with_links(root: Path, path: Path, problems: list[Problem]) -> Iterator[Path]:
    """A file where it really is, and each link on the way to it; nothing for what is elsewhere."""
    for _ in range(_MOST_LINKS):
        if not path.is_relative_to(root):
            return
        link = next((one for one in _from_above(root, path) if one.is_symlink()), None)
        if link is None:
            if path.is_file():
                yield path
            return
        target = str(link.readlink())
        inside = link.relative_to(root).as_posix()
        if leads_out(inside, target):
            problems.append(
                Problem(
                    message=f"This link leads to {target}, which is not there elsewhere.",
                    where=Location(link),
                    remedy="Put a copy in its place, or a relative link within the project.",
                )
            )
            return
        yield link
        rest = path.relative_to(link)
        path = Path(os.path.normpath(link.parent / target / rest))


def _from_above(root: Path, path: Path) -> list[Path]:
    parts = path.relative_to(root).parts
    return [root.joinpath(*parts[:end]) for end in range(1, len(parts) + 1)]


def _kept_back(root: Path, names: Iterable[str], stays: Collection[Path]) -> list[Problem]:
    """What does not travel; that the project's own ``.env`` does not is no news."""
    return [
        Problem(message=f"{name} stays here, and is not in the bundle.")
        for name in sorted(names)
        if "/" in name or root / name in stays
    ]


def _outside(root: Path, copied: Iterable[Path]) -> list[Problem]:
    """What the build has from elsewhere: with packages it travels in wheels, else not at all."""
    return [
        Problem(
            message=f"{path} lies outside of the project, and only what was built of it is in the "
            "bundle: where it is unpacked, 'up --as-built' runs that, and 'build' fails.",
            remedy="Move it into the project's folder.",
        )
        for path in sorted({path for path in copied if elsewhere(root, path)})
    ]


def elsewhere(root: Path, path: Path) -> bool:
    """Whether a path is neither in a project nor in an installed package."""
    paths = sysconfig.get_paths()
    ours = Path(container_manager.__file__).parent.parent.parent
    known = [root, ours, *(Path(paths[name]) for name in ("purelib", "platlib"))]
    path = Path(os.path.normpath(path))
    return not any(path.is_relative_to(one) for one in known)


def _member(path: Path, inside: str, scan: LeakScan, problems: list[Problem]) -> Member:
    name = f"{PROJECT}{inside}"
    if not name.isprintable() or name.encode(errors="replace").decode() != name:
        raise BuildError("The name of this file cannot be in a bundle.", where=Location(path))
    if path.is_symlink():
        return Member(path=name, size=0, sha256="", mode=0o777, link=str(path.readlink()))
    looking, digest, size = scan.stream(), hashlib.sha256(), 0
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o777
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if scan.looks_for_something:
                looking.feed(chunk)
    if looking.found:
        problems.append(
            Problem(
                message=f"This file holds the value of the secret {looking.found}: nothing was "
                "bundled.",
                where=Location(path),
                remedy=f"Write ${{{looking.found}}} there, and the value into .env alone.",
            )
        )
    return Member(path=name, size=size, sha256=digest.hexdigest(), mode=mode)


def _mounted_folders(root: Path, build_dir: Path, mounted: Iterable[Path]) -> list[Problem]:
    """Folders of the project that containers mount: they hold data, which stays."""
    return [
        Problem(
            message=f"The folder {path.relative_to(root)} is mounted into containers: what is in "
            "it stays here.",
            remedy="Copy it by hand, if it is needed there.",
        )
        for path in sorted(set(mounted))
        if path.is_relative_to(root)
        and not path.is_relative_to(build_dir)
        and path.is_dir()
        and any(path.iterdir())
    ]
