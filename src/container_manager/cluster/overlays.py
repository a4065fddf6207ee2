"""Overlays of a user: what a site has of its own, laid over what we make by kubectl's kustomize."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from container_manager.cluster.answers import Object, Silent, object_of
from container_manager.cluster.api import MANAGER
from container_manager.cluster.contexts import Target
from container_manager.cluster.wanted import MANAGED, PROJECT, named
from container_manager.errors import ConfigError, Problem, UsageError, did_you_mean, raise_all
from container_manager.export.kubernetes.names import label_value
from container_manager.export.kubernetes.writing import OVERLAYS
from container_manager.run import Runner

_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_NO_FOLDER = "must be a file"


def overlay_folder(root: Path, name: str) -> Path:
    """The folder of an overlay.

    Args:
        root: the project.
        name: what it is called there.

    Raises:
        UsageError: there is none of this name.
    """
    above = root / OVERLAYS
    known = sorted(
        one.name
        for one in (above.iterdir() if above.is_dir() else ())
        if any((one / file).is_file() for file in _FILES)
    )
    if name not in known:
        there = f"There are: {', '.join(known)}." if known else "There are none."
        raise UsageError(
            f"There is no overlay '{name}' in {OVERLAYS}/: nothing was done. {there}",
            remedy=did_you_mean(name, known) or "'kube.build' writes an example, where none is.",
        )
    return above / name


def overlaid(
    runner: Runner, kubectl: str, folder: Path, target: Target, project: str
) -> tuple[Object, ...]:
    """What an overlay comes to, labelled as the project's, so that what is dropped of it goes.

    Args:
        runner: starts kubectl.
        kubectl: the program, whose kustomize puts the overlay together.
        folder: the overlay.
        target: where the objects go.
        project: whose they are.

    Raises:
        ConfigError: it cannot be put together, holds something else than objects, or puts them
            into another namespace.
    """
    done = runner.run((kubectl, "kustomize", str(folder)), env=os.environ)
    if not done.ok:
        raise ConfigError(
            f"The overlay {folder.name} cannot be put together: {done.last_lines}",
            remedy="This kubectl is older than 1.21 and knows folders as 'bases:' alone."
            if _NO_FOLDER in done.last_lines
            else f"To try it: kubectl kustomize {folder}",
        )
    objects = tuple(_read(done.stdout, folder))
    raise_all(ConfigError, _elsewhere(objects, folder, target))
    labels = {MANAGED: MANAGER, PROJECT: label_value(project)}
    return tuple(_labelled(one, labels) for one in objects)


def _read(text: str, folder: Path) -> Iterator[Object]:
    import yaml

    try:
        found = [one for one in yaml.safe_load_all(text) if one is not None]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"The overlay {folder.name} comes to no YAML: {error}") from error
    for one in found:
        try:
            yield object_of(one, str(one))
        except Silent as error:
            raise ConfigError(
                f"The overlay {folder.name} holds something that is no object of Kubernetes: "
                f"{str(error).partition(': ')[2]}",
                remedy=f"To look at it: kubectl kustomize {folder}",
            ) from error


def _elsewhere(objects: tuple[Object, ...], folder: Path, target: Target) -> Iterator[Problem]:
    for one in objects:
        namespace = one["metadata"].get("namespace")
        if namespace not in (None, target.namespace):
            yield Problem(
                message=f"The overlay {folder.name} puts {named(one)} into the namespace "
                f"{namespace}, and the command goes to {target.namespace}: nothing was done.",
                remedy=f"Say --namespace={namespace}, or mend the overlay.",
            )


def _labelled(one: Object, labels: Mapping[str, str]) -> Object:
    copied: dict[str, Any] = deepcopy(dict(one))
    metadata = copied["metadata"]
    metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    return copied
