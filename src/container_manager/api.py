"""The functions of the original module: on plain dicts, relative to the current directory."""

from __future__ import annotations

import contextlib
import os
import posixpath
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from container_manager.build import manifest as record
from container_manager.build.alone import check_places, service_at
from container_manager.build.apply import apply, recover
from container_manager.build.content import check_json
from container_manager.build.leaks import LeakScan
from container_manager.build.lock import build_lock
from container_manager.build.plan import compare
from container_manager.build.ports import remember_plain
from container_manager.build.reading import Reading
from container_manager.build.settling import settle
from container_manager.build.site import Site
from container_manager.build.sources import Walk
from container_manager.build.steps import (
    KERNEL_TEMPLATE,
    OUT_SRC_DIR,
    SRC_DIR,
    STEPS,
    SUFFIX,
    service_outputs,
)
from container_manager.build.trace import to_templates
from container_manager.config.dotenv_file import read_dotenv
from container_manager.config.environment import Environment
from container_manager.config.packages import (
    file_in_package,
    find_package_folder,
    is_package_path,
)
from container_manager.config.source import parse_yaml
from container_manager.discovery import (
    COMPOSE_FILE_NAME,
    SERVICES_DIR,
    TEMPLATE_FILENAME,
)
from container_manager.errors import BuildError, Location, Problem, RenderError, raise_all
from container_manager.places import STATE_DIR
from container_manager.render import Renderer

__all__ = [
    "COMPOSE_FILE_NAME",
    "OUT_SRC_DIR",
    "SERVICES_DIR",
    "SRC_DIR",
    "TEMPLATE_FILENAME",
    "clean_deployment",
    "render_kernel_templates",
    "render_template",
    "setup_build_dir",
]


def render_template(template_path: str, config: Mapping[str, Any], out_dir: str) -> str:
    """Render one template into a directory, which is made where it is missing.

    Args:
        template_path: the template, relative to the current directory, or in an installed
            package: ``package:DISTRIBUTION/FOLDER/NAME``.
        config: the configuration; its keys are the template's variables.
        out_dir: where the result goes.

    Returns:
        The path of the result: ``docker-compose.yml``, ``kernel.json``, or else the template's
        name without ``.j2``.

    Raises:
        RenderError: the template or what it renders to cannot be used; nothing is written.

    Examples:
        >>> from pathlib import Path
        >>> Path('services/mongo').mkdir(parents=True)
        >>> _ = Path('services/mongo/docker-compose.yml.j2').write_text(
        ...     'services: {mongo: {image: "mongo:{{ database.port }}"}}')
        >>> config = {'database': {'host': 'localhost', 'port': 5432}}
        >>> render_template('services/mongo/docker-compose.yml.j2', config, 'build/services/mongo')
        'build/services/mongo/docker-compose.yml'
        >>> print(Path('build/services/mongo/docker-compose.yml').read_text())
        services: {mongo: {image: "mongo:5432"}}
    """
    packaged = is_package_path(template_path)
    template = file_in_package(template_path) if packaged else Path(template_path)
    text = _render(template, config, packaged=packaged)
    target = os.path.join(out_dir, template.name.removesuffix(SUFFIX))  # noqa: PTH118 - as given
    _write(Path(target), text)
    return target


def render_kernel_templates(source_dir: str, config: Mapping[str, Any], out_dir: str) -> None:
    """Render every ``kernel.json.j2`` below a directory, at the same relative place.

    The directory may lie in an installed package: ``package:DISTRIBUTION/FOLDER``.

    Raises:
        RenderError: with every problem of all of them; nothing is written then.

    Examples:
        >>> from pathlib import Path
        >>> for mode in ('readonly', 'write'):
        ...     kernel = Path(f'services/jupyter/python3-epics-{mode}/kernel.json.j2')
        ...     kernel.parent.mkdir(parents=True)
        ...     _ = kernel.write_text('{"env": {"ROOT": {{ project_root | to_json }}}}')
        >>> render_kernel_templates(
        ...     'services/jupyter', {'project_root': '/home/user/project'}, 'build/services/jupyter'
        ... )
        >>> print(Path('build/services/jupyter/python3-epics-write/kernel.json').read_text())
        {"env": {"ROOT": "/home/user/project"}}
    """
    packaged = is_package_path(source_dir)
    top = find_package_folder(source_dir, holds="").folder if packaged else Path(source_dir)
    walk = Walk(top, allowed=(top,) if packaged else (Path.cwd(), top))
    problems: list[Problem] = []
    texts: dict[Path, str] = {}
    for entry in walk.entries():
        if posixpath.basename(entry.path) != KERNEL_TEMPLATE:
            continue
        try:
            texts[Path(out_dir, entry.path.removesuffix(SUFFIX))] = _render(
                top / entry.path, config, service_dir=top, packaged=packaged
            )
        except RenderError as error:
            problems.extend(error.problems)
    raise_all(RenderError, problems)
    for target, text in texts.items():
        _write(target, text)


def setup_build_dir(
    template_path: str, config: Mapping[str, Any], container_cfg: Mapping[str, Any]
) -> str:
    """Generate the whole build directory of one service.

    The compose template and other templates are rendered; the service's files, ``src/`` and
    additional directories copied; the flattened configuration and kernels written. Files of other
    services stay as they are, and so do files that we did not write.

    Args:
        template_path: the service's compose template, relative to the current directory or in
            an installed package.
        config: the whole configuration; ``build_dir`` in it defaults to ``./build``.
        container_cfg: the service's own settings: ``copy_src``, ``additional_dirs``,
            ``render_kernel_templates``, ``no_render``.

    Returns:
        The path of the generated compose file.

    Raises:
        ManagerError: with every problem; nothing is written then.

    Examples:
        >>> import os
        >>> from pathlib import Path
        >>> for folder in ('services/framework/jupyter', 'src', 'docs', 'external_data'):
        ...     os.makedirs(folder)
        ...     _ = Path(folder, 'file.txt').write_text('content')
        >>> _ = Path('services/framework/jupyter/docker-compose.yml.j2').write_text(
        ...     'services: {jupyter: {image: "localhost/jupyter"}}')
        >>> compose_path = setup_build_dir(
        ...     'services/framework/jupyter/docker-compose.yml.j2',
        ...     {'project_name': 'lab'},
        ...     {'copy_src': True,
        ...      'additional_dirs': ['docs', {'src': 'external_data', 'dst': 'data'}]})
        >>> compose_path
        'build/services/framework/jupyter/docker-compose.yml'
        >>> sorted(os.listdir('build/services/framework/jupyter'))
        ['config.yml', 'data', 'docker-compose.yml', 'docs', 'file.txt', 'repo_src']
    """
    root = Path.cwd()
    given_build = str(config.get("build_dir") or "build")
    build_dir = Path(os.path.normpath(root / given_build))
    service = service_at(template_path, container_cfg, root)
    check_places(build_dir, root, service)
    environment = Environment(process=dict(os.environ), dotenv=read_dotenv(root / ".env"))
    site = Site(
        root=root,
        build_dir=build_dir,
        state_dir=root / STATE_DIR,
        values=config,
        renderer=Renderer(root, config, environment),
    )
    problems: list[Problem] = []
    outputs = service_outputs(site, service, tuple(STEPS), problems)
    raise_all(BuildError, problems)
    compose = outputs[f"{service.path}/{COMPOSE_FILE_NAME}"]
    _check_compose(compose.text or "", service.folder / TEMPLATE_FILENAME)
    scan = LeakScan(environment.secret_values(()))
    reading = Reading(scan=scan)

    def ours(path: str) -> bool:
        return path.startswith(f"{service.path}/")

    settle(build_dir)
    decided = compare(build_dir, outputs, record.read(build_dir), ours, reading)
    raise_all(BuildError, scan.problems(outputs.values(), reading.leaks))
    remember_plain(config, reading)
    if decided.pending:
        with build_lock(build_dir):
            recover(build_dir)
            manifest = record.read(build_dir)
            apply(compare(build_dir, outputs, manifest, ours, reading), manifest)
    return os.path.normpath(os.path.join(given_build, service.path, COMPOSE_FILE_NAME))  # noqa: PTH118


def clean_deployment(compose_files: Sequence[str]) -> None:
    """Remove the containers, images, volumes and networks that compose files describe.

    Volumes are saved in ``backups/`` first. The images removed are those that were built by this
    project and that nobody else uses.

    Args:
        compose_files: their paths, the root file first.

    Raises:
        ManagerError: something could not be saved or removed.
    """
    from container_manager.verbs import clean_files

    clean_files([Path(path) for path in compose_files])


def _render(
    template: Path,
    config: Mapping[str, Any],
    service_dir: Path | None = None,
    *,
    packaged: bool = False,
) -> str:
    """Render and check; the project is the current directory, or else the template's own."""
    absolute = template.absolute()
    inside = packaged or absolute.is_relative_to(Path.cwd())
    root = Path.cwd() if inside else absolute.parent
    is_compose = template.name == TEMPLATE_FILENAME
    environment = Environment(process=dict(os.environ), dotenv=read_dotenv(root / ".env"))
    rendered = Renderer(root, config, environment).render(
        absolute, service_dir=(service_dir or absolute.parent).absolute(), compose=is_compose
    )
    if is_compose:
        _check_compose(rendered.text, template)
    elif template.name == KERNEL_TEMPLATE:
        check_json(rendered.text, template)
    return rendered.text


def _check_compose(text: str, template: Path) -> None:
    """The least a compose file must be: a mapping, whose known parts are mappings."""
    shown = Path(os.devnull)
    try:
        document = parse_yaml(text, shown, compose=True, error=RenderError)
    except RenderError as error:
        traced = to_templates(error.problems, {shown: (template, text)})
        raise RenderError(traced) from error
    where = Location(template)
    if document is None or not isinstance(document.value, dict):
        raise RenderError("The template must render to a YAML mapping.", where=where)
    for part in ("services", "networks", "volumes"):
        node = document.value.get(part)
        if node is not None and not isinstance(node.value, (dict, type(None))):
            raise RenderError(f"'{part}' must be a mapping.", where=where)


def _write(target: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new one, never half of it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=target.parent, prefix=".", delete=False
        ) as stream:
            stream.write(text)
        temporary = Path(stream.name)
        try:
            temporary.chmod(0o644)
            temporary.replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise BuildError(
            f"The file cannot be written: {reason}.", where=Location(target)
        ) from error
