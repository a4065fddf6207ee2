"""Packages that import what they offer when it is first asked for: a command needs little of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def imports(package: str, places: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """A ``__getattr__`` for a package (PEP 562).

    Args:
        package: the package's name, for errors.
        places: module below ``container_manager`` -> the names that the package offers of it.
    """
    modules = {name: module for module, names in places.items() for name in names}

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"container_manager.{modules[name]}"), name)

    return find
