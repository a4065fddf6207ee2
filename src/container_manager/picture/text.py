"""How wide text is, and what is shown of text that is too long.

Browsers choose the font, so widths are those of a wide one: text in another font is narrower.
"""

from __future__ import annotations

import math
import unicodedata

SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'

_HUNDREDTHS = {
    28: "'ijl",
    30: "IJ",
    32: " ,.",
    34: "/:;\\|",
    36: "f",
    38: "-",
    40: "()[]t",
    42: "!r",
    46: '"',
    50: "*_`",
    54: "?sz",
    56: "Lc",
    58: "Fk",
    60: "vxy",
    62: "PTYaeo",
    64: "$0123456789ESbdghnpqu{}",
    66: "K",
    70: "ABCRVXZ",
    74: "U",
    76: "HN",
    78: "&DG",
    80: "OQ",
    82: "w",
    84: "#+<=>^~",
    88: "M",
    96: "%",
    98: "m",
    100: "@W",
}
"""Advance width in hundredths of the font's size -> characters: of DejaVu Sans, the widest of the
fonts that are common as a system's own."""

_WIDTHS = {char: width for width, chars in _HUNDREDTHS.items() for char in chars}
_MONO_WIDTH = 62
_BOLD = 1.17
_FOREIGN = 110
"""Of any other character: an ideograph is as wide as it is high, few are wider."""

_ELLIPSIS = "…"


def width_of(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """How wide text is at most, in pixels.

    Args:
        text: one line.
        size: the font's size, in pixels.
        bold: whether it is bold.
        mono: whether all its characters are equally wide.

    >>> width_of("", 14) < width_of("il", 14) < width_of("mw", 14) < width_of("漢字", 14)
    True
    """
    known = dict.fromkeys(_WIDTHS, _MONO_WIDTH) if mono else _WIDTHS
    hundredths = sum(known.get(char, _FOREIGN) for char in text)
    return hundredths * size / 100 * (_BOLD if bold else 1)


def fitted(text: str, room: float, size: float, *, bold: bool = False, mono: bool = False) -> str:
    """Text that fits; of a longer one the beginning and the end, which often tell names apart.

    >>> fitted("measuring-station-archiver-collector", 200, 14, bold=True)
    'measuring-s…-collector'
    """
    return _shortened(text, room, size, bold=bold, mono=mono, split=0.5)


def fitted_path(text: str, room: float, size: float, *, mono: bool = False) -> str:
    """The same for a path, of which the last parts tell most.

    >>> fitted_path("registry.example.org/team/archiver:2026.1", 150, 11, mono=True)
    '…/archiver:2026.1'
    """
    shown = printable(text)
    rest = shown
    while width_of(shown, size, mono=mono) > room and "/" in rest:
        rest = rest.partition("/")[2]
        shown = f"{_ELLIPSIS}/{rest}"
    return _shortened(shown, room, size, bold=False, mono=mono, split=0)


def _shortened(text: str, room: float, size: float, *, bold: bool, mono: bool, split: float) -> str:
    text = printable(text)
    if width_of(text, size, bold=bold, mono=mono) <= room:
        return text
    for kept in range(len(text) - 1, 0, -1):
        head = math.ceil(kept * split)
        short = text[:head] + _ELLIPSIS + text[len(text) - (kept - head) :]
        if width_of(short, size, bold=bold, mono=mono) <= room:
            return short
    return ""


def printable(text: str) -> str:
    r"""Text on one line, without what changes its direction, cannot be seen or is no text of XML.

    >>> printable("a\nb\u202ec\x00")
    'a b�c�'
    """
    return "".join(_printable(char) for char in text)


def _printable(char: str) -> str:
    if char.isspace():
        return " "
    # Control, format, private, unassigned characters, and halves of surrogate pairs.
    return "�" if unicodedata.category(char).startswith("C") else char
