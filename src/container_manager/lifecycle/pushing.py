"""Images on their way to a cluster: through a registry, or in an archive where there is none."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from container_manager.errors import Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.project import Project

_SILENCE = 300.0
_TIMEOUT = 6 * 3600.0
_ID_SHOWN = 16
_DENIED = ("unauthorized", "authentication required", "denied", "invalid username/password")


def untagged(name: str) -> str:
    """The name of an image without its tag; a port of its registry is none.

    >>> untagged("127.0.0.1:5000/lab/web:1"), untagged("127.0.0.1:5000/lab/web")
    ('127.0.0.1:5000/lab/web', '127.0.0.1:5000/lab/web')
    """
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def by_content(name: str, image_id: str) -> str:
    """A name whose tag says which image it is, for where no registry gives digests.

    >>> by_content("registry.example/lab/web:latest", "0123456789abcdef0123")
    'registry.example/lab/web:id-0123456789abcdef'
    """
    return f"{untagged(name)}:id-{image_id.removeprefix('sha256:')[:_ID_SHOWN]}"


def push(project: Project, images: Mapping[str, str]) -> dict[str, str]:
    """Push images to their registries, with whatever credentials Podman has been given for them.

    Args:
        project: whose images.
        images: name with a registry -> id on this machine.

    Returns:
        The same names -> each with the digest that the registry has it under.

    Raises:
        RuntimeFailure: some could not be pushed.
    """
    problems: list[Problem] = []
    pushed: dict[str, str] = {}
    for name, image_id in images.items():
        project.progress.step(f"Pushing {name}")
        if project.engine.host.remote:
            # Such a Podman does not say the digest (podman-push(1)); a tag by content is as good.
            pushed[name] = by_content(name, image_id)
            said = _push(project, image_id, pushed[name])
            problems += [_refused(project, name, said)] if said else []
            continue
        with tempfile.TemporaryDirectory(prefix="cman-") as folder:
            file = Path(folder) / "digest"
            said = _push(project, image_id, name, f"--digestfile={file}")
            digest = file.read_text(encoding="ascii").strip() if file.is_file() else ""
        if said or not digest:
            problems.append(_refused(project, name, said))
        else:
            pushed[name] = f"{untagged(name)}@{digest}"
    raise_all(RuntimeFailure, problems)
    return pushed


def archive(project: Project, images: Mapping[str, str], file: Path) -> dict[str, str]:
    """Write images into one archive, under names that say their content.

    Args:
        project: whose images.
        images: name in the cluster -> id on this machine.
        file: the archive, which nodes can import.

    Returns:
        The same names -> those in the archive.

    Raises:
        RuntimeFailure: it could not be written.
    """
    named = {name: by_content(name, image_id) for name, image_id in images.items()}
    engine = project.engine
    project.progress.step(f"Writing {len(named)} images to {file}")
    partial = file.with_name(f".{file.name}.part")
    partial.unlink(missing_ok=True)  # Podman adds to no archive that is there
    try:
        for name, image_id in images.items():
            engine.order("tag", image_id, named[name])
        kind = ("--format=docker-archive", "--multi-image-archive", "--quiet")
        listed = sorted(named.values())
        engine.order("save", *kind, f"--output={partial}", *listed, timeout=_TIMEOUT)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
        for tag in named.values():
            engine.call("untag", tag, tag)
    return named


def _push(project: Project, image_id: str, name: str, *options: str) -> str:
    """Push one image; what was said where that failed."""
    try:
        finished = project.engine.call(
            *("push", *options, image_id, f"docker://{name}"),
            timeout=_TIMEOUT,
            silence=_SILENCE,
            on_line=lambda line: project.progress.detail(project.redact(line)),
            more=project.outward,
        )
    except RuntimeFailure as error:
        return str(error)
    return "" if finished.ok else finished.last_lines or "Podman gives no reason"


def _refused(project: Project, name: str, said: str) -> Problem:
    registry = name.partition("/")[0]
    told = project.redact(said) or "Podman did not say under which digest."
    denied = any(mark in said.lower() for mark in _DENIED)
    return Problem(
        message=f"The image {name} could not be pushed:\n{told}",
        remedy=f"Log in, then try again: podman login {registry}"
        if denied
        else f"See that the registry {registry} can be reached from here, and that it is spelled "
        "right ('kubernetes: {registry: …}').",
    )
