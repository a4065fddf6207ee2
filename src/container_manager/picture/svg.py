"""A picture as SVG: one file without scripts, fonts or anything else from elsewhere.

Names come from people's files, so all text goes through :mod:`.drawing`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from container_manager.picture import cards
from container_manager.picture.drawing import element, line, lines, number, shifted, words
from container_manager.picture.layout import Box, Bundle, Layout, Placed, PlacedFrame, layout_of
from container_manager.picture.legend import Legend, head
from container_manager.picture.marks import MARK_SIZE, icon, mark_definitions, mark_id
from container_manager.picture.model import Card, Picture, State
from container_manager.picture.style import ACCENTS, ROOT_CLASS, style_sheet
from container_manager.picture.telling import described, summary, told_of_card, told_of_link
from container_manager.picture.text import fitted, width_of

_MARGIN = 24
_TOP = 80
_LEAST_WIDTH = 520
_TITLE_SIZE = 20.0
_HEAD_LENGTH = 8


def graph_svg(
    picture: Picture, states: Mapping[str, State] | None = None, *, style: bool = True
) -> str:
    """The picture as the text of an SVG file.

    Each card is a group with ``data-service``, and with ``data-state`` and the class
    ``is-STATE`` where its state is known. Where ``states`` is given, it holds a group ``.state``
    with a ``use.mark`` (its ``href`` is ``#cm-mark-STATE``) and a ``text.state-word``, so that a
    page can show another state without a new layout.

    Args:
        picture: what is shown.
        states: compose service -> its state; None shows none.
        style: whether the style sheet is in it; a page may bring :func:`style_sheet` itself.
    """
    layout = layout_of(picture)
    width = max(layout.width + 2 * _MARGIN, _LEAST_WIDTH)
    legend = Legend(picture, width - 2 * _MARGIN, with_states=states is not None)
    height = _TOP + layout.height + legend.height + 2 * _MARGIN
    body = [
        element("title", words(picture.title or "Stack"), id="cm-title"),
        element("desc", words(described(picture, states)), id="cm-desc"),
        *([f"<style>\n{style_sheet()}</style>"] if style else []),
        *([element("defs", mark_definitions())] if states is not None else []),
        element("rect", class_="page", width=width, height=height, rx=10),
        *_titles(picture, width),
        f'<g transform="translate({number((width - layout.width) / 2)} {_TOP})">',
        *(element_of for frame in enumerate(layout.frames) for element_of in _frame(*frame)),
        *(_bundle(bundle, layout) for bundle in layout.bundles),
        *(_node(placed, layout, states) for placed in layout.nodes),
        "</g>",
        *legend.drawn(_MARGIN, _TOP + layout.height + _MARGIN),
    ]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{ROOT_CLASS}" role="img" '
        f'aria-labelledby="cm-title cm-desc" width="{number(width)}" height="{number(height)}" '
        f'viewBox="0 0 {number(width)} {number(height)}">'
    )
    return f"{opening}\n{lines(body)}</svg>\n"


def _titles(picture: Picture, width: float) -> Iterator[str]:
    room = width - 2 * _MARGIN
    title = fitted(picture.title or "Stack", room, _TITLE_SIZE, bold=True)
    yield element("text", words(title), class_="title", x=_MARGIN, y=40)
    told = fitted(summary(picture), room, cards.SMALL_SIZE)
    yield element("text", words(told), class_="muted", x=_MARGIN, y=60)


def _frame(index: int, frame: PlacedFrame) -> Iterator[str]:
    yield _rect("frame", frame.box, 12)
    x, y = frame.heading.x, frame.heading.y
    swatch = element(
        "rect", class_=f"a{index % ACCENTS} swatch", x=x, y=y + 11, width=9, height=9, rx=2.5
    )
    note = element("tspan", words(frame.note), class_="muted note", dx=8) if frame.note else ""
    text = element(
        "text", element("title", words(frame.group.title)), words(frame.title), note,
        class_="heading", x=x + 15, y=y + 20,
    )  # fmt: skip
    yield swatch + text


def _rect(kind: str, box: Box, radius: float) -> str:
    return element(
        "rect", class_=kind, x=box.x, y=box.y, width=box.width, height=box.height, rx=radius
    )


def _accent(key: str, layout: Layout) -> str:
    """The colour of the group in which a node stands."""
    for index, frame in enumerate(layout.frames):
        if any(node.key == key for node in frame.group.nodes):
            return f"a{index % ACCENTS}"
    return "a0"


def _bundle(bundle: Bundle, layout: Layout) -> str:
    """All lines to one target: first what keeps them apart from those beneath, then they."""
    accent = _accent(bundle.target, layout)
    drawn, halos = [], []
    for path in bundle.paths:
        # From the target on, so that dashes of lines that join lie upon each other.
        points = list(reversed(path.points))
        points[0] = shifted(points[0], points[1], _HEAD_LENGTH - 1)
        way = line(points)
        halos.append(element("path", class_="halo", d=way))
        title = element("title", words(told_of_link(path.link)))
        drawn.append(element("path", title, class_=f"line {accent}", d=way))
    end, before = bundle.paths[0].points[-1], bundle.paths[0].points[-2]
    tip = head(bundle.kind, end, forward=end.x > before.x, classes=f"head {accent}")
    return element("g", *halos, *drawn, tip, class_=f"lines {bundle.kind}")


def _node(placed: Placed, layout: Layout, states: Mapping[str, State] | None) -> str:
    node, box = placed.node, placed.box
    accent = _accent(node.key, layout)
    if not isinstance(node.shown, Card):
        return element("g", *_volume(placed), class_=f"volume {accent}", data_volume=node.name)
    state = states.get(node.name) if states is not None else None
    inner = element(
        "svg", *_card(placed, node.shown),
        x=box.x, y=box.y, width=box.width, height=box.height,
    )  # fmt: skip
    return element(
        "g",
        element("title", words(told_of_card(node.shown, state))),
        _rect("box", box, 9),
        inner,
        *([_state(box, state)] if states is not None else []),
        class_=f"card {accent}" + (f" is-{state}" if state else ""),
        data_service=node.name,
        data_state=str(state) if state else None,
    )


def _card(placed: Placed, card: Card) -> Iterator[str]:
    left = cards.SIDE
    yield element(
        "text", words(cards.name_of(placed.node, placed.box.width)), class_="name", x=left, y=24
    )
    yield element("text", words(_kind(card)), class_="muted", x=left, y=41)
    for index, written in enumerate(cards.lines_of(card, placed.box.width)):
        y = cards.baseline_of(index)
        yield icon(written.icon, left, y - 10)
        yield element(
            "text", words(written.shown),
            class_="mono" if written.mono else None, x=left + cards.INDENT, y=y,
        )  # fmt: skip


def _kind(card: Card) -> str:
    return "one-shot" if card.one_shot else "service"


def _state(box: Box, state: State | None) -> str:
    word = str(state or "")
    right = box.right - cards.SIDE
    room = cards.STATE_ROOM - MARK_SIZE - 6
    assert width_of(word, cards.SMALL_SIZE) <= room
    return element(
        "g",
        element(
            "use", class_="mark", href=f"#{mark_id(state)}" if state else None,
            x=right - MARK_SIZE, y=box.y + 29, width=MARK_SIZE, height=MARK_SIZE,
        ),
        element(
            "text", words(word), class_="state-word",
            x=right - MARK_SIZE - 6, y=box.y + 41, text_anchor="end",
        ),
        class_="state",
    )  # fmt: skip


def _volume(placed: Placed) -> Iterator[str]:
    """A cylinder: what several services share is to be seen from afar."""
    box, node = placed.box, placed.node
    rim = 8
    yield element("title", words(f"{node.name}: a volume that several services share"))
    x, y, right, bottom = (number(v) for v in (box.x, box.y + rim, box.right, box.bottom - rim))
    arc = f"A{number(box.width / 2)} {rim} 0 0"
    yield element(
        "path", class_="box", d=f"M{x} {y}{arc} 1 {right} {y}V{bottom}{arc} 1 {x} {bottom}Z"
    )
    yield element("path", class_="tag", d=f"M{x} {y}{arc} 0 {right} {y}")
    middle = box.y + box.height / 2
    name = cards.name_of(node, box.width)
    left = box.x + cards.SIDE
    yield icon("volume", left, middle - 5)
    text = left + cards.INDENT
    yield element("text", words(name), class_="name", x=text, y=middle + 6)
    yield element("text", words(_told_volume(placed)), class_="muted", x=text, y=middle + 23)


def _told_volume(placed: Placed) -> str:
    external = getattr(placed.node.shown, "external", False)
    return "shared volume, external" if external else "shared volume"


__all__ = ["graph_svg", "style_sheet"]
