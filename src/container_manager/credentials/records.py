"""What remembers with which credential a volume was initialised: salted hashes, never values.

A record is about one volume, told from a later one of its name by the time of its creation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from container_manager.podman.containers_conf import write_private
from container_manager.podman.state import VolumeState

FILE = "credentials.json"

_COST = 2**14
"""Of scrypt: 16 MiB and some 50 ms for one guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """What is kept of a value, hexadecimal."""

    salt: str
    hash: str

    @classmethod
    def of(cls, value: str, salt: str | None = None) -> Hashed:
        """The hash of a value, with a new salt if none is given."""
        salt = salt or secrets.token_hex(16)
        raw = value.encode("utf-8", "surrogateescape")
        digest = hashlib.scrypt(raw, salt=bytes.fromhex(salt), n=_COST, r=8, p=1)
        return cls(salt=salt, hash=digest.hex())

    def fits(self, value: str) -> bool:
        """Whether this is the hash of ``value``."""
        return hmac.compare_digest(Hashed.of(value, self.salt).hash, self.hash)

    @classmethod
    def read(cls, stored: Any) -> Hashed:
        """From JSON.

        Raises:
            ValueError: it is not what :func:`dataclasses.asdict` makes of this.
        """
        if not isinstance(stored, dict) or stored.keys() != {"salt", "hash"}:
            raise ValueError("a credential is not a salt and a hash")
        if not all(isinstance(text, str) and text for text in stored.values()):
            raise ValueError("a salt or a hash is not a text")
        for text in stored.values():
            bytes.fromhex(text)
        return cls(**stored)


class Records:
    """The records of a project.

    Args:
        state_dir: the project's private folder.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE
        self._known: dict[str, dict[str, Any]] = {}
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            stored = {}
        if isinstance(stored, dict):
            self._known = {name: one for name, one in stored.items() if isinstance(one, dict)}

    def of(self, volume: VolumeState) -> dict[str, Hashed]:
        """Variable -> its record, for this volume and no earlier one of its name."""
        stored = self._known.get(volume.name, {})
        # Without a time it was noted just before the volume was made, and nothing came after.
        if stored.get("created") not in (None, volume.created_at):
            return {}
        try:
            return {name: Hashed.read(one) for name, one in dict(stored["credentials"]).items()}
        except (KeyError, TypeError, ValueError):
            return {}

    def note(self, name: str, credentials: Mapping[str, Hashed], created_at: float | None) -> None:
        """Keep the records of one volume, in place of all that it had.

        Args:
            name: the volume's.
            credentials: variable -> record.
            created_at: its creation; None where it is about to be made.
        """
        self._known[name] = {
            "created": created_at,
            "credentials": {variable: asdict(one) for variable, one in credentials.items()},
        }
        text = json.dumps(self._known, indent=1, sort_keys=True)
        write_private(self._path, text, lasting=True)
