"""Dockerfiles that are given build arguments, and say what they said otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from container_manager.compose.dockerfiles import find, with_arguments

ARGUMENTS = {"A": "/a", "B": "/b"}
LINE = "ARG A=/a B=/b\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM x\nRUN y\n", f"FROM x\n{LINE}RUN y\n"),
        (
            "# c\n\nARG V=1\n  from x:$V AS one\r\nFROM one",
            "# c\n\nARG V=1\n  from x:$V AS one\n@FROM one\n@",
        ),
        (
            "FROM --platform=a \\\n  # why\n  x\nRUN y\n",
            "FROM --platform=a \\\n  # why\n  x\n@RUN y\n",
        ),
        ("# escape=`\nFROM x\nRUN a `\nFROM b\n", "# escape=`\nFROM x\n@RUN a `\nFROM b\n"),
        ("FROM x\nRUN select a \\\nFROM b\n", "FROM x\n@RUN select a \\\nFROM b\n"),
        ("FROM x\nRUN <<EOF\nFROM b\nEOF\nFROM y\n", "FROM x\n@RUN <<EOF\nFROM b\nEOF\nFROM y\n@"),
        (
            "FROM x\nCOPY <<-'A' <<B /\nFROM 1\n\tA\nFROM 2\nB\nFROM y\n",
            "FROM x\n@COPY <<-'A' <<B /\nFROM 1\n\tA\nFROM 2\nB\nFROM y\n@",
        ),
        ("FROM x\nRUN echo $((1<<N))\nFROM y\n", "FROM x\n@RUN echo $((1<<N))\nFROM y\n@"),
        ("nothing\n", "nothing\n"),
        ("", ""),
    ],
)  # fmt: skip
def test_every_stage_begins_with_them(text: str, expected: str) -> None:
    assert with_arguments(text, ARGUMENTS) == expected.replace("@", LINE)


def test_the_file_is_found_as_the_provider_finds_it(tmp_path: Path) -> None:
    assert find(tmp_path, None) is None
    (tmp_path / "Dockerfile").touch()
    assert find(tmp_path, None) == tmp_path / "Dockerfile"
    (tmp_path / "Containerfile").touch()
    assert find(tmp_path, None) == tmp_path / "Containerfile"
    assert find(tmp_path, tmp_path / "Dockerfile") == tmp_path / "Dockerfile"
    assert find(tmp_path, tmp_path / "other") is None
