"""From a project and its build to a composition: what is to run, of which files, for whom."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from container_manager.build.ignore import DOCKERFILES, IGNORE_FILES, context_ignores
from container_manager.compose.digest import Files
from container_manager.compose.graph import with_dependencies
from container_manager.compose.labelling import with_labels
from container_manager.compose.model import ImageBuild, Stack
from container_manager.compose.proxying import with_proxies
from container_manager.compose.stack import read_stack
from container_manager.compose.trusting import with_trust
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.project import Project
from container_manager.model import Build
from container_manager.podman.selinux import confines


def compose(
    project: Project,
    build: Build,
    only: Collection[str] | None,
    *,
    stack: Stack | None = None,
    planned: bool = False,
) -> tuple[Composition, list[str]]:
    """The composition of a project, and the compose services that are to run.

    Args:
        project: whose stack.
        build: its generated files.
        only: canonical names of our services; None: all.
        stack: what the files mean together; None: they are read.
        planned: whether the build was only planned; nothing is written then.
    """
    if stack is None:
        stack = read_stack(
            build.compose_files,
            project.services,
            project.environment,
            project_name=project.name,
            defaults=project.defaults,
            overrides=project.overrides,
        )
    if confines(project.engine.host):
        stack = with_labels(stack, (project.root, build.build_dir))
    stack = with_trust(with_proxies(stack), project.trust)
    chosen = with_dependencies(stack, stack.owned_by(tuple(only))) if only is not None else None
    names = [name for name in stack.services if chosen is None or name in chosen]
    files = Files(
        build_dir=build.build_dir,
        digests=build.digests,
        pending=_pending(build) if planned else {},
        left_out=_left_out,
    )
    contexts = {
        service.name: files.context(service.build)
        for service in stack.services.values()
        if service.build is not None
    }
    composition = Composition(
        project=project,
        build=build,
        stack=stack,
        identity=project.identity(create=not planned),
        files=files,
        contexts=contexts,
    )
    return composition, names


def _left_out(build: ImageBuild, pending: Mapping[str, int | None]) -> Callable[[str], bool]:
    """Which files never reach an image, since an ignore file of its context says so.

    The list itself and the Dockerfile count in any case. A list that is about to be written, or
    removed, leaves nothing out: it may say something else by then.
    """
    assert build.context is not None
    found = context_ignores(build.context, build.dockerfile)
    lists = {str(build.context / name) for name in IGNORE_FILES}
    if found is None or lists & pending.keys():
        return lambda _: False
    ignores, always = found[1], {*IGNORE_FILES, *DOCKERFILES}
    return lambda rel: rel not in always and ignores.matches(rel, rel.rpartition("/")[2])


def _pending(build: Build) -> Mapping[str, int | None]:
    """The files that a planned build would write, with their modes, and those that would go."""
    return {
        f"{build.build_dir}/{change.path}": None if change.action == "remove" else change.mode
        for change in build.plan.pending
    }
