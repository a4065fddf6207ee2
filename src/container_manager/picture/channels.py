"""Keeps lines apart: each net has a slot of its own beside a card, and a track in each channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from container_manager.picture.routing import Net, Pin, Spot

BEFORE, AFTER = -1, 1
_PASSES = 20


class Joint(NamedTuple):
    """Where something joins a run, and from which side: left or above, right or below."""

    at: float
    side: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A straight piece of a net in one channel.

    Attributes:
        net: its number.
        first: the spot where it begins, left or above.
        last: the spot where it ends.
        joints: what joins it.
    """

    net: int
    first: Spot
    last: Spot
    joints: tuple[Joint, ...]

    @property
    def low(self) -> float:
        """Where it really begins."""
        return min(joint.at for joint in self.joints)

    @property
    def high(self) -> float:
        """Where it really ends."""
        return max(joint.at for joint in self.joints)

    def meets(self, other: Run) -> bool:
        """Whether both cannot have one track; to touch is enough."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What keeps the lines apart.

    Attributes:
        slots: spot -> the numbers of the nets that touch a card there, from above.
        vertical: (net, spot) -> the track of its vertical run through that spot.
        horizontal: (net, spot) -> the track of its horizontal run through that spot.
        columns: how many tracks each vertical channel has.
        rows: how many tracks each horizontal channel has.
    """

    slots: Mapping[Spot, tuple[int, ...]]
    vertical: Mapping[tuple[int, Spot], int]
    horizontal: Mapping[tuple[int, Spot], int]
    columns: Mapping[int, int]
    rows: Mapping[int, int]


def channels_of(nets: Sequence[Net]) -> Channels:
    """Slots and tracks for all nets."""
    upright = {number: _pieces(net, upright=True) for number, net in enumerate(nets)}
    level = {number: _pieces(net, upright=False) for number, net in enumerate(nets)}
    slots = _slots(nets, upright)
    runs: dict[tuple[bool, int], list[Run]] = {}
    for number, net in enumerate(nets):
        for first, last in upright[number]:
            joints = _beside(number, net, first, last, slots)
            joints += _crossing(first, last, level[number])
            run = Run(net=number, first=first, last=last, joints=tuple(joints))
            runs.setdefault((True, first.channel), []).append(run)
        for first, last in level[number]:
            joints = _crossing_level(first, last, upright[number])
            run = Run(net=number, first=first, last=last, joints=tuple(joints))
            runs.setdefault((False, first.rank // 2), []).append(run)
    placed: dict[bool, dict[tuple[int, Spot], int]] = {True: {}, False: {}}
    counts: dict[bool, dict[int, int]] = {True: {}, False: {}}
    for (is_upright, where), own in runs.items():
        tracks = tracks_of(own)
        counts[is_upright][where] = 1 + max(tracks)
        for run, track in zip(own, tracks, strict=True):
            for spot in _through(run.first, run.last):
                placed[is_upright][run.net, spot] = track
    return Channels(
        slots=slots,
        vertical=placed[True],
        horizontal=placed[False],
        columns=counts[True],
        rows=counts[False],
    )


def _through(first: Spot, last: Spot) -> Iterable[Spot]:
    if first.channel == last.channel:
        return [Spot(first.channel, rank) for rank in range(first.rank, last.rank + 1)]
    return [Spot(channel, first.rank) for channel in range(first.channel, last.channel + 1)]


def _pieces(net: Net, *, upright: bool) -> list[tuple[Spot, Spot]]:
    """The straight pieces of a net in one direction."""
    steps = {
        (min(here, there), max(here, there))
        for way in net.ways
        for here, there in zip(way.spots, way.spots[1:], strict=False)
        if (here.channel == there.channel) == upright
    }
    if upright:
        in_order = sorted(steps)
    else:
        in_order = sorted(steps, key=lambda step: (step[0].rank, step[0].channel))
    pieces: list[tuple[Spot, Spot]] = []
    for first, last in in_order:
        if pieces and pieces[-1][1] == first:
            pieces[-1] = (pieces[-1][0], last)
        else:
            pieces.append((first, last))
    return pieces


def _slots(
    nets: Sequence[Net], upright: Mapping[int, list[tuple[Spot, Spot]]]
) -> dict[Spot, tuple[int, ...]]:
    """Those that go up stand above those that go straight on, and these above all others."""
    touching: dict[Spot, list[int]] = {}
    for number, net in enumerate(nets):
        for spot in dict.fromkeys(pin.spot for pin in _pins(net)):
            touching.setdefault(spot, []).append(number)

    def direction(number: int, spot: Spot) -> int:
        own = [piece for piece in upright[number] if piece[0] <= spot <= piece[1]]
        up = any(first < spot for first, _ in own)
        down = any(last > spot for _, last in own)
        return down - up

    return {
        spot: tuple(sorted(numbers, key=lambda number: direction(number, spot)))
        for spot, numbers in touching.items()
    }


def _pins(net: Net) -> list[Pin]:
    return [pin for way in net.ways for pin in (way.start, way.end)]


def _beside(
    number: int,
    net: Net,
    first: Spot,
    last: Spot,
    slots: Mapping[Spot, tuple[int, ...]],
) -> list[Joint]:
    """Where cards touch a vertical run."""
    joints = []
    for pin in dict.fromkeys(_pins(net)):
        if first <= pin.spot <= last:
            beside = slots[pin.spot]
            part = (beside.index(number) + 1) / (len(beside) + 1) - 0.5
            joints.append(Joint(pin.spot.rank + part, BEFORE if pin.right else AFTER))
    return joints


def _crossing(first: Spot, last: Spot, level: Iterable[tuple[Spot, Spot]]) -> list[Joint]:
    """Where horizontal runs join a vertical one."""
    joints = []
    for left, right in level:
        if first.rank <= left.rank <= last.rank and left.channel <= first.channel <= right.channel:
            if left.channel < first.channel:
                joints.append(Joint(left.rank, BEFORE))
            if right.channel > first.channel:
                joints.append(Joint(left.rank, AFTER))
    return joints


def _crossing_level(first: Spot, last: Spot, upright: Iterable[tuple[Spot, Spot]]) -> list[Joint]:
    """Where vertical runs join a horizontal one."""
    joints = []
    for top, bottom in upright:
        if first.channel <= top.channel <= last.channel and top.rank <= first.rank <= bottom.rank:
            if top.rank < first.rank:
                joints.append(Joint(top.channel, BEFORE))
            if bottom.rank > first.rank:
                joints.append(Joint(top.channel, AFTER))
    return joints


def tracks_of(runs: Sequence[Run]) -> list[int]:
    """A track for each run of a channel, so that few lines cross.

    Runs that meet have different tracks. They are packed tightly first; then tracks are exchanged
    as long as that makes crossings fewer.
    """
    tracks = _packed(runs)
    costs = [[_crossings(one, other) for other in runs] for one in runs]
    for _ in range(_PASSES):
        improved = False
        for change in _changes(runs, tracks):
            if _difference(costs, tracks, change) < 0:
                for index, track in change.items():
                    tracks[index] = track
                improved = True
        if not improved:
            break
    return tracks


def _difference(
    costs: Sequence[Sequence[int]], tracks: Sequence[int], change: Mapping[int, int]
) -> int:
    """How many crossings more there are after a change: run -> its new track."""
    difference = 0
    for index, track in change.items():
        for other, there in enumerate(tracks):
            if other not in change:
                difference += _cost(costs, index, track, other, there)
                difference -= _cost(costs, index, tracks[index], other, there)
            elif other > index:
                difference += _cost(costs, index, track, other, change[other])
                difference -= _cost(costs, index, tracks[index], other, there)
    return difference


def _cost(
    costs: Sequence[Sequence[int]], one: int, track: int, other: int, other_track: int
) -> int:
    if track == other_track:
        return 0
    return costs[one][other] if track < other_track else costs[other][one]


def _packed(runs: Sequence[Run]) -> list[int]:
    tracks = [0] * len(runs)
    taken: list[list[Run]] = []
    for index in sorted(range(len(runs)), key=lambda i: (runs[i].low, runs[i].high, i)):
        run = runs[index]
        free = (t for t, others in enumerate(taken) if not any(run.meets(one) for one in others))
        track = next(free, len(taken))
        if track == len(taken):
            taken.append([])
        taken[track].append(run)
        tracks[index] = track
    return tracks


def _crossings(one: Run, other: Run) -> int:
    """How often two runs cross if the first one has the lower track."""
    if one.net == other.net:
        return 0
    right = sum(j.side == AFTER and other.low < j.at < other.high for j in one.joints)
    left = sum(j.side == BEFORE and one.low < j.at < one.high for j in other.joints)
    return right + left


def _changes(runs: Sequence[Run], tracks: Sequence[int]) -> Iterator[dict[int, int]]:
    """Two tracks exchanged, or one run moved, as long as no two runs of a track meet."""
    count = 1 + max(tracks)
    for a in range(count):
        for b in range(a + 1, count):
            exchanged = {a: b, b: a}
            yield {i: exchanged[track] for i, track in enumerate(tracks) if track in exchanged}
    for index, run in enumerate(runs):
        for track in range(count):
            others = (i for i, other in enumerate(tracks) if other == track and i != index)
            if track != tracks[index] and not any(run.meets(runs[i]) for i in others):
                yield {index: track}
