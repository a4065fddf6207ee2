"""``run``: one command in a container of its own, with a service's settings.

The provider makes the container. Podman prepares it at once (``podman init``), which is when it
reads secrets, so that they are in its store for this moment only. Then it is started on our own
terminal or pipes, and removed however it ends; what is left by a kill, ``down`` removes.
"""

from __future__ import annotations

import contextlib
import secrets
import signal
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from container_manager.compose.graph import with_dependencies
from container_manager.compose.model import ComposeService, Stack
from container_manager.compose.one_off import OneOff, as_service, compose_text
from container_manager.compose.overlay import secret_name
from container_manager.errors import PreconditionError, RuntimeFailure, did_you_mean
from container_manager.lifecycle.checking import check_surroundings
from container_manager.lifecycle.compose import Composition
from container_manager.lifecycle.composing import compose
from container_manager.lifecycle.credentials import MustOpen
from container_manager.lifecycle.images import ensure_images
from container_manager.lifecycle.podman_secrets import secret_values, store_secrets
from container_manager.lifecycle.project import Project
from container_manager.lifecycle.starting import start
from container_manager.model import Build
from container_manager.podman.containers_conf import write_private
from container_manager.podman.state import ContainerState
from container_manager.terminal import hand_over

_CANNOT_START = 125
_CODES = {"permission denied": 126, "executable file not found": 127, "no such file": 127}
"""What the runtime says of a command -> the exit code that Podman gives then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A container for one command, or the reason why its command cannot be started."""

    container: ContainerState
    terminal: bool
    code: int = 0
    reason: str = ""


def make(
    project: Project,
    build: Build,
    stack: Stack,
    service: str,
    one: OneOff,
    *,
    dependencies: bool = True,
    timeout: float | None = None,
) -> Made:
    """Bring up what a service waits for, and make a container with its settings.

    Args:
        project: whose.
        build: its generated files.
        stack: what they mean together.
        service: the compose service.
        one: the command, and how it runs.
        dependencies: whether what the service waits for is brought up first.
        timeout: seconds that each of these may take.

    Raises:
        PreconditionError: something is missing or taken; no container was touched.
        RuntimeFailure: a dependency did not come up, or the container cannot be made.
    """
    if one.publish:
        _refuse_published(project, stack.services[service])
    composition, _ = compose(project, build, None, stack=stack)
    stack = composition.stack
    extended = replace(
        stack, services={**stack.services, one.name: as_service(stack.services[service], one)}
    )
    awaited = with_dependencies(stack, [service]) - {service} if dependencies else frozenset()
    names = [name for name in stack.services if name in awaited]
    check_surroundings(project, extended, [*names, one.name], MustOpen.ALL)
    images = ensure_images(composition, [*names, service])
    if names:
        start(composition, names, images, only_some=True, timeout=timeout)
    elif not composition.overlay_path.is_file():
        composition.write_overlay()
    return _make(replace(composition, stack=extended), service, one)


def attach(project: Project, made: Made) -> int:
    """Start a container on our own standard streams, wait for its end, and remove it.

    Returns:
        The command's exit code; 125 to 127 are Podman's own.
    """
    try:
        if made.reason:
            project.progress.step(f"The command cannot be started: {made.reason}")
            return made.code
        engine, presses = project.engine, _Presses(project, made.container)
        argv = (
            *(engine.host.executable, "start", "--attach", "--interactive", "--sig-proxy"),
            made.container.id,
        )
        return hand_over(
            argv,
            env=engine.environ,
            interactive=made.terminal,
            on_signal=presses.pass_on,
        )
    finally:
        remove(project, made.container)


def remove(project: Project, container: ContainerState) -> None:
    """Remove a container for one command, with its anonymous volumes."""
    finished = project.engine.remove([container.id], anonymous_volumes=True)
    if not finished.ok:
        project.progress.step(
            f"{container.name} could not be removed ({finished.last_lines}); 'down' tries again."
        )


def pick(stack: Stack, name: str, only: Collection[str] | None) -> str:
    """The compose service that a name means.

    Args:
        stack: all services.
        name: what was said.
        only: the canonical name of the service of ours that it leads to; None where to none.

    Raises:
        PreconditionError: there is none, or there are several.
    """
    owned = stack.owned_by(tuple(only)) if only is not None else frozenset(stack.services)
    wanted = name.rpartition(".")[2].replace("-", "_")
    exact = [one for one in stack.services if one in owned and one.replace("-", "_") == wanted]
    if len(exact) == 1:
        return exact[0]
    if only is not None and len(owned) == 1:
        return next(iter(owned))
    listed = ", ".join(one for one in stack.services if one in owned)
    if only is not None:
        raise PreconditionError(
            f"'{name}' has several compose services: {listed}.", remedy="Name one of them."
        )
    raise PreconditionError(
        f"There is no service '{name}'.",
        remedy=did_you_mean(name, stack.services) or f"Compose services: {listed}.",
    )


def new_name(service: str) -> str:
    """A name for the compose service of one command, which nobody else has."""
    return f"{service}-run-{secrets.token_hex(4)}"


@dataclass(slots=True)
class _Presses:
    """Signals go to the command through Podman; a second Ctrl-C kills it."""

    project: Project
    container: ContainerState
    count: int = field(default=0)

    def pass_on(self, number: signal.Signals) -> bool:
        """See :func:`~container_manager.terminal.hand_over`."""
        self.count += 1
        if self.count == 1:
            if number is signal.SIGINT:
                self.project.progress.step("Ctrl-C again kills.")
            return False
        self.project.engine.kill([self.container.id])
        return True


def _make(composition: Composition, service: str, one: OneOff) -> Made:
    """Have the provider make the container, and Podman read its secrets."""
    project, stack = composition.project, composition.stack
    values = {one.name: secret_values(stack)[service]}
    path = project.state_dir / "one-off" / f"{one.name}.yml"
    container = None
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        text = compose_text(
            project.name,
            stack.services[service],
            one,
            composition.identity.constant_labels,
            values[one.name],
        )
        write_private(path, text)
        store_secrets(project, values, renewed=[one.name])
        finished = replace(composition, further=(path,)).create_containers([one.name])
        container = next((c for c in project.containers() if c.service == one.name), None)
        if container is not None:
            return _prepared(project, container, one.terminal)
    except BaseException:
        if container is not None:
            with contextlib.suppress(RuntimeFailure):
                remove(project, container)
        raise
    finally:
        path.unlink(missing_ok=True)
        delivered = [key for key, value in values[one.name].items() if value]
        project.engine.remove_secrets(secret_name(project.name, one.name, key) for key in delivered)
    raise RuntimeFailure(
        f"{project.provider.name} made no container for the command:\n"
        f"{project.redact(finished.last_lines)}",
        remedy="Mend what it says, and try again.",
    )


def _prepared(project: Project, container: ContainerState, terminal: bool) -> Made:
    """Prepare a container: what cannot be started is known before anything is attached."""
    finished = project.engine.call("init", container.id, timeout=120.0)
    if finished.ok:
        return Made(container=container, terminal=terminal)
    said = project.redact(finished.last_lines)
    code = next((code for text, code in _CODES.items() if text in said.lower()), _CANNOT_START)
    return Made(container=container, terminal=terminal, code=code, reason=said or "no reason")


def _refuse_published(project: Project, service: ComposeService) -> None:
    """Two containers cannot have one port; of our own one, nothing else would say so."""
    for one in project.containers():
        if one.service == service.name and one.running and one.ports:
            raise PreconditionError(
                f"{one.name} runs, and has the ports already.",
                remedy=f"'stop {service.name}' first, or leave --publish out.",
            )
