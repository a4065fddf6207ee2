"""Images on their way from one store into another, in one archive that shares their layers."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from container_manager.bundling.manifest import Image
from container_manager.errors import PreconditionError, Problem, RuntimeFailure, raise_all
from container_manager.lifecycle.images import is_local
from container_manager.podman.answers import json_list
from container_manager.podman.engine import Engine
from container_manager.progress import Progress

_ANEW = "Make the bundle anew."
_COPY_TIMEOUT = 6 * 3600.0
_BY_DIGEST = "@sha256:"
_LISTING = "manifest.json"
_MAX_LISTING = 64 << 20
_NO_LISTING = (
    tarfile.TarError, ValueError, KeyError, TypeError, AttributeError, RecursionError,
)  # fmt: skip


def inspected(engine: Engine, references: Iterable[str]) -> tuple[Image, ...]:
    """What images are, in order of their references.

    Raises:
        PreconditionError: one is named by its digest, which no archive keeps.
        RuntimeFailure: one is not there.
    """
    listed = sorted(set(references))
    raise_all(PreconditionError, (_by_digest(one) for one in listed if _BY_DIGEST in one))
    if not listed:
        return ()
    said = json_list(engine.order("image", "inspect", *listed))
    return tuple(_image(*pair) for pair in zip(listed, said, strict=True))


def room_for(engine: Engine, images: Iterable[Image]) -> int:
    """About how many bytes images take in an archive, where each layer is once."""
    layers: dict[str, int] = {}
    for name in sorted({image.id for image in images}):
        (said,) = json_list(engine.order("image", "inspect", name))
        names = list((said.get("RootFS") or {}).get("Layers") or ())
        steps = json_list(engine.order("history", "--format=json", "--no-trunc", name))
        sizes = [int(step.get("size") or 0) for step in reversed(steps)]
        made = [not one.get("empty_layer") for one in said.get("History") or ()]
        if len(sizes) == len(made) and sum(made) == len(names):
            full = [size for size, layer in zip(sizes, made, strict=True) if layer]
            layers |= dict(zip(names, full, strict=True))
        else:  # its history does not tell which step made which layer
            layers[name] = int(said.get("Size") or 0)
    return sum(layers.values())


def save(engine: Engine, images: Sequence[Image], file: Path, progress: Progress) -> list[Image]:
    """Write an archive of images; returns them with the names that they have in it.

    Raises:
        RuntimeFailure: they cannot be saved, or were changed meanwhile.
    """
    kind = ("--format=docker-archive", "--multi-image-archive")
    references = [image.reference for image in images]
    engine.order(
        *("save", *kind, f"--output={file}", *references),
        timeout=_COPY_TIMEOUT,
        on_line=progress.detail,
    )
    tags = listed(file)
    lost = [image.reference for image in images if not tags.get(image.id)]
    if lost:
        raise RuntimeFailure(
            f"Podman has saved other images than {', '.join(lost)}, or none.",
            remedy="They may have been built anew meanwhile: run 'bundle' again.",
        )
    return [
        replace(image, tags=tags[image.id], digests=_of(image, tags[image.id])) for image in images
    ]


def _of(image: Image, tags: Iterable[str]) -> tuple[str, ...]:
    """The digests under which a registry has it; Podman makes some up for what it built."""
    from_registries = {tag.rpartition(":")[0] for tag in tags if not is_local(tag)}
    return tuple(one for one in image.digests if one.partition("@")[0] in from_registries)


def listed(file: Path) -> dict[str, tuple[str, ...]]:
    """Id of an image -> its names, of an archive that Podman wrote.

    Raises:
        RuntimeFailure: it is none.
    """
    try:
        with tarfile.open(file, "r:") as archive:
            member = archive.getmember(_LISTING)
            small = member.isreg() and member.size <= _MAX_LISTING
            stream = archive.extractfile(member) if small else None
            entries: Any = json.load(stream) if stream else None
        found: dict[str, set[str]] = {}
        for one in entries:
            name = str(one["Config"]).rpartition("/")[2].removesuffix(".json")
            found.setdefault(name, set()).update(map(str, one.get("RepoTags") or ()))
    except _NO_LISTING as error:
        raise RuntimeFailure(
            f"The archive of the images makes no sense: {error}.", remedy=_ANEW
        ) from error
    return {name: tuple(sorted(tags)) for name, tags in found.items()}


def load(engine: Engine, images: Sequence[Image], file: Path, progress: Progress) -> None:
    """Bring the images of an archive into the store, and see that they are those that were saved.

    Raises:
        RuntimeFailure: they are not; nothing was loaded if the archive itself says so.
    """
    expected = {image.id: image.tags for image in images}
    if listed(file) != expected:
        raise RuntimeFailure("The archive holds other images than the bundle says.", remedy=_ANEW)
    engine.order("load", f"--input={file}", timeout=_COPY_TIMEOUT, on_line=progress.detail)
    there = engine.images_named([image.reference for image in images])
    raise_all(
        RuntimeFailure,
        (
            Problem(
                message=f"The image {image.reference} is not here after it was loaded, or is "
                "another one.",
                remedy=f"It should be {image.id}; see 'podman images --no-trunc'.",
            )
            for image in images
            if (state := there[image.reference]) is None or state.id != image.id
        ),
    )


def replaced(engine: Engine, images: Collection[Image]) -> list[str]:
    """The references that are other images here, and will be those of the bundle."""
    there = engine.images_named([image.reference for image in images])
    return [
        image.reference
        for image in images
        if (state := there[image.reference]) is not None and state.id != image.id
    ]


def architecture(engine: Engine) -> str:
    """That of the machine on which containers run, as images name it."""
    return engine.order("info", "--format={{.Host.Arch}}").stdout.strip()


def _image(reference: str, said: Mapping[str, Any]) -> Image:
    return Image(
        reference=reference,
        id=str(said["Id"]).removeprefix("sha256:"),
        architecture=str(said.get("Architecture") or ""),
        digests=tuple(sorted(said.get("RepoDigests") or ())),
    )


def _by_digest(reference: str) -> Problem:
    name = reference.partition("@")[0]
    return Problem(
        message=f"The image {reference} is named by its digest, under which Podman finds only what "
        "it has pulled itself: where the bundle goes, it could not be found.",
        remedy=f"Pull it and give it a name: podman tag {reference} localhost/{Path(name).name}; "
        "the bundle keeps the very image, and refuses any other.",
    )
