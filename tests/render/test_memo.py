"""Copier compiles a text once, and what it makes is the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from copier import Settings, run_copy
from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

from container_manager.render.memo import compiled_once


class Copiers(Extension):
    """What tells Copier's environments from others: an extension of its own."""


Copiers.identifier = "copier.of_a_test"


@pytest.fixture(autouse=True)
def _in_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests run in one block; these are about a process that begins."""
    if "compile" in vars(SandboxedEnvironment):
        monkeypatch.delattr(SandboxedEnvironment, "compile")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were compiled, in order."""
    texts: list[str] = []
    parse: Callable[..., object] = SandboxedEnvironment._parse

    def noting(environment: object, source: str, *args: object) -> object:
        texts.append(source)
        return parse(environment, source, *args)

    monkeypatch.setattr(SandboxedEnvironment, "_parse", noting)
    return texts


def said(text: str, **options: Any) -> str:
    """A text as an environment of its own renders it."""
    return SandboxedEnvironment(extensions=[Copiers], **options).from_string(text).render(a=1)


def test_a_text_is_compiled_once_for_environments_that_are_alike(compiled: list[str]) -> None:
    with compiled_once():
        assert [said("{{ a }}") for _ in range(3)] == ["1", "1", "1"]
        assert compiled == ["{{ a }}"]
        with compiled_once():
            assert said("{{ a }}") == "1"
        assert said("{{ a }}") == "1"
    assert compiled == ["{{ a }}"]


def test_nothing_is_remembered_after_the_block(compiled: list[str]) -> None:
    for _ in range(2):
        with compiled_once():
            said("{{ a }}")
    said("{{ a }}")
    said("{{ a }}")
    assert len(compiled) == 4


def test_what_differs_in_its_settings_shares_nothing() -> None:
    with compiled_once():
        assert said("{{ a }}[[ a ]]") == "1[[ a ]]"
        assert said("{{ a }}[[ a ]]", variable_start_string="[[", variable_end_string="]]") == (
            "{{ a }}1"
        )
        assert said("{{ '<' }}") == "<"
        assert said("{{ '<' }}", autoescape=True) == "&lt;"
        assert said("{{ a }}", finalize=lambda value: value and 7) == "7"
        assert said("x\n", keep_trailing_newline=True) == "x\n"
        assert said("x\n") == "x"


def test_what_is_undefined_is_so_in_each_environment() -> None:
    with compiled_once():
        assert said("{{ b }}") == ""
        with pytest.raises(UndefinedError):
            said("{{ b }}", undefined=StrictUndefined)


def test_an_error_is_told_each_time() -> None:
    with compiled_once():
        for _ in range(2):
            with pytest.raises(TemplateSyntaxError):
                said("{{ a }")


def test_other_kinds_of_environment_are_left_alone(compiled: list[str]) -> None:
    with compiled_once():
        for _ in range(2):
            assert ImmutableSandboxedEnvironment().from_string("{{ a }}").render(a=1) == "1"
    assert len(compiled) == 2


def test_copier_makes_the_same_again(tmp_path: Path) -> None:
    """Also of names that stand for many files, which Copier finds out while it compiles."""
    template = tmp_path / "template"
    template.mkdir()
    (template / "copier.yml").write_text("n: {type: int, default: 2}\n", encoding="utf-8")
    many = "{% yield i from range(n) %}{{ i }}{% endyield %}.txt.jinja"
    (template / many).write_text("{{ i }} of {{ n }}\n", encoding="utf-8")
    (template / "one-{{ n }}.txt").write_text("\n", encoding="utf-8")
    made = []
    with compiled_once():
        for number, count in enumerate((2, 3, 2)):
            folder = tmp_path / str(number)
            answers = {"n": count}
            run_copy(str(template), folder, answers, quiet=True, settings=Settings())
            made.append({path.name: path.read_text("utf-8") for path in folder.iterdir()})
    assert made[0] == {"0.txt": "0 of 2\n", "1.txt": "1 of 2\n", "one-2.txt": "\n"}
    assert made[1] == {
        "0.txt": "0 of 3\n", "1.txt": "1 of 3\n", "2.txt": "2 of 3\n", "one-3.txt": "\n"
    }  # fmt: skip
    assert made[2] == made[0]
