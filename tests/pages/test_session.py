"""A page is followed in one shell, and no trouble on the way passes unseen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.pages.reading import steps
from tests.pages.session import Session, Trouble

Follow = Callable[[str], str]


@pytest.fixture
def follow(tmp_path: Path) -> Follow:
    """Follows a page in a folder of its own; returns what was said."""
    for name in ("reader", "said"):
        (tmp_path / name).mkdir()

    def through(page: str) -> str:
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        with Session(tmp_path / "reader", environ, tmp_path / "said") as session:
            session.follow(steps(page))
        return session.seen

    return through


def test_folders_variables_files_and_edits_stay(follow: Follow, tmp_path: Path) -> None:
    follow(
        "```console\n$ mkdir -p lab\n$ cd lab\n$ WHO=me\n```\n"
        "```yaml\n# a/who.yml\nwho: nobody\n```\n"
        "```diff\n--- a/who.yml\n-who: nobody\n+who: somebody\n```\n"
        "```console\n$ grep who: a/who.yml; echo $WHO\nwho: somebody\nme\n```\n"
    )
    assert (tmp_path / "reader/lab/a/who.yml").is_file()


def test_what_is_said_on_both_ways_is_seen(follow: Follow) -> None:
    said = follow("```console\n$ echo one; echo two >&2\none\ntwo\n```\n")
    assert said == "$ echo one; echo two >&2\none\ntwo\n"


def test_ctrl_c_is_pressed_once_it_has_said_what_is_shown(follow: Follow) -> None:
    follow("```console\n$ sh -c 'echo ready; sleep 300'\nready\n^C\n$ echo on\non\n```\n")


@pytest.mark.parametrize(
    ("commands", "told"),
    [
        pytest.param("$ echo two\none\n", "line 2: .*said\ntwo\n", id="says something else"),
        pytest.param("$ true\n$ false\n", "line 3: .*ended with 1", id="fails"),
        pytest.param("$ no-such-program\n", "ended with 127", id="is not there"),
        pytest.param("$ sh -c 'echo no; exit 3'\nready\n^C\n", "ended with 3", id="ends before"),
        pytest.param("$ exit\n", "does not end", id="closes the shell"),
        pytest.param("$ (\n", "does not end", id="is no command"),
    ],
)
def test_a_page_that_is_not_true_is_told(follow: Follow, commands: str, told: str) -> None:
    with pytest.raises(Trouble, match=f"(?s){told}"):
        follow(f"```console\n{commands}```\n")
