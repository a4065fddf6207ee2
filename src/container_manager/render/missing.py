"""Keys that do not exist: a Jinja undefined that notes its use and lets the rendering go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jinja2

from container_manager.errors import Problem, did_you_mean
from container_manager.model import KeyPath
from container_manager.render.noticed import RenderingState, current, template_line

_KINDS: Mapping[type, str] = {
    bool: "truth value",
    int: "number",
    float: "number",
    str: "text",
    type(None): "empty value",
    list: "list",
    dict: "mapping",
}


class Missing(jinja2.StrictUndefined):
    """A key that does not exist: using it is recorded, and the rendering goes on with nothing.

    That it was asked for is noted, too: with ``default`` or ``is defined`` it is no mistake.
    """

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = jinja2.utils.missing,
        name: str | None = None,
        exc: type[jinja2.TemplateRuntimeError] = jinja2.UndefinedError,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        state = current.get(None)
        if state is not None and isinstance(name, str):
            state.absent.append((obj, name))

    def _record(self) -> None:
        state = current.get()
        state.problems.append(
            Problem(message=self._message(state), where=template_line(), remedy=self._remedy())
        )

    def _message(self, state: RenderingState) -> str:
        if self._undefined_hint:
            return f"{self._undefined_hint.rstrip('.')}."
        name = self._undefined_name
        if self._undefined_obj is jinja2.utils.missing:
            return f"{name!r} is not defined in the configuration."
        path = _path_of(self._undefined_obj, state.context)
        if path is not None:
            return f"'{path}.{name}' is not defined in the configuration."
        kind = _KINDS.get(type(self._undefined_obj), type(self._undefined_obj).__name__)
        return f"{name!r} does not exist in this {kind}."

    def _remedy(self) -> str | None:
        obj = self._undefined_obj
        known = current.get().context if obj is jinja2.utils.missing else obj
        if isinstance(known, Mapping):
            return did_you_mean(str(self._undefined_name), [str(key) for key in known])
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._record()
        return _Recorded()

    def _recorded(self, *_: Any, **__: Any) -> Any:
        self._record()
        return _Recorded()

    def _recorded_text(self) -> str:
        self._record()
        return ""

    def _recorded_false(self, *_: Any) -> bool:
        self._record()
        return False

    def _recorded_zero(self) -> int:
        self._record()
        return 0

    def _recorded_empty(self) -> Iterator[Any]:
        self._record()
        return iter(())

    __str__ = _recorded_text  # type: ignore[assignment]
    __iter__ = _recorded_empty  # type: ignore[assignment]
    __bool__ = __eq__ = __ne__ = __contains__ = _recorded_false  # type: ignore[assignment]
    __lt__ = __le__ = __gt__ = __ge__ = _recorded_false  # type: ignore[assignment]
    __len__ = __int__ = __hash__ = _recorded_zero  # type: ignore[assignment]
    __float__ = __complex__ = __index__ = _recorded_zero  # type: ignore[assignment]
    __call__ = __getitem__ = _recorded
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _recorded
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _recorded
    __mod__ = __rmod__ = __pos__ = __neg__ = __pow__ = __rpow__ = _recorded


class _Recorded(jinja2.ChainableUndefined):
    """What a recorded missing key leads to: nothing, without another report."""

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __call__
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __call__
    __mod__ = __rmod__ = __pos__ = __neg__ = __pow__ = __rpow__ = __call__

    def _false(self, *_: Any) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _false  # type: ignore[assignment]


def mappings_in(value: Any, path: KeyPath = ()) -> Iterator[tuple[int, KeyPath]]:
    """The identity of each mapping in a configuration's values, with the path where it stands."""
    if not isinstance(value, Mapping):
        return
    yield id(value), path
    for key, child in value.items():
        yield from mappings_in(child, (*path, key))


def _path_of(wanted: Any, context: Mapping[str, Any]) -> str | None:
    """The dotted path at which this very object stands in the configuration.

    Equal numbers, truth values and short texts are one object in Python, wherever they stand: such
    a value has a path only where there is no other like it.
    """
    found: list[str] = []
    seen: set[int] = set()

    def visit(value: Any, path: str) -> None:
        if value is wanted:
            found.append(path)
        if not isinstance(value, (Mapping, list, tuple)) or id(value) in seen:
            return
        seen.add(id(value))
        children = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, child in children:
            visit(child, f"{path}.{key}" if path else str(key))

    visit(context, "")
    if len(found) > 1 and not isinstance(wanted, (Mapping, list, tuple)):
        return None
    return found[0] or None if found else None
