"""The SVG: well-formed, legible, harmless whatever the names, and the same every time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from tests.picture.pictures import EXAMPLES, pictures
from tests.picture.stacks import five, sized, stack_of

from container_manager.picture.model import Card, Group, Node, Picture, State
from container_manager.picture.reading import Wording, picture_of
from container_manager.picture.style import style_sheet
from container_manager.picture.svg import graph_svg
from container_manager.picture.text import width_of

GOLDEN = Path(__file__).parent / "golden"
NAMESPACE = "{http://www.w3.org/2000/svg}"
SIZES = {"title": 20.0, "heading": 12.5, "name": 13.5, "mono": 11.0}


def lab(count: int) -> Picture:
    """The picture of a laboratory of some size."""
    return picture_of(
        stack_of(five() if count == 5 else sized(count)), Wording(title="beamline-lab")
    )


@pytest.mark.parametrize("count", [5, 20, 50])
def test_pictures_are_as_they_were_judged(count: int) -> None:
    """Looked at before they were committed; ``python -m tests.picture.golden`` writes them anew."""
    assert graph_svg(lab(count)) == (GOLDEN / f"stack-{count}.svg").read_text(encoding="utf-8")


def test_a_running_stack_is_as_it_was_judged() -> None:
    picture = lab(5)
    states = dict(zip((card.name for card in picture.cards), State, strict=False))
    assert graph_svg(picture, states) == (GOLDEN / "running-5.svg").read_text(encoding="utf-8")


def test_another_process_draws_the_same_bytes() -> None:
    """Nothing hangs on the order of sets, which differs between processes."""
    program = "from tests.picture.test_svg import *; print(graph_svg(lab(20)), end='')"
    drawn = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert drawn == {graph_svg(lab(20)).encode()}


@settings(max_examples=EXAMPLES)
@given(pictures())
def test_any_names_give_well_formed_svg_without_anything_that_acts(picture: Picture) -> None:
    text = graph_svg(picture, {card.name: State.RUNNING for card in picture.cards})
    root = ET.fromstring(text)
    for one in root.iter():
        assert one.tag.removeprefix(NAMESPACE) in {
            *("svg", "title", "desc", "style", "defs", "symbol", "g", "use"),
            *("rect", "path", "circle", "text", "tspan"),
        }
        assert not any(name.startswith("on") or name == "style" for name in one.attrib)
        assert one.attrib.get("href", "#").startswith("#")
    style = next(root.iter(f"{NAMESPACE}style")).text
    assert style is not None
    assert style.strip() == style_sheet().strip()
    assert "url(" not in style


@settings(max_examples=EXAMPLES)
@given(pictures())
def test_no_text_is_wider_than_its_place(picture: Picture) -> None:
    text = graph_svg(picture, {card.name: State.RESTARTING for card in picture.cards})
    root = ET.fromstring(text)
    width = float(root.attrib["width"])
    for card in root.iter(f"{NAMESPACE}svg"):
        for one in card.findall(f"{NAMESPACE}text"):
            room = float(card.attrib["width"]) - float(one.attrib["x"])
            assert _width(one) <= room
    for one in root.findall(f"{NAMESPACE}text"):
        assert float(one.attrib["x"]) + _width(one) <= width


def _width(text: ET.Element) -> float:
    kind = text.attrib.get("class", "")
    bold = kind in ("title", "heading", "name")
    return width_of(text.text or "", SIZES.get(kind, 11.5), bold=bold, mono=kind == "mono")


def test_a_card_says_whose_it_is_and_what_state_it_is_in() -> None:
    """A page finds the cards by these, to show another state without a new layout."""
    text = graph_svg(lab(5), {"api": State.UNHEALTHY})
    cards = {
        one.attrib["data-service"]: one
        for one in ET.fromstring(text).iter(f"{NAMESPACE}g")
        if "data-service" in one.attrib
    }
    assert set(cards) == {"gateway", "mongo", "api", "worker", "migrate"}
    api = cards["api"]
    assert api.attrib["data-state"] == "unhealthy"
    assert "is-unhealthy" in api.attrib["class"].split()
    marks = list(api.iter(f"{NAMESPACE}use"))
    assert [mark.attrib["href"] for mark in marks] == ["#cm-mark-unhealthy"]
    words = [one.text for one in api.iter(f"{NAMESPACE}text")]
    assert "unhealthy" in words
    # Where nothing is known yet, the places for it are there.
    assert [one.attrib["class"] for one in cards["mongo"].iter(f"{NAMESPACE}use")] == ["mark"]


def test_states_change_nothing_about_where_things_stand() -> None:
    def places(text: str) -> list[str]:
        return re.findall(r'<rect class="box"[^>]*>', text)

    assert places(graph_svg(lab(20))) == places(graph_svg(lab(20), {"mongo": State.FAILED}))


def test_each_state_has_a_mark_of_its_own_beside_its_colour() -> None:
    root = ET.fromstring(graph_svg(lab(5), {}))
    shapes = {
        symbol.attrib["id"]: tuple(
            (one.tag, one.attrib.get("d"), one.attrib.get("rx")) for one in symbol
        )
        for symbol in root.iter(f"{NAMESPACE}symbol")
    }
    assert set(shapes) == {f"cm-mark-{state}" for state in State}
    assert len(set(shapes.values())) == len(State)


def test_the_picture_is_told_in_words_too() -> None:
    root = ET.fromstring(graph_svg(lab(5), {"api": State.UNHEALTHY}))
    assert root.attrib["role"] == "img"
    described = {one.attrib.get("id"): one.text for one in root if "id" in one.attrib}
    assert described["cm-title"] == "beamline-lab"
    assert root.attrib["aria-labelledby"].split() == ["cm-title", "cm-desc"]
    told = described["cm-desc"] or ""
    assert "4 services, 1 one-shot, 1 shared volume, 1 network." in told
    assert "orders: migrate, api (unhealthy), worker, uploads." in told
    assert "api waits until migrate has ended well." in told


def test_a_long_name_is_shortened_and_told_whole() -> None:
    name = "the-name-of-this-service-is-longer-than-any-card-is-wide"
    card = Card(name=name, image="registry.example.org/a/very/long/path/to/an/image:2026.11")
    picture = Picture(title="lab", groups=(Group(title="framework", nodes=(Node(shown=card),)),))
    root = ET.fromstring(graph_svg(picture))
    texts = [one.text or "" for one in root.iter(f"{NAMESPACE}text")]
    titles = [one.text or "" for one in root.iter(f"{NAMESPACE}title")]
    assert not any(name in text for text in texts)
    assert any("…" in text and text.startswith("the-name") for text in texts)
    assert any(text.startswith("…/") and text.endswith("/an/image:2026.11") for text in texts)
    assert any(name in title and card.image in title for title in titles)


def test_a_page_may_bring_the_style_sheet_itself() -> None:
    """Under a strict content security policy, styles come from files."""
    assert "<style>" not in graph_svg(lab(5), style=False)
    assert "@media (prefers-color-scheme:dark)" in style_sheet()
