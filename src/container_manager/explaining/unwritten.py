"""Values that nobody wrote: what they are, and which rule gives them."""

from __future__ import annotations

from container_manager.config.known import TOP_LEVEL
from container_manager.config.loader import Config
from container_manager.config.service_keys import SERVICE
from container_manager.config.staged import rule_of
from container_manager.errors import display_path
from container_manager.health import DEFAULT_TIMEOUT
from container_manager.model import KeyPath, Scalar, dotted
from container_manager.places import BUILD_DIR, KEEP_BUILDS

FAMILIES = ("framework", "applications", "services")

_NOT_SET = "nobody set it, and nothing takes its place"

_OF_SERVICES: dict[str, tuple[Scalar, str]] = {
    "copy_src": (False, "src/ is copied only where a service asks for it"),
    "render_kernel_templates": (False, "they are rendered only where a service asks for it"),
    "start_timeout": (DEFAULT_TIMEOUT, "the seconds that every service has"),
}


def unwritten(config: Config, path: KeyPath) -> tuple[Scalar, str]:
    """The value of a key of ours that is not set, and the rule behind it."""
    name = str(path[-1])
    if len(path) > 1:
        return _OF_SERVICES.get(name, (None, _NOT_SET))
    staged = rule_of(name, config.tree, config.env)
    apart = f"; {staged}" if staged else ""
    folder = f"the folder of {display_path(config.path)}"
    rules: dict[str, tuple[Scalar, str]] = {
        "build_dir": (config.values.get(name) or BUILD_DIR, f"the default{apart}"),
        "project_name": (
            config.project_name,
            f"the name of the project's folder, {config.root}{apart}",
        ),
        "project_root": (str(config.root), folder),
        "keep_builds": (KEEP_BUILDS, "the default"),
        "compose_provider": ("podman-compose", "the default: the one that comes along"),
    }
    return rules.get(name, (None, _NOT_SET))


def other_than_written(config: Config, path: KeyPath) -> str | None:
    """The rule by which a value is another than what is written; None where none is known."""
    if path == ("images", "python"):
        return "'auto': the image made from this machine's Debian packages, else the official one"
    port = dotted(path)
    if port in config.ports.fresh:
        return "'auto': this port is free; 'build' and 'up' take it, and it is remembered then"
    if port in config.ports.chosen:
        return f"'auto': remembered in {display_path(config.ports.path)}"
    if path == ("project_root",):
        return f"its variable is not set: the folder of {display_path(config.path)}"
    return rule_of(str(path[0]), config.tree, config.env) if len(path) == 1 else None


def meaning_of(path: KeyPath) -> str | None:
    """What a key of ours is for."""
    if len(path) == 1:
        rule = TOP_LEVEL.get(str(path[0]))
    else:
        of_service = path[-3:-2] == ("services",) and path[0] in FAMILIES
        rule = SERVICE.get(str(path[-1])) if of_service else None
    return rule.meaning if rule is not None else None
