"""The package as syntax trees: which function a call means, and who calls a function."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from docs.errors.parsing import PACKAGE, Found, Reader
from docs.errors.scopes import Scope, Site, fits

ROOT = Path(__file__).parent.parent.parent / "src" / PACKAGE

_BUILT_IN = frozenset(name for kind in (str, dict, list, set) for name in dir(kind))


class Package:
    """All modules of the package."""

    def __init__(self, root: Path = ROOT) -> None:
        self.scopes: dict[str, Scope] = {}
        self.found = Found()
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            self.scopes[name] = Scope(name)
            self.found.imports[name] = {}
            Reader(self.found, self.scopes[name]).body(tree.body)

    def imported(self, module: str, name: str) -> tuple[str, str]:
        """Where a name of a module comes from: module and name; itself where nowhere else."""
        seen = set()
        while (module, name) not in seen and name in self.found.imports.get(module, {}):
            seen.add((module, name))
            module, name = self.found.imports[module][name]
        return module, name

    def called(self, site: Site) -> list[Scope]:
        """The functions that a call may mean."""
        function = site.call.func
        if isinstance(function, ast.Name):
            return self.named(site.scope, function.id)
        if not isinstance(function, ast.Attribute):
            return []
        base = function.value
        if isinstance(base, ast.Name):
            module, name = self.imported(site.scope.module, base.id)
            submodule = f"{module}.{name}".strip(".")
            if submodule in self.scopes and base.id in self.found.imports[site.scope.module]:
                return self.named(self.scopes[submodule], function.attr)
        methods = self.found.methods.get(function.attr, [])
        if isinstance(base, ast.Name) and base.id in ("self", "cls"):
            own = [m for m in methods if _same_class(m, site.scope)]
            return own or methods
        if function.attr in _BUILT_IN:
            return []
        if function.attr.startswith("_"):
            methods = [m for m in methods if m.module == site.scope.module]
        return [method for method in methods if fits(method, site.call)]

    def named(self, scope: Scope, name: str) -> list[Scope]:
        """The function that a name means in a scope."""
        around: Scope | None = scope
        while around is not None:
            if name in around.inner:
                return [around.inner[name]]
            around = around.outer
        module, name = self.imported(scope.module, name)
        found = self.scopes.get(module)
        return [found.inner[name]] if found is not None and name in found.inner else []

    @cached_property
    def callers(self) -> Mapping[Scope, list[Site]]:
        """Function -> the calls of it."""
        found: dict[Scope, list[Site]] = {}
        for site in self.found.sites:
            for scope in self.called(site):
                found.setdefault(scope, []).append(site)
        return found


def _same_class(method: Scope, scope: Scope) -> bool:
    around: Scope | None = scope
    while around is not None and around.owner is None:
        around = around.outer
    return around is not None and (method.module, method.owner) == (around.module, around.owner)
