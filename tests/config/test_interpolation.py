"""The syntax of variable references, one case a form."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from container_manager.config.environment import Environment, Report
from container_manager.config.interpolation import (
    MAX_NESTING,
    InterpolationError,
    Placeholder,
    Reference,
    Text,
    tokens,
)

VARIABLES = {"SET": "value", "EMPTY": "", "DOLLAR": "a$b", "API_KEY": "s3cret-value"}


def expanded(text: str, **more: str) -> Any:
    return Environment(process={**VARIABLES, **more}).expand(text, Report())


def filled(text: str) -> str:
    return Environment(process=VARIABLES).interpolate(text, Report())


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("no dollars", "no dollars"),
        ("$SET", "value"),
        ("${SET}", "value"),
        ("a${SET}b$SET-c", "avaluebvalue-c"),
        ("${SET:-other}", "value"),
        ("${EMPTY}", ""),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY-other}", ""),
        ("${UNSET:-other}", "other"),
        ("${UNSET-other}", "other"),
        ("${UNSET:-}", ""),
        ("${SET:+other}", "other"),
        ("${EMPTY:+other}", ""),
        ("${EMPTY+other}", "other"),
        ("${UNSET:+other}", ""),
        ("${SET:?message}", "value"),
        ("${EMPTY?message}", ""),
        ("${UNSET:-${SET}}", "value"),
        ("${UNSET:-a${OTHER:-b${SET}c}d}", "abvaluecd"),
        ("${UNSET:-a:b-c?d}", "a:b-c?d"),
        ("${UNSET-b c}", "b c"),
        # what is not set stays, to be filled in by whoever knows it
        ("${UNSET}", "${UNSET}"),
        ("$UNSET/x", "${UNSET}/x"),
        ("$UNSET${SET}", "${UNSET}value"),
        # dollars that start no reference
        ("$$", "$"),
        ("$$SET", "$SET"),
        ("$${SET}", "${SET}"),
        ("$$$SET", "$value"),
        ("5$", "5$"),
        ("$ 5", "$ 5"),
        ("$5 a $é", "$5 a $é"),
        # values are not read again
        ("${DOLLAR}", "a$b"),
    ],
)
def test_expansion(text: str, result: str) -> None:
    assert expanded(text) == result


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${", "'${' is not closed by '}'"),
        ("${SET", "'${SET' is not closed by '}'"),
        ("${UNSET:-${SET}", "is not closed by '}'"),
        ("${}", "'${}' names no variable"),
        ("${1A}", "'${1A}' names no variable"),
        ("${ SET }", "names no variable"),
        ("${SET%.*}", "'${SET%.*}' is not a form of ${NAME} that is known"),
        ("${SET!}", "is not a form of ${NAME} that is known"),
        ("${" * 10_000 + "}" * 10_000, "nested too deeply"),
        ("${A:-" * 10_000 + "}" * 10_000, "nested too deeply"),
    ],
)
def test_malformed_references(text: str, why: str) -> None:
    with pytest.raises(InterpolationError) as caught:
        expanded(text)
    assert why in str(caught.value)
    assert len(str(caught.value)) < 200


def test_defaults_may_be_nested_this_deeply_and_no_more() -> None:
    def nested(depth: int) -> str:
        return "${UNSET:-" * depth + "x" + "}" * depth

    assert expanded(nested(MAX_NESTING)) == "x"
    with pytest.raises(InterpolationError) as caught:
        expanded(nested(MAX_NESTING + 1))
    assert str(caught.value) == "The defaults of variables are nested too deeply"


def test_the_parts_of_a_text() -> None:
    assert list(tokens("a$$b ${A}${B:-c}$D")) == [
        "a",
        "$",
        "b ",
        Reference(name="A", operator="", operand="", spelled="${A}"),
        Reference(name="B", operator=":-", operand="c", spelled="${B:-c}"),
        Reference(name="D", operator="", operand="", spelled="${D}"),
    ]


def test_a_required_variable_is_reported_with_its_message() -> None:
    report = Report()
    assert Environment(process={}).expand("${HOST:?say where}${PORT?}", report) == ""
    assert report.missing == {"HOST": "say where", "PORT": ""}


def test_what_is_unset_is_reported_by_name() -> None:
    report = Report()
    Environment(process=VARIABLES).expand("${UNSET} ${SET} ${B:-${C}}", report)
    assert report.unset == {"UNSET", "C"}
    assert report.referenced == {"UNSET", "SET", "B", "C"}


@pytest.mark.parametrize(
    "text",
    ["${API_KEY}", "$API_KEY", "${API_KEY:-none}", "x ${API_KEY:?m} y", "${UNSET:-${API_KEY}}"],
)
def test_a_secret_is_never_expanded(text: str) -> None:
    result = expanded(text)
    assert "s3cret" not in result
    assert [placeholder.name for placeholder in result.secrets] == ["API_KEY"]
    assert filled(text).replace("s3cret-value", "") in ("", "x  y")


def test_a_text_knows_which_of_its_dollars_are_literal() -> None:
    text = expanded("$$5 ${API_KEY} ${UNSET} ${DOLLAR}")
    assert text == "$5 ${API_KEY} ${UNSET} a$b"
    assert text.escaped == "$$5 ${API_KEY} ${UNSET} a$$b"
    assert text.parts[1] == Placeholder(name="API_KEY", spelled="${API_KEY}", secret=True)


def test_a_text_survives_copies() -> None:
    text = expanded("$$5 ${API_KEY}")
    for twin in (copy.copy(text), copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert isinstance(twin, Text)
        assert (twin, twin.parts) == (text, text.parts)


def test_filling_in_leaves_nothing_over() -> None:
    report = Report()
    environment = Environment(process=VARIABLES)
    assert environment.interpolate("${API_KEY}-${UNSET}-$$-${A:-${SET}}", report) == (
        "s3cret-value--$-value"
    )
    assert report.unset == {"UNSET"}
