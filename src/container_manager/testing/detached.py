"""Takes everything out of generated compose files that a second stack would share with the first.

Host ports become free ones on loopback; names that a template fixes (of containers, volumes,
networks, built images) become the test stack's own; what is external becomes new and empty;
what lies outside of the copy is mounted read-only. Only these values are replaced in the text, in
their place: the user's templates stay as they are, and lines still lead to them. Files with YAML
aliases are written out before; whatever is shared even so is refused.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from container_manager.build import pipeline
from container_manager.build.trace import to_templates
from container_manager.compose.model import ComposeService, Declared, Port, Stack
from container_manager.compose.overrides import overrides_of
from container_manager.compose.stack import read_stack
from container_manager.config.defaults import as_in_compose
from container_manager.config.source import parse_yaml
from container_manager.errors import PreconditionError, RenderError, raise_all
from container_manager.model import ComposeFile
from container_manager.testing.flat import flat
from container_manager.testing.ports import Ports
from container_manager.testing.shared import is_own, leads_elsewhere, shared

_ANCHOR = re.compile(r"&\S+\s+")
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Splice:
    """A part of a text, and what stands there instead."""

    start: int
    end: int
    text: str


def detach(prepared: pipeline.Prepared, ports: Ports) -> pipeline.Prepared:
    """The same build, whose stack meets no other one of this machine.

    Args:
        prepared: a build that has touched nothing.
        ports: gives free ports.

    Raises:
        PreconditionError: something cannot be taken out of it.
    """
    prepared = _rewritten(prepared, flat)  # first, so that all that follows has a place of its own
    inside, stack = _is_inside(prepared), prepared.stack
    alone = _rewritten(prepared, lambda text: detached(text, stack, ports, inside))
    problems = shared(alone.stack, frozenset(ports), inside)
    raise_all(PreconditionError, to_templates(problems, alone.rendered))
    return alone


def _rewritten(prepared: pipeline.Prepared, change: Callable[[str], str]) -> pipeline.Prepared:
    """The same build with the text of each compose file changed."""
    outputs = dict(prepared.outputs)
    rendered = dict(prepared.rendered)
    files = []
    for file in prepared.compose_files:
        path = file.path.relative_to(prepared.config.build_dir).as_posix()
        before = outputs[path]
        assert before.text is not None
        text = change(before.text)
        outputs[path] = replace(before, text=text)
        rendered[file.path] = (file.template, text)
        files.append(_parsed(file, text))
    stack = read_stack(
        files,
        {service.name: service for service in prepared.services},
        prepared.config.environment,
        project_name=prepared.config.project_name,
        planned={
            prepared.config.build_dir / p: o.text or Path(o.source or "")
            for p, o in outputs.items()
        },
        told=prepared.config.unset,
        defaults=as_in_compose(prepared.config.tree, prepared.config.values),
        overrides=overrides_of(prepared.config),
    )
    return replace(
        prepared, outputs=outputs, rendered=rendered, compose_files=tuple(files), stack=stack
    )


def _is_inside(prepared: pipeline.Prepared) -> Callable[[Path], bool]:
    # Resolved: a symlink of the project may lead out of it. Path.resolve() raises for a circle.
    root = os.path.realpath(prepared.config.root)
    return lambda path: Path(os.path.realpath(path)).is_relative_to(root)


def _parsed(file: ComposeFile, text: str) -> ComposeFile:
    document = parse_yaml(text, file.path, compose=True, error=RenderError) or file.load()
    return replace(file, load=lambda: document)


def detached(text: str, stack: Stack, ports: Ports, inside: Callable[[Path], bool]) -> str:
    """One compose file of a stack, with everything replaced that others may have too.

    Args:
        text: the generated file, without aliases.
        stack: what it belongs to.
        ports: gives free ports.
        inside: whether a path of the host is the test's own.
    """
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    splices: dict[int, _Splice] = {}
    for splice in _splices(document, stack, ports, inside):
        splices[splice.start] = splice
    for start in sorted(splices, reverse=True):
        splice = splices[start]
        anchor = _ANCHOR.match(text, start)
        kept = anchor[0] if anchor else ""
        text = text[:start] + kept + splice.text + text[splice.end :]
    return text


def _splices(
    document: yaml.Node | None, stack: Stack, ports: Ports, inside: Callable[[Path], bool]
) -> Iterator[_Splice]:
    images = _own_images(stack)
    for name, node in _children(_child(document, "services")):
        service = stack.services[name]
        yield from _ports(service, node, ports)
        yield from _binds(service, node, inside)
        if (fixed := _child(node, "container_name")) is not None:
            yield _value(fixed, f"{stack.project}_{service.container_name}")
        if (image := _child(node, "image")) is not None and service.image in images:
            yield _value(image, images[service.image])
    for kind, declared in (("volumes", stack.volumes), ("networks", stack.networks)):
        for name, node in _children(_child(document, kind)):
            yield from _declared(declared[name], node, stack)


def _declared(one: Declared, node: yaml.Node, stack: Stack) -> Iterator[_Splice]:
    if (fixed := _child(node, "name")) is not None:
        own = is_own(one.actual, stack)
        yield _value(fixed, one.actual if own else f"{stack.project}_{one.actual}")
    if (external := _child(node, "external")) is not None:
        yield _value(external, False)
    options = _child(node, "driver_opts")
    if options is not None and leads_elsewhere(one):
        yield _value(options, {})


def _own_images(stack: Stack) -> Mapping[str, str]:
    """Images that the stack builds under names of its templates: name -> another name."""
    return {
        image: f"localhost/{stack.project}_{service.name}"
        for image, service in stack.builders.items()
        if service.named_image and not is_own(image, stack)
    }


def _ports(service: ComposeService, node: yaml.Node, ports: Ports) -> Iterator[_Splice]:
    entries = _items(_child(node, "ports"))
    found = _per_entry(service.ports, entries)
    for entry, published in zip(entries, found, strict=True):
        if not published:
            continue
        if len(published) == 1 and published[0].host_port is None:
            yield _closed(entry, published[0])
            continue
        first, address = published[0], _address(published[0])
        start = ports.take(len(published), host_ip=address, protocol=first.protocol)
        shown = f"[{address}]" if ":" in address else address
        last = published[-1].container_port
        inner = (
            f"{first.container_port}" if len(published) == 1 else f"{first.container_port}-{last}"
        )
        outer = f"{start}" if len(published) == 1 else f"{start}-{start + len(published) - 1}"
        yield _value(entry, f"{shown}:{outer}:{inner}/{first.protocol}")


def _closed(entry: yaml.Node, port: Port) -> _Splice:
    """A port that Podman chooses is opened to this machine alone, too."""
    return _value(entry, f"{_LOOPBACK}::{port.container_port}/{port.protocol}")


def _per_entry(published: Iterable[Port], entries: Sequence[yaml.Node]) -> list[list[Port]]:
    """The ports that each entry asks for: they know the entry's place."""
    result: list[list[Port]] = [[] for _ in entries]
    places = {(e.start_mark.line + 1, e.start_mark.column + 1): n for n, e in enumerate(entries)}
    for port in published:
        number = places.get((port.where.line or 0, port.where.column or 0))
        if number is not None:
            result[number].append(port)
    return result


def _address(port: Port) -> str:
    loopback = port.host_ip and ipaddress.ip_address(port.host_ip).is_loopback
    return port.host_ip if loopback else _LOOPBACK


def _binds(
    service: ComposeService, node: yaml.Node, inside: Callable[[Path], bool]
) -> Iterator[_Splice]:
    """What lies outside is the user's own: it can be read, and not written."""
    entries = _items(_child(node, "volumes"))
    outside = {
        (bind.where.line, bind.where.column) for bind in service.binds if not inside(bind.source)
    }
    values = service.definition.get("volumes") or []
    for entry, value in zip(entries, values, strict=True):
        if (entry.start_mark.line + 1, entry.start_mark.column + 1) not in outside:
            continue
        if isinstance(value, dict):
            yield _value(entry, {**value, "read_only": True})
            continue
        source, target, *options = str(value).split(":")
        given = [one for one in ",".join(options).split(",") if one and one not in ("rw", "U")]
        yield _value(entry, ":".join([source, target, ",".join(dict.fromkeys([*given, "ro"]))]))


def _value(node: yaml.Node, value: Any) -> _Splice:
    """A node's text replaced by a value; a block keeps its lines, so that others keep theirs."""
    start, end = node.start_mark.index, node.end_mark.index
    buffer = json.dumps(_escaped(value), ensure_ascii=False)
    lines = node.end_mark.line - node.start_mark.line
    return _Splice(start=start, end=end, text=buffer + "\n" * lines + _indent(node, lines))


def _indent(node: yaml.Node, lines: int) -> str:
    return " " * node.end_mark.column if lines else ""


def _escaped(value: Any) -> Any:
    """Interpolated values hold literal dollars, which compose files write twice."""
    if isinstance(value, dict):
        return {key: _escaped(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_escaped(child) for child in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return dict(_children(node)).get(key)


def _children(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(str(key.value), value) for key, value in node.value]


def _items(node: yaml.Node | None) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
