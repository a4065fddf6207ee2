"""Is it a compose file at all, and does it use only what every provider reads the same way?"""

from __future__ import annotations

import re

from container_manager.compose.interpolate import Reader
from container_manager.compose.keys import check_keys
from container_manager.model import Key, KeyPath, Node, dotted

_MAPPINGS = ("services", "networks", "volumes", "secrets")

_REFUSED_TOP = {
    "include": (
        "Providers resolve the paths in included files differently.",
        "Make the included part a service of its own and deploy it.",
    ),
    "configs": (
        "podman-compose ignores 'configs' without a word.",
        "Mount the file under 'volumes' instead.",
    ),
}
_REFUSED_SERVICE = {
    "profiles": (
        "Profiles would hide the service from one command and not from the next.",
        "Which services run is the matter of 'deployed_services'.",
    ),
    "extends": (
        "Providers resolve the paths of an extended service differently.",
        "Use Jinja's {% include %} or YAML anchors to share parts of a template.",
    ),
    "configs": _REFUSED_TOP["configs"],
    "volumes_from": (
        "podman-compose ignores 'volumes_from' without a word.",
        "Mount the same volume under 'volumes' in both services.",
    ),
}
_TEXT_KEYS = frozenset(
    {"ports", "environment", "labels", "args", "command", "entrypoint", "expose", "extra_hosts"}
    | {"image", "user", "hostname", "container_name", "test", "volumes", "annotations", "aliases"}
    | {"env_file", "dns", "restart"}
)
"""Below these keys everything is text, however it is written."""

_WORDS = frozenset({"environment", "labels", "args"})
_PLAIN_DECIMAL = re.compile(r"[-+]?\d*\.?\d+")


def check_shape(document: Node, reader: Reader) -> bool:
    """Check one compose file; False when nothing more can be read from it."""
    if not isinstance(document.value, dict):
        reader.problem(document.where, "A compose file must be a mapping with 'services'.")
        return False
    for key in _MAPPINGS:
        node = document.value.get(key)
        if node is not None and node.value is not None and not isinstance(node.value, dict):
            reader.problem(node.where, f"'{key}' must be a mapping of names.")
        for number, child in _numbers(node):
            reader.problem(
                child.where,
                f"The name {number} under '{key}' would be read as a number by the provider.",
                f"Write '{number}' in quotes.",
            )
    _refuse(document, _REFUSED_TOP, (), reader)
    if (name := document.value.get("name")) is not None:
        reader.warn(
            name.where,
            "'name' has no effect: the project's name comes from the configuration.",
            "Remove it, or set project_name in config.yml.",
        )
    check_keys(document, reader)
    for path, node in _services(document):
        _refuse(node, _REFUSED_SERVICE, path, reader)
        _check_scalars(node, path, reader, as_text=False)
        _check_restart(node, path, reader)
        _check_replicas(node, path, reader)
    return True


def _numbers(node: Node | None) -> list[tuple[Key, Node]]:
    """Names that are written as numbers, with what they name."""
    if node is None or not isinstance(node.value, dict):
        return []
    return [(name, child) for name, child in node.value.items() if not isinstance(name, str)]


def _services(document: Node) -> list[tuple[KeyPath, Node]]:
    services = document.find(("services",))
    if services is None or not isinstance(services.value, dict):
        return []
    return [(("services", name), node) for name, node in services.value.items()]


def _refuse(node: Node, refused: dict[str, tuple[str, str]], path: KeyPath, reader: Reader) -> None:
    if isinstance(node.value, dict):
        for key in refused.keys() & node.value.keys():
            why, remedy = refused[str(key)]
            where = node.value[key].where
            reader.problem(where, f"'{dotted((*path, key))}' is not supported: {why}", remedy)


def _check_scalars(node: Node, path: KeyPath, reader: Reader, *, as_text: bool) -> None:
    """Report what a provider's YAML reader would turn into something else."""
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            if str(key).startswith("x-"):
                continue
            textual = as_text or key in _TEXT_KEYS
            _check_scalars(child, (*path, key), reader, as_text=textual)
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            _check_scalars(child, (*path, index), reader, as_text=as_text)
    elif node.spelled is not None and (as_text or not _PLAIN_DECIMAL.fullmatch(node.spelled)):
        reader.problem(
            node.where,
            f"{node.spelled} at '{dotted(path)}' would be read as another value by the provider.",
            f"Write '{node.spelled}' in quotes.",
        )
    elif isinstance(node.value, bool) and _WORDS & set(path[2:]):
        reader.problem(
            node.where,
            f"The truth value at '{dotted(path)}' would reach the container as "
            f"'{node.value}', with a capital.",
            f"Write '{str(node.value).lower()}' in quotes.",
        )


def _check_restart(node: Node, path: KeyPath, reader: Reader) -> None:
    restart = node.find(("restart",))
    if restart is not None and isinstance(restart.value, bool):
        reader.problem(
            restart.where,
            f"'{dotted((*path, 'restart'))}' is read as a truth value, not as a policy.",
            "Write restart: 'no', in quotes.",
        )


def _check_replicas(node: Node, path: KeyPath, reader: Reader) -> None:
    for keys in (("scale",), ("deploy", "replicas")):
        count = node.find(keys)
        if count is not None and str(count.value) != "1":
            reader.problem(
                count.where,
                f"'{dotted((*path, *keys))}' must be 1: one compose service is one container here.",
                "Define further services under names of their own.",
            )
