"""Where a Podman answers that is called through a connection."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from container_manager.podman.remote import address
from container_manager.run import Finished

LISTED = [
    {"Name": "lab", "URI": "ssh://me@lab.example/run/podman.sock", "Default": True},
    {"Name": "far", "URI": "ssh://me@far.example/run/podman.sock", "Default": False},
]


class Connections:
    """A Podman that knows some connections."""

    def __init__(self, said: str) -> None:
        self.said = said

    def run(self, argv: Sequence[str], **_: object) -> Finished:
        assert tuple(argv[1:4]) == ("system", "connection", "list")
        return Finished(argv=tuple(argv), returncode=0, stdout=self.said, stderr="")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, LISTED[0]["URI"]),
        ({"CONTAINER_CONNECTION": "far"}, LISTED[1]["URI"]),
        ({"CONTAINER_CONNECTION": "none"}, ""),
        ({"CONTAINER_HOST": "unix:///p.sock", "CONTAINER_CONNECTION": "far"}, "unix:///p.sock"),
    ],
)
def test_the_connection_that_counts(environ: Mapping[str, str], expected: str) -> None:
    assert address(Connections(json.dumps(LISTED)), "podman", environ) == expected


@pytest.mark.parametrize("said", ["", "[]", "nonsense", '{"Name": 1}', "[1]"])
def test_without_an_answer_the_address_is_unknown(said: str) -> None:
    assert address(Connections(said), "podman", {}) == ""
