"""A picture of some services."""

from __future__ import annotations

from tests.picture.test_svg import lab

from container_manager.picture.partly import part_of


def test_it_has_what_they_rely_on_and_nothing_else() -> None:
    part = part_of(lab(5), ["api"])
    assert set(part.nodes) == {
        *("service:api", "service:migrate", "service:mongo", "volume:uploads"),
    }
    assert {link.source for link in part.links} == {"service:api", "service:migrate"}


def test_a_frame_without_anything_in_it_goes() -> None:
    assert [group.title for group in part_of(lab(5), ["mongo"]).groups] == ["framework"]
