"""The Mermaid flowchart, and its place in a page of Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.picture.pictures import EXAMPLES, pictures
from tests.picture.test_svg import lab

from container_manager.picture.markdown import BEGIN, END, with_diagram
from container_manager.picture.mermaid import graph_mermaid
from container_manager.picture.model import Picture, State

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("count", [5, 50])
def test_flowcharts_are_as_they_were_judged(count: int) -> None:
    assert graph_mermaid(lab(count)) == (GOLDEN / f"stack-{count}.mmd").read_text(encoding="utf-8")


LINES = (
    r"flowchart LR",
    r"  accTitle: [^\n\"<>{}#;%]*",
    r"  accDescr: [^\n\"<>{}#;%]*",
    r'  subgraph g\d+\["[^"\n]*"\]',
    r'    n\d+(\[|\(\[|\[\()"[^"\n]*"(\]|\]\)|\)\])',
    r"  end",
    r"  n\d+ (-->\|healthy\||-\.->\|started\||==>\|ended\||---) n\d+",
    r'  w\d+\(\["[^"\n]*"\]\)',
    r"  classDef (good|bad|busy|idle) [a-z0-9#:,\- ]+",
    r"  class (n\d+,?)+ (good|bad|busy|idle)",
)


@settings(max_examples=EXAMPLES)
@given(pictures())
def test_no_name_leaves_its_label(picture: Picture) -> None:
    """Every line is one of ours; in labels there is no mark-up but what we write."""
    text = graph_mermaid(picture, {card.name: State.FAILED for card in picture.cards})
    for line in text.splitlines():
        assert any(re.fullmatch(known, line) for known in LINES), line
    inner = re.sub(r"<br/>|</?b>|-->|-\.->|==>", "", text)
    assert not re.search(r"[<>`&]", inner)


def test_states_have_a_mark_a_word_and_a_colour() -> None:
    text = graph_mermaid(lab(5), {"api": State.UNHEALTHY, "mongo": State.HEALTHY})
    assert "<b>api</b><br/>✖ unhealthy<br/>" in text
    assert re.search(r"class n\d+ bad", text)
    assert re.search(r"class n\d+ good", text)


def test_the_diagram_in_a_page_is_replaced_and_the_rest_stays() -> None:
    page = f"# Lab\n\n{BEGIN}\nold\n{END}\n\nThe end.\n"
    new = with_diagram(page, "flowchart LR\n")
    assert new == f"# Lab\n\n{BEGIN}\n```mermaid\nflowchart LR\n```\n{END}\n\nThe end.\n"
    assert with_diagram(new, "flowchart LR\n") == new


@pytest.mark.parametrize(
    "page", ["# Lab\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"]
)
def test_a_page_that_does_not_say_where_is_left_alone(page: str) -> None:
    assert with_diagram(page, "flowchart LR\n") is None
