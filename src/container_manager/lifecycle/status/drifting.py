"""How what runs differs from what the configuration says now; nothing is written to find out."""

from __future__ import annotations

from container_manager.build import pipeline
from container_manager.config.loader import load
from container_manager.inputs import Inputs, Stamp, look, noting_overall
from container_manager.lifecycle.changes import shown_part
from container_manager.lifecycle.foreseeing import BUILD, Foreseen, foresee
from container_manager.lifecycle.planning import CREATE, RECREATE, REMOVE, ContainerChange
from container_manager.lifecycle.project import open_project
from container_manager.lifecycle.status.judging import Drift
from container_manager.places import ConfigPath


class Comparison:
    """Compares the configuration with what runs; again where one of its files has changed.

    Args:
        config: the path of the configuration.
    """

    def __init__(self, config: ConfigPath) -> None:
        self._config = config
        self._inputs: dict[str, Stamp | None] = {}

    def outdated(self) -> bool:
        """Whether a file that the last comparison read is another one now."""
        return any(look(path) != stamp for path, stamp in self._inputs.items())

    def compare(self) -> Drift:
        """The differences at this moment.

        Raises:
            ManagerError: the configuration cannot be used, or Podman cannot be asked.
        """
        seen = Inputs()
        try:
            with noting_overall() as seen:
                return self._compare()
        finally:
            self._inputs = dict(seen.stamps)

    def _compare(self) -> Drift:
        loaded = load(self._config)
        prepared = pipeline.prepare(loaded)
        planned = pipeline.build_of(prepared, pipeline.plan(prepared))
        project = open_project(loaded, prepared.services)
        return drift_of(foresee(project, planned, prepared.stack))


def drift_of(foreseen: Foreseen) -> Drift:
    """The differences, from what ``up`` would do."""
    built = {
        name: f"its image would be built anew: {', '.join(one.causes)}"
        for one in foreseen.images
        if one.action == BUILD
        for name in one.services
    }
    differing = {
        one.container.id: told
        for one in foreseen.containers
        if one.container is not None and (told := _told(one, foreseen, built.get(one.service)))
    }
    missing = tuple(one.service for one in foreseen.containers if one.action == CREATE)
    return Drift(containers=differing, missing=missing)


def _told(change: ContainerChange, foreseen: Foreseen, built: str | None) -> tuple[str, ...]:
    if change.action == REMOVE:
        return change.causes
    if change.action != RECREATE:
        return (built,) if built else ()
    parts = [
        one for one in foreseen.differing.get(change.service, ()) if not built or one != "image"
    ]
    told = [shown_part(one) for one in parts] or ([] if built else list(change.causes))
    return (*([built] if built else ()), *told)
