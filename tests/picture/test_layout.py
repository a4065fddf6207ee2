"""Whatever a stack is like, its picture can be read: nothing lies upon anything else."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from tests.picture.pictures import EXAMPLES, pictures
from tests.picture.stacks import five, sized, stack_of

from container_manager.picture.layout import Box, Layout, Point, layout_of
from container_manager.picture.model import Picture
from container_manager.picture.reading import picture_of


def apart(one: Box, other: Box) -> bool:
    return (
        one.right <= other.x
        or other.right <= one.x
        or one.bottom <= other.y
        or other.bottom <= one.y
    )


def inside(inner: Box, outer: Box) -> bool:
    return (
        outer.x <= inner.x
        and inner.right <= outer.right
        and outer.y <= inner.y
        and inner.bottom <= outer.bottom
    )


def boxes(layout: Layout) -> dict[str, Box]:
    """The box of every node by its key."""
    return {placed.node.key: placed.box for placed in layout.nodes}


def as_box(piece: tuple[Point, Point]) -> Box:
    (a, b) = sorted(piece)
    return Box(x=a.x, y=min(a.y, b.y), width=b.x - a.x, height=abs(b.y - a.y))


def pieces(layout: Layout) -> Iterator[tuple[int, Box]]:
    """Every straight piece of a line, with the number of its bundle."""
    for number, bundle in enumerate(layout.bundles):
        for path in bundle.paths:
            for piece in itertools.pairwise(path.points):
                yield number, as_box(piece)


def assert_legible(picture: Picture) -> None:
    layout = layout_of(picture)
    page = Box(x=0, y=0, width=layout.width, height=layout.height)
    own = boxes(layout)
    for one, other in itertools.combinations(own.values(), 2):
        assert apart(one, other)
    for a, b in itertools.combinations(layout.frames, 2):
        assert apart(a.box, b.box)
    for frame in layout.frames:
        assert inside(frame.box, page)
        assert all(inside(own[node.key], frame.box) for node in frame.group.nodes)
    assert_lines_are_clear(layout)


def assert_lines_are_clear(layout: Layout) -> None:
    obstacles = [*boxes(layout).values(), *(frame.heading for frame in layout.frames)]
    drawn = list(dict.fromkeys(pieces(layout)))
    for _, piece in drawn:
        assert (piece.width == 0) != (piece.height == 0), "lines go straight across or up"
        assert all(apart(piece, one) for one in obstacles)
    beside = defaultdict(list)  # pieces on one straight line, which alone could look like one
    for number, piece in drawn:
        beside[("across", piece.y) if piece.width else ("up", piece.x)].append((number, piece))
    for row in beside.values():
        for (a, one), (b, other) in itertools.combinations(row, 2):
            assert a == b or not touching(one, other), "two lines look like one"


def touching(one: Box, other: Box) -> bool:
    return (
        one.x <= other.right
        and other.x <= one.right
        and one.y <= other.bottom
        and other.y <= one.bottom
    )


@settings(max_examples=EXAMPLES)
@given(pictures())
def test_nothing_lies_upon_anything_else(picture: Picture) -> None:
    assert_legible(picture)


@settings(max_examples=EXAMPLES)
@given(pictures())
def test_lines_lead_from_one_end_to_the_other(picture: Picture) -> None:
    layout = layout_of(picture)
    own = boxes(layout)
    paths = [path for bundle in layout.bundles for path in bundle.paths]
    assert {path.link for path in paths} == set(picture.links)
    for path in paths:
        for key, end in ((path.link.source, path.points[0]), (path.link.target, path.points[-1])):
            assert end.x in (own[key].x, own[key].right)
            assert own[key].y < end.y < own[key].bottom


@pytest.mark.parametrize("count", [5, 20, 50])
def test_stacks_of_usual_sizes_have_pictures_of_usual_proportions(count: int) -> None:
    picture = picture_of(stack_of(five() if count == 5 else sized(count)))
    layout = layout_of(picture)
    assert_legible(picture)
    assert len(picture.cards) == count
    assert 0.5 < layout.width / layout.height < 3


def test_an_empty_stack_has_a_picture() -> None:
    assert layout_of(Picture(title=None, groups=())).nodes == ()
