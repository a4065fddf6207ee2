"""The images that builds start from, as Dockerfiles name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from container_manager.build.preparing import Prepared
from container_manager.compose.model import ComposeService

_USUAL = ("Containerfile", "Dockerfile")
_FROM = re.compile(r"^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$", re.IGNORECASE)
_ARG = re.compile(r"^ARG\s+(\w+)(?:=(.*))?$", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")


def base_images(text: str, given: Mapping[str, str]) -> Iterator[str]:
    r"""The images in the ``FROM`` lines of a Dockerfile, as far as their names are known.

    Args:
        text: what the file says.
        given: the arguments of the build.

    >>> list(base_images("ARG B=a/b\nFROM ${B} AS one\nFROM one\nFROM scratch\nFROM $X\n", {}))
    ['a/b']
    >>> list(base_images("ARG BASE\nFROM $BASE\n", {"BASE": "quay.io/x:1"}))
    ['quay.io/x:1']
    """
    values: dict[str, str] = {}
    stages = {"scratch"}
    for line in map(str.strip, text.splitlines()):
        if declared := _ARG.match(line):
            name, default = declared[1], declared[2]
            values[name] = given.get(name, (default or "").strip().strip("\"'"))
        elif started := _FROM.match(line):
            image = _VARIABLE.sub(
                lambda found: values.get(found[1] or found[3], "") or found[2] or "", started[1]
            )
            if image and image.lower() not in stages:
                yield image
            if started[2]:
                stages.add(started[2].lower())


def bases_of(prepared: Prepared, service: ComposeService) -> list[str]:
    """The images that a service's image is built from; its files need not be written yet."""
    build = service.build
    if build is None or build.context is None:
        return []
    files = [build.dockerfile] if build.dockerfile else [build.context / name for name in _USUAL]
    for file in files:
        text = _text(prepared, file)
        if text is not None:
            return list(base_images(text, _arguments(build.definition.get("args"))))
    return []


def _text(prepared: Prepared, file: Path) -> str | None:
    """What a generated or copied file will say; of one elsewhere, what it says."""
    build_dir = prepared.config.build_dir
    source: Path | str = file
    if file.is_relative_to(build_dir):
        output = prepared.outputs.get(file.relative_to(build_dir).as_posix())
        if output is not None and output.text is not None:
            return output.text
        source = output.source if output is not None and output.source else file
    try:
        return Path(source).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _arguments(args: Any) -> dict[str, str]:
    if isinstance(args, Mapping):
        return {str(name): "" if value is None else str(value) for name, value in args.items()}
    if isinstance(args, list):
        return dict(str(one).partition("=")[::2] for one in args)
    return {}
