"""What each container was made of, remembered so that a plan can say what is different.

A container carries one digest; the record explains it, and is believed only where it has the very
digest that the container has. It lies in the private folder and holds digests alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container_manager.identity import private_folder
from container_manager.podman.containers_conf import write_private

_FORMAT = 1
_SHORT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one container was made of.

    Attributes:
        digest: of the whole; also the container's label.
        parts: part -> digest, named as by ``compose.digest.service_parts``.
        configuration: key of the configuration -> digest of its value, at that time.
    """

    digest: str
    parts: Mapping[str, str]
    configuration: Mapping[str, str]


class MadeRecords:
    """The records of one project's containers.

    Args:
        state_dir: the private folder.
        project: the compose project's name.
    """

    def __init__(self, state_dir: Path, project: str) -> None:
        self._state_dir = state_dir
        self._path = state_dir / "containers" / f"{project}.json"
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            stored = {}
        known = isinstance(stored, dict) and stored.get("format") == _FORMAT
        self._services: dict[str, Any] = _mapping(stored, "services") if known else {}
        self._configurations: dict[str, Any] = _mapping(stored, "configurations") if known else {}

    def of(self, service: str, digest: str) -> Made | None:
        """What the container with a digest was made of; None where nobody remembers it."""
        entry = self._services.get(service)
        if not isinstance(entry, dict) or entry.get("digest") != digest:
            return None
        configuration = self._configurations.get(str(entry.get("configuration")))
        return Made(
            digest=digest,
            parts=_mapping(entry, "parts"),
            configuration=configuration if isinstance(configuration, dict) else {},
        )

    def remember(
        self,
        made: Mapping[str, tuple[str, Mapping[str, str]]],
        configuration: Mapping[str, str],
        *,
        keep: Collection[str],
    ) -> None:
        """Note containers that are about to be made.

        Args:
            made: compose service -> digest of the whole, and its parts.
            configuration: as :func:`~container_manager.config.leaves.leaves` gives it.
            keep: the compose services whose older records stay.
        """
        if not made:
            return
        name = _digest(configuration)
        self._configurations[name] = dict(configuration)
        self._services = {n: one for n, one in self._services.items() if n in keep}
        for service, (digest, parts) in made.items():
            entry = {"digest": digest, "parts": dict(parts), "configuration": name}
            self._services[service] = entry
        used = {str(one.get("configuration")) for one in self._services.values()}
        stored = {
            "format": _FORMAT,
            "services": self._services,
            "configurations": {n: one for n, one in self._configurations.items() if n in used},
        }
        private_folder(self._state_dir)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(self._path, json.dumps(stored, sort_keys=True))


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:_SHORT]


def _mapping(stored: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = stored.get(key)
    return value if isinstance(value, dict) else {}
