"""The key ``defaults``: what it may look like, and how compose files would spell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from container_manager.config.defaults import DEFAULTS, as_in_compose
from container_manager.errors import ConfigError

if TYPE_CHECKING:
    from tests.conftest import Project

ENTRIES = "a mapping of names to values, or a list of NAME=value"
LOGGING = "a mapping with 'driver' and 'options'"


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("restart: false", 12, "'defaults.restart' must be a text, not false."),
        ("logging: json-file", 12,
         f"'defaults.logging' must be {LOGGING}, not the text 'json-file'."),
        ("logging: {driver: 1}", 21, "'defaults.logging.driver' must be a text, not 1."),
        ("logging: {options: [a]}", 22,
         "'defaults.logging.options' must be a mapping of names to values, not a list."),
        ("logging: {options: {compress: true}}", 33,
         "'defaults.logging.options.compress' must be a text (in quotes) or a number, not true."),
        ("mem_limit: [1g]", 14, "'defaults.mem_limit' must be a number or a text, not a list."),
        ("pids_limit: true", 15, "'defaults.pids_limit' must be a number or a text, not true."),
        ("userns_mode: 1", 16, "'defaults.userns_mode' must be a text, not 1."),
        ("devices: /dev/fuse", 12,
         "'defaults.devices' must be a list of texts, not the text '/dev/fuse'."),
        ("devices: [/dev/fuse, {a: b}]", 24,
         "'defaults.devices.1' must be a text, not a mapping."),
        ("environment: A=b", 16, f"'defaults.environment' must be {ENTRIES}, not the text 'A=b'."),
        ("environment: [1]", 17, "'defaults.environment.0' must be a text, not 1."),
        ("environment: {A: true}", 20,
         "'defaults.environment.A' must be a text (in quotes) or a number, not true."),
        ("environment: {A: [b]}", 20,
         "'defaults.environment.A' must be a text or a number, not a list."),
        ("stop_grace_period: 10", 22, "'defaults.stop_grace_period' must be a text, not 10."),
    ],
)  # fmt: skip
def test_the_shape_of_values(project: Project, line: str, column: int, message: str) -> None:
    project.write("config.yml", f"defaults:\n  {line}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [f"config.yml:2:{column}: {message}"]


def test_keys_that_it_does_not_have_are_errors_all_at_once(project: Project) -> None:
    project.write(
        "config.yml",
        """
        defaults:
          restrat: always
          cpus: 2
          logging: {driver: json-file, option: {max-size: 10m}}
          stop_grace_period: 3
        """,
    )
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert refusal.messages == [
        "config.yml:5:22: 'defaults.stop_grace_period' must be a text, not 3.",
        "config.yml:2:12: 'defaults' has no key 'restrat'.",
        "config.yml:3:9: 'defaults' has no key 'cpus'.",
        "config.yml:4:40: 'defaults.logging' has no key 'option'.",
    ]
    assert refusal.remedies[1:] == [
        "Did you mean 'restart'?",
        f"It has {', '.join(DEFAULTS)}.",
        "Did you mean 'options'?",
    ]


def test_nothing_is_as_good_as_absent(project: Project) -> None:
    """So a file can take back what a file that it imports says."""
    project.write("base.yml", "defaults: {restart: always, logging: {driver: json-file}}\n")
    project.write("config.yml", "import: base.yml\ndefaults:\n  restart:\n  logging: {driver: }\n")
    assert project.config().raw["defaults"] == {"restart": None, "logging": {"driver": None}}


def test_variables_follow_the_rules_of_the_configuration(project: Project) -> None:
    project.write(
        "config.yml",
        """
        defaults:
          mem_limit: ${MEMORY:-1g}
          environment:
            SET: x${PRICE}
            URL: http://u:${API_TOKEN}@h/$$
            UNSET: ${NOWHERE}
          devices: ["/dev/${DISK}", /dev/fuse]
        """,
    )
    config = project.config(PRICE="5$", DISK="sdz", API_TOKEN="t0ken-t0ken")
    node = as_in_compose(config.tree, config.values)
    assert node is not None
    assert node.plain() == {
        "mem_limit": "1g",
        "environment": {
            "SET": "x5$$",
            "URL": "http://u:${API_TOKEN}@h/$$",
            "UNSET": "${NOWHERE}",
        },
        "devices": ["/dev/sdz", "/dev/fuse"],
    }
    assert str(node.nearest(("environment", "URL")).where) == "config.yml:5:10"
    (warning,) = config.warnings
    assert str(warning).startswith("config.yml:6:12: The variable NOWHERE is not set.")


@pytest.mark.parametrize("text", ["a: 1\n", "defaults:\n"])
def test_without_defaults_there_is_nothing_to_give(project: Project, text: str) -> None:
    project.write("config.yml", text)
    config = project.config()
    assert as_in_compose(config.tree, config.values) is None


def test_every_default_says_what_it_is_for() -> None:
    assert all(key.meaning for key in DEFAULTS.values())
