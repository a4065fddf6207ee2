"""The content of generated files that is more than a rendered template, and checks of content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from container_manager.build.trace import template_line
from container_manager.config.interpolation import Text
from container_manager.config.text import read_text
from container_manager.errors import Location, Problem, RenderError
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
        raise RenderError(_invalid_json(error, text, template)) from error
    if not isinstance(value, dict):
        raise RenderError("The template must render to a JSON object.", where=Location(template))


def _invalid_json(error: ValueError, text: str, template: Path) -> Problem:
    """Where the JSON breaks off; nothing of it is quoted, for it may be meant to stay unseen."""
    said, where, place = str(error), Location(template), ""
    if isinstance(error, json.JSONDecodeError):
        said = error.msg
        place = f", in line {error.lineno}, column {error.colno} of the result"
        source = read_text(template, RenderError)
        where = Location(template, template_line(source, text, error.lineno))
    return Problem(
        message=f"The template renders to invalid JSON: {said}{place}.",
        where=where,
        remedy="Write values with the filter to_json: {{ value | to_json }}.",
    )
