"""What a page tells its reader to do is read whole, or refused."""

from __future__ import annotations

import pytest
from tests.pages.reading import Command, Edit, File, as_shown, steps

PAGE = """# A page

```console
$ cm up \\
    --detached
web  up  …
$ cm down
```

Text with `code`.

```yaml
# site/config.yml
a: 1
```

```diff
--- site/config.yml
-a: 1
+a: 2
```

```text
only shown
```

```console
$ cm dashboard
is at http://…
^C
```
"""


def test_every_block_becomes_a_step_in_order() -> None:
    assert steps(PAGE) == [
        Command(4, "cm up \\\n    --detached", ("web  up  …",), interrupted=False),
        Command(7, "cm down", (), interrupted=False),
        File(13, "site/config.yml", "# site/config.yml\na: 1\n"),
        Edit(18, "site/config.yml", "a: 1\n", "a: 2\n"),
        Command(28, "cm dashboard", ("is at http://…",), interrupted=True),
    ]


def test_a_block_for_which_a_test_lacks_something_is_left_out() -> None:
    by_hand = "<!-- by hand: needs a cluster -->\n```console\n$ kube\n```\n"
    assert [step.line for step in steps("```console\n$ up\n```\n" + by_hand)] == [2]
    with pytest.raises(ValueError, match="no command"):
        steps(by_hand)


def test_names_are_changed_at_once_so_that_one_never_becomes_another() -> None:
    page = "```console\n$ ask 8080 8090\n```\n"
    (step,) = steps(page, {"8080": "28090", "8090": "28080"})
    assert isinstance(step, Command)
    assert step.text == "ask 28090 28080"
    with pytest.raises(ValueError, match="does not have '9999'"):
        steps(page, {"9999": "1"})


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("Nothing but text.\n", id="no block"),
        pytest.param("```text\nonly shown\n```\n", id="no command"),
        pytest.param("```console\nup\n```\n", id="no prompt"),
        pytest.param("```console\nshown\n$ up\n```\n", id="shown before a command"),
        pytest.param("```console\n$ up\n```\n```yaml\na: 1\n```\n", id="a file without its name"),
        pytest.param("```console\n$ up\n```\n```\nwhat\n```\n", id="no language"),
        pytest.param("```console\n$ up\n```\n- so:\n  ```sh\n  up\n  ```\n", id="indented"),
        pytest.param("```console\n$ up\n```\n```console\n$ down\n", id="no end"),
        pytest.param("```console\n$ dashboard\n^C\n```\n", id="Ctrl-C at no moment"),
        pytest.param("```console\n$ up\n```\n```diff\n--- a\n one\n```\n", id="an edit of nothing"),
    ],
)
def test_a_page_with_a_block_that_would_not_run_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match=r"line \d|fence|no command"):
        steps(page)


def test_an_edit_finds_whole_lines_once() -> None:
    edit = Edit(1, "f", "  b: 1\n", "  b: 2\n")
    assert edit.of("a:\n  b: 1\nc: 3\n") == "a:\n  b: 2\nc: 3\n"
    for text in ("a:\n  bb: 1\n", "  b: 1\n  b: 1\n", "-  b: 1\n"):
        with pytest.raises(ValueError, match="times"):
            edit.of(text)


@pytest.mark.parametrize(
    ("shown", "said", "fits"),
    [
        pytest.param(("web up",), "web   up\n\n", True, id="blanks"),
        pytest.param(("web up",), "web up\nmore\n", False, id="more than is shown"),
        pytest.param(("web up", "…"), "web up\nmore\n", True, id="more at the end"),
        pytest.param(("…", "web up"), "web up\n", True, id="nothing before"),
        pytest.param(("at http://…/x",), "at http://a.b/x\n", True, id="within a line"),
        pytest.param(("at http://…/x",), "at http://a\n/x\n", False, id="over the end of a line"),
        pytest.param(("3 passed",), "3 failed\n", False, id="something else"),
        pytest.param(("web up",), "", False, id="nothing"),
    ],
)
def test_what_is_said_is_compared_with_what_is_shown(
    shown: tuple[str, ...], said: str, fits: bool
) -> None:
    assert as_shown(shown, said) is fits
