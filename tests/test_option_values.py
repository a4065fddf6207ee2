"""What words of options mean."""

from __future__ import annotations

import pytest
from tests.conftest import Project, snapshot

from container_manager.cli import run


@pytest.mark.parametrize(
    "words", ["bundle --output -", "bundle --output=-", "kube.images --archive -"]
)
def test_an_archive_is_a_file(
    project: Project, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is verified once it is there, and what was made is told on standard output."""
    project.deploy("web")
    with pytest.raises(SystemExit) as ended:
        run(words.split())
    option = words.replace("=", " ").split()[1]
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"{option} names a file, and '-' is standard output: nothing was done.\n"
        f"  Name a file, {option} images.tar say; one that is called so is './-'.\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        "schema --output -x",
        "graph --output --liv",
        "bundle --output=-f",
        "kube.images --archive -x",
    ],
)
def test_no_file_is_called_like_an_option(
    project: Project, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web")
    before = snapshot(project.root)
    with pytest.raises(SystemExit) as ended:
        run(words.split())
    option, file = words.replace("=", " ").split()[1:]
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"{option} names a file, and '{file}' looks like an option: nothing was done.\n"
        f"  Name the file after {option}; one that is called so is './{file}'.\n"
    )
    assert snapshot(project.root) == before


def test_a_file_may_be_called_so_where_it_is_meant(project: Project) -> None:
    project.deploy("web")
    with pytest.raises(SystemExit):
        run(["schema", "--output", "./-x"])
    assert (project.root / "-x").is_file()


def test_an_option_is_no_value_of_another(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web")
    with pytest.raises(SystemExit) as ended:
        run(["graph", "--output", "--live"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told == "--output needs a value, and --live is an option: nothing was done.\n"
