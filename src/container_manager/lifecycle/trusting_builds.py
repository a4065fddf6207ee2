"""What image builds are given, so that their commands trust the project's certificates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from container_manager.build.ignore import IGNORE_FILES
from container_manager.compose import dockerfiles
from container_manager.compose.model import ComposeService
from container_manager.compose.overlay import dumped
from container_manager.compose.trusting import IN_BUILDS, variables
from container_manager.podman.containers_conf import write_private


def trusting_builds(services: Iterable[ComposeService], folder: Path) -> Path:
    """Write the files that images are built from anew, with what leads to the certificates.

    Args:
        services: whose images are about to be built.
        folder: a private one, for these files.

    Returns:
        A compose file that names them, to be laid over all others. It says nothing about images
        whose context is elsewhere.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found: dict[str, dict[str, str]] = {}
    for service in services:
        build = service.build
        if build is None:
            continue
        inline = build.definition.get("dockerfile_inline")
        if inline is not None:
            text = dockerfiles.with_arguments(str(inline), variables(IN_BUILDS))
            found[service.name] = {"dockerfile_inline": text}
        elif build.context is not None:
            own = dockerfiles.find(build.context, build.dockerfile)
            if own is not None:
                written = _write(own, folder / f"{service.name}.Dockerfile")
                found[service.name] = {"dockerfile": str(written)}
    path = folder / "builds.yml"
    services_of = {name: {"build": build} for name, build in found.items()}
    write_private(path, dumped({"services": services_of}))
    return path


def _write(own: Path, path: Path) -> Path:
    """A file like another one, with its list of what to leave out, where it has one of its own."""
    text = own.read_text(encoding="utf-8")
    text = dockerfiles.with_arguments(text, variables(IN_BUILDS))
    write_private(path, text)
    for suffix in IGNORE_FILES:
        ignored, ours = Path(f"{own}{suffix}"), Path(f"{path}{suffix}")
        if ignored.is_file():
            write_private(ours, ignored.read_text(encoding="utf-8"))
        else:
            ours.unlink(missing_ok=True)
    return path
