"""The rivals: other ways to the same files, in the plainest code there is.

Run as ``python -m benchmarks.rivals NAME PROJECT``, each in a process of its own, so that start-up
and imports count for everybody.

``plain`` and ``copier`` read and write YAML with libyaml (``CSafeLoader``, ``CSafeDumper``): they
are the strongest plain code that we know. ``original`` takes PyYAML's Python code (``SafeLoader``),
as the original module did.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

if TYPE_CHECKING:
    import jinja2

Loader: TypeAlias = type[yaml.SafeLoader] | type[yaml.CSafeLoader]
Dumper: TypeAlias = type[yaml.SafeDumper] | type[yaml.CSafeDumper]

SUFFIX = ".j2"
_ROOT_TEMPLATE = "services/docker-compose.yml.j2"


def plain(project: Path) -> None:
    """One configuration and one environment, read with libyaml, then a loop of Jinja and shutil."""
    config = load_config(project, yaml.CSafeLoader)
    environment = _environment(project)
    flattened = _flattened(config, yaml.CSafeDumper)
    _render(environment, project / _ROOT_TEMPLATE, config, project / "build/services")
    for settings in _deployed(config):
        _build_service(project, environment, config, settings, flattened)


def original(project: Path) -> None:
    """The original's algorithm: for each service all anew, with PyYAML's Python code.

    It loads the configuration, makes an environment, removes the service's folder, then renders,
    copies, and writes the flattened configuration.
    """
    config = load_config(project, yaml.SafeLoader)
    environment = _environment(project)
    _render(environment, project / _ROOT_TEMPLATE, config, project / "build/services")
    for settings in _deployed(config):
        config = load_config(project, yaml.SafeLoader)
        shutil.rmtree(project / "build" / settings["path"], ignore_errors=True)
        flattened = _flattened(config, yaml.SafeDumper)
        _build_service(project, _environment(project), config, settings, flattened)


def copier(project: Path) -> None:
    """``copier.run_copy`` as it comes, once a service; the rest as in the plain loop."""
    config = load_config(project, yaml.CSafeLoader)
    flattened = _flattened(config, yaml.CSafeDumper)
    _copy(project, "services", config, ["*", "!docker-compose.yml"])
    for settings in _deployed(config):
        _copy(project, settings["path"], config, ["copier.yml"])
        _add_shared(project, settings, flattened)


def _copy(project: Path, path: str, config: Mapping[str, Any], exclude: list[str]) -> None:
    """Let Copier generate one folder, which is a template only as long as this takes."""
    from copier import run_copy

    settings = {
        "_templates_suffix": SUFFIX,
        "_envops": {"undefined": "jinja2.StrictUndefined"},
        "_exclude": exclude,
    }
    template = project / path / "copier.yml"
    template.write_text(yaml.safe_dump(settings), encoding="utf-8")
    try:
        run_copy(
            str(project / path),
            project / "build" / path,
            data=dict(config),
            defaults=True,
            overwrite=True,
            quiet=True,
        )
    finally:
        template.unlink()


def _build_service(
    project: Path,
    environment: jinja2.Environment,
    config: Mapping[str, Any],
    settings: Mapping[str, Any],
    flattened: str,
) -> None:
    source, target = project / settings["path"], project / "build" / settings["path"]
    for folder, folders, names in os.walk(source):
        folders.sort()
        inside = target / Path(folder).relative_to(source)
        inside.mkdir(parents=True, exist_ok=True)
        for name in sorted(names):
            if name.endswith(SUFFIX):
                _render(environment, Path(folder, name), config, inside)
            else:
                shutil.copy2(Path(folder, name), inside / name)
    _add_shared(project, settings, flattened)


def _add_shared(project: Path, settings: Mapping[str, Any], flattened: str) -> None:
    target = project / "build" / settings["path"]
    if settings.get("copy_src"):
        shutil.copytree(project / "src", target / "repo_src")
        shutil.copy2(project / "requirements.txt", target / "repo_src/requirements.txt")
    (target / "config.yml").write_text(flattened, encoding="utf-8")


def _environment(project: Path) -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(  # noqa: S701 - it renders YAML, which needs no escapes of HTML
        loader=jinja2.FileSystemLoader(project),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _render(
    environment: jinja2.Environment, template: Path, config: Mapping[str, Any], target: Path
) -> None:
    name = template.relative_to(config["project_root"]).as_posix()
    text = environment.get_template(name).render(config)
    target.mkdir(parents=True, exist_ok=True)
    output = target / template.name.removesuffix(SUFFIX)
    output.write_text(text, encoding="utf-8")
    shutil.copymode(template, output)


def load_config(project: Path, loader: Loader) -> dict[str, Any]:
    """The configuration with its imports merged; the generated one has no variables."""
    config = _read(project / "config.yml", loader)
    merged: dict[str, Any] = {}
    for path in sorted(project.glob(config.pop("import"))):
        _merge(merged, _read(path, loader))
    _merge(merged, config)
    return {**merged, "project_root": str(project)}


def _read(path: Path, loader: Loader) -> dict[str, Any]:
    values: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506
    return values


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _flattened(config: Mapping[str, Any], dumper: Dumper) -> str:
    return str(yaml.dump(config, Dumper=dumper, default_flow_style=False, sort_keys=False))


def _deployed(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in config["deployed_services"]:
        *family, service = name.split(".")
        node: Any = config
        for key in (*family, "services", service):
            node = node[key]
        yield node


RIVALS: Mapping[str, Callable[[Path], None]] = {
    "plain": plain,
    "original": original,
    "copier": copier,
}


if __name__ == "__main__":
    RIVALS[sys.argv[1]](Path(sys.argv[2]))
