"""The archive of the images: what is in it is known before Podman gets it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from container_manager.bundling.images import listed
from container_manager.errors import RuntimeFailure

NAME = "a" * 64


def archive(folder: Path, listing: Any, kind: bytes = tarfile.REGTYPE) -> Path:
    """An archive as Podman writes it, with this listing."""
    file = folder / "images.tar"
    text = listing if isinstance(listing, bytes) else json.dumps(listing).encode()
    with tarfile.open(file, "w") as target:
        info = tarfile.TarInfo("manifest.json")
        info.size, info.type = len(text), kind
        target.addfile(info, io.BytesIO(text))
    return file


def test_images_and_their_names_are_read(tmp_path: Path) -> None:
    entries = [
        {"Config": f"{NAME}.json", "RepoTags": ["localhost/b:latest", "localhost/a:latest"]},
        {"Config": f"blobs/sha256/{'b' * 64}", "RepoTags": None},
    ]
    assert listed(archive(tmp_path, entries)) == {
        NAME: ("localhost/a:latest", "localhost/b:latest"),
        "b" * 64: (),
    }


def test_an_image_that_is_listed_twice_has_all_of_its_names(tmp_path: Path) -> None:
    entries = [
        {"Config": f"{NAME}.json", "RepoTags": [f"localhost/{name}:latest"]} for name in "ba"
    ]
    assert listed(archive(tmp_path, entries)) == {
        NAME: ("localhost/a:latest", "localhost/b:latest")
    }


@pytest.mark.parametrize("listing", [b"", b"{", b"null", b"[1]", b"[{}]", b"\xff", b"[" * 100_000])
def test_what_is_no_listing_is_told(tmp_path: Path, listing: bytes) -> None:
    with pytest.raises(RuntimeFailure, match="makes no sense"):
        listed(archive(tmp_path, listing))


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "images.tar").write_bytes(b"x" * 2000)
    with pytest.raises(RuntimeFailure, match="makes no sense"):
        listed(tmp_path / "images.tar")
    with pytest.raises(RuntimeFailure, match="makes no sense"):
        listed(archive(tmp_path, b"[]", tarfile.SYMTYPE))
