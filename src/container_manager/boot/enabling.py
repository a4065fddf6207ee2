"""Writes the unit of a stack, has systemd enable it, looks at it, and removes it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.boot.systemd import Systemd
from container_manager.boot.unit import (
    PREFIX,
    Record,
    Wanted,
    read_record,
    unit_text,
    unusable_paths,
)
from container_manager.errors import (
    Location,
    PreconditionError,
    RuntimeFailure,
    raise_all,
)
from container_manager.run import Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class Enabled:
    """What was done so that a stack starts with the machine.

    Attributes:
        unit: the unit's file.
        written: whether it was written; it may have been there as it is.
        replaced: the configuration that it started before, where that is gone.
        removed: units of the same configuration under former names, which are gone now.
    """

    unit: Path
    written: bool
    replaced: Path | None
    removed: tuple[Path, ...]


def units(folder: Path) -> dict[Path, Record]:
    """All units of ours in a folder, with what they say of themselves."""
    found = {}
    for file in sorted(folder.glob(f"{PREFIX}*.service")):
        try:
            record = read_record(file.read_text(encoding="utf-8", errors="replace"))
        except OSError:  # a broken link, say: nobody's
            continue
        if record is not None:
            found[file] = record
    return found


def check(systemd: Systemd, wanted: Wanted) -> Path | None:
    """See that a unit can be written where it belongs.

    Returns:
        The configuration that the unit of this name starts now, where that is another one, and
        gone.

    Raises:
        PreconditionError: a path cannot stand in a unit, or the unit of this name is another's.
    """
    raise_all(PreconditionError, unusable_paths(wanted))
    file = systemd.folder / wanted.name
    if not file.exists() and not file.is_symlink():
        return None
    record = units(systemd.folder).get(file)
    if record is None:
        raise PreconditionError(
            "This unit is not ours: nothing was written.",
            where=Location(file),
            remedy="Move it away, or give the project another project_name.",
        )
    if record.config == wanted.config:
        return None
    if record.config.exists():
        raise PreconditionError(
            f"This unit starts the stack of another checkout, {record.config}: nothing was "
            "written.",
            where=Location(file),
            remedy="Give this project another project_name, or remove the unit: "
            f"boot --remove --config {record.config}",
        )
    return record.config


def enable(systemd: Systemd, wanted: Wanted) -> Enabled:
    """Write a unit and enable it; what is there already stays as it is.

    Raises:
        PreconditionError: see :func:`check`.
        RuntimeFailure: systemd does not take it.
    """
    replaced = check(systemd, wanted)
    file = systemd.folder / wanted.name
    text = unit_text(wanted)
    written = not file.exists() or file.read_text(encoding="utf-8") != text
    if written:
        _write(file, text)
    former = {
        path: record
        for path, record in units(systemd.folder).items()
        if path != file and record.config == wanted.config
    }
    _take_away(systemd, former)
    _must(systemd, "daemon-reload")
    _must(systemd, "enable", wanted.name)
    return Enabled(unit=file, written=written, replaced=replaced, removed=tuple(former))


def start(systemd: Systemd, name: str) -> None:
    """Start a unit now, as a start of the machine would.

    Raises:
        RuntimeFailure: it failed.
    """
    finished = systemd.call("start", name)
    if not finished.ok:
        raise RuntimeFailure(
            f"The unit did not start: {finished.last_lines}",
            remedy=f"What it said: {systemd.journal} {name}",
        )


def remove(systemd: Systemd, found: Mapping[Path, Record]) -> None:
    """Disable and remove units; what runs goes on running.

    Raises:
        RuntimeFailure: systemd does not do it.
    """
    _take_away(systemd, found)
    if found:
        _must(systemd, "daemon-reload")
        # One that failed would be listed as such until the next start of the machine.
        systemd.call("reset-failed", *(file.name for file in found))


def _take_away(systemd: Systemd, found: Mapping[Path, Record]) -> None:
    for file in found:
        _must(systemd, "disable", file.name)
        file.unlink(missing_ok=True)


def _must(systemd: Systemd, *words: str) -> Finished:
    finished = systemd.call(*words)
    if not finished.ok:
        raise RuntimeFailure(
            f"'{' '.join((*systemd.control, *words))}' failed: {finished.last_lines}",
            remedy="Mend what it says, and try again: what was done is found as it is.",
        )
    return finished


def _write(file: Path, text: str) -> None:
    """Write a unit; systemd sees the old or the new one, whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".container-manager-") as folder:
        fresh = Path(folder) / file.name
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o644)
        fresh.replace(file)
