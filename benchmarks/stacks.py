"""How long a stack takes to come up and to go, compared with the bare compose provider.

Both are given the same generated compose files of the same services. Ours also builds, checks,
waits a second for each container, and looks afterwards at what really runs.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.process import Call, CommandFailed, Timing, timed
from benchmarks.stage import Stage

SERVICES = 20
SMOKE_SERVICES = 2
PROVIDERS = ("podman-compose", "docker")
"""Names in ``compose_provider``."""

SLOWER = 1.1
"""How many times the bare provider's time ours may take, next to :data:`START`."""

START = 0.5
"""Seconds that our own start may take."""

IDLE = 0.5
"""The share of its ``up`` that an ``up`` with nothing to do may take."""

UP, AGAIN, DOWN, BARE_UP, BARE_DOWN = "up", "up again", "down", "bare up", "bare down"


@dataclass
class Measured:
    """All that was measured: (provider, step) -> timings."""

    timings: dict[tuple[str, str], list[Timing]] = field(default_factory=dict)

    def wall(self, provider: str, step: str) -> float:
        """The median wall time in seconds."""
        return statistics.median(one.wall for one in self.timings[provider, step])


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        title: what was measured.
        rival: what it is compared with.
        ours: seconds.
        theirs: seconds.
        limit: seconds that ours may take.
        aim: the same in words.
    """

    title: str
    rival: str
    ours: float
    theirs: float
    limit: float
    aim: str

    @property
    def is_met(self) -> bool:
        """Whether the aim is kept."""
        return self.ours <= self.limit


def measure(folder: Path, *, services: int, repeat: int, warm: bool = True) -> Measured:
    """Bring stacks up and down, each provider in turn.

    Args:
        folder: an empty folder, where all happens.
        services: of the stack.
        repeat: rounds.
        warm: whether one more comes first and is not counted.

    Raises:
        CommandFailed: something did not work, or not all containers ran.
    """
    measured = Measured()
    with Stage(folder, services) as stage:
        for number in range(0 if warm else 1, repeat + 1):
            for provider in PROVIDERS:
                print(f"stacks: round {number} of {repeat}, {provider}", file=sys.stderr)
                for step, timing in _round(stage, provider):
                    if number:
                        measured.timings.setdefault((provider, step), []).append(timing)
    return measured


def _round(stage: Stage, provider: str) -> Iterator[tuple[str, Timing]]:
    steps: tuple[tuple[str, Call, int], ...] = (
        (BARE_UP, stage.bare(provider, "up", "-d"), stage.services),
        (BARE_DOWN, stage.bare(provider, "down"), 0),
        (UP, stage.ours(provider, "up", "--detached"), stage.services),
        (AGAIN, stage.ours(provider, "up", "--detached"), stage.services),
        (DOWN, stage.ours(provider, "down"), 0),
    )
    for step, call, running in steps:
        timing = timed(call)
        found = stage.running()
        if found != running:
            raise CommandFailed(f"After '{step}' {found} containers run instead of {running}.")
        yield step, timing


def rows(measured: Measured) -> list[Row]:
    """All comparisons."""
    found = []
    for provider in PROVIDERS:
        bare = f"bare `{stage_name(provider)}`"
        for ours, theirs in ((UP, BARE_UP), (DOWN, BARE_DOWN)):
            their_wall = measured.wall(provider, theirs)
            found.append(
                Row(
                    title=f"`{ours}` with `{provider}`",
                    rival=bare,
                    ours=measured.wall(provider, ours),
                    theirs=their_wall,
                    limit=SLOWER * their_wall + START,
                    aim=f"at most {SLOWER:g} times and {START:g} s",
                )
            )
        up = measured.wall(provider, UP)
        found.append(
            Row(
                title=f"`up` with `{provider}`, nothing to do",
                rival="its `up`",
                ours=measured.wall(provider, AGAIN),
                theirs=up,
                limit=IDLE * up,
                aim=f"at most {IDLE:.0%}",
            )
        )
    return found


def stage_name(provider: str) -> str:
    """What people call a provider."""
    return {"docker": "docker compose"}.get(provider, provider)


def table(found: list[Row], services: int, *, judge: bool = True) -> str:
    """The comparisons as Markdown."""
    head = ("measured", "compared with", "services", "ours", "theirs", "ratio", "aim", "result")
    lines = [head, ("---",) * len(head)]
    for row in found:
        result = ("met" if row.is_met else "**missed**") if judge else "not judged"
        ratio = f"{row.ours / row.theirs:.2f} times"
        times = (f"{row.ours:.2f} s", f"{row.theirs:.2f} s")
        lines.append((row.title, row.rival, str(services), *times, ratio, row.aim, result))
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
