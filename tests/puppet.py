"""A program that is found as ``podman`` and says what a test wants: for words that Podman causes.

It keeps no containers. What a test claims of containers is tried with the real one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.podman.test_info import OLD

from container_manager import identity as labels

_PROGRAM = """\
#!/bin/sh
# Answers with the file that is named after words of a call; does all else, silently.
echo "$*" >>'FOLDER/calls'
kind=
case "$*" in *json*) kind=.json ;; esac
for last in "$@"; do :; done
for name in "$1-$last$kind" "$1-$2$kind" "$1$kind"; do
    if [ -e "FOLDER/$name.last" ]; then rm "$0"; fi
    if [ -e "FOLDER/$name" ]; then cat "FOLDER/$name"; exit; fi
    if [ -e "FOLDER/$name.fails" ]; then cat "FOLDER/$name.fails" >&2; exit 125; fi
done
"""


@dataclass(frozen=True)
class Puppet:
    """Podman, as far as its answers go.

    Attributes:
        folder: has the answers.
    """

    folder: Path

    def says(self, name: str, answer: object) -> None:
        """What a call prints; a text as it is, all else where JSON is asked for.

        It is named after its first word, its first two or its first and last: ``ps``,
        ``volume-ls``, ``logs-ID``.
        """
        if isinstance(answer, str):
            (self.folder / name).write_text(answer, encoding="utf-8")
        else:
            (self.folder / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")

    def fails(self, name: str, said: str) -> None:
        """What a call says that fails."""
        (self.folder / f"{name}.fails").write_text(f"{said}\n", encoding="utf-8")

    def goes_at(self, name: str) -> None:
        """The program is there no more once it is called so; this call it answers."""
        (self.folder / f"{name}.last").touch()

    def has_volumes(self, **projects: str) -> None:
        """There are these volumes, each of a project."""
        self.says(
            "volume-ls",
            [{"Name": name, "Labels": {labels.PROJECT: of}} for name, of in projects.items()],
        )

    def has_containers(self, *inspected: Mapping[str, Any]) -> None:
        """There are these containers, as ``podman container inspect`` tells them."""
        self.says("ps", "".join(f"{one['Id']}\n" for one in inspected))
        self.says("container-inspect", json.dumps(list(inspected)))

    def calls(self) -> list[str]:
        """All calls, oldest first."""
        return (self.folder / "calls").read_text(encoding="utf-8").splitlines()


def put_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Puppet:
    """A Podman that has nothing, in a folder, and found before any other."""
    program = folder / "podman"
    program.write_text(_PROGRAM.replace("FOLDER", str(folder)), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    puppet = Puppet(folder)
    puppet.says("info", OLD)
    puppet.says("--version", "podman version 4.3.1\n")
    return puppet
