"""Where a value comes from: followed through names, parameters, calls and branches."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docs.errors.scopes import Scope, Site, arguments
from docs.errors.source import Package
from docs.errors.texts import Frame

_DEEPEST = 6
_SAME = ("redact", "without_password", "str", "rstrip", "strip", "capitalize", "safe", "format_map")


@dataclass(frozen=True, slots=True)
class Leaf:
    """An expression that a value comes from.

    Attributes:
        value: it.
        frame: the function at work that has it.
        branches: tokens of the branches on the way, which values made together share.
    """

    value: ast.expr
    frame: Frame
    branches: frozenset[object] = frozenset()


class Following:
    """Follows values of a package."""

    def __init__(self, package: Package) -> None:
        self.package = package

    def leaves(self, value: ast.expr, frame: Frame, depth: int = 0) -> list[Leaf]:
        """The expressions that a value can come from, through names, calls and branches."""
        found: list[Leaf] = []
        if depth <= _DEEPEST:
            match value:
                case ast.IfExp():
                    test = ast.dump(value.test)
                    found = _in_branch(self.leaves(value.body, frame, depth), (test, True))
                    found += _in_branch(self.leaves(value.orelse, frame, depth), (test, False))
                case ast.BoolOp(op=ast.Or()):
                    found = [one for v in value.values for one in self.leaves(v, frame, depth)]
                case ast.Name():
                    found = self._of_name(value, frame, depth)
                case ast.Subscript(slice=ast.Constant(value=int() as index)):
                    found = self._inside(value.value, (index,), frame, depth + 1)
                case ast.Call():
                    found = self._of_call(value, frame, depth)
        return found or [Leaf(value, frame)]

    def _of_name(self, value: ast.Name, frame: Frame, depth: int) -> list[Leaf]:
        scope: Scope | None = frame.scope
        if value.id in {arg.arg for arg in frame.scope.parameters}:
            found = self._of_parameter(value.id, frame, depth)
            return found or [Leaf(value, frame)]
        while scope is not None and value.id not in scope.bound:
            scope = scope.outer
        inside = frame
        if scope is None:
            module, name = self.package.imported(frame.scope.module, value.id)
            scope = self.package.scopes.get(module)
            if scope is None or name not in scope.bound or module == frame.scope.module:
                return [Leaf(value, frame)]
            inside = Frame(scope)
            value = ast.Name(name)
        elif scope is not frame.scope:
            inside = Frame(scope)
        found = []
        for one in scope.bound[value.id]:
            leaves = self._inside(one.value, one.path, inside, depth + 1)
            found += _in_branch(leaves, one.block)
        if value.id in scope.appended:
            found.append(Leaf(ast.List(scope.appended[value.id]), inside))
        return found or [Leaf(value, frame)]

    def _of_parameter(self, name: str, frame: Frame, depth: int) -> list[Leaf]:
        if frame.given is None or frame.caller is None or name not in frame.given:
            return []
        return self.leaves(frame.given[name], frame.caller, depth + 1)

    def _of_call(self, value: ast.Call, frame: Frame, depth: int) -> list[Leaf]:
        function = value.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        if name in _SAME:
            if (isinstance(function, ast.Attribute) and not value.args) or name == "format_map":
                assert isinstance(function, ast.Attribute)
                return self.leaves(function.value, frame, depth)
            if value.args:
                return self.leaves(value.args[0], frame, depth)
        site = Site(frame.scope, value)
        found = []
        for scope in self.package.called(site):
            inner = Frame(scope, arguments(scope, value), frame)
            for returned in scope.returned:
                leaves = self.leaves(returned, inner, depth + 1)
                found += _in_branch(leaves, id(returned))
        return found or [Leaf(value, frame)]

    def _inside(
        self, value: ast.expr, path: tuple[int | str, ...], frame: Frame, depth: int
    ) -> list[Leaf]:
        """A part of a value: of a tuple, or of each that is looped over."""
        if not path:
            return self.leaves(value, frame, depth)
        first, *rest = path
        found = []
        for leaf in self.leaves(value, frame, depth):
            for part in self._parts(leaf, first, depth):
                leaves = self._inside(part.value, tuple(rest), part.frame, depth + 1)
                found += _in_branch(leaves, *part.branches)
        return found

    def _parts(self, leaf: Leaf, step: int | str, depth: int) -> Iterator[Leaf]:
        value = leaf.value
        if isinstance(step, int):
            if isinstance(value, ast.Tuple | ast.List) and step < len(value.elts):
                yield Leaf(value.elts[step], leaf.frame, leaf.branches | {id(value)})
            return
        match value:
            case ast.Tuple() | ast.List() | ast.Set():
                for part in value.elts:
                    yield from self._element(part, leaf, step, depth)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                yield Leaf(value.elt, leaf.frame, leaf.branches)
            case ast.Dict():
                yield from (Leaf(key, leaf.frame) for key in value.keys if key is not None)
            case ast.Call():
                yield from self._looped(value, leaf.frame, depth)

    def _looped(self, call: ast.Call, frame: Frame, depth: int) -> Iterator[Leaf]:
        """What looping over a call gives: the rows of a mapping, or what a function yields."""
        match call.func:
            case ast.Attribute(value=base, attr="items" | "values" as what):
                for found in self.leaves(base, frame, depth + 1):
                    yield from _rows(found, what)
        for scope in self.package.called(Site(frame.scope, call)):
            inner = Frame(scope, arguments(scope, call), frame)
            yield from (Leaf(one, inner, frozenset({id(one)})) for one in scope.yielded)

    def _element(self, part: ast.expr, leaf: Leaf, step: str, depth: int) -> Iterator[Leaf]:
        if not isinstance(part, ast.Starred):
            yield Leaf(part, leaf.frame, leaf.branches | {id(part)})
        elif depth < _DEEPEST:
            for some in self.leaves(part.value, leaf.frame, depth + 1):
                yield from self._parts(some, step, depth + 1)


def _rows(leaf: Leaf, what: str) -> Iterator[Leaf]:
    """What looping over the items, or the values, of a written mapping gives."""
    if isinstance(leaf.value, ast.Dict):
        for key, one in zip(leaf.value.keys, leaf.value.values, strict=True):
            row = ast.Tuple([key or one, one]) if what == "items" else one
            yield Leaf(row, leaf.frame, frozenset({id(one)}))


def _in_branch(leaves: Iterable[Leaf], *tokens: object) -> list[Leaf]:
    return [
        Leaf(leaf.value, leaf.frame, leaf.branches | {token for token in tokens if token})
        for leaf in leaves
    ]
