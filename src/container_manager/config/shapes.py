"""What a value of the configuration may look like, as data.

A shape is written down once. It finds what does not fit, and it gives the JSON Schema by which
editors find the same. The two may differ only where a schema cannot know: another file may say the
rest of a mapping (:attr:`Fields.complete`), and what values mean is told elsewhere.

Every command imports these classes, so they have only what is needed of a dataclass: each of its
other methods costs more time than all that is done with a shape.

JSON Schema is spoken as of draft 7, the newest that the YAML language server and editors built on
it read in full (https://github.com/redhat-developer/yaml-language-server).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from container_manager.errors import Problem
from container_manager.model import Key, KeyPath, Node

Schema = dict[str, Any]
"""A JSON Schema."""


@dataclass(kw_only=True, eq=False, repr=False)
class Misfit:
    """A value that does not fit.

    Attributes:
        path: where it stands.
        node: the value.
        shape: what it should have been.
        key: the key which the mapping around the value does not have; None where the value itself
            is another than its shape wants.
    """

    path: KeyPath
    node: Node
    shape: Shape
    key: Key | None = None


Telling = Callable[["Shape", Node, KeyPath], Iterator[Problem]]
"""Says what is wrong with a value, given its shape and its path."""


class Shape(ABC):
    """What a value may look like.

    Attributes:
        expected: the same in words, as they follow "must be".
    """

    expected: str

    @abstractmethod
    def takes(self, node: Node) -> bool:
        """Whether a value is of this kind: a mapping, a list, or something else."""

    @abstractmethod
    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """What does not fit in a value.

        Args:
            node: the value.
            path: where it stands.
        """

    @abstractmethod
    def schema(self) -> Schema:
        """The JSON Schema that accepts the same values."""

    def fits(self, node: Node) -> bool:
        """Whether a value is as it may be."""
        return next(self.misfits(node), None) is None

    def parts(self) -> Iterator[tuple[str, Shape]]:
        """What it is made of, each with what its path gains; keys of its own aside."""
        return iter(())


@dataclass(kw_only=True, eq=False, repr=False)
class KnownKey:
    """One key: what it may hold, and what it is for.

    Attributes:
        shape: what it may hold.
        meaning: what it is for.
        default: what holds where it is not said, if that can be written as a value.
        examples: values that it may have.
        more: where the documentation says more, from the folder ``docs``.
        brought: whether a package may say it, too.
        told: words of its own for what is wrong with it; None: those of all keys.
    """

    shape: Shape
    meaning: str
    default: Any = None
    examples: tuple[Any, ...] = ()
    more: str = ""
    brought: bool = False
    told: Telling | None = None

    def schema(self, *, nullable: bool) -> Schema:
        """The JSON Schema of its values, with what an editor shows of it."""
        shape = self.shape.schema()
        said: Schema = {"description": self.meaning[0].upper() + self.meaning[1:] + "."}
        if self.default is not None:
            said["default"] = self.default  # editors insert it, but few show it
            said["description"] += f" Default: {json.dumps(self.default)}."
        if self.examples:
            said["examples"] = list(self.examples)
        return said | (or_null(shape) if nullable else shape)


@dataclass(kw_only=True, eq=False, repr=False)
class Value(Shape):
    """A text, a number, a truth value or null.

    Attributes:
        fine: whether a value is one of these.
        json: the JSON Schema that says the same.
    """

    expected: str
    fine: Callable[[Any], bool]
    json: Mapping[str, Any]

    def takes(self, node: Node) -> bool:
        """Whether it is neither a mapping nor a list."""
        return not isinstance(node.value, (dict, list))

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """The value itself, if it is another."""
        if not self.takes(node) or not self.fine(node.value):
            yield Misfit(path=path, node=node, shape=self)

    def schema(self) -> Schema:
        """As it was given."""
        return dict(self.json)


@dataclass(kw_only=True, eq=False, repr=False)
class ListOf(Shape):
    """A list.

    Attributes:
        each: what its items are.
        first: what the first one is, if that is another.
        at_least: how many items there are.
    """

    expected: str
    each: Shape
    first: Shape | None = None
    at_least: int = 0

    def takes(self, node: Node) -> bool:
        """Whether it is a list."""
        return isinstance(node.value, list)

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """The value itself, or those of its items that do not fit."""
        if not isinstance(node.value, list) or len(node.value) < self.at_least:
            yield Misfit(path=path, node=node, shape=self)
            return
        for index, item in enumerate(node.value):
            shape = self.first if index == 0 and self.first else self.each
            yield from shape.misfits(item, (*path, index))

    def schema(self) -> Schema:
        """An array."""
        said: Schema = {"type": "array"}
        if self.first is None:
            said["items"] = self.each.schema()
        else:
            said |= {"items": [self.first.schema()], "additionalItems": self.each.schema()}
        return said | ({"minItems": self.at_least} if self.at_least else {})

    def parts(self) -> Iterator[tuple[str, Shape]]:
        """Its items."""
        yield "[]", self.each


@dataclass(kw_only=True, eq=False, repr=False)
class ByName(Shape):
    """A mapping of names, which are the user's, to values of one shape.

    Attributes:
        each: what the values are.
        names: what the names are called where the documentation shows a path.
        named: what the names must be; None: any text.
    """

    expected: str
    each: Shape
    names: str = "NAME"
    named: Value | None = None

    def takes(self, node: Node) -> bool:
        """Whether it is a mapping."""
        return isinstance(node.value, dict)

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """The value itself, or the names and values in it that do not fit."""
        if not isinstance(node.value, dict):
            yield Misfit(path=path, node=node, shape=self)
            return
        for name, child in node.value.items():
            if self.named is not None:
                yield from self.named.misfits(Node(value=name, where=child.where), (*path, name))
            yield from self.each.misfits(child, (*path, name))

    def schema(self) -> Schema:
        """An object without properties of its own."""
        said: Schema = {"type": "object", "additionalProperties": self.each.schema()}
        return said | ({"propertyNames": self.named.schema()} if self.named is not None else {})

    def parts(self) -> Iterator[tuple[str, Shape]]:
        """Its values."""
        yield f".{self.names}", self.each


@dataclass(kw_only=True, eq=False, repr=False)
class Fields(Shape):
    """A mapping with keys that are ours.

    Attributes:
        known: the keys.
        closed: whether it has no other key.
        nullable: whether null is as good as a key that is not there.
        required: keys that must be there.
        complete: whether what a mapping says is enough, where several keys share that question
            or another file may say the rest; so a schema does not ask it.
    """

    known: Mapping[str, KnownKey]
    expected: str
    closed: bool = True
    nullable: bool = False
    required: tuple[str, ...] = ()
    complete: Callable[[Mapping[Key, Node]], bool] = lambda _: True

    def takes(self, node: Node) -> bool:
        """Whether it is a mapping."""
        return isinstance(node.value, dict)

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """The value itself, or keys that are not known, and values in it that do not fit."""
        said = node.value
        if not isinstance(said, dict) or any(key not in said for key in self.required):
            yield Misfit(path=path, node=node, shape=self)
            return
        if not self.complete(said):
            yield Misfit(path=path, node=node, shape=self)
        for key, child in said.items():
            rule = self.known.get(str(key))
            if rule is None:
                if self.closed:
                    yield Misfit(path=(*path, key), node=child, shape=self, key=key)
            elif child.value is not None or not self.nullable:
                yield from rule.shape.misfits(child, (*path, key))

    def schema(self) -> Schema:
        """An object with these properties."""
        known = {key: rule.schema(nullable=self.nullable) for key, rule in self.known.items()}
        said: Schema = {"type": "object", "properties": known}
        if self.closed:
            said["additionalProperties"] = False
        return said | ({"required": list(self.required)} if self.required else {})


def or_null(schema: Schema) -> Schema:
    """The JSON Schema that accepts null, too; editors say more of a plain one than of choices."""
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}
