"""What two stacks of one template would share is replaced; everything else stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Project

from container_manager.config.source import parse_yaml
from container_manager.testing.detached import detach
from container_manager.testing.ports import Ports

PATH = "services/framework/web/docker-compose.yml"


class Detached:
    def __init__(self, project: Project, template: str) -> None:
        self.ports = Ports()
        project.deploy("web", template)
        before = project.prepare()
        self.prepared = detach(before, self.ports)
        self.before = before.outputs[PATH].text or ""
        self.text = self.prepared.outputs[PATH].text or ""
        node = parse_yaml(self.text, Path("x"), compose=True)
        assert node is not None
        self.document: Any = node.plain()
        self.web: Any = self.document["services"]["web"]
        self.given = sorted(self.ports)
        self.ports.close()


def web(lines: str) -> str:
    return f"services:\n  web:\n    image: localhost/web\n{lines}"


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ('"127.0.0.1:8081:8000"', "127.0.0.1:{}:8000/tcp"),
        ('"8081:8000"', "127.0.0.1:{}:8000/tcp"),
        ('"192.0.2.7:8081:8000/udp"', "127.0.0.1:{}:8000/udp"),
        ('"[::1]:8081:8000"', "[::1]:{}:8000/tcp"),
        ('"${PORT:-8081}:8000"', "127.0.0.1:{}:8000/tcp"),
        ("{target: 8000, published: 8081}", "127.0.0.1:{}:8000/tcp"),
        ('"8000"', "127.0.0.1::8000/tcp"),
    ],
)
def test_ports_are_free_ones_of_this_machine_alone(
    project: Project, entry: str, wanted: str
) -> None:
    result = Detached(project, web(f"    ports: [{entry}]\n"))
    assert result.web["ports"] == [wanted.format(*result.given)]
    assert 8081 not in result.given


def test_ranges_stay_ranges(project: Project) -> None:
    result = Detached(project, web('    ports: ["8081-8083:8000-8002"]\n'))
    first, second, third = result.given
    assert (second, third) == (first + 1, first + 2)
    assert result.web["ports"] == [f"127.0.0.1:{first}-{third}:8000-8002/tcp"]


def test_ports_in_blocks_and_behind_anchors(project: Project) -> None:
    result = Detached(
        project,
        web(
            "    ports: &p\n"
            "      - target: 8000\n        published: 8081\n"
            '      - "8082:8002"\n'
            "    x-again: *p\n    init: true\n"
        ),
    )
    assert [one.rpartition(":")[2] for one in result.web["ports"]] == ["8000/tcp", "8002/tcp"]
    assert result.web["init"] is True
    assert result.text.count("\n") == result.before.count("\n")
    assert result.web["x-again"] == result.web["ports"]


def test_the_lines_of_the_template_are_still_found(project: Project) -> None:
    result = Detached(project, web('    ports:\n      - "8081:8000"\n    init: true\n'))
    changed = [
        number
        for number, (old, new) in enumerate(
            zip(result.before.splitlines(), result.text.splitlines(), strict=True), 1
        )
        if old != new
    ]
    assert changed == [5]


def test_fixed_names_become_the_stacks_own(project: Project) -> None:
    result = Detached(
        project,
        web(
            "    container_name: web\n    networks: [net]\n"
            "    volumes: [a:/a, b:/b, c:/c]\n    build: .\n"
            "  user:\n    image: localhost/web\n"
            "volumes:\n  a: {name: data}\n  b: {external: true}\n"
            "  c: {external: true, name: theirs}\n"
            "networks:\n  net:\n    name: ${COMPOSE_PROJECT_NAME}_own\n"
        ),
    )
    assert result.web["container_name"] == "lab_web"
    assert (
        result.web["image"] == result.document["services"]["user"]["image"] == "localhost/lab_web"
    )
    stack = result.prepared.stack
    names = {name: (one.actual, one.external) for name, one in stack.volumes.items()}
    assert names == {
        "a": ("lab_data", False), "b": ("lab_b", False), "c": ("lab_theirs", False),
    }  # fmt: skip
    assert stack.networks["net"].actual == "lab_own"


def test_what_lies_outside_of_the_copy_cannot_be_written(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "theirs"
    outside.mkdir()
    result = Detached(
        project,
        web(
            f"    volumes:\n      - {outside}:/a\n      - {outside}:/b:rw,z\n"
            "      - ../../data:/c\n      - kept:/d\n"
            f"      - type: bind\n        source: {outside}\n        target: /e\n"
            "    init: true\nvolumes: {kept: {}}\n"
        ),
    )
    assert result.web["volumes"] == [
        f"{outside}:/a:ro",
        f"{outside}:/b:z,ro",
        "../../data:/c",
        "kept:/d",
        {"type": "bind", "source": str(outside), "target": "/e", "read_only": True},
    ]
    assert result.web["init"] is True


def test_who_shares_nothing_is_left_as_it_is(project: Project) -> None:
    result = Detached(project, web("    environment: {A: '1'}  # a comment\n"))
    assert result.text == result.before


def test_ports_are_given_out_once_among_all_runs() -> None:
    one, other = Ports(), Ports()
    taken = {one.take(), *(other.take() for _ in range(20)), one.take(3)}
    assert len(taken) == 22
    port = one.take()
    one.close()
    assert not set(one)
    assert port not in set(other)
    other.close()
