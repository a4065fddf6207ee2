"""What a check found: how grave, in which words, and what to do about it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Level(enum.StrEnum):
    """How grave a finding is."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Advice:
    """What can be wrong, and what to do about it.

    Attributes:
        level: how grave it is, where the finding does not say otherwise.
        seen: what was seen, as a heading.
        remedy: what to do; ``{name}`` stands for a fact of the finding.
    """

    level: Level
    seen: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: its name for programs; that of a finding which needs a remedy stands in
            :data:`~container_manager.doctor.catalogue.ADVICE`.
        level: how grave it is.
        message: a sentence for people.
        remedy: what to do about it; None where nothing is to be done.
        facts: what was measured, for programs.
    """

    code: str
    level: Level
    message: str
    remedy: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one check found.

    Attributes:
        check: the check's name.
        group: the heading that it stands under.
        findings: what it found; never empty.
        seconds: how long it took.
    """

    check: str
    group: str
    findings: tuple[Finding, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All outcomes, in the order of the table of checks."""

    outcomes: tuple[Outcome, ...]

    def count(self, level: Level) -> int:
        """How many findings are of this level."""
        return sum(one.level is level for each in self.outcomes for one in each.findings)

    @property
    def exit_code(self) -> int:
        """1 when something stops a start, else 0."""
        return 1 if self.count(Level.PROBLEM) else 0
