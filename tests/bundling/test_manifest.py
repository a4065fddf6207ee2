"""What a manifest may say: files of a few folders, and nothing that leads out of them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from tests.bundling.small import link, manifest, member, small, written

from container_manager.bundling.archive import Damaged, Reader
from container_manager.bundling.manifest import Image, Member, dump, parse

CONFIG = member("project/config.yml")


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert parse(dump(small())) == small()


@pytest.mark.parametrize(
    ("hostile", "told"),
    [
        (member("/etc/passwd"), "has no place"),
        (member("project//etc/passwd"), "has no place"),
        (member("project/../../x"), "has no place"),
        (member("project/a/./b"), "has no place"),
        (member("project/a\0b"), "has no place"),
        (member("other/x"), "has no place"),
        (member("wheels/../x.whl"), "has no place"),
        (member("wheels/below/x.whl"), "has no place"),
        (member("wheels/setup.py"), "has no place"),
        (member("project/.env"), "has no place"),
        (member("project/services/web/.env.prod"), "has no place"),
        (member("project/.container-manager/images.json"), "has no place"),
        (member("project/.git/hooks/post-checkout"), "has no place"),
        (member("project/build/.manager/journal.json"), "has no place"),
        (member("project/backups/x"), "has no place"),
        (CONFIG, "is in it twice"),
        (member("project/config.yml/x"), "lies below a file or a link"),
        (link("project/a", "/etc"), "leads out"),
        (link("project/a", "../b"), "leads out"),
        (link("project/a/b", "../../c"), "leads out"),
        (link("wheels/a.whl", "b.whl"), "leads out"),
        (member("project/x", mode=0o4755), "makes no sense"),
        (member("project/x", mode=-1), "makes no sense"),
        (member("project/x", size=-1), "makes no sense"),
        (member("project/x", sha256="AB"), "makes no sense"),
        (member("project/x", link="config.yml"), "claims to have content"),
        (member("images.tar"), "images are missing"),
    ],
)
def test_a_member_that_leads_elsewhere_is_refused(hostile: Member, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(dump(manifest(CONFIG, hostile)))


def test_the_reader_of_a_bundle_asks() -> None:
    """A bundle that is whole, and hostile."""
    whole = written(manifest(CONFIG, member("project/../../etc/cron.d/x")), {})
    with pytest.raises(Damaged, match="has no place in a bundle"):
        Reader(io.BytesIO(whole), "lab.bundle.tar")


def test_nothing_may_lie_below_a_link() -> None:
    with pytest.raises(ValueError, match="lies below"):
        parse(dump(manifest(CONFIG, link("project/a", "b"), member("project/a/x"))))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"project": "../lab"}, "no name of a project"),
        ({"config": "other.yml"}, "configuration is missing"),
        ({"config": "../config.yml"}, "configuration is missing"),
        ({"images": (Image(reference="--all", id="a" * 64, architecture="amd64"),)}, "missing"),
        ({"format": 2}, "knows format 1"),
        ({"built": []}, "cannot be understood"),
        ({"built": {"image": "text"}}, "cannot be understood"),
        ({"folder": None}, "cannot be understood"),
        ({"folder": "../x"}, "no name of a project"),
        ({"variables": (1,)}, "cannot be understood"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(dump(manifest(CONFIG, **change)))


def test_an_image_is_named_as_podman_cannot_misunderstand_it() -> None:
    image = Image(reference="--all", id="a" * 64, architecture="amd64")
    with pytest.raises(ValueError, match="is no image"):
        parse(dump(manifest(CONFIG, member("images.tar"), images=(image,))))


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"1", b'{"format": 1}', b"[" * 100_000, b"\xff", b'{"format": 1, "x": 2}'],
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be understood"):
        parse(data)


def test_one_spelling_counts() -> None:
    said = json.loads(dump(small()))
    with pytest.raises(ValueError, match="not spelled as we spell it"):
        parse(json.dumps(said).encode())
