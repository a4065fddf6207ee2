"""The small drawings: icons of lines on cards, and a mark for each state, told apart by shape."""

from __future__ import annotations

from container_manager.picture.drawing import element
from container_manager.picture.model import State

MARK_SIZE = 16

_ICONS = {
    "image": "M6 .8 10.8 3.3V8.7L6 11.2 1.2 8.7V3.3ZM1.4 3.4 6 5.8 10.6 3.4M6 5.8V11",
    "build": "M1 11 6.6 5.4M5 3.4 7.2 1.2 10.8 4.8 8.6 7ZM5 3.4 8.6 7",
    "port": "M5 1.5H1.5V10.5H5M4.5 6H11M8.3 3.3 11 6 8.3 8.7",
    "volume": "M1.5 2.8C1.5 .6 10.5 .6 10.5 2.8V9.2C10.5 11.4 1.5 11.4 1.5 9.2Z"
    "M1.5 2.8C1.5 5 10.5 5 10.5 2.8",
    "network": "M4.5 .8H7.5V3.8H4.5ZM.8 8.2H3.8V11.2H.8ZM8.2 8.2H11.2V11.2H8.2Z"
    "M6 3.8V6M2.3 8.2V6H9.7V8.2",
}

_CHECK = "M4.6 8.2 7 10.6 11.4 5.6"
_GLYPHS = {
    State.HEALTHY: _CHECK,
    State.STARTING: "M8 4.4V8.2L10.4 9.8",
    State.UNHEALTHY: "M8 4.2V8.8M8 11.5V11.6",
    State.RESTARTING: "M11.2 8.4A3.3 3.3 0 1 1 9.8 5.4M10.6 3.4V5.9H8.1",
    State.DONE: _CHECK,
    State.FAILED: "M5.4 5.4 10.6 10.6M10.6 5.4 5.4 10.6",
    State.PAUSED: "M6.2 5.2V10.8M9.8 5.2V10.8",
    State.MISSING: "",
}
_SOLIDS = {State.RUNNING: "M6.2 4.7 11.6 8 6.2 11.3Z", State.STOPPED: "M5.4 5.4H10.6V10.6H5.4Z"}


def icon(name: str, x: float, y: float) -> str:
    """An icon, its upper left corner at a place."""
    return element("path", class_="icon", d=_ICONS[name], transform=f"translate({x:g} {y:g})")


def mark_id(state: State | str) -> str:
    """The id of a state's mark among the definitions."""
    return f"cm-mark-{state}"


def mark_definitions() -> str:
    """All marks, as symbols that ``use`` elements show."""
    return "".join(
        element("symbol", _mark(state), id=mark_id(state), viewBox="0 0 16 16") for state in State
    )


def _mark(state: State) -> str:
    if state is State.MISSING:
        return element("circle", class_="cm-ring", cx=8, cy=8, r=6.4)
    if state is State.DONE:
        disc = element("rect", class_="cm-disc-done", x=1, y=1, width=14, height=14, rx=3)
    elif state in (State.UNHEALTHY, State.FAILED):
        octagon = "M5 .8H11L15.2 5V11L11 15.2H5L.8 11V5Z"
        disc = element("path", class_=f"cm-disc-{state}", d=octagon)
    else:
        disc = element("circle", class_=f"cm-disc-{state}", cx=8, cy=8, r=7.4)
    if state in _SOLIDS:
        return disc + element("path", class_="cm-solid", d=_SOLIDS[state])
    return disc + element("path", class_="cm-glyph", d=_GLYPHS[state])
