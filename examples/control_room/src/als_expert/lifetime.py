"""How long a beam lasts."""

from __future__ import annotations

import math


def hours(before: float, after: float, elapsed: float) -> float:
    """The lifetime of an exponential decay, in hours.

    Args:
        before: the current at first, in mA.
        after: the current later, in mA.
        elapsed: hours between the two.

    Raises:
        ValueError: the current did not fall, or there was none.
    """
    if not before > after > 0:
        raise ValueError(f"A current that falls is needed, not {before} mA and then {after} mA.")
    return elapsed / math.log(before / after)
