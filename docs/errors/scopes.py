"""Functions of the package, what their names are bound to, and calls."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False, slots=True)
class Scope:
    """A function, or a module's top.

    Attributes:
        module: the dotted name without the package.
        node: the function; None for the module's top.
        owner: the class that has it.
        outer: the scope around it.
        bound: name -> what it is bound to.
        returned: what it returns.
        yielded: what it yields.
        inner: the functions in it.
        caught: the names of exceptions that it handles.
        appended: name of a list -> what is added to it, one by one.
    """

    module: str
    node: AnyFunction | None = None
    owner: str | None = None
    outer: Scope | None = None
    bound: dict[str, list[Binding]] = field(default_factory=dict)
    returned: list[ast.expr] = field(default_factory=list)
    yielded: list[ast.expr] = field(default_factory=list)
    inner: dict[str, Scope] = field(default_factory=dict)
    caught: set[str] = field(default_factory=set)
    appended: dict[str, list[ast.expr]] = field(default_factory=dict)

    @property
    def parameters(self) -> list[ast.arg]:
        """All parameters, as a call by position counts them."""
        if self.node is None:
            return []
        args = self.node.args
        return [*args.posonlyargs, *args.args, *args.kwonlyargs]

    def defaults(self) -> dict[str, ast.expr]:
        """Parameter -> its default."""
        if self.node is None:
            return {}
        args = self.node.args
        listed = [*args.posonlyargs, *args.args]
        late = listed[len(listed) - len(args.defaults) :]
        found = {arg.arg: value for arg, value in zip(late, args.defaults, strict=True)}
        for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            if value is not None:
                found[arg.arg] = value
        return found


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name is bound to.

    Attributes:
        value: the expression on the right.
        path: which part of it: numbers for what is unpacked, ``"each"`` for what is looped over.
        block: a token of the statements around it, which bindings made together share.
    """

    value: ast.expr
    path: tuple[int | str, ...] = ()
    block: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A call, and where it stands."""

    scope: Scope
    call: ast.Call


def arguments(scope: Scope, call: ast.Call) -> dict[str, ast.expr]:
    """Parameter -> what a call gives for it; defaults included."""
    names = [arg.arg for arg in scope.parameters]
    if scope.owner is not None and names[:1] in (["self"], ["cls"]):
        names = names[1:]
    given = scope.defaults()
    for name, value in zip(names, call.args, strict=False):
        if isinstance(value, ast.Starred):
            break
        given[name] = value
    given.update({word.arg: word.value for word in call.keywords if word.arg is not None})
    return given


def fits(scope: Scope, call: ast.Call) -> bool:
    """Whether a method can be called so."""
    names = {arg.arg for arg in scope.parameters}
    words = {word.arg for word in call.keywords if word.arg is not None}
    if scope.node is None or scope.node.args.vararg or scope.node.args.kwarg:
        return scope.node is not None
    lacking = names - {"self", "cls"} - set(arguments(scope, call))
    return words <= names and len(call.args) < len(names) and not lacking
