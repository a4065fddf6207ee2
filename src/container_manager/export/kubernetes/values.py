"""Compose's ways of writing amounts, times and commands, as Kubernetes writes them."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Sequence
from typing import Any

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(b|k|m|g|t|kb|mb|gb|tb|kib|mib|gib|tib)?", re.I)
_FACTORS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def size(value: Any) -> str | None:
    """An amount of memory; compose counts by 1024. None where it is none.

    >>> size("64M"), size("1.5g"), size(1000), size("-1")
    ('64Mi', '1536Mi', '1000', None)
    """
    match = _SIZE.fullmatch(str(value).strip())
    if match is None:
        return None
    amount = round(float(match[1]) * _FACTORS[(match[2] or "")[:1].lower()])
    for unit, factor in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if amount and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return str(amount)


def processors(value: Any) -> str | None:
    """A number of processors; None where it is none.

    >>> processors("0.5"), processors(2), processors("many")
    ('500m', '2', None)
    """
    try:
        amount = float(str(value))
    except ValueError:
        return None
    if not math.isfinite(amount) or amount <= 0:
        return None
    thousandths = max(math.ceil(amount * 1000), 1)
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def seconds(value: float, *, least: int = 1) -> int:
    """Whole seconds, rather too many."""
    return max(math.ceil(value), least)


def words(value: Any) -> list[str]:
    """A command as a list; one text is split as a shell would.

    Raises:
        ValueError: a quote has no end.

    >>> words("sh -c 'echo hello'"), words([1, "a b"])
    (['sh', '-c', 'echo hello'], ['1', 'a b'])
    """
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return [str(word) for word in value]
    return shlex.split(str(value))


def literal(text: str) -> str:
    """Text that Kubernetes is to leave as it is: it would fill in ``$(NAME)``.

    >>> literal("a$b"), literal("$(date)")
    ('a$b', '$$(date)')
    """
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def pairs(value: Any) -> dict[str, str]:
    """A mapping, or a list of ``NAME=value``."""
    if isinstance(value, dict):
        return {str(key): "" if one is None else str(one) for key, one in value.items()}
    found = {}
    for item in value if isinstance(value, (list, tuple)) else ():
        key, _, text = str(item).partition("=")
        found[key] = text
    return found


def listed(value: Any) -> Sequence[Any]:
    """The entries of a list; none of what is no list, which is told elsewhere."""
    return value if isinstance(value, (list, tuple)) else ()


def texts(value: Any) -> list[str]:
    """One text, or a list of them."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]
