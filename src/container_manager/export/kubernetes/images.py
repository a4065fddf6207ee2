"""Which images the pods run, and which of them somebody has to bring to the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from container_manager.compose.model import ComposeService
from container_manager.export.kubernetes.asked import Asked, Project
from container_manager.export.kubernetes.model import ImageNeed
from container_manager.export.kubernetes.subject import Subject

LOCAL = "localhost/"
"""What names of images begin with that no registry has."""


def image_of(service: ComposeService, asked: Asked, project: Project) -> tuple[str, bool]:
    """The image as pods name it, and whether it has to be brought to a registry first."""
    if asked.image:
        return asked.image, False
    if service.build is None and not service.image.startswith(LOCAL):
        return service.image, False
    # What is called after a registry already goes there; other names begin with none.
    named = service.image.removeprefix(LOCAL)
    first = named.partition("/")[0]
    if service.image.startswith(LOCAL) or not ("/" in named and {".", ":"} & set(first)):
        named = f"{project.registry}/{named}" if project.registry else f"{LOCAL}{named}"
    return named, True


def images_of(subjects: Iterable[Subject]) -> Iterator[ImageNeed]:
    """What a stack runs; an image that nobody can pull is refused by :func:`look_at_images`."""
    for subject in subjects:
        yield ImageNeed(
            service=subject.service.name,
            local=subject.service.image,
            built=subject.pushed,
            target=subject.image,
        )


def look_at_images(subjects: Iterable[Subject]) -> None:
    """Refuse images that only this machine has: one registry mends it for all of them."""
    local = [subject for subject in subjects if subject.image.startswith(LOCAL)]
    if not local:
        return
    first, *others = local
    names = ", ".join(f"'{other.service.name}'" for other in others)
    so_do = f", and so {'do' if len(others) > 1 else 'does'} {names}" if others else ""
    built = first.service.build is not None
    first.refuse(
        f"runs the image {first.service.image}, which only this machine has{so_do}.",
        "Name a registry: 'kubernetes: {registry: registry.example.org/lab}' at the top level "
        "of the configuration; or what the cluster is to pull: 'kubernetes: {image: …}' of the "
        "service.",
        "build" if built and not first.service.named_image else "image",
    )
