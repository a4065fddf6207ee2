"""What expressions can say: all texts of a message, with holes where values go."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from docs.errors.following import Following, Leaf
from docs.errors.source import Package
from docs.errors.texts import Frame, Hole, Text, joined, label

_FEW = 3
_MOST = 24
_DEEPEST = 6


class Saying:
    """Finds what expressions say."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.following = Following(package)
        self._open: set[int] = set()

    def texts(self, value: ast.expr, frame: Frame) -> list[Text]:
        """All that an expression can say, its holes filled where it says little by itself."""
        return [
            full
            for leaf in self.following.leaves(value, frame)
            for text in self._of(leaf)
            for full in self._filled(text)
        ]

    def _of(self, leaf: Leaf) -> list[Text]:
        """What a leaf says; holes are left."""
        value, frame = leaf.value, leaf.frame
        match value:
            case ast.Constant(value=str() | None as text):
                found = [Text((text,) if text else ())]
            case ast.JoinedStr():
                found = self._product([self._part(part, frame) for part in value.values])
            case ast.BinOp(op=ast.Add()):
                sides = (value.left, value.right)
                found = self._product([self._side(side, frame) for side in sides])
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str() as glue), attr="join"),
                args=[ast.List() as many],
            ):
                found = self._product(list(self._glued(glue, many.elts, frame)))
            case _:
                found = [Text((Hole(label(value), value, frame),))]
        return [Text(text.pieces, text.branches | leaf.branches) for text in found]

    def _side(self, value: ast.expr, frame: Frame) -> list[Text]:
        return [
            text
            for leaf in self.following.leaves(value, frame)
            if not _is_none(leaf.value)
            for text in self._of(leaf)
        ]

    def _glued(self, glue: str, parts: list[ast.expr], frame: Frame) -> Iterator[list[Text]]:
        for index, part in enumerate(parts):
            if index:
                yield [Text((glue,))]
            yield self._side(part, frame)

    def _part(self, part: ast.expr, frame: Frame) -> list[Text]:
        if not isinstance(part, ast.FormattedValue):
            return self._of(Leaf(part, frame))
        constant = self._constant(part.value, frame)
        if constant is not None:
            return [Text((constant,))]
        sides = self._short(part.value, frame)
        if sides and len(sides) <= _FEW and all(text.words or not text.pieces for text in sides):
            return sides
        return [Text((Hole(label(part.value), part.value, frame),))]

    def _short(self, value: ast.expr, frame: Frame) -> list[Text]:
        """What a branch or a name of the function itself can say."""
        given = {arg.arg: frame.given is not None for arg in frame.scope.parameters}
        known = isinstance(value, ast.IfExp) or (
            isinstance(value, ast.Name) and given.get(value.id, value.id in frame.scope.bound)
        )
        if not known or id(value) in self._open:
            return []
        self._open.add(id(value))
        try:
            return self._side(value, frame)
        finally:
            self._open.discard(id(value))

    def _constant(self, value: ast.expr, frame: Frame) -> str | None:
        """The text of a module's constant, or of a number."""
        if isinstance(value, ast.Constant):
            return str(value.value)
        if not isinstance(value, ast.Name) or not value.id.strip("_").isupper():
            return None
        module, name = self.package.imported(frame.scope.module, value.id)
        scope = self.package.scopes.get(module)
        bound = scope.bound.get(name, []) if scope else []
        if len(bound) == 1 and isinstance(bound[0].value, ast.Constant):
            return str(bound[0].value.value)
        return None

    @staticmethod
    def _product(parts: list[list[Text]]) -> list[Text]:
        combined = (joined(some) for some in itertools.product(*parts))
        return list(itertools.islice(combined, _MOST))

    def _filled(self, text: Text, depth: int = 0) -> list[Text]:
        """The text with what its holes say, as long as it says little itself."""
        if text.tells or depth > _DEEPEST:
            return [text]
        for index, piece in enumerate(text.pieces):
            if isinstance(piece, Hole):
                said = [
                    one
                    for leaf in self.following.leaves(piece.value, piece.frame)
                    if not _is_none(leaf.value)
                    for one in self._of(leaf)
                    if one.words or (one.holes and one.holes[0].value is not piece.value)
                ]
                if any(one.words for one in said):
                    before, after = Text(text.pieces[:index]), Text(text.pieces[index + 1 :])
                    return [
                        full
                        for one in said
                        for full in self._filled(
                            joined((before, one, after, Text((), text.branches))), depth + 1
                        )
                    ]
        return [text]


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
