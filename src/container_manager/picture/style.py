"""The colours of a picture, light and dark, as one style sheet for the SVG or for a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from container_manager.picture.model import State
from container_manager.picture.text import MONO, SANS

ROOT_CLASS = "cm-graph"
"""Every rule is about this class, so that the style meets nothing else of a page. Only what
``use`` elements show has names with ``cm-`` instead: rules do not see what is around these."""

ACCENTS = 8
"""How many colours groups have before they are used again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Theme:
    """Colours; those of groups and states are told apart from both backgrounds."""

    page: str
    frame: str
    card: str
    border: str
    text: str
    muted: str
    on_mark: str
    accents: tuple[str, ...]
    good: str
    busy: str
    bad: str
    idle: str
    going: str


_LIGHT = _Theme(
    page="#ffffff",
    frame="#f4f6f9",
    card="#ffffff",
    border="#cfd6e0",
    text="#18202b",
    muted="#556072",
    on_mark="#ffffff",
    accents=(
        *("#2b5fd0", "#b1500b", "#7a3fc0", "#0a7a72"),
        *("#b22d73", "#3c7a1b", "#0a6c9e", "#7c5a17"),
    ),
    good="#1a7f37",
    busy="#8f6000",
    bad="#c4262e",
    idle="#667085",
    going="#2b5fd0",
)

_DARK = _Theme(
    page="#0f141b",
    frame="#161d27",
    card="#1f2833",
    border="#3a4657",
    text="#e9eef5",
    muted="#a3b0c2",
    on_mark="#0f141b",
    accents=(
        *("#7fa7ff", "#ffab63", "#c3a1ff", "#4fd3c6"),
        *("#ff8fc4", "#95d873", "#62c9ff", "#dcb973"),
    ),
    good="#56cc76",
    busy="#e8b53a",
    bad="#ff7b7b",
    idle="#a3b0c2",
    going="#7fa7ff",
)

TONES = {
    State.HEALTHY: "good",
    State.RUNNING: "going",
    State.STARTING: "busy",
    State.UNHEALTHY: "bad",
    State.RESTARTING: "busy",
    State.DONE: "good",
    State.FAILED: "bad",
    State.PAUSED: "idle",
    State.STOPPED: "idle",
    State.MISSING: "idle",
}

_FORM = f"""\
.{ROOT_CLASS} text{{font-family:{SANS};font-size:11.5px}}
.{ROOT_CLASS} .title{{font-size:20px;font-weight:700}}
.{ROOT_CLASS} .heading{{font-size:12.5px;font-weight:700}}
.{ROOT_CLASS} .note{{font-size:11.5px;font-weight:400}}
.{ROOT_CLASS} .name{{font-size:13.5px;font-weight:700}}
.{ROOT_CLASS} .mono{{font-family:{MONO};font-size:11px}}
.{ROOT_CLASS} .line{{fill:none;stroke-width:1.7;stroke-linejoin:round}}
.{ROOT_CLASS} .halo{{fill:none;stroke-width:4.6}}
.{ROOT_CLASS} .started .line{{stroke-dasharray:6 4}}
.{ROOT_CLASS} .completed .line{{stroke-dasharray:1.2 4;stroke-linecap:round;stroke-width:2.2}}
.{ROOT_CLASS} .mounts .line{{stroke-width:1.2}}
.{ROOT_CLASS} .head{{stroke-width:1.5;stroke-linejoin:round}}
.{ROOT_CLASS} .icon{{fill:none;stroke-width:1.2;stroke-linecap:round;stroke-linejoin:round}}
.cm-glyph{{fill:none;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}}
.cm-ring{{fill:none;stroke-width:1.6;stroke-dasharray:3 2}}
.{ROOT_CLASS} .frame,.{ROOT_CLASS} .box{{stroke-width:1}}
.{ROOT_CLASS} .tag{{fill:none;stroke-width:1}}
"""


def style_sheet() -> str:
    """All rules; the dark ones apply where people prefer dark pages."""
    dark = "".join(_rules(_DARK))
    return f"{_FORM}{''.join(_rules(_LIGHT))}@media (prefers-color-scheme:dark){{\n{dark}}}\n"


def _rules(theme: _Theme) -> Iterator[str]:
    def rule(selectors: str, declarations: str) -> str:
        scoped = ",".join(f".{ROOT_CLASS} {one}" for one in selectors.split(","))
        return f"{scoped}{{{declarations}}}\n"

    yield rule("text", f"fill:{theme.text}")
    yield rule(".muted", f"fill:{theme.muted}")
    yield rule(".page", f"fill:{theme.page}")
    yield rule(".halo", f"stroke:{theme.page}")
    yield rule(".frame", f"fill:{theme.frame};stroke:{theme.border}")
    yield rule(".box", f"fill:{theme.card};stroke:{theme.border}")
    yield rule(".icon,.tag", f"stroke:{theme.muted}")
    yield rule(".sample", f"stroke:{theme.muted}")
    yield rule(".sample-head", f"stroke:{theme.muted};fill:{theme.muted}")
    for index, accent in enumerate(theme.accents):
        yield rule(f".a{index}.line,.a{index} .icon", f"stroke:{accent}")
        yield rule(f".a{index}.head", f"stroke:{accent};fill:{accent}")
        yield rule(f".a{index}.swatch", f"fill:{accent}")
    yield rule(".open.head", f"fill:{theme.page}")
    yield f".cm-glyph{{stroke:{theme.on_mark}}}\n"
    yield f".cm-solid{{fill:{theme.on_mark}}}\n"
    for state, tone in TONES.items():
        colour = getattr(theme, tone)
        yield rule(f".is-{state} .state-word", f"fill:{colour}")
        yield f".cm-disc-{state}{{fill:{colour}}}\n"
        yield rule(f".is-{state} .box", f"stroke:{colour}")
    yield f".cm-ring{{stroke:{theme.idle}}}\n"
