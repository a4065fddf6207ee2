"""Writes the pictures that tests compare with: ``python -m tests.picture.golden``.

Look at each that differs before it is committed.
"""

from __future__ import annotations

from tests.picture.test_svg import GOLDEN, lab

from container_manager.picture.mermaid import graph_mermaid
from container_manager.picture.model import State
from container_manager.picture.svg import graph_svg


def write() -> None:
    """Write all of them."""
    GOLDEN.mkdir(exist_ok=True)
    for count in (5, 20, 50):
        (GOLDEN / f"stack-{count}.svg").write_text(graph_svg(lab(count)), encoding="utf-8")
    for count in (5, 50):
        (GOLDEN / f"stack-{count}.mmd").write_text(graph_mermaid(lab(count)), encoding="utf-8")
    small = lab(5)
    states = dict(zip((card.name for card in small.cards), State, strict=False))
    (GOLDEN / "running-5.svg").write_text(graph_svg(small, states), encoding="utf-8")


if __name__ == "__main__":
    write()
