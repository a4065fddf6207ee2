"""What is written as YAML is read again as it was, by whoever reads it."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from container_manager.export.kubernetes.yaml_text import yaml_of

texts = st.one_of(
    st.text(max_size=30),
    st.lists(st.text("ab: -#|\t'\"", max_size=8), max_size=5).map("\n".join),
    st.sampled_from(
        ["yes", "No", "null", "0x1", "1e3", "1_000", "~", "-", "2024-01-01", "=", "<<"]
    ),
)
values: Any = st.recursive(
    st.one_of(texts, st.booleans(), st.integers()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@given(st.lists(st.dictionaries(texts, values, min_size=1, max_size=4), min_size=1, max_size=3))
def test_it_is_read_as_it_was(objects: list[dict[str, Any]]) -> None:
    assert list(yaml.safe_load_all(yaml_of(objects))) == objects


def test_it_looks_as_people_write_it() -> None:
    one = {"a": {"b": [{"c": 1, "d": True}, "e", ["f"]], "g": {}, "h": []}, "i": "x\ny\n", "j": "1"}
    assert yaml_of([one, {"k": "l m"}]) == (
        "a:\n  b:\n  - c: 1\n    d: true\n  - e\n  -\n    - f\n  g: {}\n  h: []\n"
        'i: |\n  x\n  y\nj: "1"\n---\nk: "l m"\n'
    )
