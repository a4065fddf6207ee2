"""Does what ``.env`` holds open the volumes that are there? Asked before a start, noted after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from container_manager.compose.model import Declared
from container_manager.config.environment import Environment
from container_manager.credentials.needed import Needed
from container_manager.credentials.records import Hashed, Records
from container_manager.credentials.values import source
from container_manager.errors import Location, Problem
from container_manager.podman.state import VolumeState


def locked_out(
    wanted: Sequence[Needed],
    environment: Environment,
    volumes: Mapping[str, VolumeState],
    records: Records,
) -> list[Problem]:
    """Credentials that do not open a volume, as far as that is known.

    Args:
        wanted: the declared credentials of what is to run.
        environment: the variables.
        volumes: those of the stack's volumes that exist and are ours to use.
        records: what was noted when volumes were initialised.
    """
    problems = []
    for credential in wanted:
        value = environment.get(credential.name)
        for declared in credential.volumes:
            volume = volumes.get(declared.actual)
            if volume is None:
                continue
            record = records.of(volume).get(credential.name)
            if value is None and (record or not declared.external):
                problems.append(_lost(credential.name, declared, environment))
            elif value is not None and record and not record.fits(value):
                problems.append(_different(credential.name, declared, environment))
    return problems


def remember(
    wanted: Sequence[Needed],
    environment: Environment,
    volumes: Mapping[str, VolumeState],
    records: Records,
    *,
    accept: bool = False,
) -> list[str]:
    """Note the credentials of volumes: before they are made, or where nothing is known of them.

    Args:
        wanted: as for :func:`locked_out`.
        environment: the variables.
        volumes: those that exist.
        records: where it is noted.
        accept: whether what was noted before is replaced.

    Returns:
        The names of the volumes that are still to be made; see :func:`confirm`.
    """
    values: dict[str, dict[str, str]] = {}
    for credential in wanted:
        value = environment.get(credential.name)
        for declared in credential.volumes if value else ():
            values.setdefault(declared.actual, {})[credential.name] = value or ""
    for name, given in values.items():
        volume = volumes.get(name)
        known = records.of(volume) if volume else {}
        fresh = {key: value for key, value in given.items() if accept or key not in known}
        if fresh:
            hashed = {key: Hashed.of(value) for key, value in fresh.items()}
            records.note(name, {**known, **hashed}, volume.created_at if volume else None)
    return [name for name in values if name not in volumes]


def confirm(made: Iterable[VolumeState], records: Records) -> None:
    """Add to the records of new volumes when they were made."""
    for volume in made:
        known = records.of(volume)
        if known:
            records.note(volume.name, known, volume.created_at)


def _lost(name: str, volume: Declared, environment: Environment) -> Problem:
    path = environment.dotenv_path
    return Problem(
        message=f"{name} is not set, but the volume {volume.actual} was initialised with it: a new "
        "value would not open it, so none is generated.",
        where=Location(path) if path else None,
        remedy=f"Write the former value into {path or '.env'}. {_otherwise(volume)}",
    )


def _different(name: str, volume: Declared, environment: Environment) -> Problem:
    place = source(name, environment)
    here = "" if place else " in the process environment"
    back = place.file if place else "the environment"
    return Problem(
        message=f"The value of {name}{here} is not the one that the volume {volume.actual} was "
        "initialised with.",
        where=place,
        remedy=f"Put the former value back into {back}. {_otherwise(volume)}",
    )


def _otherwise(volume: Declared) -> str:
    changed = "If it was changed in the service itself too, add --accept-credentials."
    if volume.external:
        return changed
    return (
        f"{changed} Or give the volume up: 'rebuild --volumes' saves it and begins with an empty "
        "one."
    )
