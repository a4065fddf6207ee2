"""Commands in pages: those that the program would refuse are told with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generator.typed import check, commands, misunderstood

PAGE = """\
# Page

Type `container-manager gone`.

```console
$ ./run up --detached    # everything
$ cd lab && ./run status | grep web
The page is at http://127.0.0.1
```

```
container-manager graph --output 'a b.svg'
```

```yaml
container-manager: gone
```
"""


def test_commands_stand_in_blocks_of_a_shell_with_and_without_a_prompt() -> None:
    assert list(commands(PAGE)) == [
        (6, ["./run", "up", "--detached"]),
        (7, ["./run", "status"]),
        (12, ["container-manager", "graph", "--output", "a b.svg"]),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "./run up web db --detached",
        "container-manager exec web -- ls -l",
        "invoke --list",
        "invoke up --help",
        "./run up --dry",
        "container-manager config.yml up -d",
        "container-manager kube.up --context lab",
    ],
)
def test_what_the_program_takes_is_understood(line: str) -> None:
    assert misunderstood(line.split()) == ""


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("./run upp", "upp"),
        ("container-manager clean --detached", "--detached"),
        ("invoke up --config", "config"),
        ("./run docs", "docs"),
    ],
)
def test_what_it_refuses_is_told(line: str, fault: str) -> None:
    assert fault in misunderstood(line.split())


def test_a_mistake_is_told_with_its_place_and_own_commands_of_the_checkout_are_known(
    tmp_path: Path,
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "run").write_text('if [ "${1:-}" = test ]; then\n    shift\nfi\n')
    (tmp_path / "README.md").write_text("```console\n$ ./run test\n```\n")
    (tmp_path / "docs/page.md").write_text("# Page\n\n```console\n$ ./run tset\n```\n")
    (wrong,) = check(tmp_path)
    assert wrong.startswith("docs/page.md:4: './run tset' is not understood: ")
