"""A folder of exported files: what somebody changed, or put there, is never overwritten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container_manager.errors import BuildError, Problem, display_path, raise_all
from container_manager.plugins import File

RECORD = ".exported.json"
"""Beside the files: path -> digest of what we wrote there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What became of the files.

    Attributes:
        folder: where they are.
        written: those that were written.
        kept: how many were as they are to be.
        removed: those that nothing asks for any more.
    """

    folder: Path
    written: tuple[str, ...]
    kept: int
    removed: tuple[str, ...]


def write_folder(folder: Path, files: Mapping[str, File]) -> Exported:
    """Make a folder hold these files, and none that an earlier export wrote.

    Args:
        folder: absolute.
        files: path below it -> file.

    Raises:
        BuildError: something there is not ours, or cannot be written; nothing was written then.
    """
    try:
        record = _read(folder)
        present = {path: _digest_at(folder / path) for path in {*files, *record}}
        raise_all(BuildError, _in_the_way(folder, files, record, present))
        wanted = {path: _digest(one.text.encode()) for path, one in files.items()}
        changed = tuple(path for path in files if present[path] != wanted[path])
        gone = tuple(path for path in record if path not in files and present[path])
        folder.mkdir(parents=True, exist_ok=True)
        _remember(folder, {**record, **wanted})
        for path in changed:
            _write(folder / path, files[path])
        for path in gone:
            (folder / path).unlink()
        _remember(folder, wanted)
    except OSError as error:
        at = display_path(Path(error.filename)) if error.filename else display_path(folder)
        raise BuildError(f"{at} cannot be written: {error.strerror}.") from error
    kept = len(files) - len(changed)
    return Exported(folder=folder, written=changed, kept=kept, removed=gone)


def _in_the_way(
    folder: Path,
    files: Mapping[str, File],
    record: Mapping[str, str],
    present: Mapping[str, str],
) -> list[Problem]:
    problems = []
    for path, found in present.items():
        ours = record.get(path)
        if not found or found == ours:
            continue
        if path in files and found == _digest(files[path].text.encode()):
            continue
        what = "was changed since it was exported" if ours else "was not exported by us"
        problems.append(
            Problem(
                message=f"{display_path(folder / path)} {what}.",
                remedy="Move it away; nothing was written.",
            )
        )
    return problems


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _digest_at(path: Path) -> str:
    """The digest of a file; empty where nothing is, and a word where something else is."""
    if path.is_symlink() or path.is_dir():
        return "no file"
    try:
        return _digest(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _read(folder: Path) -> dict[str, str]:
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _remember(folder: Path, digests: Mapping[str, str]) -> None:
    text = json.dumps(dict(sorted(digests.items())), indent=1, ensure_ascii=False) + "\n"
    _write(folder / RECORD, File(path=RECORD, text=text))


def _write(path: Path, file: File) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(file.text, encoding="utf-8")
    temporary.chmod(0o755 if file.executable else 0o644)
    temporary.replace(path)
