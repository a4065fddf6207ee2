"""Pages of the documentation as what their reader does: commands, files and edits, in order.

Every fenced block of such a page is one of these, or the page cannot be read: so no block escapes
the test that follows the page.

- ``console``: lines that begin with ``$`` are commands (a ``\\`` at the end goes on), the lines
  below each are what it says, where any are given. ``…`` stands for whatever varies: within a line
  for a part of it, alone for any number of lines. A last line ``^C`` means: once it has said that,
  press Ctrl-C.
- ``diff``: ``--- PATH``, then lines that stay, go (``-``) and come (``+``).
- ``text``: only shown.
- any other language: a file, whose first line is a comment with its path.

A block below ``<!-- by hand: REASON -->`` needs what a test does not have, and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_FENCE = re.compile(
    r"^(?P<by_hand><!-- by hand: [^\n]+ -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.M | re.S,
)
_PATH = re.compile(r"(?:\{#|#|//) (?P<path>\.?\w[\w./-]*)(?: -?#\})?$")


@dataclass(frozen=True)
class Command:
    """What is typed, and what should be seen then.

    Attributes:
        line: where it stands in the page.
        text: for the shell.
        shown: what it says, a pattern a line; empty where the page does not tell.
        interrupted: whether Ctrl-C ends it.
    """

    line: int
    text: str
    shown: tuple[str, ...]
    interrupted: bool


@dataclass(frozen=True)
class File:
    """A file that is written, as a whole."""

    line: int
    path: str
    text: str


@dataclass(frozen=True)
class Edit:
    """Lines of a file that become others."""

    line: int
    path: str
    old: str
    new: str

    def of(self, text: str) -> str:
        """The file's new text.

        Raises:
            ValueError: the old lines are not there, or more than once.
        """
        places = [found.start() for found in re.finditer(f"(?m)^{re.escape(self.old)}", text)]
        if len(places) != 1:
            raise ValueError(f"line {self.line}: {self.path} has these lines {len(places)} times")
        return text[: places[0]] + self.new + text[places[0] + len(self.old) :]


Step = Command | File | Edit


def steps(page: str, changed: Mapping[str, str] | None = None) -> list[Step]:
    """What a page tells its reader to do.

    Args:
        page: its text.
        changed: names and ports of the page, and what stands for them: tests run beside others.

    Raises:
        ValueError: a block is of no known kind, there is no command at all, or the page does not
            have what is to be changed.
    """
    page = _replaced(page, changed or {})
    blocks = list(_FENCE.finditer(page))
    if page.count("```") != 2 * len(blocks):
        raise ValueError("a fence is indented, has no end, or stands within a line")
    found: list[Step] = []
    for block in blocks:
        line = page.count("\n", 0, block.start("body")) + 1
        doing = _block(block["language"], block["body"], line)
        found += [] if block["by_hand"] else doing
    if not any(isinstance(step, Command) for step in found):
        raise ValueError("the page has no command")
    return found


def _replaced(page: str, changed: Mapping[str, str]) -> str:
    for old in changed:
        if old not in page:
            raise ValueError(f"the page does not have {old!r}")
    any_old = re.compile("|".join(map(re.escape, changed)) or r"(?!)")
    return any_old.sub(lambda found: changed[found[0]], page)


def _block(language: str, body: str, line: int) -> Iterator[Step]:
    if language == "console":
        yield from _commands(body, line)
    elif language == "diff":
        yield _edit(body, line)
    elif language != "text":
        first = _PATH.match(body.partition("\n")[0])
        if not language or first is None:
            raise ValueError(f"line {line}: neither commands nor a file nor an edit")
        yield File(line, first["path"], body)


def _commands(body: str, line: int) -> Iterator[Command]:
    parts = re.split(r"^\$ ", body, flags=re.M)
    if parts[0] or len(parts) == 1:
        raise ValueError(f"line {line}: these commands do not begin with '$ '")
    for part in parts[1:]:
        typed = re.match(r"(?:.*\\\n)*.*\n", part)
        assert typed is not None
        shown = part[typed.end() :].splitlines()
        interrupted = shown[-1:] == ["^C"]
        if shown == ["^C"]:
            raise ValueError(f"line {line}: nothing is shown before Ctrl-C is pressed")
        yield Command(
            line, typed[0].strip(), tuple(shown[:-1] if interrupted else shown), interrupted
        )
        line += part.count("\n")


def _edit(body: str, line: int) -> Edit:
    head, *lines = body.splitlines(keepends=True)
    marks = {one[:1] for one in lines}
    if not head.startswith("--- ") or not marks <= {" ", "+", "-"} or "+" not in marks:
        raise ValueError(f"line {line}: an edit is '--- PATH', then lines with ' ', '-' or '+'")
    old = "".join(one[1:] for one in lines if one[0] in " -")
    return Edit(line, head[4:].strip(), old, "".join(one[1:] for one in lines if one[0] in " +"))


def as_shown(shown: tuple[str, ...], said: str, *, so_far: bool = False) -> bool:
    """Whether a command said what is shown; empty lines and the number of blanks do not count.

    Args:
        shown: a pattern a line.
        said: all that it wrote.
        so_far: it may go on after that.
    """
    pattern = "".join(map(_line_pattern, filter(None, map(_plain, shown))))
    plain = "".join(f"{line}\n" for line in filter(None, map(_plain, said.splitlines())))
    match = re.match if so_far else re.fullmatch
    return match(pattern, plain) is not None


def _plain(line: str) -> str:
    return " ".join(line.split())


def _line_pattern(line: str) -> str:
    if line == "…":
        return "(?:.*\n)*?"
    return ".*".join(re.escape(part) for part in line.split("…")) + "\n"
