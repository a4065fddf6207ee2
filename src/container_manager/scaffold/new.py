"""Makes a service in a project, or a project, from a template.

Everything is rendered apart from the project and put into it in one step; then the project is
loaded and rendered anew. Whatever fails, nothing is left behind.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.config import answers
from container_manager.config.loader import Config
from container_manager.errors import ConfigError, Location, UsageError, raise_all
from container_manager.places import CONFIG_NAME
from container_manager.progress import Progress, slowly
from container_manager.run import Runner
from container_manager.scaffold import copying, given, naming, surroundings, verifying
from container_manager.scaffold.fetching import Template, fetch
from container_manager.scaffold.placing import alone, placed
from container_manager.scaffold.sources import choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made.

    Attributes:
        name: the service's canonical name, or the project's folder.
        path: the folder, absolute.
        files: its files, relative to it.
        project: the folder of the project; for a new one, the same.
        addresses: where it will be reached from this machine.
        source: the template, as people know it.
        remedy: why improvements of the template cannot be brought in later, and what to do; None
            where they can.
        is_known: whether that was said when the project was made, from the same template.
        is_bundled: whether the template is the one within the installed package, so that the
            project asks for that package by its name.
    """

    name: str
    path: Path
    files: tuple[str, ...]
    project: Path
    addresses: tuple[str, ...]
    source: str
    remedy: str | None
    is_known: bool = False
    is_bundled: bool = False

    @property
    def is_project(self) -> bool:
        """Whether it is a project."""
        return self.path == self.project


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What people ask for.

    Attributes:
        name: of the service; None asks on the terminal.
        kind: which of the kinds of service; None leaves it to the template.
        template: a name under ``templates``; None for ours.
        data: answers to the template's questions.
        ask: whether somebody is there to answer the others.
    """

    name: str | None
    kind: str | None
    template: str | None
    data: Mapping[str, Any]
    ask: bool


def new_service(config: Config, wishes: Wishes, runner: Runner, progress: Progress) -> Made:
    """Make a service in a project.

    Raises:
        ManagerError: nothing was made.
    """
    with alone(config.root):
        around = surroundings.look(config)
        name = wishes.name or _asked_name(wishes)
        target = naming.parse(name, config, around)
        raise_all(UsageError, naming.name_problems(target, config, around))
        template = fetch(choose(config, wishes.template), runner, progress)
        data = _data(wishes, template, named=True)
        _check_port(data.get("port"), around)
        if template.source.ours:
            data |= target.answers
        defaults: dict[str, Any] = {"network": around.network, "base_image": around.base_image}
        context = around.data()
        if target.application:
            context["known_applications"] = [*around.applications, target.application]
        if not template.source.ours:
            free = context.get("free_port")
            defaults |= {"name": target.name, "port": free, "application": target.application}
        with (
            _rendered(template, target.path, {**data, **context}, defaults, wishes, progress) as at,
            placed(at, config.root / target.path),
        ):
            reached = verifying.works(config, target, around, template.source.name)
            return _made(
                target.canonical, config.root / target.path, config.root, template, reached
            )


def new_project(
    folder: Path, config: Config | None, wishes: Wishes, runner: Runner, progress: Progress
) -> Made:
    """Make a project.

    Args:
        folder: its folder, at which nothing is.
        config: what names further templates; None for ours alone.
        wishes: what is asked for.
        runner: starts git.
        progress: where to say what takes long.

    Raises:
        ManagerError: nothing was made.
    """
    if os.path.lexists(folder):
        raise UsageError(
            "This is there already, and nothing is ever overwritten.",
            where=Location(folder),
            remedy="Name a folder that does not exist; in a project, 'new NAME' makes a service.",
        )
    template = fetch(choose(config, wishes.template), runner, progress)
    data = _data(wishes, template, named=False)
    if template.source.ours:
        data["make"] = "project"
    context = surroundings.project_data()
    with (
        _rendered(template, folder.name, {**data, **context}, {}, wishes, progress) as at,
        placed(at, folder),
    ):
        path = folder / CONFIG_NAME
        reached = verifying.project_works(path) if path.is_file() else ()
        return _made(folder.name, folder, folder, template, reached)


def _asked_name(wishes: Wishes) -> str:
    name = ""
    if wishes.ask:
        print("Name of the service (web, framework.web, …): ", end="", file=sys.stderr, flush=True)
        name = sys.stdin.readline().strip()
    if not name:
        raise UsageError(
            "The new service needs a name.", remedy="Write it: new NAME, or --name NAME."
        )
    return name


def _data(wishes: Wishes, template: Template, *, named: bool) -> dict[str, Any]:
    """The answers that were given, checked."""
    data = dict(wishes.data)
    if wishes.kind is not None and data.setdefault("kind", wishes.kind) != wishes.kind:
        raise UsageError("--kind and --data kind=… say different things.")
    given.check(data, template, named=named)
    return data


def _check_port(said: object, around: surroundings.Surroundings) -> None:
    """Say who has a port; whether it is one at all, the template's own rule says."""
    text = str(said or "0").strip()
    number = int(text) if text.isdecimal() and len(text) <= len("65535") else 0
    if 0 < number <= surroundings.MAX_PORT:
        problem = around.port_problem(surroundings.local_port(number))
        raise_all(UsageError, [problem] if problem else [])


@contextmanager
def _rendered(
    template: Template,
    path: str,
    data: Mapping[str, Any],
    defaults: Mapping[str, Any],
    wishes: Wishes,
    progress: Progress,
) -> Iterator[Path]:
    """What the template makes, in a temporary folder, which ends as its place in the project."""
    source = template.source
    wanted = {key: value for key, value in defaults.items() if value}
    with tempfile.TemporaryDirectory(prefix="container-manager-new-") as folder:
        made = Path(folder) / path
        made.parent.mkdir(parents=True, exist_ok=True)
        said = slowly(progress, f"Making it from the template {source.shown} …")
        with nullcontext() if wishes.ask else said:  # a question is on the terminal
            copying.copy(
                source.url or str(source.folder),
                made,
                ref=template.ref,
                data=data,
                user_defaults=wanted,
                ask=wishes.ask,
            )
        if template.tagged and template.ref:
            answers.record(made / answers.NAME, template.ref)
        _check_recorded(made, wishes.data if source.ours else {})
        yield made


def _check_recorded(made: Path, data: Mapping[str, Any]) -> None:
    """Refuse what needs a newer library than this, what is nothing, and answers without effect."""
    if not made.is_dir() or not any(made.iterdir()):
        raise ConfigError("The template made nothing: no file belongs to these answers.")
    path = made / answers.NAME
    if not path.is_file():
        return
    said = answers.read(path)
    problem = answers.too_old(said)
    if problem is not None:
        raise ConfigError(problem.message, remedy=problem.remedy)
    idle = [key for key in data if key not in said.values]
    if idle:
        kind = said.values.get("kind")
        about = f"a service of the kind '{kind}'" if kind else "this"
        raise UsageError(f"'{idle[0]}' is not asked for {about}.", remedy="Leave it out.")


def _made(
    name: str, path: Path, project: Path, template: Template, addresses: tuple[str, ...]
) -> Made:
    files = [one.relative_to(path).as_posix() for one in path.rglob("*") if not one.is_dir()]
    return Made(
        name=name,
        path=path,
        files=tuple(sorted(files)),
        project=project,
        addresses=addresses,
        source=template.source.shown,
        remedy=_no_updates(path, template),
        is_known=path != project and _source(path) == _source(project) != "",
        is_bundled=template.source.ours and template.ref is None,
    )


def _source(folder: Path) -> str | None:
    """What a folder was made from, None for a template without history; empty: from none."""
    with suppress(ConfigError):
        if (folder / answers.NAME).is_file():
            return answers.read(folder / answers.NAME).source
    return ""


def _no_updates(path: Path, template: Template) -> str | None:
    """Why nothing can be updated from the template, and what to do; None where it can."""
    if template.ref is None:
        return (
            "It was made from a copy of the template without history: 'update' will need "
            f"_src_path (a URL) and _commit (a version tag) in its {answers.NAME}."
        )
    if not (path / answers.NAME).is_file():
        return "The template records no answers, which 'update' needs."
    if not template.tagged:
        return (
            "'update' needs a version tag of the template, and there is none yet: whoever keeps "
            "the template makes one, with 'git tag v1.0.0'."
        )
    return None
