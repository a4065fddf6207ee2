"""Strict YAML: what a value is, where it stands, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from container_manager.cli import run
from container_manager.config import load
from container_manager.config.source import MAX_LENGTH, parse_yaml
from container_manager.errors import ConfigError, RenderError

if TYPE_CHECKING:
    from tests.conftest import Project

HERE = Path("config.yml")


def plain(text: str) -> Any:
    node = parse_yaml(text, HERE)
    return node.plain() if node else None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("8080", 8080),
        ("-1", -1),
        ("0", 0),
        ("3.1", 3.1),
        ("true", True),
        ("True", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        # what would print back differently is text
        ("3.10", "3.10"),
        ("22:22", "22:22"),
        ("190:20:30", "190:20:30"),
        ("0755", "0755"),
        ("0o755", "0o755"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("1.0e+3", "1.0e+3"),
        ("+1", "+1"),
        ("-0", "-0"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("2026-11-22", "2026-11-22"),
        ("2026-11-22 10:00:00", "2026-11-22 10:00:00"),
        # quotes always make text
        ("'no'", "no"),
        ('"8080"', "8080"),
        ("!!str 8080", "8080"),
        ("y", "y"),
        ("n", "n"),
        ("=", "="),
    ],
)
def test_a_plain_value_is_text_unless_it_prints_back_as_it_was_written(
    written: str, value: object
) -> None:
    read = plain(f"key: {written}\n")["key"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("word", "truth"), [("no", "false"), ("No", "false"), ("off", "false"), ("yes", "true"),
                        ("ON", "true")]
)  # fmt: skip
def test_a_bare_word_on_which_readers_disagree_is_refused(word: str, truth: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plain(f"a: 1\nrestart: {word}\n")
    (problem,) = caught.value.problems
    assert str(problem.where) == "config.yml:2:10"
    assert f"A bare '{word}' is ambiguous" in problem.message
    assert problem.remedy == f"Write {truth} for the truth value, or '{word}' in quotes for text."


def test_compose_files_are_read_as_providers_read_them() -> None:
    node = parse_yaml("tty: no\nport: 22:22\nversion: 3.10\n", HERE, compose=True)
    assert node is not None
    assert node.plain() == {"tty": False, "port": "22:22", "version": "3.10"}
    spelled = {key: child.spelled for key, child in node.value.items()}  # type: ignore[union-attr]
    assert spelled == {"tty": None, "port": "22:22", "version": "3.10"}


def test_a_bare_truth_value_is_no_key_of_a_compose_file() -> None:
    # A provider would call the variable 'True'.
    with pytest.raises(ConfigError, match=r"config\.yml:1:15: The key 'ON' must be text"):
        parse_yaml("environment: {ON: 1}\n", HERE, compose=True)


def test_a_duplicate_key_names_both_places() -> None:
    with pytest.raises(ConfigError) as caught:
        plain("a:\n  port: 1\n  host: x\n  port: 2\nb: {c: 1, c: 2}\n")
    assert str(caught.value) == (
        "config.yml:4:3: The key 'port' stands twice in this mapping.\n"
        "  It was first set at config.yml:2:3; remove one of the two.\n"
        "config.yml:5:11: The key 'c' stands twice in this mapping.\n"
        "  It was first set at config.yml:5:5; remove one of the two."
    )


NO_TEXT = (
    "A key must be text, not a list or a mapping.\n"
    "  Put a text that begins with '{' or '[' in quotes."
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3.1: x", "config.yml:1:1: The key '3.1' must be text.\n  Write it in quotes."),
        ("true: x", "config.yml:1:1: The key 'true' must be text.\n  Write it in quotes."),
        ("null: x", "config.yml:1:1: The key 'null' must be text.\n  Write it in quotes."),
        ("[a]: x", f"config.yml:1:1: {NO_TEXT}"),
        ("? {a: 1}\n: x", f"config.yml:1:3: {NO_TEXT}"),
        ("x: {{ y }}", f"config.yml:1:5: {NO_TEXT}"),
    ],
)
def test_keys_are_text_or_whole_numbers(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plain(text)
    assert str(caught.value) == message
    assert plain("8080: a\n3.10: b\n") == {8080: "a", "3.10": "b"}


def test_anchors_and_merge_keys_work() -> None:
    text = """
base: &base {restart: always, port: 1}
more: &more {port: 2, host: h}
one: {<<: *base, port: 9}
both: {<<: [*base, *more]}
same: *base
"""
    read = plain(text)
    assert read["one"] == {"port": 9, "restart": "always"}
    assert read["both"] == {"restart": "always", "port": 1, "host": "h"}
    assert read["same"] == {"restart": "always", "port": 1}


def test_a_merge_key_takes_mappings_only() -> None:
    with pytest.raises(ConfigError, match="1:9: '<<' takes a mapping or a list of mappings"):
        plain("a: {<<: text}")


def test_an_alias_bomb_is_refused_and_not_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(ConfigError, match="holds too many values, aliases included"):
        plain("\n".join(lines))


def test_a_value_that_contains_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"config\.yml:1:4: This value contains itself"):
        plain("a: &a {b: *a}")


@pytest.mark.parametrize("depth", [150, 2_000, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ("{a: ", "}")])
def test_values_nested_too_deeply_are_refused(depth: int, opened: str, closed: str) -> None:
    """Without a limit of our own, libyaml's recursion ends the process."""
    with pytest.raises(ConfigError, match=r"config\.yml:1:\d+: .* are nested too deeply"):
        plain(f"a: {opened * depth}1{closed * depth}")


def test_aliases_cannot_nest_deeper_than_values() -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} {'[' * 40}*a{n - 1}{']' * 40}" for n in range(1, 50)]
    with pytest.raises(ConfigError, match=r"config\.yml:\d+:\d+: .* too deeply through aliases"):
        plain("\n".join(lines))


@pytest.mark.parametrize(
    "value", ["!!python/object:os.system x", "!secret x", "!!set {a}", "!!binary aGk=", "!x [1]"]
)
def test_tags_are_refused(value: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yml:1:4: The YAML tag .* is not supported"):
        plain(f"a: {value}")


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("a: 1\n--- \nb: 2\n", "config.yml:2:1", "expected a single document"),
        ("a: [1\nb: 2\n", "config.yml:1:4", "flow sequence"),
        ("a: 1\n\tb: 2\n", "config.yml:2:1", "tab character"),
        ("a: b: c\n", "config.yml:1:5", "mapping values are not allowed"),
        (
            "a:\n  b: 1\n c: 2\n",
            "config.yml:3:2",
            "Check the indentation of this line and of those",
        ),
        ("a: @b\n", "config.yml:1:4", "Put the value in quotes: a text cannot begin with '@'."),
        ("a: *nowhere\n", "config.yml:1:4", "undefined alias"),
        ('a: "\\ud800"\n', "config.yml:1", "invalid Unicode"),
    ],
)
def test_broken_yaml_is_told_with_its_place(text: str, place: str, why: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plain(text)
    assert str(caught.value).startswith(place)
    assert "This is not valid YAML: " in str(caught.value)
    assert why in str(caught.value)


CONFLICT = """\
a: 1
<<<<<<< before updating
b: 2
=======
b: 3
>>>>>>> after updating
c: 4
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CONFLICT, 2),
        (CONFLICT.replace("<<<<<<< before updating\n", ""), 5),
        (CONFLICT.replace("=======\n", "").replace(">>>>>>> after updating\n", ""), 2),
        (CONFLICT.replace("a: 1", "a:\n  - x"), 3),
    ],
)
def test_what_a_merge_left_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        plain(text)
    told = f"config.yml:{line}: Conflict markers of a merge or an update stand here."
    assert str(caught.value).startswith(told)
    assert "remove these" in str(caught.value)


def test_what_looks_like_it_inside_of_a_text_is_a_text() -> None:
    assert plain("a: |\n  <<<<<<< mine\n") == {"a": "<<<<<<< mine\n"}


def test_what_a_merge_left_in_a_fragment_or_a_template_is_told_there(project: Project) -> None:
    project.write("parts/web.yml", CONFLICT)
    project.write("site.yml", "import: parts/*.yml\n")
    with pytest.raises(ConfigError, match=r"parts/web\.yml:2: Conflict markers"):
        load(project.root / "site.yml")
    project.deploy(template=f"services:\n  web:\n    image: localhost/web\n{CONFLICT}")
    with project.refuses(RenderError) as refusal:
        project.prepare()
    (message,) = refusal.messages
    assert "docker-compose.yml.j2:5: Conflict markers" in message


def test_control_characters_are_no_yaml() -> None:
    told = (
        r"config\.yml:2:4: This is not valid YAML: .*\n  Remove the character; it may not be seen"
    )
    with pytest.raises(ConfigError, match=told):
        plain("b: 1\na: \x00\n")


def test_every_value_knows_its_line_and_column() -> None:
    node = parse_yaml("# comment\nframework:\n  services:\n    web: {path: x, l: [1, 2]}\n", HERE)
    assert node is not None
    services = ("framework", "services", "web")
    assert str(node.nearest((*services, "path")).where) == "config.yml:4:17"
    assert str(node.nearest((*services, "l", 1)).where) == "config.yml:4:27"
    assert str(node.nearest((*services, "missing")).where) == "config.yml:4:10"


def test_comments_alone_are_nothing() -> None:
    assert parse_yaml("# only a comment\n", HERE) is None


def test_a_byte_order_mark_is_no_part_of_the_first_key(project: Project) -> None:
    project.write("config.yml", b"\xef\xbb\xbfproject_name: lab\n")
    assert project.config().values["project_name"] == "lab"


def test_a_file_that_is_not_utf8_is_told_with_its_line(project: Project) -> None:
    project.write("config.yml", b"project_name: lab\ntitle: caf\xe9\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == "config.yml:2: The file is not UTF-8 text.\n  Save it as UTF-8."


def test_a_folder_is_no_configuration(project: Project) -> None:
    (project.root / "config.yml").mkdir()
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        "A configuration is a file, and config.yml is a folder.\n"
        "  Name a file with --config PATH, or run in a project's folder."
    )


def test_a_file_that_would_take_minutes_is_refused(project: Project) -> None:
    project.write("config.yml", f"a: {'x' * MAX_LENGTH}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.text == (
        f"config.yml: The file is too long for YAML: {MAX_LENGTH + 4} letters, of which "
        f"{MAX_LENGTH} may be.\n"
        "  See whether it is the right file; data can lie in files of their own."
    )


@pytest.mark.parametrize("door", ["build", "lint", "explain project_name", "status"])
def test_a_pipe_in_the_place_of_a_configuration_is_not_waited_for(
    project: Project, door: str, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(project.root / "config.yml")
    with pytest.raises(SystemExit) as ended:
        run([*door.split(), "--config", "config.yml"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(
        "config.yml: This is not a regular file.\n"
        "  Put a file of text in its place, or name another one.\n"
    )
