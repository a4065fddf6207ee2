"""How words become queries: what should be found is, and no word is an order."""

from __future__ import annotations

import json
import re
import time
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pv_finder.channels import (
    MAX_PATTERN,
    MAX_WORDS,
    Channel,
    name_filter,
    text_filter,
)

LETTERS = "abAB:.1 $()[]+^|\\{}-"
names = st.text(alphabet=LETTERS, max_size=12)
globs = st.text(alphabet=LETTERS + "*?", min_size=1, max_size=10)
words = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=MAX_PATTERN)


def matches(filters: dict[str, Any], document: dict[str, str]) -> bool:
    """What MongoDB does with the few operators that we use."""
    for key, wanted in filters.items():
        if key == "$and":
            found = all(matches(each, document) for each in wanted)
        elif key == "$or":
            found = any(matches(each, document) for each in wanted)
        else:
            assert set(wanted) == {"$regex", "$options"}
            assert wanted["$options"] == "i"
            found = re.search(wanted["$regex"], document.get(key, ""), re.IGNORECASE) is not None
        if not found:
            return False
    return True


def glob_matches(name: str, pattern: str) -> bool:
    """The same question, asked of the standard library; there, brackets mean something."""
    return fnmatchcase(name.lower(), pattern.lower().replace("[", "[[]"))


@given(name=names, pattern=globs)
@example(name="a", pattern="a?")
@example(name="ab1ab1b", pattern="*b*1b")
def test_a_glob_finds_what_it_should(name: str, pattern: str) -> None:
    expected = (
        glob_matches(name, pattern)
        if "*" in pattern or "?" in pattern
        else pattern.lower() in name.lower()
    )
    assert matches(name_filter(pattern), {"name": name}) == expected


@given(text=words)
def test_a_pattern_finds_itself(text: str) -> None:
    pattern = name_filter(text.replace("*", "").replace("?", ""))
    assert re.search(pattern["name"]["$regex"], text.replace("*", "").replace("?", ""))


@given(pattern=globs)
def test_what_clients_write_is_only_ever_a_value(pattern: str) -> None:
    assert list(name_filter(pattern)) == ["name"]
    assert list(name_filter(pattern)["name"]) == ["$regex", "$options"]


def test_no_pattern_is_slow() -> None:
    """A chain of plain ``.*`` would take years here."""
    pattern = name_filter("*a" * (MAX_PATTERN // 2))["name"]["$regex"]
    started = time.perf_counter()
    assert not re.search(pattern, "a" * 49 + "b" * 2000)
    assert time.perf_counter() - started < 1


def test_every_word_must_occur_somewhere() -> None:
    document = {"name": "SR01C:BPM1:X", "description": "Horizontal beam position", "area": "Ring"}
    assert matches(text_filter("beam sr01c"), document)
    assert matches(text_filter("  RING   horizontal "), document)
    assert not matches(text_filter("beam vertical"), document)
    assert not matches(text_filter("b..m"), document)


def test_the_number_of_words_is_limited() -> None:
    assert text_filter("w " * MAX_WORDS)
    with pytest.raises(ValueError, match="at most 8 words"):
        text_filter("w " * (MAX_WORDS + 1))


def test_documents_of_others_are_read_as_far_as_we_know_them() -> None:
    document = {"_id": 7, "name": "A", "units": None, "area": 3, "owner": {"$secret": 1}}
    assert Channel.from_document(document) == Channel(name="A", area="3")


def test_queries_are_plain_data() -> None:
    assert json.loads(json.dumps(text_filter("a b"))) == text_filter("a b")
