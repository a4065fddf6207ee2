"""A bundle of a few files, made by hand."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from container_manager.bundling.archive import write
from container_manager.bundling.manifest import Manifest, Member

FILES = {
    "INSTALL.txt": b"how to\n",
    "wheels/some-1.0-py3-none-any.whl": b"PK\x03\x04",
    "project/config.yml": b"project_name: lab\n",
    "project/services/web/run.sh": b"#!/bin/sh\n" * 60,
    "project/" + "a-long-name/" * 12 + "empty": b"",
}


def member(path: str, content: bytes = b"", **more: Any) -> Member:
    """A file of a bundle."""
    digest = hashlib.sha256(content).hexdigest()
    return replace(Member(path=path, size=len(content), sha256=digest), **more)


def link(path: str, target: str) -> Member:
    """A link of a bundle."""
    return Member(path=path, size=0, sha256="", mode=0o777, link=target)


def manifest(*members: Member, **more: Any) -> Manifest:
    """What a bundle says that holds these members, and no images."""
    said = Manifest(
        project="lab",
        folder="",
        config="config.yml",
        services=(),
        architecture="amd64",
        made_with={"container-manager": "1.0", "python": "3.11", "platform": "linux-x86_64"},
        variables=("DOOR",),
        images=(),
        built={},
        members=members,
    )
    return replace(said, **more)


def written(said: Manifest, contents: Mapping[str, bytes] = FILES) -> bytes:
    """The bytes of a bundle; what it says is not examined."""
    stream = io.BytesIO()
    write(stream, said, lambda one: io.BytesIO(contents.get(one.path, b"")))
    return stream.getvalue()


def small() -> Manifest:
    """What the bundle of ``FILES`` and of one link says."""
    files = [member(path, content) for path, content in FILES.items()]
    files[3] = replace(files[3], mode=0o755)
    return manifest(*files, link("project/services/web/latest", "run.sh"))
