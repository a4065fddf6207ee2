"""Explains one key of a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from container_manager.config.deployed import Deployed
from container_manager.config.loader import Config
from container_manager.config.variables import Variable, variables_in
from container_manager.errors import display_path
from container_manager.explaining.finding import find_key
from container_manager.explaining.hiding import Hiding
from container_manager.explaining.origins import imports_of, package_of
from container_manager.explaining.told import Edit, Explanation, Leaf, Valued
from container_manager.explaining.unwritten import meaning_of, other_than_written, unwritten
from container_manager.model import KeyPath, Node, Scalar, dotted


def explain_key(config: Config, text: str) -> Explanation:
    """What a key is, and why.

    Args:
        config: the configuration, which need not be without errors.
        text: the key, as :func:`find_key` takes it.

    Raises:
        UsageError: there is no such key.
    """
    path, hiding = find_key(config, text), Hiding(config)
    node = config.tree.find(path)
    if path == ("import",):
        return _imported(config)
    if node is None or (node.value is None and len(path) == 1 and meaning_of(path)):
        return _unwritten(config, path, node, hiding)
    imports = imports_of(config, node.where.file)
    edits = _edits(config.deployed) if path == ("deployed_services",) else ()
    told = Explanation(
        key=dotted(path),
        value=_summary(node),
        where=node.where,
        imports=imports,
        package=package_of(config, imports),
        replaced=_replaced(path, node, hiding),
        edits=tuple(dict.fromkeys(edits)),
        meaning=meaning_of(path),
    )
    if not isinstance(node.value, (dict, list)):
        return _with_value(config, path, node, told, hiding)
    return replace(told, leaves=tuple(leaves(config, path, hiding)) if node.value else ())


def _unwritten(config: Config, path: KeyPath, node: Node | None, hiding: Hiding) -> Explanation:
    """A key of ours that nobody set; null is as good as that."""
    value, rule = unwritten(config, path)
    return Explanation(
        key=dotted(path),
        value=hiding.value(path, value)[0],
        written=None if node is None else "null",
        where=node.where if node is not None else None,
        replaced=_replaced(path, node, hiding) if node is not None else (),
        rule=rule,
        meaning=meaning_of(path),
    )


def _imported(config: Config) -> Explanation:
    """All files that were read, each with the place that asked for it."""
    files = config.imported_from.items()
    return Explanation(
        key="import",
        value=f"{len(files)} file{'' if len(files) == 1 else 's'}, of all that import each other",
        meaning=meaning_of(("import",)),
        leaves=tuple(
            Leaf(key="import", value=display_path(file), where=where) for file, where in files
        ),
    )


def leaves(config: Config, path: KeyPath, hiding: Hiding) -> Iterator[Leaf]:
    """All values below a key, itself where it is a value."""
    start = config.tree.find(path)
    for below, node in start.walk(path) if start is not None else ():
        if isinstance(node.value, (dict, list)) and node.value:
            continue
        if isinstance(node.value, (dict, list)):
            value, hidden = _summary(node), False
        else:
            value, hidden = hiding.value(below, value_at(config, below))
        yield Leaf(key=dotted(below), value=value, hidden=hidden, where=node.where)


def value_at(config: Config, path: KeyPath) -> Any:
    """The expanded value of a key that is there."""
    value: Any = config.values
    for key in path:
        value = value[key]
    return value


def _with_value(
    config: Config, path: KeyPath, node: Node, told: Explanation, hiding: Hiding
) -> Explanation:
    value, hidden = hiding.value(path, value_at(config, path))
    written, hides_text = hiding.written(path, node.value)
    found: tuple[Variable, ...] = ()
    if isinstance(node.value, str):
        found = variables_in(node.value, config.environment)
        if hidden:  # what one of them gives may be the secret
            found = tuple(replace(one, value=None) for one in found)
        found = tuple(hiding.variable(one) for one in found)
    other = written != value or hides_text != hidden
    rule = other_than_written(config, path) if other else None
    return replace(
        told,
        value=value,
        hidden=hidden,
        written=str(written) if other else None,
        variables=found,
        rule=rule,
    )


def _replaced(path: KeyPath, node: Node, hiding: Hiding) -> tuple[Valued, ...]:
    """The values that one overrode; mappings that were merged count as one value."""
    if isinstance(node.value, dict):
        return ()
    told: list[Valued] = []
    seen = {node.where}
    before = node.replaced
    while before is not None:
        if before.where not in seen:
            seen.add(before.where)
            told.append(_valued(path, before, hiding))
        if isinstance(before.value, dict):
            break
        before = before.replaced
    return tuple(told)


def _valued(path: KeyPath, node: Node, hiding: Hiding) -> Valued:
    if isinstance(node.value, (dict, list)):
        return Valued(value=_summary(node), where=node.where)
    value, hidden = hiding.written(path, node.value)
    return Valued(value=value, where=node.where, hidden=hidden)


def _summary(node: Node) -> Scalar:
    """A sentence about a mapping or list."""
    count = len(node.value) if isinstance(node.value, (dict, list)) else 0
    if isinstance(node.value, dict):
        return f"a mapping of {count} key{'' if count == 1 else 's'}"
    return f"a list of {count} item{'' if count == 1 else 's'}"


def _edits(deployed: Deployed) -> Iterator[Edit]:
    counts = deployed.listed.where if deployed.listed is not None else None
    for former in deployed.former:
        if former.where == counts:  # a file that several import
            continue
        yield Edit(action="replaced", names=_names(former), where=former.where)
    if deployed.listed is not None:
        yield Edit(action="list", names=_names(deployed.listed), where=deployed.listed.where)
    for action, name in deployed.edits:
        yield Edit(action=action, names=(str(name.value),), where=name.where)


def _names(listed: Node) -> tuple[str, ...]:
    return tuple(str(item.value) for item in listed.value) if isinstance(listed.value, list) else ()
