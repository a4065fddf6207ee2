"""Can this machine's Podman start containers, and with which settings?

A Podman that works is used as it is. Where a container cannot start for a reason that we know, a
configuration of our own is written into the project's state folder and used for our calls alone.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from container_manager.errors import PreconditionError, RuntimeFailure
from container_manager.podman import containers_conf, probe, remote
from container_manager.podman.causes import Cause, Machine, examine_machine, expected, recognise
from container_manager.podman.containers_conf import Settings
from container_manager.podman.fingerprint import digest, fingerprint
from container_manager.podman.info import Info, parse_info
from container_manager.run import Runner

CONFIGURATION = "containers.conf"
CACHE = "podman.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class PodmanHost:
    """The Podman of this machine and how we call it.

    Attributes:
        executable: its absolute path.
        version: as numbers.
        rootless: whether it runs as an ordinary user.
        settings: environment variables for every call of Podman and of a provider.
        reasons: why our own configuration is used, in sentences; empty where it is not.
        changes: what our configuration adds, one setting a line.
        store: the folder of images and volumes; empty where it is not on this machine.
        remote: whether it runs on another machine, or in a virtual one.
        mapped_ids: how many user ids containers have; None for root, who has all.
        selinux: whether it gives containers labels of SELinux.
        cgroup_version: ``v1`` or ``v2``; empty where it is not known.
        controllers: the limits that it can set.
        address: where a remote one answers; empty where that is not known.
        sees_folders: whether a remote one was seen to know this machine's folders; None: nobody
            knows.
    """

    executable: str
    version: tuple[int, ...]
    rootless: bool
    settings: Mapping[str, str]
    reasons: tuple[str, ...]
    changes: tuple[str, ...] = ()
    store: str = ""
    remote: bool = False
    mapped_ids: int | None = None
    selinux: bool = False
    cgroup_version: str = ""
    controllers: tuple[str, ...] = ()
    address: str = ""
    sees_folders: bool | None = None

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """``environ`` as Podman and the providers have to get it."""
        return {**environ, **self.settings}


def connect(runner: Runner, state_dir: Path, environ: Mapping[str, str]) -> PodmanHost:
    """Find Podman and make sure that it can start a container; remembered in ``state_dir``.

    Args:
        runner: starts Podman.
        state_dir: the project's private folder; made if it is missing.
        environ: the environment that Podman would be called with.

    Raises:
        PreconditionError: Podman is absent, does not answer, or cannot start a container.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    executable = _find(environ)
    key = fingerprint(executable, environ)
    cache = state_dir / CACHE
    if remembered := _recall(cache, key):
        if remembered.remote:  # another machine may be off by now
            ask_info(runner, executable, environ)
        return remembered
    host = _Examination(runner, state_dir.absolute(), executable, environ).result()
    if host.mapped_ids is not None and host.mapped_ids <= 1:
        # Once ids are given, only 'podman system migrate' brings them: no file tells of it.
        cache.unlink(missing_ok=True)
        return host
    ours = [digest(Path(path)) for path in host.settings.values()]
    stored = {"key": key, "ours": ours, "host": asdict(host)}
    containers_conf.write_private(cache, json.dumps(stored, indent=1))
    return host


def ask_info(runner: Runner, executable: str, environ: Mapping[str, str]) -> Info:
    """Ask Podman about itself.

    Raises:
        PreconditionError: it does not answer.
    """
    try:
        finished = runner.run((executable, "info", "--format", "json"), env=environ)
        answer = json.loads(finished.stdout) if finished.ok else None
        if isinstance(answer, dict):
            return parse_info(answer)
        said = finished.last_lines
    except RuntimeFailure as error:
        said = str(error)
    except (ValueError, RecursionError) as error:
        said = f"its answer is not JSON: {error}"
    raise PreconditionError(
        f"Podman does not answer 'podman info':\n{_indent(said)}",
        remedy="Run 'podman info' and mend what it says; on macOS, 'podman machine start'.",
    )


def explain(host: PodmanHost) -> str:
    """The long answer to the question which Podman is used, and how."""
    version = ".".join(map(str, host.version))
    who = "as an ordinary user" if host.rootless else "as root"
    lines = [f"{host.executable}, version {version}, {who}."]
    if not host.settings:
        return "\n".join([*lines, "It can start containers; it is used with your configuration."])
    name, path = next(iter(host.settings.items()))
    return "\n".join(
        [
            *lines,
            "",
            "With your configuration it cannot start a container on this machine:",
            *(f"  - {reason}" for reason in host.reasons),
            "",
            "Container Manager therefore gives its own calls a configuration of its own, which is",
            "yours with these settings on top:",
            *(f"  {change}" for change in host.changes),
            "",
            "Nothing of yours was changed. To see with your own commands what it sees:",
            f"  export {name}={path}",
            "To make Podman work without it, put the settings above into",
            "/etc/containers/containers.conf, or into ~/.config/containers/containers.conf for",
            "yourself alone; the next command notices.",
        ]
    )


def _find(environ: Mapping[str, str]) -> str:
    found = shutil.which("podman", path=environ.get("PATH", ""))
    if found is None:
        raise PreconditionError(
            "Podman is not installed, or not on PATH.",
            remedy="Install it: 'apt-get install podman' (Debian, Ubuntu), 'dnf install podman' "
            "(Fedora), 'brew install podman && podman machine init --now' (macOS).",
        )
    return str(Path(found).absolute())


class _Examination:
    """Asks one Podman, and tries settings until a container starts."""

    def __init__(
        self, runner: Runner, state_dir: Path, executable: str, environ: Mapping[str, str]
    ) -> None:
        self._runner = runner
        self._state_dir = state_dir
        self._executable = executable
        self._environ = environ
        self._configuration = state_dir / CONFIGURATION

    def result(self) -> PodmanHost:
        self._info = ask_info(self._runner, self._executable, self._environ)
        # A remote Podman (macOS, say) reads its configuration elsewhere and cannot see our folders.
        if self._info.remote:
            far = (self._runner, self._executable, self._environ)
            return replace(
                self._host((), {}),
                address=remote.address(*far),
                sees_folders=remote.sees_folders(*far, self._state_dir),
            )
        program = probe.static_program()
        machine = examine_machine(self._environ.get("PATH", ""))
        if program is None:
            causes = expected(
                runtime=self._info.runtime,
                cgroup_version=self._info.cgroup_version,
                rootless=self._info.rootless,
                machine=machine,
            )
            return self._configured(causes, machine)
        return self._tried(program, machine)

    def _tried(self, program: probe.Program, machine: Machine) -> PodmanHost:
        """Try as configured, then with settings for each cause that shows, one after another."""
        causes: tuple[Cause, ...] = ()
        host = self._host((), {})
        while True:
            answer = probe.start_container(
                self._runner,
                self._executable,
                host.environment(self._environ),
                program,
                self._state_dir,
            )
            if answer.works:
                return host
            fresh = tuple(cause for cause in recognise(answer.output) if cause not in causes)
            if not any(cause.settings(machine) for cause in fresh):
                self._configuration.unlink(missing_ok=True)
                raise _cannot_start(answer, host, (*causes, *fresh))
            causes += fresh
            host = self._configured(causes, machine)

    def _configured(self, causes: tuple[Cause, ...], machine: Machine) -> PodmanHost:
        """Write our configuration for ``causes``; without any, use Podman as it is."""
        additions: Settings = {}
        for cause in causes:
            additions = containers_conf.merge(additions, cause.settings(machine))
        if not additions:
            return self._host((), {})
        if machine.has_netavark:
            # Said outright, or an old store may choose CNI plugins that are not there.
            additions = containers_conf.merge(
                additions, {"network": {"network_backend": "netavark"}}
            )
        paths = containers_conf.files(
            self._environ, rootless=self._info.rootless, version=self._info.version
        )
        settings = containers_conf.add(containers_conf.read(paths), additions)
        containers_conf.write(self._configuration, settings, additions)
        return self._host(causes, additions)

    def _host(self, causes: tuple[Cause, ...], additions: Settings) -> PodmanHost:
        settings = {"CONTAINERS_CONF": str(self._configuration)} if additions else {}
        return PodmanHost(
            executable=self._executable,
            version=self._info.version,
            rootless=self._info.rootless,
            store="" if self._info.remote else self._info.store,
            remote=self._info.remote,
            mapped_ids=self._info.mapped_uids,
            selinux=self._info.selinux,
            cgroup_version=self._info.cgroup_version,
            controllers=self._info.controllers,
            settings=settings,
            reasons=tuple(cause.reason for cause in causes),
            changes=tuple(containers_conf.describe(additions)),
        )


def _cannot_start(
    answer: probe.Answer, host: PodmanHost, causes: tuple[Cause, ...]
) -> PreconditionError:
    tried = "with your configuration"
    if host.changes:
        tried += " and with " + "; ".join(host.changes)
    remedies = [cause.remedy for cause in causes]
    advice = "See that 'podman run' can start any container, then try again."
    return PreconditionError(
        f"Podman cannot start a container here, {tried}:\n{_indent(answer.last_lines)}",
        remedy="\n  ".join([*remedies, advice]),
    )


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _recall(cache: Path, key: str) -> PodmanHost | None:
    """The remembered answer, if it is for the same question and its configuration is as it was."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        stored = json.loads(cache.read_text(encoding="utf-8"))
        if stored["key"] != key:
            return None
        fields = stored["host"]
        for name in ("version", "reasons", "changes", "controllers"):
            fields[name] = tuple(fields[name])
        ours = [digest(Path(path)) for path in fields["settings"].values()]
        if stored["ours"] == ours and "" not in ours:
            return PodmanHost(**fields)
    return None
