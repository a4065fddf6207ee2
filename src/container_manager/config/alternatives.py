"""Shapes made of other shapes: one of several, one or null, one as a whole, one with a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from container_manager.config.shapes import Misfit, Schema, Shape, or_null
from container_manager.model import KeyPath, Node


@dataclass(kw_only=True, eq=False, repr=False)
class Either(Shape):
    """One of several shapes.

    What is wrong is told by the shape whose kind the value is of, where there is one.
    """

    expected: str
    shapes: tuple[Shape, ...]

    def takes(self, node: Node) -> bool:
        """Whether one of them takes it."""
        return any(shape.takes(node) for shape in self.shapes)

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """Nothing where one of the shapes fits."""
        near = [shape for shape in self.shapes if shape.takes(node)]
        if any(shape.fits(node) for shape in near):
            return
        if len(near) == 1:
            yield from near[0].misfits(node, path)
        else:
            yield Misfit(path=path, node=node, shape=self)

    def schema(self) -> Schema:
        """Any of theirs."""
        return {"anyOf": [shape.schema() for shape in self.shapes]}

    def parts(self) -> Iterator[tuple[str, Shape]]:
        """The shapes."""
        return iter([("", shape) for shape in self.shapes])


@dataclass(kw_only=True, eq=False, repr=False)
class Whole(Shape):
    """A shape of which nothing is told but that it does not fit as a whole."""

    expected: str
    shape: Shape

    def takes(self, node: Node) -> bool:
        """Whether the shape takes it."""
        return self.shape.takes(node)

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """The value itself, if anything in it does not fit."""
        if not self.shape.fits(node):
            yield Misfit(path=path, node=node, shape=self)

    def schema(self) -> Schema:
        """That of the shape."""
        return self.shape.schema()

    def parts(self) -> Iterator[tuple[str, Shape]]:
        """The shape."""
        yield "", self.shape


@dataclass(kw_only=True, eq=False, repr=False)
class OrNull(Shape):
    """A shape, or null."""

    expected: str
    shape: Shape

    def takes(self, node: Node) -> bool:
        """Whether it is null, or the shape takes it."""
        return node.value is None or self.shape.takes(node)

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """Those of the shape."""
        if node.value is not None:
            yield from self.shape.misfits(node, path)

    def schema(self) -> Schema:
        """That of the shape, and null."""
        return or_null(self.shape.schema())

    def parts(self) -> Iterator[tuple[str, Shape]]:
        """The shape."""
        yield "", self.shape


@dataclass(kw_only=True, eq=False, repr=False)
class Named(Shape):
    """A shape that is large or stands in several places: a schema says it once, by this name."""

    expected: str
    name: str
    shape: Shape

    def takes(self, node: Node) -> bool:
        """Whether the shape takes it."""
        return self.shape.takes(node)

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """Those of the shape."""
        yield from self.shape.misfits(node, path)

    def schema(self) -> Schema:
        """A reference to the definition."""
        return {"$ref": f"#/definitions/{self.name}"}

    def parts(self) -> Iterator[tuple[str, Shape]]:
        """The shape."""
        yield "", self.shape
