"""What may stand where somebody presses TAB; the scripts of :mod:`container_manager.shells` ask.

It is asked at each press, so nothing is rendered, no program of the configuration is run, Podman is
not asked, and nothing is written or said: where something is broken, less is offered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence


def answer(arguments: Sequence[str]) -> None:
    """Print what may stand at the place of the last word, a line each: it, a tab, what it is.

    ``:files`` and ``:folders`` stand for what shells themselves complete.

    Args:
        arguments: ``--invoke`` where stock invoke is completed, then ``--``, and the words after
            the program's name, up to the one that is being typed, which may be empty.
    """
    from container_manager.completing.words import offered

    at = arguments.index("--") if "--" in arguments else -1
    *words, typed = list(arguments[at + 1 :]) or [""]
    with contextlib.suppress(Exception):  # nobody reads a complaint here
        for one in offered(words, typed, stock="--invoke" in arguments[: max(at, 0)]):
            print(f"{one.text}\t{one.meaning}" if one.meaning else one.text)
