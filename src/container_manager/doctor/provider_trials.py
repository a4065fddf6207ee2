"""What a compose provider really does, seen in tiny projects of our own that it runs."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container_manager.compose.capabilities import Kind
from container_manager.compose.providers import Provider, child_environment
from container_manager.compose.reaching import reaching
from container_manager.doctor.laboratory import LABEL, Abandoned, Laboratory
from container_manager.doctor.subject import Subject
from container_manager.errors import RuntimeFailure
from container_manager.identity import COMPOSE_PROJECT

HANG = 10.0
"""Seconds after which a provider that waits for something is taken to wait for ever."""

FROM_FILE, FROM_SHELL = "from-the-file", "from-the-shell"
"""The values of the trial's variables: ``CM_ONE`` stands in the file alone, ``CM_BOTH`` in both."""

_ENV_FILE = "--env-file="


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a call of the provider ended: its exit code, None where it hung; and what it said."""

    code: int | None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a provider did.

    Attributes:
        name: of the provider.
        title: the same, with its version where that is known.
        kind: which column of the table of capabilities it has.
        made: how making a container ended that mounts ``./here``, and whether there is one.
        base: the folder in which it looked for ``here``: ``first``, ``second``, or another one.
        environment: variables that the container has.
        failed_start: how starting a program ended that does not exist.
        missing_image: how starting an image ended that does not exist.
        failed_job: how a start ended in which a service waits for a job that fails.
        after_failed_job: whether that service runs.
        unhealthy: how a start ended in which a service waits for one that never gets healthy.
        after_unhealthy: whether that service runs.
    """

    name: str
    title: str
    kind: Kind
    made: Ended
    base: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    failed_start: Ended
    missing_image: Ended
    failed_job: Ended
    after_failed_job: bool = False
    unhealthy: Ended
    after_unhealthy: bool = False


def measure_provider(subject: Subject, laboratory: Laboratory, chosen: Provider) -> Behaviour:
    """Have the provider run small projects, all at once.

    Raises:
        RuntimeFailure: Podman opens no socket for it.
    """
    # One socket for all: opening one clears away those at which nobody answers yet.
    with reaching(chosen, laboratory.engine, subject.folder) as variables:
        return _measure(_Trials(subject, laboratory, chosen, variables), chosen)


def _measure(trials: _Trials, chosen: Provider) -> Behaviour:
    measures: dict[str, Callable[[], Any]] = {
        "paths": trials.paths,
        "failed_start": lambda: trials.start("fails", {"fails": {"command": ["/no/such"]}}),
        "missing_image": lambda: trials.start(
            "absent", {"absent": {"image": "localhost/cm-doctor-absent:1"}}
        ),
        "job": lambda: trials.waiting(
            "job", {"command": ["sh", "-c", "exit 3"]}, "service_completed_successfully"
        ),
        "health": lambda: trials.waiting(
            "sick",
            {"healthcheck": {"test": ["CMD", "false"], "interval": "1s", "retries": 1}},
            "service_healthy",
        ),
    }
    seen = _at_once(measures)
    made, base, environment = seen["paths"]
    failed_job, after_failed_job = seen["job"]
    unhealthy, after_unhealthy = seen["health"]
    return Behaviour(
        name=chosen.name,
        title=chosen.title,
        kind=chosen.kind,
        made=made,
        base=base,
        environment=environment,
        failed_start=seen["failed_start"],
        missing_image=seen["missing_image"],
        failed_job=failed_job,
        after_failed_job=after_failed_job,
        unhealthy=unhealthy,
        after_unhealthy=after_unhealthy,
    )


def _at_once(measures: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Measure in threads; raises what the first of them raised that failed."""
    seen: dict[str, Any] = {}
    failed: list[BaseException] = []

    def measure(name: str, function: Callable[[], Any]) -> None:
        try:
            seen[name] = function()
        except (Exception, Abandoned) as error:  # whoever waits raises it: a thread would print it
            failed.append(error)

    threads = [threading.Thread(target=measure, args=one, daemon=True) for one in measures.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return seen


class _Trials:
    """Small compose projects in a private folder; each has a name of its own."""

    def __init__(
        self,
        subject: Subject,
        laboratory: Laboratory,
        chosen: Provider,
        variables: Mapping[str, str],
    ) -> None:
        public = child_environment(subject.environ, laboratory.engine.host.settings)
        self._environment = {**public, **variables}
        self._laboratory = laboratory
        self._provider = chosen
        self._folder = subject.folder / "provider"

    def paths(self) -> tuple[Ended, str, dict[str, str]]:
        """Two files in two folders, each with a folder ``here``; variables of a file and ours."""
        first, second = self._folder / "first", self._folder / "second"
        for folder in (first, second):
            (folder / "here").mkdir(parents=True)
        variables = self._folder / "variables.env"
        variables.write_text(f"CM_BOTH={FROM_FILE}\nCM_ONE={FROM_FILE}\n", encoding="ascii")
        service = {
            "volumes": ["./here:/here:ro"],
            "environment": {"CM_BOTH": "${CM_BOTH:-}", "CM_ONE": "${CM_ONE:-}"},
        }
        files = [self._write(first, {}), self._write(second, {"paths": service})]
        name = self._laboratory.name("paths")
        argv = [
            f"{_ENV_FILE}{variables}" if word.startswith(_ENV_FILE) else word
            for word in self._base(name, files)
        ]
        ended = self._call(self._provider.create(argv, ["paths"]), {"CM_BOTH": FROM_SHELL})
        (one, *_) = self._containers(name) or [{}]
        sources = [str(mount.get("Source")) for mount in one.get("Mounts") or ()]
        base = Path(sources[0]).parent.name if sources else ""
        given = (one.get("Config") or {}).get("Env") or []
        environment = dict(entry.partition("=")[::2] for entry in given if entry.startswith("CM_"))
        return ended, base, environment

    def start(self, name: str, services: Mapping[str, dict[str, Any]]) -> Ended:
        """Start a project as somebody would by hand."""
        file = self._write(self._folder / name, services)
        base = self._base(self._laboratory.name(name), [file])
        return self._call([*base, "up", "-d"], {})

    def waiting(self, name: str, first: dict[str, Any], condition: str) -> tuple[Ended, bool]:
        """Start a service and one that waits for it; whether the latter runs in the end."""
        after = {"depends_on": {"first": {"condition": condition}}}
        ended = self.start(name, {"first": first, "after": after})
        running = [
            one
            for one in self._containers(self._laboratory.name(name))
            if (one["Config"].get("Labels") or {}).get("com.docker.compose.service") == "after"
            and (one.get("State") or {}).get("Status") == "running"
        ]
        return ended, bool(running)

    def _write(self, folder: Path, services: Mapping[str, dict[str, Any]]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        common = {
            "image": self._laboratory.image,
            "pull_policy": "never",
            "network_mode": "none",
            "command": ["sleep", "60"],
            "labels": {LABEL: self._laboratory.token},
        }
        file = folder / "compose.yml"
        document = {"services": {name: {**common, **one} for name, one in services.items()}}
        file.write_text(json.dumps(document), encoding="ascii")  # JSON is YAML
        return file

    def _base(self, name: str, files: Sequence[Path]) -> list[str]:
        return self._provider.base(self._laboratory.engine.host.executable, name, files)

    def _call(self, argv: Sequence[str], variables: Mapping[str, str]) -> Ended:
        laboratory = self._laboratory
        try:
            finished = laboratory.engine.runner.run(
                argv,
                env={**self._environment, **variables},
                cwd=self._folder,
                timeout=HANG,
                stop=laboratory.stop,
            )
        except RuntimeFailure as error:
            return Ended(code=None, said=str(error))
        if laboratory.stop.is_set():
            raise Abandoned
        return Ended(code=finished.returncode, said=finished.last_lines)

    def _containers(self, name: str) -> list[dict[str, Any]]:
        listed = f"--filter=label={COMPOSE_PROJECT}={name}"
        ids = self._laboratory.order("ps", "--all", "--quiet", listed).stdout.split()
        if not ids:
            return []
        inspected = self._laboratory.order("container", "inspect", *ids).stdout
        with contextlib.suppress(json.JSONDecodeError):
            return list(json.loads(inspected))
        return []
