"""The keys of ``config.yml``: what each may hold and is for, from the tables that check them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from container_manager.config.alternatives import Named
from container_manager.config.known import CONFIGURATION
from container_manager.config.shapes import Fields, KnownKey, Shape
from docs.generator.markdown import escaped, table

_HEAD = ("key", "what it may be", "default", "examples", "meaning")
_WIDE = 10_000


@dataclass
class _Section:
    """A mapping with keys of ours, and everywhere that it may stand."""

    fields: Fields
    paths: list[str] = field(default_factory=list)


def part() -> str:
    """A table of the keys at the top level, and one of each mapping below with keys of ours."""
    sections: dict[int, _Section] = {}
    _gather(CONFIGURATION, "", sections)
    return "\n\n".join(block for section in sections.values() for block in _told(section))


def _gather(shape: Shape, path: str, sections: dict[int, _Section]) -> None:
    """Find the mappings in a shape, in the order in which they may be written."""
    if isinstance(shape, Fields):
        known = id(shape) in sections
        sections.setdefault(id(shape), _Section(shape)).paths.append(path)
        if known:
            return
        for key, rule in shape.known.items():
            _gather(rule.shape, f"{path}.{key}".removeprefix("."), sections)
    for suffix, inner in shape.parts():
        _gather(inner, path + suffix, sections)


def _told(section: _Section) -> Iterator[str]:
    path, *others = section.paths
    yield f"## `{path}`" if path else "## At the top level"
    if others:
        yield "The same may stand at " + ", ".join(f"`{other}`" for other in others) + "."
    if not section.fields.closed:
        yield "All other keys there are yours."
    yield table(_HEAD, [_row(key, rule) for key, rule in section.fields.known.items()])


def _row(key: str, rule: KnownKey) -> tuple[str, ...]:
    more = f" ([more](../{rule.more}))" if rule.more else ""
    return (
        f"`{key}`",
        escaped("a mapping" if _is_mapping(rule.shape) else rule.shape.expected),
        "" if rule.default is None else _code(rule.default),
        "<br>".join(map(_code, rule.examples)),
        escaped(rule.meaning) + more,
    )


def _is_mapping(shape: Shape) -> bool:
    """Whether it has a table of its own, and nothing else to say."""
    parts = list(shape.parts())
    if isinstance(shape, Named) or (len(parts) == 1 and parts[0][0] == ""):
        return _is_mapping(parts[0][1])
    return isinstance(shape, Fields)


def _code(value: Any) -> str:
    """A value as YAML writes it on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=_WIDE)
    return "`" + text.removesuffix("...\n").strip().replace("|", "\\|") + "`"
