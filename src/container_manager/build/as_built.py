"""A start with the build directory as it is, after a rollback say."""

from __future__ import annotations

import functools

from container_manager.build import manifest as record
from container_manager.build.generated import ROOT_PATH, load_compose
from container_manager.build.preparing import Prepared, site_of
from container_manager.build.reading import Reading
from container_manager.build.settling import settle
from container_manager.compose.overrides import overrides_of
from container_manager.compose.stack import read_stack
from container_manager.config.defaults import as_in_compose
from container_manager.config.loader import Config
from container_manager.discovery import COMPOSE_FILE_NAME, discover
from container_manager.errors import BuildError, Location, Problem, raise_all
from container_manager.model import Build, BuildPlan, ComposeFile, Service


def as_built(config: Config) -> Prepared:
    """What is in the build directory, ready to run; nothing is rendered or written.

    Args:
        config: the configuration, for all that is not generated: names, variables, services.

    Raises:
        ManagerError: the deployed services are not all built, or cannot run.
    """
    settle(config.build_dir)
    services, warnings = discover(config)
    manifest = record.read(config.build_dir)
    files = _compose_files(config, services, manifest)
    stack = read_stack(
        files,
        {service.name: service for service in services},
        config.environment,
        project_name=config.project_name,
        told=config.unset,
        defaults=as_in_compose(config.tree, config.values),
        overrides=overrides_of(config),
    )
    notes = (*config.warnings, *warnings, *stack.warnings, *_changed(config, manifest))
    build = Build(
        build_dir=config.build_dir,
        compose_files=files,
        digests={
            f"{config.build_dir}/{path}": record.digest_of(entry)
            for path, entry in manifest.files.items()
        },
        plan=BuildPlan(build_dir=config.build_dir, outputs={}, changes=()),
        warnings=notes,
        shown=files,
    )
    return Prepared(
        config=config,
        services=services,
        outputs={},
        compose_files=files,
        stack=stack,
        rendered={},
        may_prune=lambda _: False,
        warnings=tuple(dict.fromkeys(notes)),
        reading=Reading(),
        inputs={},
        interfaces={},
        renderer=site_of(config).renderer,
        built=build,
    )


def _compose_files(
    config: Config, services: tuple[Service, ...], manifest: record.Manifest
) -> tuple[ComposeFile, ...]:
    places: list[tuple[str, str | None]] = [(ROOT_PATH, None)]
    places += [(f"{service.path}/{COMPOSE_FILE_NAME}", service.name) for service in services]
    missing = [(path, owner) for path, owner in places if not manifest.owns(path)]
    raise_all(
        BuildError,
        [
            Problem(
                message=f"{owner or 'The root compose file'} is not in this build.",
                where=Location(config.build_dir / path),
                remedy="Run 'build' first, or deploy what this build was made for.",
            )
            for path, owner in missing
        ],
    )
    return tuple(
        ComposeFile(
            path=config.build_dir / path,
            template=config.build_dir / path,
            service=owner,
            load=functools.partial(load_compose, config.build_dir / path),
        )
        for path, owner in places
    )


def _changed(config: Config, manifest: record.Manifest) -> list[Problem]:
    """Files that are no longer what was built."""
    reading = Reading()
    found = []
    for path, entry in manifest.files.items():
        present = reading.present(f"{config.build_dir}/{path}")
        if present is None or present.digest != record.digest_of(entry):
            state = "is missing" if present is None else "was changed"
            message = f"This file of the build {state} since it was built."
            remedy = "'build' generates it anew from its sources."
            where = Location(config.build_dir / path)
            found.append(Problem(message=message, where=where, remedy=remedy))
    return found
