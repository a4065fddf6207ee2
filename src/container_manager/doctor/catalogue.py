"""Everything that can be wrong, how grave it is, and what to do about it: one row each.

``docs/doctor.md`` shows these rows; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from container_manager.doctor.advice_on_podman import ON_PODMAN
from container_manager.doctor.advice_on_project import ON_PROJECT
from container_manager.doctor.findings import Advice, Finding, Level

ADVICE: Mapping[str, Advice] = {**ON_PODMAN, **ON_PROJECT}
"""Code -> what it means and what to do."""


def as_table() -> str:
    """The catalogue as a table of Markdown."""
    rows = [
        f"| `{code}` | {one.level} | {one.seen} | {one.remedy.replace('{', '').replace('}', '')} |"
        for code, one in ADVICE.items()
    ]
    return "\n".join(["| code | level | seen | what to do |", "|---|---|---|---|", *rows])


def fine(code: str, message: str, **facts: Any) -> Finding:
    """A finding that all is well."""
    return Finding(code=code, level=Level.OK, message=message, facts=facts)


def found(
    code: str,
    message: str,
    *,
    level: Level | None = None,
    remedy: str | None = None,
    **facts: Any,
) -> Finding:
    """A finding of the catalogue.

    Args:
        code: which row.
        message: what was seen here.
        level: how grave it is here, where that differs.
        remedy: what to do, where more is known than the catalogue says.
        facts: what was measured; fills the placeholders of the remedy.
    """
    advice = ADVICE[code]
    return Finding(
        code=code,
        level=level or advice.level,
        message=message,
        remedy=remedy or advice.remedy.format_map(facts),
        facts=facts,
    )
