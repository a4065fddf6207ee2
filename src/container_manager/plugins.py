"""What other distributions add: build steps, providers, export targets; found by entry points.

``importlib.metadata`` reads the records of every installed distribution, which takes longer than a
small build. So only those are read whose entry points name the group.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from container_manager.errors import ConfigError, Problem, raise_all
from container_manager.inputs import note
from container_manager.places import escapes

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

BUILD_STEPS = "container_manager.build_steps"
PROVIDERS = "container_manager.providers"
EXPORT_TARGETS = "container_manager.export_targets"

_RECORDS = (".dist-info", ".egg-info")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that a build step or an export target wants.

    Attributes:
        path: below the service's build folder, or the folder of the export.
        text: its content.
        executable: whether it may be run.
    """

    path: str
    text: str
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One entry point of another distribution.

    Attributes:
        name: the entry point's.
        distribution: who brings it, with its version.
        place: where it is installed, to tell one version from the next.
    """

    name: str
    distribution: str
    place: Path
    _entry: EntryPoint = field(repr=False)

    def load(self) -> Callable[..., Any]:
        """What it names.

        Raises:
            ConfigError: it cannot be imported, or cannot be called.
        """
        try:
            found = self._entry.load()
        except Exception as error:  # whatever the code of somebody else does
            raise self.broken(error) from error
        if not callable(found):
            raise self.broken(TypeError(f"{self._entry.value} cannot be called"))
        note(self.place / "METADATA")
        module = sys.modules.get(self._entry.module)
        if module is not None and getattr(module, "__file__", None):
            note(str(module.__file__))
        call: Callable[..., Any] = found
        return call

    def broken(self, error: Exception) -> ConfigError:
        """The error that its own error is told as."""
        return ConfigError(
            Problem(
                message=f"The plugin '{self.name}' of {self.distribution} does not work: "
                f"{type(error).__name__}: {error}",
                remedy="Ask who wrote it, or remove it: python -m pip uninstall "
                f"{self.distribution.partition(' ')[0]}",
            )
        )


def plugins(group: str) -> tuple[Plugin, ...]:
    """The installed plugins of a group, by name.

    Args:
        group: :data:`BUILD_STEPS`, :data:`PROVIDERS` or :data:`EXPORT_TARGETS`.

    Raises:
        ConfigError: two distributions bring one name.
    """
    found: dict[str, Plugin] = {}
    problems = []
    for plugin in _installed(group):
        other = found.setdefault(plugin.name, plugin)
        if other is not plugin:
            problems.append(
                Problem(
                    message=f"{other.distribution} and {plugin.distribution} both bring a plugin "
                    f"'{plugin.name}'.",
                    remedy="Remove one of the two.",
                )
            )
    raise_all(ConfigError, problems)
    return tuple(found[name] for name in sorted(found))


def _installed(group: str) -> Iterator[Plugin]:
    wanted, seen = group.encode(), set()
    for folder in dict.fromkeys(map(os.path.abspath, sys.path)):
        try:
            records = sorted(n for n in os.listdir(folder) if n.endswith(_RECORDS))  # noqa: PTH208
        except OSError:
            continue
        if records:
            note(folder)  # another one may be installed there
        for name in records:
            try:
                with open(f"{folder}/{name}/entry_points.txt", "rb") as file:  # noqa: PTH123
                    asked = wanted in file.read()
            except OSError:
                continue
            owner = name.partition("-")[0].lower()
            if asked and owner not in seen:  # who stands first on the path is who is imported
                seen.add(owner)
                yield from _of(Path(folder) / name, group)


def _of(place: Path, group: str) -> Iterator[Plugin]:
    from importlib.metadata import PathDistribution  # only here: it takes its time

    distribution = PathDistribution(place)
    note(place / "entry_points.txt")
    shown = f"{distribution.metadata['Name']} {distribution.version}"
    for entry in distribution.entry_points.select(group=group):
        yield Plugin(name=entry.name, distribution=shown, place=place, _entry=entry)


def checked_files(files: Iterable[object]) -> list[File]:
    """What a plugin gave, which may be anything.

    Raises:
        TypeError: it is no files.
    """
    found = []
    for file in files:
        if not _is_usable(file):
            raise TypeError(f"{file!r} is no File with a path inside its folder")
        found.append(file)
    return found


def _is_usable(file: object) -> TypeGuard[File]:
    return (
        isinstance(file, File)
        and isinstance(file.path, str)
        and isinstance(file.text, str)
        and file.path not in ("", ".")
        and not escapes(file.path)
    )
