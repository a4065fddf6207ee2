"""The archive of the images: what is in it is known before Podman gets it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from container_manager.bundling.images import listed, load, save
from container_manager.bundling.manifest import Image
from container_manager.errors import RuntimeFailure
from container_manager.podman.engine import Engine
from container_manager.progress import PlainProgress

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


class Store:
    """A Podman that writes this listing, and has these images afterwards: name -> id."""

    def __init__(self, folder: Path, listing: Any, **images: str) -> None:
        self.folder, self.listing, self.images = folder, listing, images

    def order(self, *_: str, **__: Any) -> None:
        archive(self.folder, self.listing)

    def images_named(self, names: list[str]) -> dict[str, Any]:
        ids = {name: self.images.get(name) for name in names}
        return {name: id_ and SimpleNamespace(id=id_) for name, id_ in ids.items()}


IMAGE = Image(reference="web", id=NAME, architecture="amd64", digests=(), tags=("localhost/web",))
LISTING = [{"Config": f"{NAME}.json", "RepoTags": ["localhost/web"]}]


def test_an_image_that_was_built_anew_meanwhile_is_not_taken_for_the_one_meant(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path, [{"Config": f"{'b' * 64}.json", "RepoTags": ["localhost/web"]}])
    with pytest.raises(RuntimeFailure, match="Podman has saved other images than web, or none"):
        save(cast(Engine, store), [IMAGE], tmp_path / "images.tar", PlainProgress())


def test_an_archive_of_other_images_is_not_loaded(tmp_path: Path) -> None:
    file = archive(tmp_path, [])
    with pytest.raises(RuntimeFailure, match="holds other images than the bundle says"):
        load(cast(Engine, Store(tmp_path, [])), [IMAGE], file, PlainProgress())


@pytest.mark.parametrize("there", [{}, {"web": "b" * 64}], ids=["none", "another"])
def test_an_image_that_is_not_here_after_it_was_loaded_is_told(
    tmp_path: Path, there: dict[str, str]
) -> None:
    file = archive(tmp_path, LISTING)
    store = Store(tmp_path, LISTING, **there)
    with pytest.raises(RuntimeFailure, match="is not here after it was loaded") as caught:
        load(cast(Engine, store), [IMAGE], file, PlainProgress())
    assert NAME in str(caught.value)
    load(cast(Engine, Store(tmp_path, LISTING, web=NAME)), [IMAGE], file, PlainProgress())
