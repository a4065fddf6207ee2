"""The step of a build that copies further folders and files into a service's build folder."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from container_manager.build.guards import real
from container_manager.build.site import Site, copied, entry_of, walk_copied
from container_manager.errors import Problem
from container_manager.inputs import note
from container_manager.model import Output, Service
from container_manager.places import escapes


def additional_step(site: Site, service: Service, problems: list[Problem]) -> Iterator[Output]:
    """Further folders and files, ``"dir"`` or ``{src, dst}``."""
    for index, item in enumerate(service.settings.get("additional_dirs") or []):
        where = site.origin((*service.key_path, "additional_dirs", index))
        src, dst = (item["src"], item["dst"]) if isinstance(item, Mapping) else (item, item)
        dst = posixpath.normpath(str(dst))
        source = site.root / str(src)
        problem = _additional_problem(site, source, str(src), dst, service)
        if problem:
            problems.append(Problem(message=problem[0], where=where, remedy=problem[1]))
            continue
        reason = f"additional_dirs of {service.name}: {src}"
        if source.is_file():
            yield copied(f"{service.path}/{dst}", entry_of(source), service, reason, "additional")
            continue
        for entry in walk_copied(site, source, problems):
            yield copied(f"{service.path}/{dst}/{entry.path}", entry, service, reason, "additional")


def _additional_problem(
    site: Site, source: Path, src: str, dst: str, service: Service
) -> tuple[str, str | None] | None:
    shown = f"additional_dirs of {service.name}: "
    note(source)
    if escapes(dst):
        return (
            f"{shown}the destination {dst!r} leaves the service's build folder.",
            "Write {src: PATH, dst: NAME} with a name inside it.",
        )
    if dst == ".":
        return (
            f"{shown}the destination is the service's build folder itself.",
            "Name a folder inside it.",
        )
    if not os.path.exists(source):  # noqa: PTH110 - Path.exists() raises on names too long
        return f"{shown}the source {src!r} does not exist.", f"It is looked for in {site.root}."
    for folder, name in ((site.build_dir, "build directory"), (site.state_dir, "private folder")):
        if real(source).is_relative_to(real(folder)):
            return f"{shown}the source {src!r} lies in the {name}.", None
    return None  # a source that contains the build directory skips it
