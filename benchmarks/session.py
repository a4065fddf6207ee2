"""Runs everything that is to be measured, in rounds, and gathers the numbers."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Collection
from dataclasses import dataclass, field

from benchmarks import same
from benchmarks.cases import (
    CASES,
    COLD,
    COMMANDS,
    RIVALS,
    START_UP_SERVICES,
    Case,
    Command,
    Figure,
    Quantity,
)
from benchmarks.process import Timing, peak_memory, timed
from benchmarks.workshop import Workshop

_WARMING_SERVICES = 2
_START_UP_RUNS = 3
"""Runs in a round: start-up is short, so that its noise is large."""


@dataclass
class Results:
    """All that was measured; keys are commands and numbers of services.

    Attributes:
        timings: of each run.
        peaks: the largest memory that was seen, in bytes.
        compared: how many files a rival's were compared with.
        different: the paths of those that differ; empty where all are the same.
    """

    timings: dict[tuple[Command, int], list[Timing]] = field(default_factory=dict)
    peaks: dict[tuple[Command, int], int] = field(default_factory=dict)
    compared: dict[tuple[Command, int], int] = field(default_factory=dict)
    different: dict[tuple[Command, int], list[str]] = field(default_factory=dict)

    def median(self, command: Command, services: int) -> Timing | None:
        """The medians of wall time and of processor time; None where nothing was measured."""
        runs = self.timings.get((command, services))
        if not runs:
            return None
        return Timing(
            statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs)
        )

    def figure(self, figure: Figure, services: int) -> float | None:
        """The number that a row of this size needs: seconds, or bytes."""
        services = figure.services(services)
        if figure.quantity is Quantity.MEMORY:
            return self.peaks.get((figure.command, services))
        median = self.median(figure.command, services)
        return None if median is None else median.wall

    def sizes(self) -> list[int]:
        """All sizes that anything was measured at."""
        return sorted({services for _, services in self.timings})


def row_sizes(case: Case, sizes: Collection[int]) -> list[int]:
    """At which of the measured sizes a case is shown: those of its aims, or else smaller ones."""
    if case.ours.command.is_start_up:
        return [START_UP_SERVICES]
    largest = min(f.command.largest for f in (case.ours, case.theirs) if f is not None)
    possible = [size for size in sorted(sizes) if size <= largest]
    chosen = {
        max((size for size in possible if size <= aim.services), default=possible[0])
        for aim in case.aims
        if possible
    }
    return sorted(chosen)


class Session:
    """Measures in one workshop.

    Attributes:
        sizes: services of the projects.
        repeat: how many rounds there are.
        results: the numbers so far.
    """

    def __init__(
        self, workshop: Workshop, sizes: Collection[int], repeat: int, *, keep: bool = False
    ) -> None:
        self.sizes = sorted(set(sizes))
        self.repeat = repeat
        self.results = Results()
        self._workshop = workshop
        self._keep = keep

    def run(self) -> Results:
        """Measure everything, the smallest projects first."""
        self._warm()
        tenths = {
            case.theirs.services(size)
            for case in CASES
            if case.theirs is not None and case.theirs.is_tenth
            for size in row_sizes(case, self.sizes)
        }
        for services in sorted({*self.sizes, *tenths}):
            for number in range(self.repeat):
                _say(f"{services} services, round {number + 1} of {self.repeat}")
                self._round(services, number)
            if not self._keep:
                self._workshop.remove(services)
        for number in range(self.repeat * _START_UP_RUNS):
            for command in COMMANDS:
                if command.is_start_up:
                    self._measure(command, START_UP_SERVICES, is_first=number == 0)
        return self.results

    def _warm(self) -> None:
        """Run all once, unmeasured: Python keeps bytecode, and the system reads its files."""
        _say("warming")
        for command in COMMANDS:
            services = START_UP_SERVICES if command.is_start_up else _WARMING_SERVICES
            self._run(command, services)
        self._workshop.remove(_WARMING_SERVICES)

    def _round(self, services: int, number: int) -> None:
        """Run each command once, so that all of them share the good and the bad minutes."""
        if services in self.sizes:
            peak = peak_memory(self._workshop.prepare(COLD, services))
            key = COLD, services
            self.results.peaks[key] = max(peak, self.results.peaks.get(key, 0))
        for command in COMMANDS:
            is_wanted = services in self.sizes or command is COLD
            is_possible = services <= command.largest and not command.is_start_up
            is_again = number > 0 and services >= command.once_from
            if is_wanted and is_possible and not is_again:
                self._measure(command, services, is_first=number == 0)

    def _measure(self, command: Command, services: int, *, is_first: bool) -> None:
        timing = self._run(command, services)
        self.results.timings.setdefault((command, services), []).append(timing)
        _say(f"  {command.name}: {timing.wall:.3f} s")
        if is_first and command in RIVALS:
            self._compare(command, services)

    def _run(self, command: Command, services: int) -> Timing:
        timing = timed(self._workshop.prepare(command, services))
        self._workshop.check(command, services)
        return timing

    def _compare(self, rival: Command, services: int) -> None:
        """Compare a rival's files with ours, which no change was made to since the cold build."""
        ours = self._workshop.project(COLD, services)
        theirs = self._workshop.project(rival, services)
        self.results.compared[rival, services] = len(same.files(ours))
        self.results.different[rival, services] = same.differences(ours, theirs)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
