"""What is measured, and what is aimed at, as data."""

from __future__ import annotations

import enum
import sys
from dataclasses import dataclass

MIB = 1024 * 1024
SIZES = (10, 100, 300, 1000)
"""Services of the generated projects of a full run."""

SMOKE_SIZES = (10,)
START_UP_SERVICES = 10
"""Start-up is measured in a project of this size, whatever the other sizes are."""

CHANGED_SERVICE = 7
"""The number of the service whose template is changed."""


class State(enum.Enum):
    """What a project is made to be, before a command runs in it."""

    ABSENT = "no build directory, no records and no caches"
    BUILT = "all is built, and nothing changed since"
    TEMPLATE = "all is built, then the template of one service changed"
    MOTTO = "all is built, then one value changed that every template sees"


@dataclass(frozen=True)
class Command:
    """What runs in a process of its own.

    Attributes:
        name: what it is called in tables and plots.
        argv: the program and its arguments; ``{project}`` is the project's folder.
        folder: which of the projects of one size it works in; rivals have copies of their own.
        state: what that project is made to be first.
        exit_code: the one that means that it worked.
        largest: in services; it takes too long in larger projects.
        once_from: in services; in projects of this size and larger ones it runs only once.
        is_start_up: whether it runs in the project for start-up times, three times as often.
    """

    name: str
    argv: tuple[str, ...]
    folder: str
    state: State = State.BUILT
    exit_code: int = 0
    largest: int = sys.maxsize
    once_from: int = sys.maxsize
    is_start_up: bool = False


_BUILD = ("container-manager", "build")
_RIVAL = ("python", "-m", "benchmarks.rivals")
_LIST = ("invoke", "--list")

COLD = Command("cold build", _BUILD, "ours", State.ABSENT)
PLAIN = Command("plain", (*_RIVAL, "plain", "{project}"), "plain", State.ABSENT)
COPIER = Command("copier", (*_RIVAL, "copier", "{project}"), "copier", State.ABSENT, largest=100)
ORIGINAL = Command(
    "original",
    (*_RIVAL, "original", "{project}"),
    "original",
    State.ABSENT,
    largest=300,
    once_from=300,
)
COPY = Command("cp -a", ("cp", "-a", "{project}/build", "{project}-copy"), "ours")
WARM = Command("warm build", _BUILD, "ours")
TEMPLATE = Command("one template changed", _BUILD, "ours", State.TEMPLATE)
MOTTO = Command("one value changed", _BUILD, "ours", State.MOTTO)
KUBE = Command("kube.build", ("container-manager", "kube.build"), "ours")
EMPTY = Command("empty tasks.py", _LIST, "empty", exit_code=1, is_start_up=True)
LIST = Command("invoke --list", _LIST, "ours", is_start_up=True)
PLAN = Command("invoke plan --files", ("invoke", "plan", "--files"), "ours", is_start_up=True)

COMMANDS = (COLD, PLAIN, COPIER, ORIGINAL, COPY, WARM, TEMPLATE, MOTTO, KUBE, EMPTY, LIST, PLAN)
"""In the order in which a round runs them: the cold build first, for others need its files."""

RIVALS = (PLAIN, COPIER, ORIGINAL)
"""These must generate the same files as the cold build."""


class Quantity(enum.Enum):
    """What of a command is compared."""

    WALL = "median wall time"
    MEMORY = "peak memory"


@dataclass(frozen=True)
class Figure:
    """A number that a run gives.

    Attributes:
        command: what was measured.
        quantity: seconds of wall time, or bytes of memory.
        is_tenth: whether the project is a tenth as large as the one that the row speaks of.
    """

    command: Command
    quantity: Quantity = Quantity.WALL
    is_tenth: bool = False

    def services(self, services: int) -> int:
        """The size of the project that the number is taken from."""
        return max(services // 10, 1) if self.is_tenth else services


class Kind(enum.Enum):
    """How a ratio is read."""

    FASTER = "at least {} times faster"
    TIMES = "at most {} times"
    SHARE = "at most {} %"
    LIMIT = "at most {} MiB"


@dataclass(frozen=True)
class Aim:
    """What a ratio should be.

    Attributes:
        services: the size of the project.
        limit: times, per cent or MiB, as :class:`Kind` says.
    """

    services: int
    limit: float


@dataclass(frozen=True)
class Case:
    """A row of the table, or one for each of its aims.

    Attributes:
        title: what of ours is measured.
        rival: what it is compared with, in words.
        kind: how the ratio is read.
        aims: in ascending order of services.
        ours: our number.
        theirs: the rival's number; None where our number itself is limited.
    """

    title: str
    rival: str
    kind: Kind
    aims: tuple[Aim, ...]
    ours: Figure
    theirs: Figure | None = None


_OURS = Figure(COLD)

CASES = (
    Case(
        "cold build",
        "`original`",
        Kind.FASTER,
        (Aim(100, 8), Aim(300, 25)),
        _OURS,
        Figure(ORIGINAL),
    ),
    Case(
        "cold build",
        "`cp -a` of the finished build directory",
        Kind.TIMES,
        (Aim(1000, 15),),
        _OURS,
        Figure(COPY),
    ),
    Case("cold build", "`copier`", Kind.FASTER, (Aim(100, 4),), _OURS, Figure(COPIER)),
    Case("cold build", "`plain`", Kind.TIMES, (Aim(1000, 1.5),), _OURS, Figure(PLAIN)),
    Case(
        "warm build, nothing changed",
        "our cold build",
        Kind.SHARE,
        (Aim(1000, 5),),
        Figure(WARM),
        _OURS,
    ),
    Case(
        "build, one service's template changed",
        "our cold build",
        Kind.SHARE,
        (Aim(1000, 6),),
        Figure(TEMPLATE),
        _OURS,
    ),
    Case(
        "build, one value changed that every template sees",
        "our cold build",
        Kind.SHARE,
        (Aim(1000, 50),),
        Figure(MOTTO),
        _OURS,
    ),
    Case(
        "`kube.build`: everything is rendered, and becomes manifests",
        "our cold build",
        Kind.SHARE,
        (Aim(1000, 100),),
        Figure(KUBE),
        _OURS,
    ),
    Case(
        "`invoke --list`",
        "`invoke --list` of an empty `tasks.py`",
        Kind.TIMES,
        (Aim(START_UP_SERVICES, 2),),
        Figure(LIST),
        Figure(EMPTY),
    ),
    Case(
        "`invoke plan`, nothing to do",
        "`invoke --list` of an empty `tasks.py`",
        Kind.TIMES,
        (Aim(START_UP_SERVICES, 3),),
        Figure(PLAN),
        Figure(EMPTY),
    ),
    Case(
        "growth of the cold build",
        "a tenth of the services",
        Kind.TIMES,
        (Aim(1000, 11),),
        _OURS,
        Figure(COLD, is_tenth=True),
    ),
    Case(
        "peak memory of the cold build",
        "a fixed limit",
        Kind.LIMIT,
        (Aim(1000, 150),),
        Figure(COLD, Quantity.MEMORY),
    ),
)
