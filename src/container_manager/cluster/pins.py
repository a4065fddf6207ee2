"""Which content of an image a cluster is to run: remembered when images are pushed.

A tag can be moved, and a pod that starts anew would run something else than its neighbours. So what
is built here is named by the digest that the registry has it under.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from container_manager.cluster.api import Object
from container_manager.cluster.wanted import pod_template
from container_manager.errors import PreconditionError, Problem, raise_all
from container_manager.export.kubernetes.model import ImageNeed
from container_manager.podman.containers_conf import write_private

_FILE = "kubernetes-images.json"


def read_pins(state_dir: Path) -> dict[str, str]:
    """Name of an image in the cluster -> the name with which it is pinned."""
    try:
        known = json.loads((state_dir / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in known.items()} if isinstance(known, dict) else {}


def write_pins(state_dir: Path, pins: Mapping[str, str]) -> None:
    """Remember these, besides those that are known."""
    known = {**read_pins(state_dir), **pins}
    text = json.dumps(dict(sorted(known.items())), indent=1)
    write_private(state_dir / _FILE, text)


def pinned(
    objects: Sequence[Object], images: Iterable[ImageNeed], pins: Mapping[str, str]
) -> tuple[Object, ...]:
    """Objects whose pods run what was pushed.

    Args:
        objects: of a stack.
        images: what they run; what an overlay has run something else instead needs no pin.
        pins: as :func:`read_pins` gives them.

    Raises:
        PreconditionError: an image that is built here was never pushed.
    """
    run = {c.get("image") for one in objects for c in _containers(pod_template(one) or {})}
    built = {need.target: need.service for need in images if need.built and need.target in run}
    raise_all(
        PreconditionError,
        (
            Problem(
                message=f"The image {target} of the service '{service}' is in no registry yet, "
                "as far as is known here: nothing was done.",
                remedy="'kube.images' builds and pushes it.",
            )
            for target, service in built.items()
            if target not in pins
        ),
    )
    chosen = {target: pins[target] for target in built}
    return tuple(_with_images(one, chosen) for one in objects)


def _with_images(one: Object, pins: Mapping[str, str]) -> Object:
    template = pod_template(one)
    if template is None or not any(c.get("image") in pins for c in _containers(template)):
        return one
    copied: dict[str, Any] = deepcopy(dict(one))
    for container in _containers(copied["spec"]["template"]):
        container["image"] = pins.get(container["image"], container["image"])
    return copied


def _containers(template: Mapping[str, Any]) -> list[Any]:
    spec = template.get("spec") or {}
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
