"""The reference of commands, made from the tasks themselves."""

from __future__ import annotations

import re

import pytest

from container_manager.tasks import namespace
from docs.generator import commands


def test_every_task_has_a_section_with_its_words_examples_and_options() -> None:
    overview = commands.part().partition("\n## ")[0]
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", commands.part(), re.M | re.S))
    assert sorted(sections) == sorted(namespace.task_names)
    for name, context in ((context.name, context) for context in namespace.to_contexts()):
        section = sections[str(name)]
        assert f"| [{name}](#{str(name).replace('.', '')}) | " in overview
        assert f"- `container-manager {name}" in section
        for argument in context.args.values():
            assert re.search(rf"--(no-)?{argument.names[0]}[` ]", section)


def test_an_option_that_is_on_by_default_is_shown_as_it_is_switched_off() -> None:
    clean = commands.part().partition("## clean\n")[2].partition("\n## ")[0]
    assert "| `--no-backup` |" in clean


def test_the_original_command_line_is_shown_the_same_at_any_width_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    said = commands.original()
    assert "usage: container_manager [-h] [-d] CONFIG [{up,down,clean,rebuild}]" in said
    assert said.endswith("\n```")
