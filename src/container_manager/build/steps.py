"""The steps of a build: each says which files it wants below the build directory, and why.

Order matters where two steps of one service want the same path: the later wins only where the
original module's did, which is written down in :data:`_MAY_REPLACE`.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from container_manager.build.additional import additional_step
from container_manager.build.content import check_json
from container_manager.build.guards import bad_output_name, real
from container_manager.build.plugged import plugins_step
from container_manager.build.site import (
    COMPOSE_STEP,
    Site,
    copied,
    entry_of,
    rendered,
    walk_copied,
    walk_service,
)
from container_manager.build.sources import Entry
from container_manager.discovery import COMPOSE_FILE_NAME, SERVICES_DIR, TEMPLATE_FILENAME
from container_manager.errors import Location, Problem, RenderError
from container_manager.inputs import note
from container_manager.model import Output, Service

SRC_DIR = "src"
OUT_SRC_DIR = "repo_src"
KERNEL_TEMPLATE = "kernel.json.j2"
CONFIG_FILE = "config.yml"
SUFFIX = ".j2"

_MAY_REPLACE = {
    # a service's own configuration fragment gives way to the flattened configuration
    "config": "files",
    # the global requirements.txt wins over one that lies in src/
    "requirements": "src",
}


def root_output(site: Site) -> Output:
    """The root compose file, which defines what all services share."""
    template = site.root / SERVICES_DIR / TEMPLATE_FILENAME
    note(template)
    if not template.is_file():
        raise RenderError(
            "The root template does not exist.",
            where=Location(template),
            remedy=f"Create it; for a start: 'networks: {{{site.values.get('network', 'default')}: "
            "{}}'.",
        )
    return rendered(site, template, f"{SERVICES_DIR}/{COMPOSE_FILE_NAME}", None, step=COMPOSE_STEP)


def service_outputs(
    site: Site, service: Service, steps: Collection[str], problems: list[Problem]
) -> dict[str, Output]:
    """Every file that ``steps`` want for one service; problems are collected.

    Args:
        site: what steps read.
        service: the service.
        steps: names from :data:`STEPS`.
        problems: gains what is wrong.

    Returns:
        Path below the build directory -> file.
    """
    wanted: dict[str, Output] = {}
    for name in steps:
        try:
            for output in STEPS[name](site, service, problems):
                _want(wanted, output, problems)
        except RenderError as error:
            problems.extend(error.problems)
        except OSError as error:  # it was there a moment ago
            where = Location(Path(os.fsdecode(error.filename or service.folder)))
            message = f"This cannot be read: {error.strerror}."
            problems.append(Problem(message=message, where=where, remedy="Make it readable."))
    return wanted


def _want(wanted: dict[str, Output], output: Output, problems: list[Problem]) -> None:
    if (bad := bad_output_name(output)) is not None:
        problems.append(bad)
        return
    before = wanted.get(output.path)
    if before is not None and _MAY_REPLACE.get(output.step) != before.step:
        problems.append(
            Problem(
                message=f"Two sources want to be {output.path}: "
                f"{before.reason} and {output.reason}.",
                where=output.where,
                remedy="Rename one of them.",
            )
        )
        return
    wanted[output.path] = output


def compose_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """The service's compose file."""
    path = f"{service.path}/{COMPOSE_FILE_NAME}"
    yield rendered(site, service.folder / TEMPLATE_FILENAME, path, service, step=COMPOSE_STEP)


def files_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """The service's other files: ``.j2`` files rendered in place, all others copied."""
    folder = service.folder
    no_render = service.settings.get("no_render") or []
    for entry in walk_service(site, service, problems):
        if entry.path == TEMPLATE_FILENAME or posixpath.basename(entry.path) == KERNEL_TEMPLATE:
            continue
        if entry.path == CONFIG_FILE and (folder / entry.path) in site.fragments:
            continue  # it makes way for the flattened configuration
        path = f"{service.path}/{entry.path}"
        if not entry.path.endswith(SUFFIX) or entry.link or _matches(entry.path, no_render):
            yield copied(path, entry, service, f"the file {service.shown}/{entry.path}", "files")
            continue
        try:
            target = path.removesuffix(SUFFIX)
            yield rendered(site, Path(entry.source), target, service, step="files")
        except RenderError as error:
            problems.extend(error.problems)


def kernels_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """The kernel specifications, where the service asks for them."""
    if not service.settings.get("render_kernel_templates"):
        return
    for entry in walk_service(site, service, []):
        if posixpath.basename(entry.path) == KERNEL_TEMPLATE:
            try:
                yield kernel_output(site, entry, service)
            except RenderError as error:
                problems.extend(error.problems)


def kernel_output(site: Site, entry: Entry, service: Service) -> Output:
    """One rendered kernel specification, checked to be JSON."""
    path = f"{service.path}/{entry.path.removesuffix(SUFFIX)}"
    template = Path(entry.source)
    output = rendered(site, template, path, service, step="kernels")
    check_json(output.text or "", template)
    return output


def src_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """``src/`` as ``repo_src/``, with the project's metadata beside it."""
    if not service.settings.get("copy_src"):
        return
    source = site.root / SRC_DIR
    note(source)
    where = site.origin((*service.key_path, "copy_src"))
    if not source.is_dir():
        if _is_wish(service, where):
            return
        problems.append(
            Problem(
                message=f"{service.name} has copy_src, but there is no folder {SRC_DIR}/.",
                where=where,
                remedy=f"Create {source}, or set copy_src to false.",
            )
        )
        return
    if not real(source).is_relative_to(real(site.root)):
        problems.append(
            Problem(
                message=f"This symlink leads out of the project: {real(source)}.",
                where=Location(source),
                remedy="Put what it leads to in its place.",
            )
        )
        return
    for entry in walk_copied(site, source, problems):
        path = f"{service.path}/{OUT_SRC_DIR}/{entry.path}"
        yield copied(path, entry, service, f"the file {SRC_DIR}/{entry.path}", "src")
    pyproject = site.root / "pyproject.toml"
    if _usable(pyproject, site, problems):
        path = f"{service.path}/{OUT_SRC_DIR}/pyproject_user.toml"
        yield copied(path, entry_of(pyproject), service, "the project's pyproject.toml", "src")


def requirements_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """The global ``requirements.txt``, beside the copied sources."""
    requirements = site.root / "requirements.txt"
    if service.settings.get("copy_src") and _usable(requirements, site, problems):
        path = f"{service.path}/{OUT_SRC_DIR}/requirements.txt"
        entry, reason = entry_of(requirements), "the project's requirements.txt"
        yield copied(path, entry, service, reason, "requirements")


def config_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """The flattened configuration, for the container to read."""
    own = service.folder / CONFIG_FILE
    note(own)
    if own.is_file() and own not in site.fragments:
        site.warnings.append(
            Problem(
                message="This file is replaced by the flattened configuration in the service's "
                "build folder.",
                where=Location(own),
                remedy="Give it another name.",
            )
        )
    yield Output(
        path=f"{service.path}/{CONFIG_FILE}",
        text=site.flattened,
        source=None,
        mode=0o644,
        reason="the flattened configuration",
        owner=service.name,
        step="config",
    )


Step = Callable[[Site, Service, list[Problem]], Iterator[Output]]

STEPS: Mapping[str, Step] = {
    COMPOSE_STEP: compose_step,
    "files": files_step,
    "src": src_step,
    "requirements": requirements_step,
    "additional": additional_step,
    "config": config_step,
    "kernels": kernels_step,
    "plugins": plugins_step,
}
"""A new build step is a function above and a row here."""

ASSET_STEPS = ("src", "requirements", "additional")


def _usable(path: Path, site: Site, problems: list[Problem]) -> bool:
    """Whether an optional file of the project is there; one that only seems to be is a problem."""
    note(path)
    if not path.exists() and not path.is_symlink():
        return False
    message, remedy = None, None
    if not path.exists():
        message, remedy = "This symlink leads nowhere.", "Mend or remove it."
    elif not path.is_file():
        message, remedy = "This is no file.", "Remove it, or put a file in its place."
    elif not real(path).is_relative_to(real(site.root)):
        message = f"This symlink leads out of the project: {real(path)}."
        remedy = "Put what it leads to in its place."
    if message:
        problems.append(Problem(message=message, where=Location(path), remedy=remedy))
    return message is None


def _is_wish(service: Service, where: Location | None) -> bool:
    """A package cannot know whether there is a ``src/``: its own ``copy_src`` means "if so"."""
    own = where is None or where.file.is_relative_to(service.folder)
    return service.package is not None and own


def _matches(path: str, patterns: Sequence[str]) -> bool:
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(path, p) or fnmatch.fnmatchcase(name, p) for p in patterns)
