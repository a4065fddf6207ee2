"""What words of options mean."""

from __future__ import annotations

import pytest
from tests.conftest import Project

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
