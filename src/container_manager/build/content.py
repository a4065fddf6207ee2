"""The content of generated files that is more than a rendered template, and checks of content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from container_manager.config.interpolation import Text
from container_manager.errors import Location, RenderError
from container_manager.render.values import PlainDumper, represent_text


def flatten(values: Mapping[str, Any]) -> str:
    """The configuration as one YAML file without ``import``; placeholders of secrets are kept.

    A literal dollar is written ``$$``, so that reading the file with the same variables gives an
    equal configuration.
    """
    kept = {key: value for key, value in values.items() if key != "import"}
    return yaml.dump(
        kept, Dumper=_FlatDumper, allow_unicode=True, default_flow_style=False, sort_keys=False
    )


class _FlatDumper(PlainDumper):
    """Doubles the literal dollars of texts."""


_FlatDumper.add_representer(Text, lambda dumper, value: represent_text(dumper, value.escaped))


def check_json(text: str, template: Path) -> None:
    """Raise a :class:`RenderError` where a rendered kernel specification is not a JSON object."""
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise RenderError("The JSON is nested too deeply.", where=Location(template)) from error
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        lines = text.splitlines() or [""]
        shown = lines[min(line, len(lines)) - 1].strip()
        raise RenderError(
            f"The template renders to invalid JSON: {getattr(error, 'msg', error)}, "
            f"in line {line} of the result: {shown!r}.",
            where=Location(template),
            remedy="Write values with the filter to_json: {{ value | to_json }}.",
        ) from error
    if not isinstance(value, dict):
        raise RenderError("The template must render to a JSON object.", where=Location(template))
