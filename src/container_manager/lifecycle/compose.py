"""The one place where a compose provider is run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from container_manager.compose.adapting import for_compose_v2, needed_networks, needed_volumes
from container_manager.compose.capabilities import COMPOSE_V2, can
from container_manager.compose.digest import Files
from container_manager.compose.division import divided, in_turns, lacking
from container_manager.compose.model import Stack
from container_manager.compose.overlay import Overlay, dumped, relabelling
from container_manager.compose.podman_compose import PodmanCompose
from container_manager.compose.providers import Provider, bundled, child_environment
from container_manager.compose.reaching import reaching
from container_manager.compose.resources import network_arguments, volume_arguments
from container_manager.compose.trusting import build_options
from container_manager.errors import PreconditionError
from container_manager.identity import Identity, private_folder
from container_manager.lifecycle.project import Project
from container_manager.model import Build
from container_manager.podman.containers_conf import write_private
from container_manager.run import QUERY_TIMEOUT, Finished

BUILD_SILENCE = 900.0
"""Seconds without a word after which a build is given up."""

_BUILD_TIMEOUT = 6 * 3600.0
_CREATE_TIMEOUT = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A built project on its way to containers.

    Attributes:
        project: what runs it.
        build: the generated files.
        stack: what they say.
        identity: who we are.
        files: what may be mounted or built from.
        contexts: compose service -> digests of the files of its build context.
        further: compose files of ours that are laid over all others.
        own: what the manager's own compose file says, once it is written.
    """

    project: Project
    build: Build
    stack: Stack
    identity: Identity
    files: Files
    contexts: Mapping[str, Mapping[str, str]]
    further: tuple[Path, ...] = ()
    own: dict[str, Any] = field(default_factory=dict)

    @property
    def overlay_path(self) -> Path:
        """Where the manager's own compose file lies."""
        return self.project.state_dir / "compose" / f"{self.project.name}.yml"

    @property
    def seal_path(self) -> Path:
        """Where what is laid over the user's own compose files lies, if they hold secrets."""
        return self.project.state_dir / "seals" / f"{self.project.name}.yml"

    def write_overlay(
        self,
        digests: Mapping[str, str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Write the manager's own compose file."""
        overlay = Overlay(
            constant=self.identity.constant_labels,
            digests=digests or {},
            secrets=secrets or {},
            later=frozenset(one.path for one in self.project.overrides),
        )
        self.own.update(overlay.document(self.stack))
        private_folder(self.project.state_dir)
        _write(self.overlay_path, dumped(self.own))
        if seal := overlay.seal(self.stack):
            _write(self.seal_path, dumped(seal))
        else:
            self.seal_path.unlink(missing_ok=True)

    def check(self) -> None:
        """Ask the provider whether it understands the files; nothing is touched.

        Raises:
            PreconditionError: it does not, or it is not there.
        """
        provider = self.project.provider
        if provider.check([]) is None:
            return
        self.write_overlay()
        taken, _ = divided(list(self.stack.services), self._lacking)
        argv = provider.check(self._base(provider, taken))
        assert argv is not None
        finished = self._run(provider, argv, timeout=QUERY_TIMEOUT, reads_only=True)
        if not finished.ok:
            raise PreconditionError(
                f"{provider.name} does not take these compose files:\n"
                f"{self.project.redact(finished.last_lines)}",
                remedy="Change the template, or let podman-compose run it: remove "
                "'compose_provider'.",
            )

    def build_images(self, services: Sequence[str], *, no_cache: bool) -> Finished:
        """Have images built, always by a podman-compose."""
        provider = self.project.provider
        builder = provider if isinstance(provider, PodmanCompose) else bundled()
        options = build_options(self.project.trust) if self.project.trust else []
        base = self._base(builder, services)
        argv = builder.build(base, services, no_cache=no_cache, options=options)
        return self._run(builder, argv, timeout=_BUILD_TIMEOUT, silence=BUILD_SILENCE, outward=True)

    def create_containers(self, services: Sequence[str]) -> Finished:
        """Have containers, networks and volumes made; nothing is started."""

        def create(provider: Provider, names: Sequence[str]) -> Finished:
            argv = provider.create(self._base(provider, names), names)
            return self._run(provider, argv, timeout=_CREATE_TIMEOUT)

        provider = self.project.provider
        taken, left = divided(services, self._lacking)
        if self.further:  # they are written for podman-compose
            taken, left = [], list(services)
        if not can(provider.kind, "open_networks"):
            self._make_networks_and_volumes(taken)
        # What is left may live in what the provider makes, never the other way round.
        turns = (in_turns(self.stack, names) for names in (taken, left))
        return _one_after_another(create, provider, *turns)

    def _lacking(self, name: str) -> Sequence[str]:
        return lacking(self.project.provider.kind, self.stack, self.stack.services[name])

    def _make_networks_and_volumes(self, names: Sequence[str]) -> None:
        engine, constant = self.project.engine, self.identity.constant_labels
        for kind, needed, arguments in (
            ("network", needed_networks(self.stack, names), network_arguments),
            ("volume", needed_volumes(self.stack, names), volume_arguments),
        ):
            there = engine.names(kind) if needed else ()
            for name, declared in needed.items():
                if name not in there:
                    words = arguments(name, declared, project=self.project.name, labels=constant)
                    engine.order(kind, *words)

    def _base(self, provider: Provider, names: Sequence[str]) -> list[str]:
        """What a call begins with that is about some services."""
        paths = [file.path for file in self.build.compose_files]
        theirs = [one.path for one in self.project.overrides]
        away, again = self._relabelling()
        podman = self.project.engine.host.executable
        own = self.overlay_path
        if provider.kind == COMPOSE_V2:
            own = self.project.state_dir / COMPOSE_V2 / own.name
            _write(own, dumped(for_compose_v2(self.own, self.stack, names)))
            # It takes away what they say of services that it does not make.
            laid = [*theirs, *away, own]
        else:
            seal = [self.seal_path] if theirs and self.seal_path.is_file() else []
            laid = [own, *theirs, *seal, *away, *again]
        return provider.base(podman, self.project.name, [*paths, *laid, *self.further])

    def _relabelling(self) -> tuple[list[Path], list[Path]]:
        """Files that take volumes away, and say them again with labels; none where none has any."""
        texts = relabelling(self.stack)
        paths = [self.overlay_path.with_suffix(f".{n}.yml") for n, _ in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            _write(path, text)
        return paths[:1], paths[1:]

    def _run(
        self,
        provider: Provider,
        argv: Sequence[str],
        *,
        timeout: float,
        silence: float | None = None,
        reads_only: bool = False,
        outward: bool = False,
    ) -> Finished:
        project = self.project
        public, host = project.environment.public(), project.engine.host
        environment = child_environment(public, host.settings, self.stack)
        if outward:
            environment |= project.outward
        calm = contextlib.nullcontext(dict(provider.variables))
        around = calm if reads_only else reaching(provider, project.engine, project.state_dir)
        with around as variables:
            finished = project.engine.runner.run(
                argv,
                env={**environment, **variables},
                cwd=self.stack.base,
                timeout=timeout,
                silence=silence,
                on_line=lambda line: project.progress.detail(project.redact(line)),
            )
        return replace(finished, stderr=_without_echo(finished.stderr))


def _one_after_another(
    act: Callable[[Provider, Sequence[str]], Finished],
    provider: Provider,
    taken: Sequence[Sequence[str]],
    left: Sequence[Sequence[str]],
) -> Finished:
    """What the provider takes, then what it leaves to the bundled one; up to the first failure."""
    calls = [(provider, names) for names in taken if names]
    other = provider if isinstance(provider, PodmanCompose) else bundled()
    calls += [(other, names) for names in left if names]
    for who, names in calls:
        finished = act(who, names)
        if not finished.ok:
            break
    return finished


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(path, text)


def _without_echo(stderr: str) -> str:
    """What was said, without the whole command line that ``podman compose`` says once more."""
    lines = stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("Error: executing /"))
