"""What a backup says about itself. A manifest is only a file: it is believed after a look."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from container_manager.credentials.records import Hashed
from container_manager.errors import RuntimeFailure

MANIFEST = "manifest.json"
FORMAT = 2
"""Of the manifests that we write; the first had no sums of its own and said less."""

# What Podman allows; a name that began with a dash would be an option to it.
_VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")

_MODES = 0o7777
_IDS = 2**32 - 2
"""The number above it is none: it leaves an owner as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """Owner and mode of a volume's own folder, which no archive of Podman's holds."""

    uid: int
    gid: int
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedVolume:
    """One entry of a manifest.

    Attributes:
        name: the volume's name.
        file: the tar file with its content.
        sha256: the checksum that the file must have.
        driver: ``local``, most often.
        labels: the volume's labels.
        options: of its driver.
        credentials: variable -> what was noted of the credential that it was initialised with.
        size: bytes of the tar file; None in the first format.
        services: those of ours that used it, by canonical name, as far as that was known.
        top: of its own folder; None where it was not known.
    """

    name: str
    file: Path
    sha256: str
    driver: str
    labels: Mapping[str, str]
    options: Mapping[str, str]
    credentials: Mapping[str, Hashed]
    size: int | None = None
    services: tuple[str, ...] = ()
    top: Top | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A whole manifest.

    Attributes:
        project: whose volumes these are.
        volumes: at least one.
        made_by: the command that made the backup.
        automatic: whether nobody asked for it: it was made before something was removed.
        created: when, ISO 8601; empty in the first format.
        format: 1 or 2.
    """

    project: str
    volumes: tuple[SavedVolume, ...]
    made_by: str = "backup"
    automatic: bool = False
    created: str = ""
    format: int = FORMAT


def read_manifest(folder: Path) -> Manifest:
    """Read what a backup says about itself.

    Raises:
        RuntimeFailure: there is no manifest, or it is not one that we write.
    """
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return _manifest(folder, stored)
    except OSError as error:
        why = error.strerror or str(error)
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:
        why = str(error)
    raise RuntimeFailure(
        f"The backup {folder} has no usable {MANIFEST}: {why}.",
        remedy="Choose another backup; no volume was touched.",
    )


def _manifest(folder: Path, stored: Any) -> Manifest:
    """A manifest from its JSON; ValueError says what is wrong with it."""
    if not isinstance(stored, dict):
        raise ValueError("it is not a mapping")  # noqa: TRY004 - one kind of error for the caller
    version = stored.get("format")
    if version not in (1, FORMAT) or isinstance(version, bool):
        raise ValueError(f"its format is {version!r}, which this version does not know")
    entries = stored.get("volumes")
    if not isinstance(entries, list) or not entries:
        raise ValueError("it lists no volumes")
    volumes = tuple(_entry(folder, number, one) for number, one in enumerate(entries, 1))
    for what, names in (
        ("the volume", [one.name for one in volumes]),
        ("the file", [one.file.name for one in volumes]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"it lists {what} {', '.join(twice)} more than once")
    if not isinstance(stored.get("automatic", False), bool):
        raise ValueError("it does not say whether it is automatic")  # noqa: TRY004 - see above
    return Manifest(
        project=_text(stored, "project", "it"),
        volumes=volumes,
        made_by=_text(stored, "made_by", "it") if "made_by" in stored else "backup",
        automatic=stored.get("automatic", False),
        created=_text(stored, "created", "it") if "created" in stored else "",
        format=int(version),
    )


def _entry(folder: Path, number: int, entry: Any) -> SavedVolume:
    what = f"its volume number {number}"
    if not isinstance(entry, dict):
        raise ValueError(f"{what} is not a mapping")  # noqa: TRY004 - see _manifest
    name, file = _text(entry, "name", what), _text(entry, "file", what)
    if not _VOLUME_NAME.fullmatch(name):
        raise ValueError(f"{what} has the name {name!r}, which no volume can have")
    if file in (".", "..", MANIFEST) or Path(file).name != file:
        raise ValueError(f"the file of {what} is {file!r}, which is not a plain file name")
    size = entry.get("size")
    if size is not None and not _is_number(size):
        raise ValueError(f"the size of {what} is not a number of bytes")
    return SavedVolume(
        name=name,
        file=folder / file,
        sha256=_text(entry, "sha256", what),
        driver=_text(entry, "driver", what) if entry.get("driver") else "local",
        labels=_texts(entry, "labels", what),
        options=_texts(entry, "options", what),
        credentials=_credentials(entry, what),
        size=size,
        services=_services(entry, what),
        top=_top(entry, what),
    )


def _credentials(entry: Mapping[str, Any], what: str) -> Mapping[str, Hashed]:
    stored = entry.get("credentials") or {}
    if not isinstance(stored, dict):
        raise ValueError(f"the credentials of {what} are not a mapping")  # noqa: TRY004
    return {str(name): Hashed.read(one) for name, one in stored.items()}


def _services(entry: Mapping[str, Any], what: str) -> tuple[str, ...]:
    stored = entry.get("services") or []
    if not isinstance(stored, list) or not all(map(_is_text, stored)):
        raise ValueError(f"the services of {what} are not a list of texts")
    return tuple(stored)


def _top(entry: Mapping[str, Any], what: str) -> Top | None:
    stored = entry.get("top")
    if stored is None:
        return None
    if not isinstance(stored, dict) or stored.keys() != {"uid", "gid", "mode"}:
        raise ValueError(f"the owner and mode of {what} are not what we write")
    if not all(_is_number(value) for value in stored.values()) or stored["mode"] > _MODES:
        raise ValueError(f"the owner and mode of {what} are not numbers")
    if max(stored["uid"], stored["gid"]) > _IDS:
        raise ValueError(f"the owner of {what} is not one that a file can have")
    return Top(**stored)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_text(value: object) -> TypeGuard[str]:
    """Whether it is one that a file's name or an argument can be: JSON can say more than these."""
    return isinstance(value, str) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


def _text(mapping: Mapping[str, Any], key: str, what: str) -> str:
    value = mapping.get(key)
    if not _is_text(value) or not value:
        raise ValueError(f"{what} has no {key}, or one that is not a text")
    return value


def _texts(mapping: Mapping[str, Any], key: str, what: str) -> Mapping[str, str]:
    value = mapping.get(key) or {}
    texts = [*value, *value.values()] if isinstance(value, dict) else [None]
    if not all(map(_is_text, texts)):
        raise ValueError(f"the {key} of {what} are not a mapping of texts")
    return value
