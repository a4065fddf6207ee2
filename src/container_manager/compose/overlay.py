"""The manager's own compose file: labels, defaults, secrets; rendered files stay as they are.

It is written twice: before images are built, with what goes into images, and afterwards, with
everything. It is passed after all rendered files, is never below ``build/``, and holds no secret.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from container_manager import identity as labels
from container_manager.compose.model import ComposeService, Declared, Stack

_LONGEST_PROJECT = 30
_LONGEST_KEY = 16
_EAGER = ("always", "newer")


class Reset:
    """``!reset``: the compose specification's word for taking a key of an earlier file away."""


class Override(dict[str, Any]):
    """``!override``: a mapping instead of what earlier files say, not merged with it."""


class _Dumper(yaml.SafeDumper):
    """Writes what compose files need, keys in our order."""

    def ignore_aliases(self, data: Any) -> bool:
        """Aliases would be legal, and unreadable."""
        return True


_Dumper.add_representer(Reset, lambda dumper, _: dumper.represent_scalar("!reset", "null"))
_Dumper.add_representer(
    Override, lambda dumper, data: dumper.represent_mapping("!override", dict(data))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What the manager adds.

    Attributes:
        constant: labels of everything.
        digests: compose service -> digest of its container; empty before images exist.
        secrets: compose service -> key in the environment -> value; the values are not written,
            only whether they are empty.
        later: the files that are laid over this one.
    """

    constant: Mapping[str, str]
    digests: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    later: frozenset[Path] = frozenset()

    def text(self, stack: Stack) -> str:
        """The compose file."""
        return dumped(self.document(stack))

    def document(self, stack: Stack) -> dict[str, Any]:
        """The same as data, with plain dollars."""
        services = {name: self._service(stack, one) for name, one in stack.services.items()}
        document: dict[str, Any] = {
            "services": services,
            "volumes": self._labelled(stack.volumes),
            "networks": self._labelled(stack.networks),
            "secrets": {
                secret["source"]: {"external": True}
                for service in services.values()
                for secret in service.get("secrets", ())
            },
        }
        if stack.default_network:
            document["networks"]["default"] = {"labels": dict(self.constant)}
        return document

    def seal(self, stack: Stack) -> dict[str, Any]:
        """What is laid over the later files: no provider sees the secrets in them either."""
        entries = {
            name: {
                entry.key: Reset() if self.secrets.get(name, {}).get(entry.key) else ""
                for entry in service.secret_entries
                if entry.where.file in self.later
                and (self.secrets.get(name, {}).get(entry.key) or not entry.passed_through)
            }
            for name, service in stack.services.items()
        }
        services = {name: {"environment": found} for name, found in entries.items() if found}
        return {"services": services} if services else {}

    def _service(self, stack: Stack, service: ComposeService) -> dict[str, Any]:
        result: dict[str, Any] = {
            "container_name": container_name(stack.project, service),
            "labels": {
                **self.constant,
                labels.SERVICE: service.owner or "",
                labels.DIGEST: self.digests.get(service.name, ""),
                labels.GRACE: f"{service.stop_grace_period:g}",
                labels.AFTER: ",".join(service.awaited),
                labels.STARTS: _how_it_starts(service),
            },
        }
        if service.build is not None:
            result["image"] = service.image
            # Constant, or an image whose content is the same would get another id each time.
            image_labels = {**self.constant, labels.IMAGE: service.image}
            listed = [f"{key}={value}" for key, value in image_labels.items()]
            result["build"] = {"labels": listed if service.build.labels_as_list else image_labels}
        if service.definition.get("pull_policy") in _EAGER:
            result["pull_policy"] = "missing"  # whoever makes containers has pulled it before
        if volumes := _mounts(service):
            result["volumes"] = volumes
        return {**result, **service.default_keys, **self._environment(stack, service)}

    def _environment(self, stack: Stack, service: ComposeService) -> dict[str, Any]:
        """Entries by default, and those with secrets: Podman delivers them, and nobody else."""
        values = self.secrets.get(service.name, {})
        environment: dict[str, Any] = {
            name: value
            for name in sorted(service.default_entries)
            if (value := service.environment.get(name)) is not None
        }
        delivered = []
        for entry in service.secret_entries:
            is_later = entry.where.file in self.later
            if values.get(entry.key):
                # What is in no earlier file cannot be taken away here.
                if entry.key not in service.default_entries and not is_later:
                    environment[entry.key] = Reset()
                source = secret_name(stack.project, service.name, entry.key)
                delivered.append({"source": source, "type": "env", "target": entry.key})
            elif not entry.passed_through and not is_later:
                environment[entry.key] = ""  # Podman's secrets cannot be empty
        result: dict[str, Any] = {}
        if environment:
            result["environment"] = environment
        if delivered:
            result["secrets"] = delivered
        return result

    def _labelled(self, declared: Mapping[str, Declared]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, one in declared.items():
            if not one.external:
                as_list = isinstance(one.definition.get("labels"), list)
                listed = [f"{key}={value}" for key, value in self.constant.items()]
                result[name] = {"labels": listed if as_list else dict(self.constant)}
        return result


def relabelling(stack: Stack) -> list[str]:
    """Two compose files for services that mount with labels; none where there are no such.

    The first takes their volumes away, the second says all of them. In one file, providers would
    add them to those of the template: podman-compose drops one of two entries for one target only
    where both are written in the short form, and reads no mapping behind ``!override``.
    """
    labelled = {one.name: one for one in stack.services.values() if one.relabelled}
    if not labelled:
        return []
    away = {name: {"volumes": Reset()} for name in labelled}
    again = {name: {"volumes": _mounts(one)} for name, one in labelled.items()}
    return [dumped({"services": one}) for one in (away, again)]


def _mounts(service: ComposeService) -> list[Any]:
    """What our files say of a service's mounts: all of them with labels, and those of our own."""
    own = service.definition["volumes"] if service.relabelled else ()
    return [*own, *service.given_mounts]


def dumped(document: Mapping[str, Any]) -> str:
    """A compose file of ours; what looks like a variable in it is none."""
    body = yaml.dump(_escaped(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return f"# Written by Container Manager for this checkout; do not edit.\n{body}"


def _how_it_starts(service: ComposeService) -> str:
    """What somebody must know who starts a container again when no compose file can be read.

    Only what is not as with most services is told: a container of one that says nothing needs no
    further label.
    """
    told = {
        "after": dict(service.depends_on),
        "shares": list(service.implied),
        "one_shot": service.one_shot,
        "timeout": service.start_timeout,
    }
    return json.dumps({key: value for key, value in told.items() if value}, sort_keys=True)


def container_name(project: str, service: ComposeService) -> str:
    """What the container of a service is called, whichever provider makes it."""
    return service.container_name or f"{project}_{service.name}_1"


def secret_prefix(project: str) -> str:
    """How the names of a project's Podman secrets begin; no two projects share it.

    >>> secret_prefix("lab")
    'lab.'
    """
    if len(project) > _LONGEST_PROJECT:
        project = f"{project[: _LONGEST_PROJECT - 10]}-{_short_hash(project)}"
    return f"{project}."


def secret_name(project: str, service: str, key: str) -> str:
    """The name of the Podman secret for one entry; Podman takes at most 63 characters."""
    readable = re.sub(r"[^A-Za-z0-9]+", "", key)[:_LONGEST_KEY]
    return f"{secret_prefix(project)}{readable}.{_short_hash(f'{service}/{key}')}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _escaped(value: Any) -> Any:
    """Dollars doubled: the provider fills in variables here, too."""
    if isinstance(value, dict):
        return type(value)((key, _escaped(child)) for key, child in value.items())
    if isinstance(value, list):
        return [_escaped(child) for child in value]
    return value.replace("$", "$$") if isinstance(value, str) else value
