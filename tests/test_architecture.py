"""The direction of imports: a module leans only on what lies below it, and never in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

import container_manager

PACKAGE = Path(container_manager.__file__).parent

LAYERS = (
    ("errors", "inputs", "hints", "lazy", "once", "sockets", "streams"),
    ("fitting", "model", "places", "environments", "plugins", "run"),
    ("names",),
    ("config",),
    ("discovery", "render"),
    (
        "compose",
        "podman",
        "debian_tree",
        "base_image",
        "progress",
        "live",
        "report",
        "diffs",
        "identity",
        "shells",
        "terminal",
    ),
    ("boot", "build", "preflight", "health", "credentials", "export", "picture"),
    ("api", "cluster", "lifecycle", "scaffold"),
    ("explaining", "started", "hooking"),
    ("opening",),
    ("building", "bundling", "doctor"),
    ("dashboard", "verbs", "testing"),
    ("careful", "option_values"),
    ("tasks",),
    ("cli", "completing", "program", "usage", "words"),
    ("entry",),
    ("__main__",),
)
"""From the ground up; neighbours in a layer may use each other, but not in a circle."""


def modules() -> dict[str, Path]:
    """Every module of the package: dotted name without the package -> file."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


def imported(path: Path, known: dict[str, Path], *, lazily: bool) -> Iterator[tuple[str, int]]:
    """The modules of ours that a file imports, with the line; type checking does not count."""
    prefix = container_manager.__name__ + "."
    for node in _imports(path, lazily=lazily):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [n if n.removeprefix(prefix) in known else str(node.module) for n in names]
        for name in names:
            if name.removeprefix(prefix) in known:
                yield name.removeprefix(prefix), node.lineno


@cache
def _imports(path: Path, *, lazily: bool) -> tuple[ast.Import | ast.ImportFrom, ...]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = _statements(tree, lazily=lazily)
    return tuple(node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def _statements(tree: ast.AST, *, lazily: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr):  # has no statements in it, and is most of a file
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if not lazily and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        yield node
        yield from _statements(node, lazily=lazily)


def layer(name: str) -> int:
    top = name.partition(".")[0]
    for height, names in enumerate(LAYERS):
        if top in names:
            return height
    raise AssertionError(f"{name} stands in no layer: give it one in this test")


def test_every_module_leans_only_on_what_lies_below() -> None:
    known = modules()
    upward = [
        f"{name}:{line} imports {other}"
        for name, path in known.items()
        for other, line in imported(path, known, lazily=False)
        if layer(other) > layer(name)
    ]
    assert upward == []


def test_no_modules_need_each_other_in_a_circle() -> None:
    known = modules()
    needs = {
        name: {other for other, _ in imported(path, known, lazily=False) if other != name}
        for name, path in known.items()
    }
    while True:
        free = {name for name, others in needs.items() if not others}
        if not free:
            break
        needs = {name: others - free for name, others in needs.items() if name not in free}
    assert needs == {}


COPIER = ("render/tree.py", "scaffold/copying.py", "scaffold/faults.py", "testing/templates.py")
"""One module of each room that runs it, and the one that says its errors in our words."""


def test_copier_is_imported_in_one_place_of_a_room_and_only_when_needed() -> None:
    for path in modules().values():
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text if "copier" in text else "")
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "copier" for name in names):
                assert path.relative_to(PACKAGE).as_posix() in COPIER
                assert node not in tree.body


def test_the_ground_is_where_we_think_it_is() -> None:
    """The check itself sees imports: the two modules that everything stands on."""
    known = modules()
    assert {name for name, _ in imported(known["model"], known, lazily=True)} == {
        "errors", "inputs",
    }  # fmt: skip
    assert "errors" in {name for name, _ in imported(known["config.loader"], known, lazily=True)}


def test_pytest_looks_into_every_folder_of_tests(pytestconfig: pytest.Config) -> None:
    """Its own list of what it leaves out has "build" in it, which is a room of ours."""
    root = pytestconfig.rootpath
    files = [
        path for top in pytestconfig.getini("testpaths") for path in (root / top).rglob("*.py")
    ]
    folders = {name for path in files for name in path.relative_to(root).parent.parts}
    assert "build" in folders
    patterns = pytestconfig.getini("norecursedirs")
    assert [one for one in folders if any(fnmatchcase(one, way) for way in patterns)] == []
