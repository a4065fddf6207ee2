"""Values that know their place, and are otherwise what they look like."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest
import yaml

from container_manager.config.source import parse_yaml
from container_manager.errors import Location
from container_manager.testing.traced import Origin, TracedDict, explain, plain, traced

TEXT = """\
web:
  ports: ["8080:80", "8081:81"]
  count: 3
  ratio: 0.5
  init: true
  nothing: null
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "compose.yml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def document(file: Path) -> TracedDict:
    node = parse_yaml(TEXT, file, compose=True)
    assert node is not None

    def origin(where: Location) -> Origin:
        return Origin(file=file, line=where.line)

    result = traced(node, origin)
    assert isinstance(result, TracedDict)
    return result


def test_they_are_the_ordinary_values(document: TracedDict) -> None:
    value = yaml.safe_load(TEXT)
    assert document == value
    assert repr(document) == repr(value)
    assert json.loads(json.dumps(document)) == value
    assert type(plain(document)) is dict
    assert yaml.safe_load(yaml.safe_dump(plain(document))) == value


def test_plain_goes_into_every_collection(document: TracedDict) -> None:
    count = document["web"]["count"]
    values = plain([(count, [count]), {count}, frozenset({count}), {"a": (count,)}])
    assert values == [(3, [3]), {3}, frozenset({3}), {"a": (3,)}]
    ((first, (second,)), third, fourth, fifth) = values
    found = [first, second, *third, *fourth, *fifth["a"]]
    assert [type(value) for value in found] == [int] * 5


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_knows_its_place_too(document: TracedDict, duplicate: object) -> None:
    assert callable(duplicate)
    twin = duplicate(document)
    assert twin == document
    assert twin["web"]["count"].origin == document["web"]["count"].origin


@pytest.mark.parametrize(
    ("wrong", "lines"),
    [
        ({"ports": ["8080:80", "9999:81"]}, [2]),
        ({"count": 4}, [3]),
        ({"ratio": 1.5}, [4]),
        ({"init": False}, [5]),
        ({"nothing": 1}, [6]),
        ({"count": 4, "ratio": 1.5}, [3, 4]),
        ({"count": 4, "ratio": 1.5, "init": False, "nothing": 1}, [3, 4, 5]),
    ],
)
def test_the_deepest_parts_that_differ_are_told_a_few_of_them(
    document: TracedDict, file: Path, wrong: dict[str, object], lines: list[int]
) -> None:
    expected = {"web": {**plain(document["web"]), **wrong}}
    for told in (explain(document, expected), explain(expected, document)):
        places = [line for line in told if line.startswith("It comes from")]
        assert places == [f"It comes from {Location(file, line)}" for line in lines]
        assert f"    {TEXT.splitlines()[lines[0] - 1].strip()}" in told


def test_where_something_is_missing_the_place_around_it_is_told(
    document: TracedDict, file: Path
) -> None:
    told = explain(document["web"], {**document["web"], "more": 1})
    assert told[0] == f"It comes from {Location(file, 2)}"


def test_a_key_that_is_not_there_is_told_with_those_that_are(document: TracedDict) -> None:
    with pytest.raises(KeyError, match="no key 'port'; there are: ports, count"):
        document["web"]["port"]


def test_plain_values_say_nothing() -> None:
    assert explain({"a": 1}, {"a": 2}) == []
