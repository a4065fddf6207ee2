"""Reads the statements of a module into scopes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from docs.errors.scopes import AnyFunction, Binding, Scope, Site

PACKAGE = "container_manager"
WARNINGS = ("warnings", "notes", "gaps")
"""What lists of problems are called that stop nothing."""


@dataclass(slots=True)
class Found:
    """What was read.

    Attributes:
        imports: module -> name -> the module and the name that it comes from.
        bases: module and class -> the names of what it derives from.
        sites: all calls.
        raised: those that make what is raised.
        warned: ids of calls whose result goes into a list of warnings.
        methods: name -> the methods that are called so.
    """

    imports: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    bases: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    raised: list[Site] = field(default_factory=list)
    warned: set[int] = field(default_factory=set)
    methods: dict[str, list[Scope]] = field(default_factory=dict)


class Reader:
    """Fills a scope from its statements."""

    def __init__(self, found: Found, scope: Scope, owner: str | None = None) -> None:
        self.found = found
        self.scope = scope
        self.owner = owner

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement, id(statements))

    def _statement(self, statement: ast.stmt, block: int) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(statement)
            case ast.ClassDef():
                bases = [base.id for base in statement.bases if isinstance(base, ast.Name)]
                self.found.bases[self.scope.module, statement.name] = bases
                Reader(self.found, self.scope, statement.name).body(statement.body)
            case ast.ImportFrom(module=str() as module):
                self._import(module, statement.names)
            case ast.Assign():
                for target in statement.targets:
                    self._may_warn(getattr(target, "id", ""), statement.value)
                    self._bind(target, Binding(statement.value, block=block))
                self._expressions(statement)
            case ast.AnnAssign(value=ast.expr() as value):
                self._bind(statement.target, Binding(value, block=block))
                self._expressions(statement)
            case ast.For() | ast.AsyncFor():
                self._bind(statement.target, Binding(statement.iter, ("each",), block))
                self._compound(statement, block)
            case ast.Return(value=ast.expr() as value):
                self.scope.returned.append(value)
                self._expressions(statement)
            case ast.Raise(exc=ast.Call() as call):
                self.found.raised.append(Site(self.scope, call))
                self._compound(statement, block)
            case _:
                self._compound(statement, block)

    def _compound(self, statement: ast.stmt, block: int) -> None:
        if isinstance(statement, ast.AugAssign):
            self._may_warn(getattr(statement.target, "id", ""), statement.value)
        for name, value in ast.iter_fields(statement):
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                self.body(value)
            elif name in ("handlers", "cases"):
                for part in value:
                    self._parts(part)
            elif isinstance(value, ast.AST):
                self._expressions(value)
            elif isinstance(value, list):
                for part in value:
                    if isinstance(part, ast.AST):  # the names of 'global' are none
                        self._expressions(part)

    def _parts(self, part: ast.ExceptHandler | ast.match_case) -> None:
        if isinstance(part, ast.ExceptHandler) and part.name is not None:
            self.scope.caught.add(part.name)
        for _, value in ast.iter_fields(part):
            if isinstance(value, ast.expr):
                self._expressions(value)
        self.body(part.body)

    def _expressions(self, node: ast.AST) -> None:
        for part in ast.walk(node):
            match part:
                case ast.Call():
                    self._call(part)
                case ast.Yield(value=ast.expr() as value):
                    self.scope.yielded.append(value)
                case ast.NamedExpr():
                    self._bind(part.target, Binding(part.value))
                case ast.comprehension():
                    self._bind(part.target, Binding(part.iter, ("each",)))

    def _call(self, call: ast.Call) -> None:
        self.found.sites.append(Site(self.scope, call))
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]):
                self.scope.appended.setdefault(name, []).append(one)
        match call:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id=name) | ast.Attribute(attr=name), attr="append" | "extend"
                ),
                args=[one],
            ):
                self._may_warn(name, one)

    def _may_warn(self, name: str, value: ast.expr) -> None:
        """Note what goes into a list of warnings."""
        if name in WARNINGS:
            self.found.warned |= {id(n) for n in ast.walk(value) if isinstance(n, ast.Call)}

    def _bind(self, target: ast.expr, binding: Binding) -> None:
        match target:
            case ast.Name() if self.owner is None:  # a class's own names are attributes
                self.scope.bound.setdefault(target.id, []).append(binding)
            case ast.Tuple() | ast.List():
                for index, part in enumerate(target.elts):
                    path = (*binding.path, index)
                    self._bind(part, Binding(binding.value, path, binding.block))

    def _import(self, module: str, names: list[ast.alias]) -> None:
        if module.partition(".")[0] == PACKAGE:
            known = self.found.imports[self.scope.module]
            for alias in names:
                inside = module.partition(".")[2]
                known[alias.asname or alias.name] = (inside, alias.name)

    def _function(self, node: AnyFunction) -> None:
        inner = Scope(self.scope.module, node, self.owner, self.scope)
        if self.owner is None:
            self.scope.inner[node.name] = inner
        else:
            self.found.methods.setdefault(node.name, []).append(inner)
        for decorator in node.decorator_list:
            self._expressions(decorator)
        Reader(self.found, inner).body(node.body)
