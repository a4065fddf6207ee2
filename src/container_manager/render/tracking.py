"""Notes which configuration keys a template uses, so that a plan can say which one changed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2.runtime import Context

from container_manager.model import KeyPath


class Tracked(dict[Any, Any]):
    """A mapping of the configuration that notes what is taken out of it.

    Args:
        values: its content.
        path: where it stands.
        used: gains the path of every value that is used, and its own when all of it is.
    """

    def __init__(self, values: Mapping[Any, Any], path: KeyPath, used: set[KeyPath]) -> None:
        super().__init__({key: tracked(value, (*path, key), used) for key, value in values.items()})
        self._path = path
        self._used = used

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        if not isinstance(value, Tracked):
            self._used.add((*self._path, key))
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        """As of any mapping."""
        return self[key] if super().__contains__(key) else default  # not get(), which is silent

    def items(self) -> Any:
        """As of any mapping; all of it counts as used."""
        self._used.add(self._path)
        return super().items()

    def keys(self) -> Any:
        """As of any mapping; all of it counts as used."""
        self._used.add(self._path)
        return super().keys()

    def values(self) -> Any:
        """As of any mapping; all of it counts as used."""
        self._used.add(self._path)
        return super().values()

    def __iter__(self) -> Iterator[Any]:
        self._used.add(self._path)
        return super().__iter__()

    def __repr__(self) -> str:
        self._used.add(self._path)
        return super().__repr__()


def tracked(value: Any, path: KeyPath, used: set[KeyPath]) -> Any:
    """A value whose parts are noted when they are used."""
    return Tracked(value, path, used) if isinstance(value, Mapping) else value


class TrackingContext(Context):
    """Jinja's context, which notes the names that a template and what it includes look up."""

    def resolve_or_missing(self, key: str) -> Any:
        """What Jinja calls for a name that the template did not set itself."""
        value = super().resolve_or_missing(key)
        used = self.parent.get(USED)
        if used is not None and key in self.parent and not isinstance(value, Tracked):
            used.add((key,))
        return value


USED = "\0used"
"""The name, which no template can write, of the set that a tracked rendering fills."""
