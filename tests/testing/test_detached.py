"""What two stacks of one template would share is replaced; everything else stays as it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import Project

from container_manager.config.source import parse_yaml
from container_manager.errors import PreconditionError
from container_manager.testing.detached import detach
from container_manager.testing.flat import flat
from container_manager.testing.ports import Ports
from container_manager.testing.shared import shared

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


def test_ports_in_blocks(project: Project) -> None:
    result = Detached(
        project,
        web(
            "    ports: &p\n"
            "      - target: 8000\n        published: 8081\n"
            '      - "8082:8002"\n'
            "    init: true\n"
        ),
    )
    assert [one.rpartition(":")[2] for one in result.web["ports"]] == ["8000/tcp", "8002/tcp"]
    assert result.web["init"] is True
    assert result.text.count("\n") == result.before.count("\n")


def test_a_range_without_ports_of_the_host_is_closed_too(project: Project) -> None:
    result = Detached(project, web('    ports: ["9400-9402"]\n'))
    first, _, last = result.given
    assert result.web["ports"] == [f"127.0.0.1:{first}-{last}:9400-9402/tcp"]


MERGED = """\
x-base: &base
  image: localhost/web
  container_name: fixed
  ports: ["0.0.0.0:8081:8000"]
  volumes: [OUTSIDE:/a, data:/data]
x-volume: &volume {name: theirs}
services:
  web:
    <<: [{init: true}, *base]
    stop_signal: "0755"
  more:
    <<: *base
    container_name: other
    ports: &ports ["8082:8000"]
  last:
    image: localhost/web
    ports: *ports
volumes:
  data: {<<: *volume}
  kept: *volume
"""


def test_what_is_merged_or_repeated_is_replaced_too(project: Project, tmp_path: Path) -> None:
    result = Detached(project, MERGED.replace("OUTSIDE", str(tmp_path)))
    services = result.document["services"]
    assert services["web"]["container_name"] == "lab_fixed"
    assert services["more"]["container_name"] == "lab_other"
    ports = [one for service in services.values() for one in service["ports"]]
    assert sorted(ports) == [f"127.0.0.1:{port}:8000/tcp" for port in result.given]
    assert len(ports) == 3
    assert result.web["volumes"] == [f"{tmp_path}:/a:ro", "data:/data"]
    assert result.web["init"] is True
    assert result.web["stop_signal"] == "0755"
    assert result.document["volumes"] == {
        "data": {"name": "lab_theirs"}, "kept": {"name": "lab_theirs"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\n",
        "a: &a {x: 1}\nb: &b {<<: *a, y: 0755}\nc:\n  <<: *b\n  t: 2024-01-01\n",
        "a: &a ['1', 1, no, 22:22, ~, ünï]\nb: [*a, *a, &t 'x: y', *t]\n",
    ],
)
def test_providers_read_the_same_without_aliases(text: str) -> None:
    written_out = flat(text)
    assert yaml.safe_load(written_out) == yaml.safe_load(text)
    assert not set("&*<") & set(written_out)


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


def test_a_link_of_the_project_that_leads_out_of_it_leads_outside(
    project: Project, tmp_path: Path
) -> None:
    outside = tmp_path / "theirs"
    outside.mkdir()
    (project.root / "linked").symlink_to(outside)
    (project.root / "own").mkdir()
    (project.root / "near").symlink_to("own")
    linked, near = project.root / "linked", project.root / "near"
    result = Detached(project, web(f"    volumes: [{linked}:/a, {linked}/b:/b, {near}:/c]\n"))
    assert result.web["volumes"] == [f"{linked}:/a:ro", f"{linked}/b:/b:ro", f"{near}:/c"]


def test_a_volume_that_leads_to_a_folder_of_the_host_becomes_new_and_empty(
    project: Project,
) -> None:
    result = Detached(
        project,
        web(
            "    volumes: [a:/a, b:/b]\nvolumes:\n"
            "  a:\n    driver_opts:\n      type: none\n      o: bind\n      device: /srv/data\n"
            "    labels: {kept: 'yes'}\n"
            "  b: {driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}\n"
        ),
    )
    assert result.document["volumes"] == {
        "a": {"driver_opts": {}, "labels": {"kept": "yes"}},
        "b": {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}},
    }


def test_what_cannot_be_taken_apart_is_not_started(project: Project) -> None:
    """A secret of the user's Podman has no empty substitute."""
    text = web("    secrets: [pin]\n") + "secrets:\n  pin: {external: true}\n"
    with pytest.raises(PreconditionError) as told:
        Detached(project, text)
    assert re.search(
        r"services/framework/web/docker-compose\.yml\.j2:6: "
        r"The external secret 'pin' is not the test's own",
        str(told.value),
    )
    assert "stack_project" in str(told.value)


def test_the_last_look_finds_whatever_is_shared(project: Project, tmp_path: Path) -> None:
    """Of a stack from which nothing was taken out."""
    project.deploy(
        "web",
        web(
            f"    build: .\n    container_name: fixed\n    volumes: [{tmp_path}:/a, d:/d]\n"
            '    ports: ["8081:8000", "127.0.0.1:8082:8000", "127.0.0.1:8083:8000"]\n'
            "volumes:\n  d: {driver_opts: {type: none, o: bind, device: /srv}}\n"
            "  named: {name: theirs}\n"
            "networks:\n  net: {external: true}\n"
        ),
    )
    stack = project.prepare().stack
    found = shared(stack, {8083}, lambda path: path.is_relative_to(project.root))
    told = [problem.message.removesuffix(" is not the test's own.") for problem in found]
    assert told == [
        "The container name 'fixed'",
        "The built image 'localhost/web'",
        "The address of the published port 8000",
        "The published port 8082",
        f"The folder '{tmp_path}', which could be written,",
        "What the volume 'd' leads to",
        "The volume 'theirs'",
        "The external network 'net'",
    ]


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
