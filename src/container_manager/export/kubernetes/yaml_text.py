"""Objects as YAML: block style, the same bytes everywhere, read alike by every reader.

PyYAML's emitter takes as long for a thousand services as rendering them, and its C twin is not
everywhere. Source: YAML 1.2, chapters 7 and 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def yaml_of(objects: Iterable[Mapping[str, Any]]) -> str:
    """Several documents in one text."""
    return "---\n".join("\n".join(_mapping(one, "")) + "\n" for one in objects)


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, child in value.items():
        yield from _child(f"{indent}{_scalar(str(key))}:", child, indent)


def _list(value: list[Any], indent: str) -> Iterator[str]:
    for item in value:
        if isinstance(item, Mapping) and item:
            first, *others = _mapping(item, f"{indent}  ")
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from others
        else:
            yield from _child(f"{indent}-", item, indent)


def _child(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, f"{indent}  ")
    elif isinstance(value, list) and value:
        yield head
        yield from _list(value, f"{indent}  " if head.endswith("-") else indent)
    elif isinstance(value, str) and _is_block(value):
        yield f"{head} {'|' if value.endswith(chr(10)) else '|-'}"
        yield from (f"{indent}  {line}" if line else "" for line in value.splitlines())
    else:
        yield f"{head} {_scalar(value)}"


def _is_block(text: str) -> bool:
    """Whether it may be written line by line, without any escapes."""
    if "\n" not in text or text[0] in " \t\n" or text.endswith("\n\n"):
        return False
    lines = text.removesuffix("\n").split("\n")
    return all(
        line.replace("\t", "").isprintable() and (not line or line.strip()) for line in lines
    )


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        return f'"{"".join(map(_character, value))}"'
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, list) else str(value)


def _character(one: str) -> str:
    if one in _ESCAPED:
        return _ESCAPED[one]
    if one.isprintable():
        return one
    code = ord(one)
    return (
        f"\\x{code:02x}" if code < 2**8 else f"\\u{code:04x}" if code < 2**16 else f"\\U{code:08x}"
    )
