"""A stack as its containers tell it, where no compose file can be read, or none needs to be.

Every container says in its labels what it waits for, whose namespace it shares and whether it is
meant to end. What the last ``up`` wrote into the manager's own compose file is newer than the
labels of containers that it kept, and is preferred where it is still there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from container_manager import identity as labels
from container_manager.compose.model import CONDITIONS, STARTED, ComposeService, Stack
from container_manager.errors import Location
from container_manager.lifecycle.project import Project
from container_manager.podman.state import ContainerState


def stack_of(project: Project, containers: Iterable[ContainerState]) -> Stack:
    """What is known of the services of some containers: enough to start them and to wait.

    A service that none of ``containers`` belongs to is waited for by nobody.
    """
    known = known_labels(project)
    told = {one.service: {**one.labels, **known.get(one.service, {})} for one in containers}
    services = {name: _service(project, name, one, told.keys()) for name, one in told.items()}
    return Stack(
        project=project.name,
        base=project.root,
        services=services,
        volumes={},
        networks={},
        secrets={},
        referenced={},
        environment=project.environment,
        warnings=(),
    )


def known_labels(project: Project) -> Mapping[str, Mapping[str, str]]:
    """Compose service -> its labels, as the last ``up`` wrote them; empty where that is gone."""
    return labels_in(project.state_dir / "compose" / f"{project.name}.yml")


def labels_in(path: Path) -> Mapping[str, Mapping[str, str]]:
    """The same, of a compose file that ``up`` wrote."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Lenient)  # noqa: S506 - see there
        services = document["services"].items()
        return {str(name): _texts(one.get("labels")) for name, one in services}
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}


class _Lenient(yaml.SafeLoader):
    """Reads our own compose file, whose ``!reset`` means nothing here."""


_Lenient.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def _texts(given: object) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    return {str(key): str(value).replace("$$", "$") for key, value in given.items()}


def _service(
    project: Project, name: str, told: Mapping[str, str], present: Iterable[str]
) -> ComposeService:
    starts = _starts(told.get(labels.STARTS, ""))
    after = starts.get("after") or {}
    shares = [one for one in starts.get("shares") or () if one in present]
    names = [one for one in told.get(labels.AFTER, "").split(",") if one in present]
    timeout = starts.get("timeout")
    return ComposeService(
        name=name,
        owner=told.get(labels.SERVICE) or None,
        where=Location(project.config_path),
        image="",
        build=None,
        named_image=True,
        depends_on={
            one: after[one] if after.get(one) in CONDITIONS else STARTED
            for one in names
            if one in after or one not in shares
        },
        implied=tuple(shares),
        healthcheck=None,
        environment={},
        secret_entries=(),
        entry_places={},
        env_files={},
        binds=(),
        volumes=(),
        anonymous=(),
        networks=(),
        secrets=(),
        ports=(),
        one_shot=bool(starts.get("one_shot")),
        start_timeout=float(timeout) if isinstance(timeout, int | float) else None,
        stop_grace_period=10.0,
        restart="",
        container_name=None,
        definition={},
    )


def _starts(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
