"""The environment variables that the program reads: found in the code, described here.

The two are compared, so that no variable is read without a word, and none is described in vain.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from docs.generator.markdown import table

_MAY_TELL = re.compile(r'environ|^[A-Z_]+ = "', re.MULTILINE)
"""What looks a variable up, or holds the name of one; parsing takes longest."""

SOURCES = Path(__file__).parents[2] / "src"


@cache
def found(sources: Path = SOURCES) -> frozenset[str]:
    """The names that code looks up in ``environ``, by themselves or through a constant."""
    texts = [file.read_text("utf-8") for file in sorted(sources.rglob("*.py"))]
    trees = [ast.parse(text) for text in texts if _MAY_TELL.search(text)]
    constants = {name: value for tree in trees for name, value in _constants(tree)}
    names = {name for tree in trees for name in _looked_up(tree, constants)}
    return frozenset(name for name in names if name.upper() == name)


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                yield name, value


def _looked_up(tree: ast.Module, constants: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr="get"), args=[key, *_]):
                pass
            case ast.Subscript(value=of, slice=key):
                pass
            case _:
                continue
        called = of.id if isinstance(of, ast.Name) else getattr(of, "attr", "")
        if not called.endswith("environ"):
            continue
        match key:
            case ast.Constant(value=str(name)):
                yield name
            case ast.Name(id=name) if name in constants:
                yield constants[name]


_KINDS: dict[str, dict[str, str]] = {
    "Of its own": {
        "CONTAINER_MANAGER_CONFIG": "the configuration file, where `--config` names none",
        "CONTAINER_MANAGER_HOOK": "the hook that calls the command; set for "
        "[hooks](../own-ways.md#hooks), whose commands run none themselves",
    },
    "Podman": {
        "PATH": "where Podman, a provider, git, kubectl and systemctl are found",
        "CONTAINER_HOST": "the address of [a Podman elsewhere](../ordinary-users.md)",
        "CONTAINER_CONNECTION": "the same, by the name of a connection",
        "PODMAN_CONNECTIONS_CONF": "the file that names the connections",
        "CONTAINERS_CONF": "Podman's settings; ours are laid beside them only where containers do "
        "not start otherwise",
        "CONTAINERS_CONF_OVERRIDE": "settings that win over these",
        "CONTAINERS_STORAGE_CONF": "where Podman keeps images and containers",
        "XDG_RUNTIME_DIR": "where an ordinary user's Podman has its socket",
        "XDG_CONFIG_HOME": "where an ordinary user's settings and units of systemd are",
        "XDG_CACHE_HOME": "where `doctor` measures the space for what is kept",
        "HOME": "where these are looked for, when the variables are not set",
    },
    "Compose providers": {
        "PODMAN_COMPOSE_PROVIDER": "what `podman compose` runs, with `compose_provider: podman`",
        "DOCKER_HOST": "the socket for Docker Compose; [Podman must answer there](../providers.md)",
        "DOCKER_CONFIG": "where Docker's plugins are, Docker Compose among them",
    },
    "Networks": {
        "HTTPS_PROXY": "a [proxy](../company-networks.md) for pulls, builds and containers; "
        "`HTTP_PROXY`, `NO_PROXY` and lower case as well",
        "NO_PROXY": "what is reached without it; services of the stack are added",
        "SSL_CERT_FILE": "certificates that are trusted instead of the system's, beside "
        "`ca_certificates`",
    },
    "Terminal and desktop": {
        "NO_COLOR": "set to anything: no colours",
        "FORCE_COLOR": "set to anything: colours also where no terminal is",
        "COLUMNS": "how wide lines may be on a terminal, in letters, whatever it says itself",
        "TERM": "`dumb`: neither colours nor progress that is drawn over",
        "BROWSER": "what `open` and `dashboard` start",
        "DISPLAY": "whether there is a screen to start a browser on",
        "WAYLAND_DISPLAY": "the same",
    },
    "Continuous integration": {
        "CI": "set: the [pytest plugin](../testing.md) fails where it would have skipped",
        "GITHUB_WORKSPACE": "what the paths of `lint --format github` start from",
        "GIT_CONFIG_COUNT": "settings of git that are handed on to it",
    },
}


def part() -> str:
    """A table for each kind of variables.

    Raises:
        ValueError: the code reads a variable that has no row, or a row has none that it knows.
    """
    described = {name for rows in _KINDS.values() for name in rows}
    text = "".join(file.read_text("utf-8") for file in sorted(SOURCES.rglob("*.py")))
    undescribed = found() - described
    in_vain = {name for name in described if f'"{name}"' not in text}
    if undescribed or in_vain:
        raise ValueError(
            f"{Path(__file__)}: no row for {sorted(undescribed)}, in vain: {sorted(in_vain)}"
        )
    return "\n\n".join(
        f"## {kind}\n\n{table(['variable', 'says'], _rows(rows))}" for kind, rows in _KINDS.items()
    )


def _rows(rows: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"`{name}`", words) for name, words in rows.items()]
