"""Leads from a line of a rendered file back to the line of its template, for messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from container_manager.errors import Location, Problem

_LONGEST_SHOWN = 160
"""Characters of a rendered line that a message repeats."""


def template_line(template: str, rendered: str, line: int) -> int:
    r"""The line of the template that most likely gave a line of the result; both count from 1.

    Lines that both texts share anchor the rest; within a changed block lines are paired in order.

    >>> template = "a\n{% if x %}\nb: {{ y }}\n{% endif %}\nc\n"
    >>> template_line(template, "a\n\nb: 1\n\nc\n", 3)
    3
    """
    before, after = template.splitlines(), rendered.splitlines()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        if new_start <= line - 1 < new_end:
            offset = min(line - 1 - new_start, max(end - start - 1, 0))
            return min(start + offset, max(len(before) - 1, 0)) + 1
    return max(len(before), 1)


def to_templates(
    problems: Iterable[Problem], rendered: Mapping[Path, tuple[Path, str]]
) -> list[Problem]:
    """Problems about generated files, told about their templates.

    Args:
        problems: what was found.
        rendered: generated path -> (template, rendered text).
    """
    traced = []
    for problem in problems:
        where = problem.where
        if where is None or where.file not in rendered:
            traced.append(problem)
            continue
        template, text = rendered[where.file]
        if where.line is None:
            traced.append(replace(problem, where=Location(template)))
            continue
        lines = text.splitlines()
        shown = lines[where.line - 1].strip() if where.line <= len(lines) else ""
        source = template.read_text(encoding="utf-8")
        line = template_line(source, text, where.line)
        if shown and shown not in source:
            shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
            problem = replace(problem, message=f"{problem.message} (rendered: {shown!r})")  # noqa: PLW2901
        traced.append(replace(problem, where=Location(template, line)))
    return traced
