"""Broken YAML: the place where the mistake was made, and what to do about it."""

from __future__ import annotations

import pytest
from tests.conftest import Project

CLOSE = "begins here is not closed before line"
COLON = "A colon with a space after it is missing here: write 'key: value'."
QUOTE = "The quote that begins here is closed nowhere: close it."
DEEPER = "which has a value already: align the two, or take that value away."
ENDED = (
    "A quote ends before this place, where nothing may follow; it may have begun in a line above."
)
ALIAS = "Put a text that begins with '*' or '&' in quotes"
ESCAPE = "Between double quotes, '\\' begins an escape: write it twice, or use single quotes."
INDENT = "Check the indentation of this line and of those above it: one of them must be the same."

MISTAKES = {
    "quote": ('a: 1\nb: "open\nc: 2\nd: 3\n', "2:4", QUOTE),
    "single-quote": ("a:\n  b: 'open\n", "2:6", QUOTE),
    "quote-that-another-closes": ('a:\n  - "x\n  - y\nb: "z"\n', "4:5", ENDED),
    "apostrophe": ("a: 'it's'\n", "1:8", ENDED),
    "text-after-a-quote": ('a: "x" y\n', "1:8", ENDED),
    "bracket": ("a: [1, 2\nb: 3\n", "1:4", f"The '[' that {CLOSE} 2: close it with ']'."),
    "brace": ("a:\n  b: {x: 1\nb: 3\n", "2:6", f"The '{{' that {CLOSE} 3: close it with '}}'."),
    "bracket-too-many": ("a: [1]]\n", "1:7", "There is one ']' too many"),
    "comma": ('a: [x, "b" "c"]\n', "1:12", "Between '[' and ']', write a comma after each value"),
    "comma-in-a-mapping": ("a: {x: 1 y: 2}\n", "1:11", "Between '{' and '}', write a comma"),
    "no-space-after-the-colon": ("a: 1\nb:2\nc: 3\n", "2:1", COLON),
    "no-space-in-the-first-line": ("a:1\nb: 2\n", "1:1", COLON),
    "no-space-below-a-key": ("a:\n  b:2\n  # more\n\n  c: 3\n", "2:3", COLON),
    "no-colon": ("a: 1\nb\nc: 3\n", "2:1", COLON),
    "no-space-after-a-hyphen": (
        "a:\n  - x\n  -y\nb: 1\n",
        "3:3",
        "A space after the '-' is missing here.",
    ),
    "deeper-without-a-reason": ("a:\n  b: 1\n    c: 2\n", "3:6", f"than line 2, {DEEPER}"),
    "between-two-depths": ("a:\n    b: 1\n  c: 2\n", "3:3", INDENT),
    "items-that-are-not-aligned": (
        "a:\n  - x\n - y\n",
        "3:2",
        "An item of a list stands beside keys here",
    ),
    "key-among-items": (
        "a:\n  - x\n  b: 1\n",
        "3:3",
        "The list that begins in line 2 goes on here",
    ),
    "tab": ("a:\n\tb: 1\n", "2:1", "The line is indented with a tab: use spaces."),
    "tab-further-down": ("a:\n  b: 1\n\tc: 2\n", "3:1", "indented with a tab: use spaces."),
    "colon-in-the-second-line-of-a-text": (
        "a: some\n  more\n  b: c\n",
        "3:4",
        "Put a value that holds ': ' in quotes",
    ),
    "colon-in-a-text": ("a: b: c\n", "1:5", "Put a value that holds ': ' in quotes"),
    "sign": ("a: `b`\n", "1:4", "Put the value in quotes: a text cannot begin with '`'."),
    "percent": ("%a: b\n", "1:3", "Put a text that begins with '%' in quotes."),
    "glob": ("a: *.yml\n", "1:5", ALIAS),
    "alias-of-nothing": ("a: &x 1\nb: *y\n", "2:4", ALIAS),
    "anchor-without-a-name": ("a: &\n", "1:5", ALIAS),
    "escape": ('a: "\\d"\n', "1:5", ESCAPE),
    "path-of-windows": ('a: "C:\\Users"\n', "1:9", ESCAPE),
    "text-beside-a-bar": ("a: |x\n  b\n", "1:5", "Nothing may follow '|' or '>' in its line"),
    "exclamation-mark": ("a: !b!c\n", "1:4", "Put a text that begins with '!' in quotes."),
    "list-beside-its-key": ("a: - b\n", "1:4", "Begin the list in a line of its own"),
    "closing-bracket-alone": ("a: ]\n", "1:4", "A value is missing here, or begins with a sign"),
    "two-documents": ("a: 1\n---\nb: 2\n", "2:1", "Remove the line '---'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_place_of_a_mistake_and_its_remedy(project: Project, mistake: str) -> None:
    text, place, remedy = MISTAKES[mistake]
    project.write("config.yml", text)
    with project.refuses() as refusal:
        project.config()
    (message,), (told,) = refusal.messages, refusal.remedies
    assert message.startswith(f"config.yml:{place}: This is not valid YAML: ")
    assert told is not None
    assert remedy in told


def test_a_mistake_in_a_template_is_told_where_it_began(project: Project) -> None:
    template = """\
services:
  web:
    image: "localhost/{{ project_name }}
    command: [a]
"""
    project.deploy(template=template)
    with project.refuses() as refusal:
        project.prepare()
    (message,) = refusal.messages
    assert "docker-compose.yml.j2:3: This is not valid YAML" in message
    assert refusal.remedies == [QUOTE]
