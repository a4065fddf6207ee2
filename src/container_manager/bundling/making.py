"""``bundle``: builds a project, and writes all that it takes to run it elsewhere into one file."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from container_manager import __version__, lifecycle
from container_manager.build.leaks import LeakScan
from container_manager.bundling import archive, images, wheels
from container_manager.bundling.contents import Contents, collect, elsewhere, secret_files
from container_manager.bundling.manifest import (
    IMAGES,
    INSTALL,
    WHEELS,
    Image,
    Manifest,
    Member,
)
from container_manager.compose.graph import with_dependencies
from container_manager.compose.overrides import overrides_of
from container_manager.config.completing import normalise_name
from container_manager.config.images import local_python
from container_manager.config.loader import Config, load
from container_manager.environments import local_of
from container_manager.errors import (
    ConfigError,
    PreconditionError,
    Problem,
    RuntimeFailure,
    UsageError,
    display_path,
    raise_all,
)
from container_manager.inputs import noting_overall
from container_manager.lifecycle.images import ImageRecords
from container_manager.lifecycle.signals import interruptible
from container_manager.opening import Opened, open_built, told_by_template
from container_manager.places import ConfigPath
from container_manager.plugins import BUILD_STEPS, PROVIDERS, plugins
from container_manager.report import warn_all
from container_manager.started import changing

SUFFIX = ".bundle.tar"

GROUPS = (BUILD_STEPS, PROVIDERS)
"""The kinds of plugins: a project may need any that is installed."""

_MIB = 1024**2
_SPARE = 64 * _MIB
"""For what is no image: sources, wheels, and what the file system takes itself."""

_INSTALL = """\
This is {project}, made with container-manager {version} for {platform}, Python {python}.

On a machine without internet that has Podman, Python {python} and its venv module:

  sha256sum BUNDLE            # compare it with what 'bundle' printed where it was made
  tar xf BUNDLE wheels
  python3 -m venv manager
  manager/bin/pip install --no-index --find-links wheels {requirements}
  manager/bin/container-manager unbundle BUNDLE

The last command verifies everything before it loads an image or writes a file, and then says how
to start.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """A bundle that was written.

    Attributes:
        file: where it is.
        size: its bytes.
        sha256: of the whole file, in hexadecimal.
        manifest: what it holds.
    """

    file: Path
    size: int
    sha256: str
    manifest: Manifest


@interruptible("nothing was written")
def bundle(
    config: ConfigPath = None,
    *,
    output: str | os.PathLike[str] | None = None,
    service: Iterable[str] = (),
    force: bool = False,
) -> Bundled:
    """Build a project and its images, and write one file that needs no internet elsewhere.

    Args:
        config: the configuration.
        output: the file; None: ``PROJECT.bundle.tar`` in the current directory.
        service: names of services; their images and those of what they need go in, no others.
        force: replace a file that is there.

    Raises:
        ManagerError: see the exit code; nothing was written.
    """
    _refuse_imports(load(config))
    with noting_overall() as seen:
        opened = open_built(config, tuple(service))
    named = output or f"{opened.project.name}{SUFFIX}"
    target = Path(os.path.abspath(named))  # noqa: PTH100 - '..' as people mean it
    _refuse_target(target, force=force)
    contents = _contents(opened, seen.stamps)
    warn_all(contents.left)
    with (
        tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch,
        told_by_template(opened.build),
        changing(opened.project),
    ):
        lifecycle.build_images(opened.project, opened.build, stack=opened.stack, only=opened.only)
        manifest, files = _gather(opened, contents, Path(scratch))
        return _written(manifest, files, Path(scratch) / "whole", target, opened)


def _refuse_imports(config: Config) -> None:
    """Without a file that it names, a configuration cannot even be read."""
    named = [*config.imported_from.items()]
    named += [(one.path, one.where) for one in overrides_of(config)]
    raise_all(
        ConfigError,
        (
            Problem(
                message=f"{path} lies outside of the project, and a bundle holds one folder.",
                where=where,
                remedy="Move it into the project's folder.",
            )
            for path, where in named
            if elsewhere(config.root, path)
        ),
    )


def _refuse_target(target: Path, *, force: bool) -> None:
    shown = display_path(target)
    if not target.parent.is_dir():
        raise UsageError(
            f"There is no folder {display_path(target.parent)}: nothing was done.",
            remedy="Make it first, or name another one.",
        )
    if target.exists() and not target.is_file():  # a device would be replaced, too
        kind = "a folder" if target.is_dir() else "no file"
        raise UsageError(f"{shown} is {kind}: nothing was done.", remedy="Name a file.")
    if os.path.lexists(target) and not force:
        raise UsageError(
            f"{shown} is there already: nothing was done.",
            remedy="Name another file with --output, or replace it with --force.",
        )


def _contents(opened: Opened, looked_at: Iterable[str]) -> Contents:
    project, stack = opened.project, opened.stack
    scan = LeakScan(project.environment.secret_values(stack.referenced))
    mounted = [bind.source for one in stack.services.values() for bind in one.binds]
    commands = [project.root / word for hook in project.hooks for word in hook.argv]
    secrets = secret_files(stack, opened.build)
    return collect(
        project.root,
        opened.build,
        [Path(one) for one in looked_at] + [one.path for one in project.overrides] + commands,
        mounted,
        stays={local_of(project.config_path), *secrets},
        scan=scan,
    )


def _gather(
    opened: Opened, contents: Contents, scratch: Path
) -> tuple[Manifest, Mapping[str, Path]]:
    """Everything that goes in, as files, and the manifest of it."""
    project = opened.project
    saved = _save_images(opened, scratch)
    made_with = {
        wheels.OURS: __version__,
        "python": ".".join(map(str, sys.version_info[:2])),
        "platform": sysconfig.get_platform(),
    }
    program = _save_ourselves(opened, scratch, made_with)
    archives = {IMAGES: scratch / IMAGES} if saved else {}
    manifest = Manifest(
        project=project.name,
        folder="" if project.named else normalise_name(project.root.name),
        config=project.config_path.relative_to(project.root).as_posix(),
        services=tuple(opened.only or ()),
        architecture=images.architecture(project.engine),
        made_with=made_with,
        variables=tuple(sorted(project.environment.dotenv)),
        images=tuple(saved),
        built=ImageRecords(project.state_dir).of(one.reference for one in saved),
        members=(*_members(program), *contents.members, *_members(archives)),
    )
    return manifest, {**program, **contents.files, **archives}


def _save_ourselves(opened: Opened, scratch: Path, made_with: Mapping[str, str]) -> dict[str, Path]:
    """The wheels, and what to do with them: member -> its file."""
    project, folder, note = opened.project, scratch / "wheels", scratch / INSTALL
    project.progress.step("Making the wheels")
    brought = [one.package for one in project.services.values() if one.package]
    packages = {name.removeprefix("package:").partition("/")[0] for name in brought}
    packages |= {one.distribution.split()[0] for group in GROUPS for one in plugins(group)}
    folder.mkdir()
    versions = wheels.make(packages | {wheels.OURS}, folder, project.engine.runner)
    text = _INSTALL.format(
        project=project.name,
        version=__version__,
        platform=made_with["platform"],
        python=made_with["python"],
        requirements=" ".join(f"{name}=={version}" for name, version in versions.items()),
    )
    note.write_text(text, encoding="utf-8")
    return {INSTALL: note, **{f"{WHEELS}{one.name}": one for one in sorted(folder.iterdir())}}


def _save_images(opened: Opened, scratch: Path) -> list[Image]:
    engine, progress = opened.project.engine, opened.project.progress
    found = images.inspected(engine, _references(opened))
    needed, free = 2 * images.room_for(engine, found) + _SPARE, shutil.disk_usage(scratch).free
    if needed > free:
        raise PreconditionError(
            f"Writing the bundle takes about {needed // _MIB} MiB for a while, and there are "
            f"{free // _MIB} MiB free: nothing was written.",
            remedy="Make room, or name a file on another disk with --output.",
        )
    if not found:
        return []
    progress.step(f"Saving {len(found)} image{'s' * (len(found) > 1)}")
    return images.save(engine, found, scratch / IMAGES, progress)


def _references(opened: Opened) -> set[str]:
    """The images of the chosen services, and our own base image where a file names it."""
    stack = opened.stack
    chosen = set(stack.services)
    if opened.only is not None:
        chosen = set(with_dependencies(stack, stack.owned_by(opened.only)))
    found = {stack.services[name].image for name in chosen}
    base = local_python()
    texts = (one.text or "" for one in opened.build.plan.outputs.values())
    return found | ({base} if base and any(base in text for text in texts) else set())


def _written(
    manifest: Manifest, files: Mapping[str, Path], partial: Path, target: Path, opened: Opened
) -> Bundled:
    """Write the bundle under another name, and give it its own once it is whole."""

    def content_of(member: Member) -> IO[bytes]:
        return files[member.path].open("rb")

    opened.project.progress.step(f"Writing {display_path(target)}")
    try:
        with partial.open("xb") as stream:
            digest = archive.write(stream, manifest, content_of)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    except OSError as error:
        raise RuntimeFailure(
            f"The bundle could not be written: {error.strerror or error}.",
            remedy=f"See that there is room and permission in {target.parent}.",
        ) from error
    return Bundled(file=target, size=archive.size_of(manifest), sha256=digest, manifest=manifest)


def _members(files: Mapping[str, Path]) -> Iterator[Member]:
    for name, path in files.items():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield Member(path=name, size=path.stat().st_size, sha256=digest)
