"""What people and programs see of explanations."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container_manager.errors import Location, UsageError, display_path
from container_manager.report import print_json, table
from container_manager.streams import knows_all_letters

if TYPE_CHECKING:
    from container_manager.config.variables import Variable
    from container_manager.explaining import Explanation, ServiceExplanation
    from container_manager.model import Scalar

_HOW = {
    "import": "imports",
    "applications": "lists, as an application,",
    "package": "asks for the package with",
    "local": "has beside it",
}


def show_explanation(told: Explanation, *, json: bool) -> None:
    """One key with all that made it what it is."""
    if json:
        print_json(_explanation(told))
        return
    print(f"{told.key} = {_value(told.value)}" if not told.leaves else f"{told.key}: {told.value}")
    rows = [(label, text) for label, text in _facts(told)]
    width = max((len(label) for label, _ in rows), default=0)
    last = ""
    for label, text in rows:
        print(f"  {'' if label == last else label:<{width}}  {text}")
        last = label
    if told.leaves:
        print()
        cells = [(leaf.key, _value(leaf.value), str(leaf.where)) for leaf in told.leaves]
        print(table(("KEY", "VALUE", "SET IN"), cells))


def _facts(told: Explanation) -> Iterator[tuple[str, str]]:
    if told.meaning:
        yield "means", told.meaning
    if told.written is not None:
        yield "written", told.written
    if told.rule:
        yield "because", told.rule
    if told.where is not None:
        yield "set in", str(told.where)
    elif not told.leaves:
        yield "set in", "no file"
    if told.package:
        yield "brought by", told.package
    yield from _history(told)


def _history(told: Explanation) -> Iterator[tuple[str, str]]:
    for step in told.imports:
        yield "read since", f"{step.where} {_HOW[step.how]} {display_path(step.file)}"
    for one in told.variables:
        yield "variable", variable_line(one)
    for former in told.replaced:
        yield "overrides", f"{_value(former.value)} of {former.where}"
    for edit in told.edits:
        word = {"list": "lists", "replaced": "listed"}.get(edit.action, f"{edit.action}s")
        after = ", which a later list replaced" if edit.action == "replaced" else ""
        yield "gathered", f"{edit.where} {word} {', '.join(edit.names) or 'nothing'}{after}"


def variable_line(one: Variable) -> str:
    """A variable, where its value comes from, and the value where it may be shown."""
    sources = {
        "environment": "from the process environment",
        ".env": f"from {one.where}",
        "host": "not set: the name of this host",
        "secrets_command": "from secrets_command",
        "default": "not set: the default in the text",
        "unset": "not set",
    }
    text = f"{one.name}: {sources[one.source]}"
    if one.source == "unset" and one.generated:
        text += ", 'up' generates it"
    if one.secret:
        text += ", a secret"
    elif one.value is not None:
        text += f", {_value(one.value)}"
    if one.overridden is not None:
        text += f"; it wins over {one.overridden}"
    return text


def show_service(told: Sequence[ServiceExplanation], *, json: bool) -> None:
    """All that services used."""
    if json:
        print_json([_service(one) for one in told])
        return
    for place, one in enumerate(told):
        if place:
            print()
        _show_service(one)


def _show_service(told: ServiceExplanation) -> None:
    print(f"{told.name}: {told.template}, defined in {told.where or '-'}")
    for service, image in told.images:
        print(f"  image     {service}: {image}")
    for port in told.ports:
        print(f"  port      {port}")
    for name, owner in told.needs:
        print(f"  needs     {name}" + (f" of {owner}" if owner else ""))
    for one in told.variables:
        print(f"  {'secret  ' if one.secret else 'variable'}  {variable_line(one)}")
    if not told.keys:
        print("  Its templates use no key of the configuration.")
        return
    print()
    cells = [
        (
            key.key,
            _value(key.value),
            str(key.where) if key.where else "no file",
            ", ".join(display_path(template) for template in key.templates),
        )
        for key in told.keys
    ]
    print(table(("KEY", "VALUE", "SET IN", "USED BY"), cells))


def _value(value: Scalar) -> str:
    """A value on one line, as YAML would write the simple ones."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and (not value or not value.isprintable()):
        return repr(value)
    return str(value)


def _explanation(told: Explanation) -> dict[str, Any]:
    return {
        "key": told.key,
        "value": told.value,
        "hidden": told.hidden,
        "written": told.written,
        "set_in": _place(told.where),
        "imports": [
            {"file": str(step.file), "by": _place(step.where), "how": step.how}
            for step in told.imports
        ],
        "package": told.package,
        "variables": [_variable(one) for one in told.variables],
        "replaced": [
            {"value": one.value, "hidden": one.hidden, "set_in": _place(one.where)}
            for one in told.replaced
        ],
        "edits": [
            {"action": one.action, "names": list(one.names), "set_in": _place(one.where)}
            for one in told.edits
        ],
        "rule": told.rule,
        "meaning": told.meaning,
        "values": [
            {"key": one.key, "value": one.value, "hidden": one.hidden, "set_in": _place(one.where)}
            for one in told.leaves
        ],
    }


def _service(told: ServiceExplanation) -> dict[str, Any]:
    return {
        "name": told.name,
        "defined": _place(told.where),
        "template": told.template,
        "images": dict(told.images),
        "ports": list(told.ports),
        "needs": dict(told.needs),
        "variables": [_variable(one) for one in told.variables],
        "keys": [
            {
                "key": one.key,
                "value": one.value,
                "hidden": one.hidden,
                "set_in": _place(one.where),
                "templates": [str(template) for template in one.templates],
            }
            for one in told.keys
        ],
    }


def _variable(one: Variable) -> dict[str, Any]:
    return {
        "name": one.name,
        "secret": one.secret,
        "set": one.source in ("environment", ".env", "host", "secrets_command"),
        "source": one.source,
        "value": one.value,
        "set_in": _place(one.where),
        "overrides": _place(one.overridden),
    }


def _place(where: Location | None) -> str | None:
    return str(where) if where is not None else None


def refuse_drawing(kind: str) -> None:
    """Nobody reads an SVG on a terminal.

    Raises:
        UsageError: that is where it would go.
    """
    if kind == "svg" and sys.stdout.isatty():
        raise UsageError(
            "An SVG is a picture, and a terminal shows text.",
            remedy="Name a file: graph --output stack.svg. Or read it as text: --format mermaid.",
        )


def show_drawing(text: str) -> None:
    """A picture on stdout; in UTF-8, as it says itself, whatever terminals here know."""
    if knows_all_letters():
        print(text, end="")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())


def show_written(path: Path, *, changed: bool) -> None:
    """What became of a file, on stderr."""
    told = "written" if changed else "nothing to change"
    print(f"{display_path(path)}: {told}.", file=sys.stderr)
