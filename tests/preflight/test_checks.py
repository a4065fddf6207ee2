"""Findings before a start: all at once, each with its place."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from container_manager import identity as labels
from container_manager.compose.model import Port, Stack
from container_manager.compose.stack import read_stack
from container_manager.config.environment import Environment
from container_manager.config.source import parse_yaml
from container_manager.errors import Location
from container_manager.identity import Identity
from container_manager.model import ComposeFile
from container_manager.podman.answers import container_state
from container_manager.podman.state import ListedContainer, PublishedPort
from container_manager.preflight import Findings, Surroundings, check, try_bind
from container_manager.preflight.mounts import unreadable
from container_manager.preflight.ports import taken_ports

EMPTY: dict[str, Any] = {
    "own": (),
    "everything": (),
    "volumes": (),
    "known_volumes": (),
    "known_networks": (),
}


def stack(text: str, base: Path) -> Stack:
    path = base / "build/services/docker-compose.yml"
    document = parse_yaml(text, path, compose=True)
    assert document is not None
    file = ComposeFile(path=path, template=path, service=None, load=lambda: document)
    return read_stack([file], {}, Environment(process={}), project_name="lab")


def findings(text: str, root: Path, *, code: int | None = None, **surroundings: Any) -> Findings:
    read = stack(text, root)
    identity = Identity(project="lab", config=root / "config.yml", checkout=None, key=b"")
    around = Surroundings(**{**EMPTY, **surroundings})
    return check(read, list(read.services), identity, around, root=root, try_port=lambda _: code)


def listed(name: str, labels: dict[str, str], *ports: PublishedPort) -> ListedContainer:
    return ListedContainer(name=name, labels=labels, running=True, ports=ports)


HTTP = PublishedPort(host_ip="", host_port=973, container_port=80, protocol="tcp")


def test_nothing_to_find(tmp_path: Path) -> None:
    text = "services: {web: {image: localhost/x, ports: ['973:80']}}"
    assert findings(text, tmp_path) == Findings(problems=(), warnings=(), folders=())


@pytest.mark.parametrize(
    ("code", "around", "said"),
    [
        (errno.EADDRINUSE, {}, "is taken by another program"),
        (
            errno.EADDRINUSE,
            {"everything": [listed("x_web_1", {"com.docker.compose.project": "x"}, HTTP)]},
            "is taken by the container x_web_1 of the project 'x'",
        ),
        (
            errno.EADDRINUSE,
            {
                "everything": [
                    listed(
                        "x_web_1",
                        {
                            "com.docker.compose.project": "x",
                            "io.container-manager.config": "/home/alice/x/config.yml",
                        },
                        HTTP,
                    )
                ]
            },
            "of the project 'x', started by /home/alice/x/config.yml",
        ),
        (errno.EACCES, {}, "needs more rights"),
        (errno.EADDRNOTAVAIL, {}, "an address that this machine does not have"),
    ],
)
def test_a_port_that_cannot_be_had(
    tmp_path: Path, code: int, around: dict[str, Any], said: str
) -> None:
    text = "services:\n  web:\n    image: localhost/x\n    ports:\n      - '127.0.0.1:973:80'\n"
    (problem,) = findings(text, tmp_path, code=code, **around).problems
    assert "Port 127.0.0.1:973/tcp, which the service 'web' publishes" in problem.message
    assert said in problem.message
    assert problem.where is not None
    assert (problem.where.file.name, problem.where.line) == ("docker-compose.yml", 5)


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        (
            ["web.port_host (config.yml:1:2)"],
            errno.EADDRINUSE,
            "Change web.port_host (config.yml:1:2); with 'auto' a free port is chosen.",
        ),
        (["a.port (x:1)", "b (x:2)"], errno.EADDRINUSE, "Change a.port (x:1) or b (x:2)."),
        (["a.port (x:1)"], errno.EACCES, "Change a.port (x:1) to a port from "),
        ([], errno.EADDRINUSE, "Choose another port in this template"),
        ([], errno.EACCES, "as root, sysctl net.ipv4.ip_unprivileged_port_start=973"),
    ],
)
def test_the_key_that_gives_the_port_is_named(
    tmp_path: Path, keys: list[str], code: int, said: str
) -> None:
    """The compose file says which port it is; whoever rendered it knows from which key."""
    read = stack("services: {web: {image: localhost/x, ports: ['973:80']}}", tmp_path)

    def keys_of(owner: str | None, port: int) -> list[str]:
        assert (owner, port) == (None, 973)
        return keys

    around = Surroundings(**EMPTY)
    (problem,) = taken_ports(read.services.values(), around, lambda _: code, keys_of)
    assert said in str(problem.remedy)


def test_a_port_that_two_services_claim(tmp_path: Path) -> None:
    text = (
        "services:\n  a: {image: localhost/x, ports: ['973:80', '973:80/udp']}\n"
        "  b: {image: localhost/x, ports: ['127.0.0.1:973:80']}\n"
    )
    (problem,) = findings(text, tmp_path).problems
    assert "The services 'a' and 'b' both publish Port 127.0.0.1:973/tcp" in problem.message


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ({"Status": "running"}, 0),
        ({"Status": "exited"}, 1),
        ({"Status": "stopped", "policy": "always"}, 1),
        ({"Status": "stopped", "policy": "always", "restarts": 4}, 0),
        ({"Status": "initialized", "policy": "on-failure", "restarts": 1}, 0),
    ],
)
def test_a_port_may_be_taken_by_our_own_container(
    tmp_path: Path, state: dict[str, Any], found: int
) -> None:
    """Also by one that Podman restarts again and again, and that was down when we looked."""
    own = container_state(
        {
            "Id": "1",
            "Name": "lab_web_1",
            "RestartCount": state.get("restarts", 0),
            "State": {"Status": state["Status"]},
            "Config": {"Labels": {"com.docker.compose.project": "lab"}},
            "HostConfig": {
                "RestartPolicy": {"Name": state.get("policy", "no")},
                "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "973"}]},
            },
        }
    )
    text = "services: {web: {image: localhost/x, ports: ['127.0.0.1:973:80']}}"
    problems = taken_ports(
        stack(text, tmp_path).services.values(),
        Surroundings(**{**EMPTY, "own": [own]}),
        lambda _: errno.EADDRINUSE,
    )
    assert len(problems) == found


def test_a_real_port_is_tried() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = Port(
            host_ip="127.0.0.1",
            host_port=holder.getsockname()[1],
            container_port=80,
            protocol="tcp",
            where=Location(Path("x")),
        )
        assert try_bind(port) == errno.EADDRINUSE
    assert try_bind(port) is None


def test_missing_mounts(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    text = (
        "services:\n  web:\n    image: localhost/x\n    volumes:\n"
        f"      - {tmp_path}/there:/a\n      - ./data:/b\n      - ./app.conf:/etc/app.conf\n"
        "      - /no/such:/c\n"
        "      - {type: bind, source: ./never, target: /d, bind: {create_host_path: false}}\n"
    )
    found = findings(text, tmp_path)
    assert found.folders == (tmp_path / "build/services/data",)
    assert [problem.message.split(" mounts ")[1].split(",")[0] for problem in found.problems] == [
        str(tmp_path / "build/services/app.conf"),
        "/no/such",
        str(tmp_path / "build/services/never"),
    ]


def test_names_that_others_have(tmp_path: Path) -> None:
    text = (
        "services: {a: {image: localhost/x, container_name: fixed}, b: {image: localhost/x}, "
        "c: {image: localhost/x}}"
    )
    everything = [
        listed("fixed", {"com.docker.compose.project": "other"}),
        listed("lab_b_1", {}),
        listed("lab_c_1", {"com.docker.compose.project": "lab"}),
    ]
    first, second = findings(text, tmp_path, everything=everything).problems
    assert "The name fixed of the service 'a' is taken by a container of the project 'other'" in (
        first.message
    )
    assert "lab_b_1" in second.message


def test_external_things_must_exist(tmp_path: Path) -> None:
    text = (
        "services: {a: {image: localhost/x, volumes: ['v:/v', 'w:/w'], networks: [n]}}\n"
        "volumes: {v: {external: true}, w: {external: true, name: real}, x: {external: true}}\n"
        "networks: {n: {external: true}}\n"
    )
    problems = findings(text, tmp_path, known_volumes=["real"]).problems
    assert [problem.message for problem in problems] == [
        "The external volume 'v' does not exist.",
        "The external network 'n' does not exist.",
    ]


def test_short_image_names_are_warned_about(tmp_path: Path) -> None:
    text = (
        "services: {a: {image: redis}, b: {image: library/redis}, c: {image: 'host:5000/x'}, "
        "d: {image: built, build: .}}"
    )
    warnings = findings(text, tmp_path).warnings
    assert [w.message.split("'")[1] for w in warnings] == ["redis", "library/redis"]


def test_what_an_ordinary_user_in_a_container_cannot_read_is_told(tmp_path: Path) -> None:
    """A checkout that was made with umask 077 mounts files that nobody else may read."""
    text = "services: {{web: {{image: localhost/x, {user} volumes: ['{source}:/kernels:ro']}}}}"
    folder = tmp_path / "build" / "kernels"
    folder.mkdir(parents=True)
    file = folder / "kernel.json"
    file.touch()
    file.chmod(0o600)
    folder.chmod(0o755)
    mounted = text.format(user="user: '12345:0',", source=folder)
    (warning,) = findings(mounted, tmp_path).warnings
    assert warning.message == (
        f"The service 'web' runs as user 12345, who may not read {file}, which it mounts."
    )
    file.chmod(0o644)
    assert findings(mounted, tmp_path).warnings == ()
    folder.chmod(0o700)
    assert "may not read" in findings(mounted, tmp_path).warnings[0].message
    for user in ("", "user: root,", "user: '0:0',"):
        assert findings(text.format(user=user, source=folder), tmp_path).warnings == ()


def test_ids_in_an_ordinary_users_containers_are_others_than_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's own id is root's inside: a number that is equal by chance opens no file."""
    file = tmp_path / "token"
    file.touch()
    file.chmod(0o600)
    volumes = f"volumes: ['{file}:/token:ro']"
    own = stack(
        f"services: {{web: {{image: localhost/x, user: '{os.getuid() or 7}', {volumes}}}}}",
        tmp_path,
    )
    services = list(own.services.values())
    (warning,) = unreadable(services, tmp_path, rootless=True)
    assert "may not read" in warning.message
    # What a container left belongs to one of its users, and not to us.
    monkeypatch.setattr(os, "getuid", lambda: file.stat().st_uid + 1)
    assert unreadable(services, tmp_path, rootless=True) == []


FIXED = """
services: {web: {image: localhost/x, volumes: ['data:/data'], networks: [back]}}
volumes: {data: {name: kept}}
networks: {back: {name: inner}}
"""


def test_a_fixed_name_that_the_stack_of_another_configuration_has(tmp_path: Path) -> None:
    """Two environments would write into one volume, and meet in one network."""
    other = tmp_path / "config.prod.yml"
    other.touch()
    made = {labels.PROJECT: "lab-prod", labels.CONFIG: str(other)}
    found = findings(
        FIXED, tmp_path, fixed={("volume", "kept"): made, ("network", "inner"): made}
    ).problems
    assert [one.message for one in found] == [
        f"The volume kept is that of the stack 'lab-prod', started by {other}.",
        f"The network inner is that of the stack 'lab-prod', started by {other}.",
    ]
    assert "write {{ project_name }} into it" in str(found[0].remedy)


@pytest.mark.parametrize("owner", ["config.yml", "gone.yml", None])
def test_a_fixed_name_that_nobody_else_has(tmp_path: Path, owner: str | None) -> None:
    """Our own, also under a former project name; of a checkout that is gone; made by hand."""
    (tmp_path / "config.yml").touch()
    made = {labels.PROJECT: "former", labels.CONFIG: str(tmp_path / owner)} if owner else {}
    assert findings(FIXED, tmp_path, fixed={("volume", "kept"): made}).problems == ()
