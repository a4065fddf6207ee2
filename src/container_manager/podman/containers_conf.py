"""Podman's own configuration: the files it reads, what they say together, a copy with additions.

``CONTAINERS_CONF`` makes Podman read one file instead of all of these, so a file of ours has to
repeat what the others say. The others are only ever read.
"""

from __future__ import annotations

import errno
import os
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from container_manager.errors import Location, PreconditionError

Settings: TypeAlias = dict[str, dict[str, Any]]
"""Tables of a ``containers.conf``."""

_USER_FILES_FOR_ROOT_SINCE = (5,)
_HEADER = """\
# Written by Container Manager for its own calls of Podman; changes here are lost.
# It repeats the container configuration of this machine and user, with these additions:
"""


def files(environ: Mapping[str, str], *, rootless: bool, version: tuple[int, ...]) -> list[Path]:
    """The existing files that Podman reads, in its order: later ones win.

    Args:
        environ: the environment that Podman would get.
        rootless: whether Podman runs as an ordinary user.
        version: of Podman; before 5, root's own files were not read.
    """
    if chosen := environ.get("CONTAINERS_CONF"):
        return [path for path in (Path(chosen),) if path.is_file()]
    places = [Path("/usr/share/containers"), Path("/etc/containers")]
    if rootless or version >= _USER_FILES_FOR_ROOT_SINCE:
        home = Path(environ.get("HOME") or "/")
        places.append(Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "containers")
    found: list[Path] = []
    for place in places:
        main = place / "containers.conf"
        found += [main, *sorted(Path(f"{main}.d").glob("*.conf"))]
    return [path for path in found if path.is_file()]


def read(paths: Iterable[Path]) -> Settings:
    """What the files say together.

    Raises:
        PreconditionError: one cannot be read or is not TOML.
    """
    merged: Settings = {}
    for path in paths:
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PreconditionError(
                f"Podman's configuration cannot be read: {error}",
                where=Location(path),
                remedy="Mend the file, or name another one in CONTAINERS_CONF.",
            ) from error
        merged = merge(merged, tables)
    return merged


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``over`` on top: tables key by key, everything else replaced.

    A list that ends with ``{append = true}`` adds to the list below it, as Podman reads it.

    >>> merge({"engine": {"runtime": "crun", "env": ["A=1"]}}, {"engine": {"runtime": "runc"}})
    {'engine': {'runtime': 'runc', 'env': ['A=1']}}
    >>> merge({"env": ["A=1"]}, {"env": ["B=2", {"append": True}]})
    {'env': ['A=1', 'B=2', {'append': True}]}
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value)
        elif isinstance(below, list) and isinstance(value, list) and {"append": True} in value:
            merged[key] = [item for item in below if not isinstance(item, Mapping)] + value
        else:
            merged[key] = value
    return merged


def add(base: Settings, additions: Settings) -> Settings:
    """``base`` with ours on top; a user's limits stay where ours do not name or exceed them.

    >>> add({"containers": {"default_ulimits": ["core=0:0", "nofile=9:9"]}},
    ...     {"containers": {"default_ulimits": ["nofile=5:5"]}})
    {'containers': {'default_ulimits': ['core=0:0', 'nofile=5:5']}}
    """
    ulimits = additions.get("containers", {}).get("default_ulimits")
    merged = merge(base, additions)
    if ulimits:
        present = base.get("containers", {}).get("default_ulimits", [])
        kept = [item for item in present if isinstance(item, str) and _stays(item, ulimits)]
        names = {_name(item) for item in kept}
        merged["containers"]["default_ulimits"] = kept + [
            item for item in ulimits if _name(item) not in names
        ]
    return merged


def _name(ulimit: str) -> str:
    return ulimit.partition("=")[0].strip().lower()


def _stays(item: str, ours: Iterable[str]) -> bool:
    bounds = {_name(limit): int(limit.rpartition(":")[2]) for limit in ours}
    if _name(item) not in bounds:
        return True
    hard = item.rpartition("=")[2].rpartition(":")[2]
    return hard.isdigit() and int(hard) <= bounds[_name(item)]


def write(path: Path, settings: Settings, additions: Settings) -> None:
    """Write ``settings`` to ``path``, readable by its owner alone, in one step."""
    import tomli_w

    notes = "".join(f"#   {line}\n" for line in describe(additions))
    write_private(path, f"{_HEADER}{notes}\n{tomli_w.dumps(settings)}")


def describe(settings: Settings) -> list[str]:
    """The settings, one a line.

    >>> describe({"engine": {"runtime": "runc"}})
    ['[engine] runtime = "runc"']
    """
    import tomli_w

    return [
        f"[{table}] {' '.join(tomli_w.dumps({key: value}, indent=0).split())}".replace(", ]", " ]")
        for table, entries in settings.items()
        for key, value in entries.items()
    ]


def write_private(path: Path, text: str, *, lasting: bool = False) -> None:
    """Replace ``path`` by ``text`` with mode 0600; a reader sees the old or the new, whole.

    Args:
        path: the file.
        text: its new content.
        lasting: whether it is on the disk afterwards: what nothing can make anew, or what is about
            to be relied on.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            if lasting:
                file.flush()
                _sync(file.fileno())
        temporary.replace(path)
        if lasting:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                _sync(folder)
            finally:
                os.close(folder)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _sync(descriptor: int) -> None:
    """Some file systems and sandboxes know no such thing, see fsync(2); there is no more to do."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            raise
