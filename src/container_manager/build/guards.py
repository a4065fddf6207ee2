"""Where a build may read and write: decided here, before anything is touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from container_manager.config.loader import Config
from container_manager.discovery import TEMPLATE_FILENAME
from container_manager.errors import Location, Problem
from container_manager.inputs import note
from container_manager.model import Output, Service
from container_manager.places import BACKUPS, MANAGER_DIR, STATE_DIR, escapes

OWNER = "project"
_SEPARATOR = "\0"

_SHOWN = 3
"""Foreign files that a message names."""


def real(path: Path) -> Path:
    """The path with symlinks resolved, whether it exists or not."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):  # nothing that we may look at, or a NUL: the path of nothing
        return path


def overlaps(one: Path, other: Path) -> bool:
    """Whether one of two folders is or contains the other, symlinks resolved."""
    one, other = real(one), real(other)
    return one.is_relative_to(other) or other.is_relative_to(one)


def build_dir_problems(config: Config, sources: Iterable[Path]) -> list[Problem]:
    """Why the configured build directory may not be used; empty when it may.

    Args:
        config: the configuration.
        sources: folders and files that the build reads.
    """
    build = config.build_dir
    where = config.nearest_origin("build_dir")
    usual = f"build-{config.env.name}" if config.env is not None else "build"
    own = f"Use a folder of its own, such as ./{usual}."

    def problem(message: str, remedy: str = own) -> Problem:
        return Problem(message=message, where=where, remedy=remedy)

    real_build, real_root = real(build), real(config.root)
    if real_root.is_relative_to(real_build):
        return [problem(f"The build directory {build} is or contains the project itself.")]
    for kept in (config.root / STATE_DIR, config.root / BACKUPS):
        if overlaps(build, kept):
            return [problem(f"The build directory {build} overlaps {kept}, which outlives builds.")]
    around = (one for one in real_build.parents if one.is_relative_to(real_root))
    for parent in around:
        note(parent / MANAGER_DIR / OWNER)  # it may become that of another one
        if owner_of(parent) is not None:
            return [problem(f"The build directory {build} lies in another one, {parent}.")]
    for source in sorted({Path(source) for source in sources}):
        found = real(source)
        if found == real_root:
            continue  # a source that contains the build directory skips it
        meets = found.is_relative_to(real_build) or real_build.is_relative_to(found)
        if meets and not _is_skipped(build, source, config):
            return [problem(f"The build directory {build} overlaps the source {source}.")]
    return _existing_problems(build, config, problem)


def _is_skipped(build: Path, source: Path, config: Config) -> bool:
    """An additional source may contain the build directory: its copy skips it."""
    services = config.root / "services"
    inside = real(build).is_relative_to(real(source)) and real(build) != real(source)
    return inside and not overlaps(build, services)


def _existing_problems(
    build: Path, config: Config, problem: Callable[..., Problem]
) -> list[Problem]:
    try:
        foreign = sorted(entry.name for entry in os.scandir(build))
    except FileNotFoundError:
        dangling = build.is_symlink()
        return [problem(f"The build directory {build} is not a folder.")] if dangling else []
    except NotADirectoryError:
        return [problem(f"The build directory {build} is not a folder.")]
    except PermissionError:
        return [problem(f"The build directory {build} cannot be read.", "Make it readable.")]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return [problem(f"The build directory {build} cannot be a folder: {reason}.")]
    if (build / MANAGER_DIR).is_dir():
        owner = owner_of(build)
        who = _other_than(config, *owner) if owner is not None else None
        return [problem(f"The build directory {build} belongs to {who}.")] if who else []
    shown = ", ".join(foreign[:_SHOWN]) + (", …" if len(foreign) > _SHOWN else "")
    message = f"The build directory {build} holds files that we did not write: {shown}."
    remedy = "Move them away or remove the folder, or set build_dir to another one."
    return [problem(message, remedy)] if foreign else []


def _other_than(config: Config, root: str, environment: str) -> str | None:
    """Whose a build directory is, where another project or environment than this one has it."""
    if root != str(real(config.root)):
        return f"another project, {root}" if os.path.isdir(root) else None  # noqa: PTH112
    if environment == _environment(config) or not os.path.exists(os.path.join(root, environment)):  # noqa: PTH110, PTH118
        return None
    return f"{environment} beside this one" if environment else "this project without --env"


def owner_of(build: Path) -> tuple[str, str] | None:
    """The project that builds here, as it said of itself; None where nobody did.

    Returns:
        Its folder, and the name of its configuration where that is an environment.
    """
    try:
        recorded = (build / MANAGER_DIR / OWNER).read_bytes()
    except (OSError, ValueError):  # the latter of a path that no file can have
        return None
    if not recorded:  # a power failure took what was written
        return None
    root, _, environment = os.fsdecode(recorded).partition(_SEPARATOR)
    return os.path.normpath(os.path.join(real(build), root)), environment  # noqa: PTH118


def claim(build: Path, config: Config) -> None:
    """Say whose build directory this is; relatively, so that a copy says the same of its own."""
    root, environment = real(config.root), _environment(config)
    if owner_of(build) != (str(root), environment):
        recorded = os.path.relpath(root, real(build))
        recorded += f"{_SEPARATOR}{environment}" if environment else ""
        temporary = build / MANAGER_DIR / f"{OWNER}.tmp"
        temporary.unlink(missing_ok=True)
        with temporary.open("xb") as stream:
            stream.write(os.fsencode(recorded))
        temporary.replace(build / MANAGER_DIR / OWNER)


def _environment(config: Config) -> str:
    return config.env.path.name if config.env is not None else ""


def service_path_problems(service: Service, config: Config) -> list[Problem]:
    """Why a service's ``path`` cannot be used; empty when it can."""
    where = config.nearest_origin((*service.key_path, "path"))
    folder = service.folder
    if service.package is not None:  # it was found with its template
        return _package_problems(service, config, where)
    real_root, found = real(config.root), real(folder)
    if escapes(service.path) or not found.is_relative_to(real_root):
        return [
            Problem(
                message=f"{service.name}: the path {service.path!r} leaves the project.",
                where=where,
                remedy="A service is a folder of the project.",
            )
        ]
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir() raises on names too long
        return [
            Problem(
                message=f"{service.name}: there is no folder {service.path!r} in the project.",
                where=where,
                remedy=f"It is looked for below {config.root}.",
            )
        ]
    private = service.path.split("/")[0] in (STATE_DIR, BACKUPS)
    if found == real_root or service.path == "services" or private:
        return [
            Problem(
                message=f"{service.name}: {service.path!r} is not a folder of its own.",
                where=where,
                remedy="Give each service its own folder, below services/.",
            )
        ]
    template = folder / TEMPLATE_FILENAME
    if not template.is_file():
        state = "is a dangling symlink" if template.is_symlink() else "does not exist"
        return [
            Problem(
                message=f"{service.name}: its template {service.path}/{TEMPLATE_FILENAME} {state}.",
                where=where,
                remedy="Every service has a compose template in its folder.",
            )
        ]
    return []


def _package_problems(service: Service, config: Config, where: Location) -> list[Problem]:
    if not overlaps(config.build_dir, service.folder):
        return []
    message = f"{service.name}: the build directory overlaps {service.package}."
    remedy = "Nothing is written into a package: set build_dir to another folder."
    return [Problem(message=message, where=where, remedy=remedy)]


def shared_folder_problems(services: Iterable[Service], config: Config) -> list[Problem]:
    """Services of different folders that would be built into one, which only packages can cause."""
    problems = []
    first: dict[str, Service] = {}
    for service in services:
        other = first.setdefault(service.path, service)
        if other is not service and real(other.folder) != real(service.folder):
            message = (
                f"Two services would be built into {service.path}: "
                f"{other.name} ({other.shown}) and {service.name} ({service.shown})."
            )
            where = config.nearest_origin((*service.key_path, "path"))
            remedy = "Keep one of them, or move the project's to a folder of another name."
            problems.append(Problem(message=message, where=where, remedy=remedy))
    return problems


def bad_output_name(output: Output) -> Problem | None:
    """The problem of a generated path that is no file's name, or leaves the build directory."""
    path = output.path
    last = path.rpartition("/")[2]
    if escapes(path) or last in ("", ".", "..") or path.startswith(f"{MANAGER_DIR}/"):
        message = f"{path!r} cannot be the name of a generated file."
        remedy = "Rename what it is made from."
        return Problem(message=message, where=output.where, remedy=remedy)
    return None
