"""``unbundle``: verifies a bundle to its last byte, then loads images and writes the project."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from container_manager import __version__
from container_manager.bundling import images
from container_manager.bundling.archive import Content, Damaged, Reader
from container_manager.bundling.manifest import IMAGES, PROJECT, Manifest, Member
from container_manager.bundling.wheels import OURS
from container_manager.config.completing import normalise_name
from container_manager.config.loader import without_content
from container_manager.environments import state_dir_of
from container_manager.errors import PreconditionError, Problem, UsageError, display_path
from container_manager.identity import private_folder
from container_manager.lifecycle.images import ImageRecords
from container_manager.lifecycle.project import Project, open_project
from container_manager.lifecycle.signals import interruptible
from container_manager.report import warn_all

_MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbundled:
    """A project that was unpacked.

    Attributes:
        folder: where it is.
        manifest: what the bundle held.
        replaced: names of images that were other ones here before.
    """

    folder: Path
    manifest: Manifest
    replaced: tuple[str, ...]


@interruptible("no project was written")
def unbundle(
    file: str | os.PathLike[str],
    *,
    into: str | os.PathLike[str] | None = None,
    sha256: str = "",
) -> Unbundled:
    """Verify a bundle, load its images, and unpack its project into a new folder.

    Args:
        file: the bundle.
        into: a folder that is not there, or empty; None: the project's name, in the current
            directory.
        sha256: what the whole file's SHA-256 must be, as ``bundle`` printed it; that alone tells
            that nobody made another bundle in its place.

    Raises:
        Damaged: a byte is another one than was written; nothing was loaded or written.
        ManagerError: see the exit code.
    """
    expected = _hexadecimal(sha256)
    path = Path(file).absolute()
    with _open(path) as stream:
        reader = Reader(stream, display_path(path))
        manifest = reader.manifest
        target = _target(manifest, into)
        _verify(reader, expected, display_path(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
            scratch = Path(folder)
            stand_in = without_content(scratch / "config.yml", manifest.project, os.environ)
            project = open_project(stand_in, state_dir=scratch / "state")
            _same_machine(manifest, project)
            _enough_room(manifest, project, scratch)
            unpacked = _unpack(reader, scratch)
            replaced = _load(manifest, project, scratch / IMAGES)
            _settle(manifest, unpacked, target)
    return Unbundled(folder=target, manifest=manifest, replaced=replaced)


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    shown, remedy = display_path(path), "Name the file that 'bundle' wrote."
    if path.exists() and not path.is_file():
        raise UsageError(f"{shown} is no file.", remedy=remedy)
    try:
        stream = path.open("rb")
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"{shown} cannot be read: {why}.", remedy=remedy) from error
    with stream:
        yield stream


def _hexadecimal(text: str) -> str:
    wanted = text.strip().lower()
    if wanted and not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise UsageError(
            "--sha256 takes 64 hexadecimal digits.",
            remedy="'bundle' prints them where the bundle is made, and 'sha256sum FILE' here.",
        )
    return wanted


def _target(manifest: Manifest, into: str | os.PathLike[str] | None) -> Path:
    name = manifest.folder or manifest.project
    target = Path(os.path.abspath(into or name))  # noqa: PTH100 - '..' as people mean it
    shown = display_path(target)
    if os.path.lexists(target) and not (
        target.is_dir() and not target.is_symlink() and not any(target.iterdir())
    ):
        raise UsageError(
            f"{shown} is there already and not empty: nothing was done.",
            remedy="Name a new folder with --into. To bring a project up to date, unpack the new "
            "bundle elsewhere, stop the old one with 'down', copy its .env, and start the new one "
            "with 'up --as-built --adopt'.",
        )
    if manifest.folder and normalise_name(target.name) != manifest.folder:
        raise UsageError(
            "The folder's name is the project's, and its images are those of "
            f"'{manifest.project}': in {shown}, they would not be found.",
            remedy=f"Call the folder {name}, or set 'project_name' where the bundle is made.",
        )
    return target


def _verify(reader: Reader, expected: str, shown: str) -> None:
    found = reader.sha256()
    if expected and found != expected:
        raise Damaged(
            f"{shown} is whole, but another file than you expect: its SHA-256 is {found}.",
            remedy="Nothing was loaded or written. See where it came from.",
        )


def _same_machine(manifest: Manifest, project: Project) -> None:
    here = images.architecture(project.engine)
    if manifest.images and manifest.architecture != here:
        raise PreconditionError(
            f"The bundle was made for {manifest.architecture}, and containers run on {here} here: "
            "nothing was loaded or written.",
            remedy=f"Make it on a machine with {here}.",
        )
    version = manifest.made_with.get(OURS)
    if version != __version__:
        message = f"The bundle was made with {OURS} {version}, and this is {__version__}."
        remedy = "Its own version is in it, below 'wheels'; see its INSTALL.txt."
        warn_all([Problem(message=message, remedy=remedy)])


def _enough_room(manifest: Manifest, project: Project, scratch: Path) -> None:
    """Images are unpacked beside the project, and then loaded into Podman's store."""
    size = sum(one.size for one in manifest.members if not one.path.startswith("wheels/"))
    loaded = sum(one.size for one in manifest.members if one.path == IMAGES)
    places = [(scratch, size)]
    store = project.engine.host.store
    if store and Path(store).is_dir():
        places.append((Path(store), loaded))
    for place, _ in places:
        device = place.stat().st_dev
        needed = sum(bytes_ for other, bytes_ in places if other.stat().st_dev == device)
        free = shutil.disk_usage(place).free
        if needed > free:
            raise PreconditionError(
                f"Unpacking takes about {needed // _MIB} MiB, and {free // _MIB} MiB are free "
                f"where {place} is: nothing was loaded or written.",
                remedy="Make room there.",
            )


def _unpack(reader: Reader, scratch: Path) -> Path:
    """Write the project and the archive of the images below a folder of nobody else."""
    top = scratch / "project"
    top.mkdir(mode=0o755)

    def write(member: Member, content: Content) -> None:
        if member.path == IMAGES:
            _write(scratch / IMAGES, content, 0o600)
        elif member.path.startswith(PROJECT):
            _write(top / member.path.removeprefix(PROJECT), content, member.mode)
        else:
            for _ in content:
                pass

    reader.read(write)
    for member in reader.manifest.members:
        if member.link:
            place = top / member.path.removeprefix(PROJECT)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(member.link)
    return top


def _write(path: Path, content: Content, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        for chunk in content:
            file.write(chunk)
        os.fchmod(file.fileno(), mode)


def _load(manifest: Manifest, project: Project, file: Path) -> tuple[str, ...]:
    if not manifest.images:
        return ()
    engine, progress = project.engine, project.progress
    progress.step(f"Loading {len(manifest.images)} image{'s' * (len(manifest.images) > 1)}")
    replaced = images.replaced(engine, manifest.images)
    images.load(engine, manifest.images, file, progress)
    file.unlink()
    return tuple(replaced)


def _settle(manifest: Manifest, unpacked: Path, target: Path) -> None:
    """Remember what the images were built from, and give the folder its name."""
    state_dir = state_dir_of(unpacked / manifest.config)
    private_folder(state_dir)
    loaded = {image.reference: image.id for image in manifest.images}
    ImageRecords(state_dir).take(loaded, manifest.built)
    os.rename(unpacked, target)  # noqa: PTH104 - unlike replace(), it says what it does
