"""Where YAML is broken, and what most often is behind it.

The parser tells where it could not go on, which is after the mistake: at the end of the file for a
quote that nobody closed, in the next line for a missing colon. Its mark of what it was reading
(``context_mark``) is where that began. Messages are told apart by what both of PyYAML's parsers,
libyaml's and the one in Python, say (``scanner.c``, ``parser.c``, ``scanner.py``, ``parser.py``).
"""

from __future__ import annotations

import re

import yaml

_KEY_ALONE = re.compile(r"(?:- +)*[^\s#'\"\[{&*!|>%@`-](?:[^:#]|:(?=\S))*")
"""A line that may have been meant as ``key: value`` or ``key:``, without a colon before a space."""

_UNPRINTABLE = yaml.reader.Reader.NON_PRINTABLE

Place = tuple[int, int]
"""Line and column, both from 0 on, as PyYAML counts."""


def explained(cause: yaml.MarkedYAMLError, text: str) -> tuple[Place | None, str | None]:
    """The place of a mistake, and what to do about it.

    Args:
        cause: what the parser says.
        text: what it read.

    Returns:
        The place, where it tells one; the remedy, where it is a common mistake.
    """
    mark = cause.problem_mark or cause.context_mark
    if mark is None:
        return None, None
    at = mark.line, mark.column
    began = (cause.context_mark.line, cause.context_mark.column) if cause.context_mark else at
    lines = text.splitlines()
    problem, context = str(cause.problem), str(cause.context)
    line, first = _line(lines, at[0]), _line(lines, began[0])
    if "quoted scalar" in context and "end of stream" in problem:
        return began, "The quote that begins here is closed nowhere: close it."
    lacking = began if "could not find expected ':'" in problem else _lacking(lines, at, cause)
    if lacking is not None:
        return lacking, _no_colon(_line(lines, lacking[0]))
    if "flow sequence" in context or "flow mapping" in context:
        return _in_brackets(began, at, first[began[1] : began[1] + 1])
    if "mapping values are not allowed" in problem:
        return at, _colon(lines, at)
    return at, _unexpected(problem, context, line, at, began)


def unprintable(text: str) -> Place | None:
    """The place of the first character that YAML does not take; None where there is none."""
    found = _UNPRINTABLE.search(text)
    if found is None:
        return None
    before = text[: found.start()]
    return before.count("\n"), found.start() - (before.rfind("\n") + 1)


def _line(lines: list[str], number: int) -> str:
    return lines[number] if 0 <= number < len(lines) else ""


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _no_colon(line: str) -> str:
    if re.match(r"\s*-[^\s-]", line):
        return "A space after the '-' is missing here."
    return "A colon with a space after it is missing here: write 'key: value'."


def _in_brackets(began: Place, at: Place, sign: str) -> tuple[Place, str]:
    closed = "]" if sign == "[" else "}"
    if began[0] < at[0]:
        return began, (
            f"The '{sign}' that begins here is not closed before line {at[0] + 1}: close it with "
            f"'{closed}'."
        )
    return at, (
        f"Between '{sign}' and '{closed}', write a comma after each value; put a text that holds "
        "other signs in quotes."
    )


def _lacking(lines: list[str], at: Place, cause: yaml.MarkedYAMLError) -> Place | None:
    """The line above a key that should have been a key, too, and lacks its colon."""
    if "mapping values" not in str(cause.problem) and "block mapping" not in str(cause.context):
        return None
    above = _above(lines, at[0])
    line = _line(lines, at[0])
    if above is None or not re.fullmatch(r"\s*[^\s:]*\s*", line[: at[1]]):
        return None
    indented = _indentation(lines[above])
    if not _KEY_ALONE.fullmatch(lines[above].strip()) or indented != _indentation(line):
        return None
    first = _above(lines, above)  # else the line goes on with a text that began there
    if first is not None and indented != _indentation(lines[first]):
        return (above, len(indented)) if lines[first].rstrip().endswith(":") else None
    return above, len(indented)


def _above(lines: list[str], number: int) -> int | None:
    """The next line further up that is neither empty nor a comment."""
    above = range(min(number, len(lines)) - 1, -1, -1)
    return next((n for n in above if re.match(r"\s*[^\s#]", lines[n])), None)


def _colon(lines: list[str], at: Place) -> str:
    """A colon where none can be: in a text, or after a key that is indented too deeply."""
    line, above = _line(lines, at[0]), _above(lines, at[0])
    begins = re.fullmatch(r"\s*(?:- +)*[^\s:]+\s*", line[: at[1]])
    if begins and above is not None and len(_indentation(line)) > len(_indentation(lines[above])):
        return (
            f"This line is indented deeper than line {above + 1}, which has a value already: "
            "align the two, or take that value away."
        )
    return "Put a value that holds ': ' in quotes, or check the indentation."


def _no_key(line: str, column: int, list_begins: int | None) -> str:
    """A mapping goes on with something else than a key, or a list with what is no item."""
    before, sign = line[:column], line[column : column + 1]
    if sign in ("]", "}") and before.strip():
        return f"There is one '{sign}' too many: remove it, or put the text in quotes."
    if before.strip():
        return (
            "A quote ends before this place, where nothing may follow; it may have begun in a line "
            "above. Put the whole text in quotes, and quotes in it in the other kind."
        )
    if list_begins is not None:
        return (
            f"The list that begins in line {list_begins + 1} goes on here: begin this line with "
            "'- ', or indent it like the key that the list is for."
        )
    if line.lstrip().startswith("- "):
        return (
            "An item of a list stands beside keys here: indent it like the other items, or below "
            "a key of its own."
        )
    return "Check the indentation of this line and of those above it: one of them must be the same."


def _unexpected(problem: str, context: str, line: str, at: Place, began: Place) -> str | None:
    if "\t" in _indentation(line):
        return "The line is indented with a tab: use spaces."
    if "block collection" in context:
        return _no_key(line, at[1], began[0])
    if "block mapping" in context:
        return _no_key(line, at[1], None)
    if "cannot start any token" in problem:
        return f"Put the value in quotes: a text cannot begin with '{line[at[1] : at[1] + 1]}'."
    said = f"{context}, {problem}"
    return next((remedy for words, remedy in _ODD_VALUES if words in said), None)


_ALIAS = "Put a text that begins with '*' or '&' in quotes: YAML takes it for an alias."

_ODD_VALUES = (
    ("an alias", _ALIAS),
    ("undefined alias", _ALIAS),
    ("an anchor", _ALIAS),
    (
        "quoted scalar",
        "Between double quotes, '\\' begins an escape: write it twice, or use single quotes.",
    ),
    ("block scalar", "Nothing may follow '|' or '>' in its line: begin the text in the next one."),
    ("directive", "Put a text that begins with '%' in quotes."),
    ("tag", "Put a text that begins with '!' in quotes."),
    ("sequence entries", "Begin the list in a line of its own, below its key."),
    ("node content", "A value is missing here, or begins with a sign that needs quotes around it."),
    ("document", "Remove the line '---': a file holds one document."),
)
"""Words of what the parser says, and what is behind it."""
