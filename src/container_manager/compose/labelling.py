"""Labels for mounts where SELinux confines containers: ``z`` for what is the project's own.

A container may only use files with its label, and a checkout has that of its user. Templates are
written for every machine, so they need not say it; what they do say holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from container_manager.compose.model import Bind, ComposeService, Stack

SHARED = "z"
"""The option with which Podman gives files the label that all containers may use."""

KEEP = "x-selinux-relabel"
"""A service whose template says false under this key keeps the labels of what it mounts."""


def with_labels(stack: Stack, folders: Collection[Path]) -> Stack:
    """The stack whose services may use the project's own files.

    Args:
        stack: as its templates and the defaults describe it.
        folders: what is the project's own; nothing else is relabelled.
    """
    services = {name: _relabelled(one, folders) for name, one in stack.services.items()}
    return replace(stack, services=services)


def to_label(service: ComposeService, folders: Collection[Path]) -> list[Bind]:
    """The mounts of a service that get ``z``, though its template does not say so."""
    if keeps_labels(service):
        return []
    return [
        bind
        for bind in service.binds
        if not bind.labelled and any(bind.source.is_relative_to(one) for one in folders)
    ]


def keeps_labels(service: ComposeService) -> bool:
    """Whether a service needs no labels, or its template wants none changed."""
    options = service.definition.get("security_opt") or ()
    unconfined = {str(one).replace(":", "=", 1) for one in options} & {"label=disable"}
    says_so = service.definition.get(KEEP) is False
    return bool(unconfined or says_so or service.definition.get("privileged") is True)


def _relabelled(service: ComposeService, folders: Collection[Path]) -> ComposeService:
    chosen = {bind.index for bind in to_label(service, folders)}
    if not chosen:
        return service
    volumes = [
        _labelled(entry) if index in chosen else entry
        for index, entry in enumerate(service.definition["volumes"])
    ]
    return replace(service, definition={**service.definition, "volumes": volumes}, relabelled=True)


def _labelled(entry: Any) -> Any:
    """An entry of ``volumes`` with the option; in the short form, where it can be written so.

    Docker Compose does not pass on what the long form says about labels (2.40, on Podman 4.3).

    >>> _labelled("./data:/data"), _labelled("./data:/data:ro")
    ('./data:/data:z', './data:/data:ro,z')
    >>> _labelled({"type": "bind", "source": "./data", "target": "/data", "read_only": True})
    './data:/data:ro,z'
    >>> _labelled({"type": "bind", "source": "./a:b", "target": "/data"})["bind"]
    {'selinux': 'z'}
    """
    if isinstance(entry, Mapping):
        bind = entry.get("bind") or {}
        source, target = str(entry["source"]), str(entry["target"])
        if ":" in source + target:
            return {**entry, "bind": {**bind, "selinux": SHARED}}
        if source[0] not in "./~":  # in the short form, that would be a volume's name
            source = f"./{source}"
        said = ["ro"] if entry.get("read_only") is True else []
        said += [str(bind["propagation"])] if bind.get("propagation") else []
        return ":".join([source, target, ",".join([*said, SHARED])])
    _, _, options = str(entry).split(":", 1)[1].partition(":")
    return f"{entry},{SHARED}" if options else f"{entry}:{SHARED}"
