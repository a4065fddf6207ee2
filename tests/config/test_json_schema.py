"""The JSON Schema for editors: it accepts what the configuration's own validation accepts."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from tests.conftest import Project

from container_manager.config.alternatives import Named
from container_manager.config.hooks import HOOKS
from container_manager.config.json_schema import json_schema, schema_text
from container_manager.config.known import CONFIGURATION, TOP_LEVEL
from container_manager.config.loader import examine
from container_manager.config.service_keys import SERVICE
from container_manager.config.shapes import Fields, KnownKey, Shape
from container_manager.config.source import parse_yaml
from container_manager.errors import ConfigError

VALIDATOR = Draft7Validator(json_schema())
WEB = "services/framework/web"

QUIET = {"before": ["sync"], "after": ["true"]}
ELSEWHERE: dict[str, Any] = {
    "framework": {"services": {"web": {"path": WEB, "quiesce": QUIET}}},
    "hooks": {name: {"command": ["true"]} for name in HOOKS},
}
"""What another file says: a schema of one file cannot ask for the rest of a mapping."""

WIDER: Mapping[str, tuple[str | None, dict[str, Any]]] = {
    "JSON Schema takes 3.0 for a whole number; we do not": (None, {"keep_builds": 3.0}),
    "whether a file is there is for 'lint' to tell": (
        r"imported file .* does not exist|import .* is a directory",
        {"import": "missing.yml"},
    ),
    "what a file holds, too": (
        r"The file of 'ca_certificates'|holds no certificate",
        {"ca_certificates": "missing.pem"},
    ),
    "another file may say where a service lies": (
        r"has no 'path'",
        {"services": {"web": {}}},
    ),
    "JSON Schema knows no number that is too large to be waited for": (
        None,
        {"services": {"web": {"path": WEB, "start_timeout": 10**400}}},
    ),
    "one of 'before' and 'after' is enough, and another file may say it": (
        None,
        {"services": {"web": {"path": WEB, "quiesce": {"before": None}}}},
    ),
    "what a package brings, too": (
        r"^package:",
        {"services": {"web": {"path": "package:container-manager/services/framework/jupyter"}}},
    ),
    "one name in two spellings": (
        r"listed twice",
        {"deployed_services": ["web", "framework.web"]},
    ),
    "which credentials are secret depends on other keys": (
        r"would not be kept secret",
        {"framework": {"services": {"web": {"path": WEB, "credentials": ["COLOUR"]}}}},
    ),
    "what looks like a password is found by reading the URL": (
        r"holds credentials",
        {"templates": {"lab": "https://me:secret@git.example.org/lab.git"}},
    ),
    "what is left of a name is known once it is normalised": (
        r"has no letter or digit that can be used",
        {"project_name": "---"},
    ),
    "references to variables have a grammar": (
        r"is not closed by|needs a name|is not a name|cannot be",
        {"project_root": "${"},
    ),
}
"""Where the schema accepts more, and why; what is then told, if it can be told apart by that."""


def errors_of(root: Path, config: object, base: object) -> tuple[list[str], Any]:
    """What is wrong with a configuration laid over a base, and what was read of it."""
    file, whole = root / "one.yml", root / "config.yml"
    file.write_text(json.dumps(config), encoding="utf-8")
    (root / "base.yml").write_text(json.dumps(base), encoding="utf-8")
    whole.write_text("import: [base.yml, one.yml]\n", encoding="utf-8")
    try:
        _, problems = examine(whole, {"SET": "value"})
    except ConfigError as error:
        problems = list(error.problems)
    node = parse_yaml(file.read_text(encoding="utf-8"), file)
    assert node is not None
    return [one.message for one in problems if "did you mean" not in one.message], node.plain()


# --- examples, and what is near them --------------------------------------------------------------

ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2.5, 70_000, 10**9),
    *("", "x", "a b", "-", "A_b", "${SET}", "1Gi", "none", "a\0b", "a/b", "..", "restart"),
    *([], {}, ["x"], [""], [1], [None], [["x"]], {"x": "y"}, {"x": None}, {"src": "a"}),
    *({"name": "N", "url": "u"}, {"command": ["x"]}, {"timeout": 0}, [{"src": "a", "dst": "b"}]),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values in a value."""
    yield path
    if isinstance(value, (dict, list)):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(child, (*path, key))


def changed(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """The value with one of the values in it changed."""
    if not path:
        return change(copy.deepcopy(value))
    result = copy.copy(value)
    result[path[0]] = changed(value[path[0]], path[1:], change)
    return result


@st.composite
def near(draw: st.DrawFn, examples: tuple[Any, ...]) -> Any:
    """An example, or one in which up to two values are others, or keys are added."""
    value = draw(st.sampled_from([*examples, *ODD[:3]]))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(list(places(value))))
        other = draw(st.sampled_from(ODD))
        key = draw(st.sampled_from(["x", "timeout", "name", "size", "add", "services", "web"]))
        added = draw(st.booleans())

        def change(old: Any, other: Any = other, key: str = key, added: bool = added) -> Any:
            if added and isinstance(old, dict):
                return {**old, key: other}
            return [*old, other] if added and isinstance(old, list) else other

        value = changed(value, path, change)
    return value


def said(table: Mapping[str, KnownKey]) -> st.SearchStrategy[dict[str, Any]]:
    """Up to three known keys with such values."""
    chosen = st.lists(st.sampled_from(sorted(table)), max_size=3, unique=True)
    return chosen.flatmap(
        lambda keys: st.fixed_dictionaries({key: near(inner(table[key])) for key in keys})
    )


def inner(key: KnownKey) -> tuple[Any, ...]:
    """The examples of a key, and those of the keys below it, each in its place."""
    shape = key.shape
    while not isinstance(shape, Fields) and (parts := dict(shape.parts())).keys() == {""}:
        shape = parts[""]
    if not isinstance(shape, Fields):
        return key.examples
    below = [{name: value} for name, rule in shape.known.items() for value in inner(rule)]
    return (*key.examples, *below)


configs = st.builds(
    lambda top, web: {"framework": {"services": {"web": web}}, **top},
    said(TOP_LEVEL),
    said(SERVICE),
)


@settings(
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(config=configs)
def test_the_schema_accepts_what_validation_accepts(tmp_path: Path, config: dict[str, Any]) -> None:
    told, read = errors_of(tmp_path, config, ELSEWHERE)
    ignored = "|".join(pattern for pattern, _ in WIDER.values() if pattern)
    wrong = [message for message in told if not re.search(ignored, message)]
    found = [error.message for error in VALIDATOR.iter_errors(read)]
    if wrong or not told:  # else nobody knows: what cannot be read is checked no further
        assert bool(wrong) == bool(found), (wrong, found)


@pytest.mark.parametrize("why", WIDER)
def test_where_the_schema_is_wider(project: Project, why: str) -> None:
    pattern, config = WIDER[why]
    told, read = errors_of(project.root, config, {})
    assert told
    assert pattern is None or re.search(pattern, told[0])
    assert VALIDATOR.is_valid(read)


# --- what editors show ----------------------------------------------------------------------------


def tables(shape: Shape, seen: set[str]) -> Iterator[tuple[str, KnownKey]]:
    """Every known key at any depth."""
    if isinstance(shape, Named):
        if shape.name in seen:
            return
        seen.add(shape.name)
    if isinstance(shape, Fields):
        for name, rule in shape.known.items():
            yield name, rule
            yield from tables(rule.shape, seen)
    for _, part in shape.parts():
        yield from tables(part, seen)


KEYS = [pytest.param(rule, id=f"{n}-{name}") for n, (name, rule) in
        enumerate(tables(CONFIGURATION, set()))]  # fmt: skip


@pytest.mark.parametrize("rule", KEYS)
def test_every_key_says_what_it_is_for_and_its_examples_are_right(rule: KnownKey) -> None:
    assert rule.meaning
    assert rule.examples or rule.default is not None
    for value in (*rule.examples, *([] if rule.default is None else [rule.default])):
        node = parse_yaml(json.dumps(value), Path("example"))
        assert node is not None
        assert rule.shape.fits(node), value


@pytest.mark.parametrize("rule", KEYS)
def test_shape_and_schema_of_a_key_agree_on_every_odd_value(rule: KnownKey) -> None:
    """Mappings, which other files may complete, are met in generated configurations."""
    definitions = json_schema()["definitions"]
    validator = Draft7Validator({"allOf": [rule.shape.schema()], "definitions": definitions})
    for value in (one for one in ODD if not isinstance(one, dict)):
        node = parse_yaml(json.dumps(value), Path("odd"))
        assert node is not None
        assert rule.shape.fits(node) == validator.is_valid(node.plain()), value


def test_the_schema_is_one_and_the_same_each_time() -> None:
    Draft7Validator.check_schema(json_schema())
    assert schema_text() == schema_text()
    assert json.loads(schema_text()) == json_schema()


def test_keys_of_the_user_are_left_alone() -> None:
    assert VALIDATOR.is_valid({"title": 1, "services": {"web": {"path": "p", "port": [1]}}})


def test_what_is_commented_out_is_left_alone() -> None:
    assert VALIDATOR.is_valid(dict.fromkeys(TOP_LEVEL))
