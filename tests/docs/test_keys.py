"""The reference of keys: every table of the configuration's own check is in it."""

from __future__ import annotations

import pytest

from container_manager.config.defaults import DEFAULTS
from container_manager.config.hooks import HOOKS
from container_manager.config.known import TOP_LEVEL
from container_manager.config.kubernetes import PROJECT
from container_manager.config.service_keys import SERVICE
from docs.generator import keys


def tables() -> dict[str, list[str]]:
    """Heading -> the rows below it, each from the first cell on."""
    sections = [block.split("\n") for block in keys.part().split("## ")[1:]]
    return {lines[0]: [x for x in lines[1:] if x.startswith("| `")] for lines in sections}


@pytest.mark.parametrize(
    ("heading", "table"),
    [
        ("At the top level", TOP_LEVEL),
        ("`framework.services.NAME`", SERVICE),
        ("`defaults`", DEFAULTS),
        ("`hooks`", HOOKS),
        ("`kubernetes`", PROJECT),
    ],
)
def test_every_key_has_a_row(heading: str, table: dict[str, object]) -> None:
    assert [row.split("`")[1] for row in tables()[heading]] == list(table)


def test_a_row_says_what_it_may_be_its_default_examples_and_meaning() -> None:
    rows = tables()["At the top level"]
    assert (
        "| `keep_builds` | a whole number from 0 on | `3` | `5` | how many former builds can be "
        "brought back ([more](../building.md#going-back)) |"
    ) in rows


def test_what_may_stand_in_several_places_is_told_once() -> None:
    part = keys.part()
    assert part.count("\n| `render_kernel_templates` |") == 1
    assert "\n\nThe same may stand at `services.NAME`.\n" in part
    assert part.count("\n| `tls_secret` |") == 1
