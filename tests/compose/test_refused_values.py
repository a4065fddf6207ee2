"""Values that Podman or podman-compose would refuse once the running service is stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.compose.reading import one, read, refused


def said(key: str, value: Any) -> str:
    """The one problem with a value of a service."""
    (problem,) = refused(one(f"{key}: {json.dumps(value)}"))
    assert "docker-compose.yml:4:" in problem
    return problem


# --- ports ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "host_ip", "host_port"),
    [
        ("127.0.0.1:8088:80", "127.0.0.1", 8088),
        ("127.0.0.1::80", "127.0.0.1", None),
        ("[::1]:8088:80", "::1", 8088),
        ("[::1]::80/udp", "::1", None),
        ("[0:0:0:0:0:0:0:1]:8088:80", "::1", 8088),
        ("[::ffff:127.0.0.1]:8088:80", "127.0.0.1", 8088),
        ("[127.0.0.1]:8088:80", "127.0.0.1", 8088),
        ("0.0.0.0:8088:80", "0.0.0.0", 8088),
        ("8088:80/sctp", "", 8088),
        (":80", "", None),
        (80, "", None),
        ({"target": 80, "published": 8088, "host_ip": "[::1]"}, "::1", 8088),
        ({"target": "80", "published": None, "host_ip": "127.0.0.1"}, "127.0.0.1", None),
    ],
)
def test_ports_that_podman_takes(port: Any, host_ip: str, host_port: int | None) -> None:
    (read_as,) = read(one(f"ports: [{json.dumps(port)}]")).services["web"].ports
    assert (read_as.host_ip, read_as.host_port, read_as.container_port) == (host_ip, host_port, 80)


@pytest.mark.parametrize(
    ("port", "hint"),
    [
        ("127.0.0.256:8088:80", "'127.0.0.256' is no IP address"),
        ("999.1.1.1:8088:80", "'999.1.1.1' is no IP address"),
        ("0177.0.0.1:8088:80", "'0177.0.0.1' is no IP address"),
        ("[zz]:8088:80", "'[zz]' is no IP address"),
        ("[]:8088:80", "'[]' is no IP address"),
        ("*:8088:80", "'*' is no IP address"),
        ("[fe80::1%eth0]:8088:80", "Podman does not take the zone '%eth0'"),
        ("::1:8088:80", "the IPv6 address ::1 must stand in brackets and quotes: '[::1]'"),
        ("localhost:8088:80", "'localhost' is a name, and a port is bound to an IP address: 127.0"),
        (":8088:80", "the address before the port is empty; 127.0.0.1 is this machine alone"),
        ("127.0.0.1:80", "write 127.0.0.1:HOST:80, or 127.0.0.1::80 to let Podman choose"),
        ("[::1]:80", "write [::1]:HOST:80, or [::1]::80"),
        ("２２０１１:80", "in plain digits"),
        ("127.0.0.1:２２０１１:80", "in plain digits"),
        ("22011:８０", "in plain digits"),
        ("0:80", "0 is not between 1 and 65535"),
        ("9" * 5000 + ":80", "is not between 1 and 65535"),
        ("80:80/tpc", "'tpc' is no protocol; there are tcp, udp, sctp"),
        ("80:80/", "'' is no protocol"),
        (True, "True is no port"),
        (None, "None is no port"),
        ({"target": 80, "host_ip": "::1"}, "must stand in brackets"),
        ({"target": 80, "host_ip": "localhost"}, "'localhost' is a name"),
        ({"target": 80, "published": 0}, "0 is not between"),
        ({"target": 80, "published": "８０"}, "'published' is '８０', which is no port"),
        ({"target": 80, "protocol": "tpc"}, "'tpc' is no protocol"),
    ],
)
def test_ports_that_podman_refuses(port: Any, hint: str) -> None:
    (problem,) = refused(one(f"ports: [{json.dumps(port)}]"))
    assert hint in problem
    assert "docker-compose.yml:4:" in problem


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        *(f"{key}: {value}" for key in ("mem_limit", "mem_reservation", "shm_size") for value in (
            "512m", "512M", "1.5g", "1gb", "1GiB", "'1 g'", "8388608", "0", "''", "null"
        )),
        *(f"cpus: {value}" for value in ("2", "0.50", ".5", "'1.5'", "0")),
        *(f"pids_limit: {value}" for value in ("100", "'100'", "-1", "0", "null")),
        "cpu_shares: 512",
        "deploy: {resources: {limits: {memory: 1g, cpus: '0.5', pids: 5}}}\npids_limit: 5",
        "deploy: {resources: {reservations: {memory: 512m}}}\nmem_limit: 512m",
        "mem_limit: ${LIMIT:-1g}",
    ],
)  # fmt: skip
def test_limits_that_podman_takes(body: str) -> None:
    read(one(body))


@pytest.mark.parametrize("key", ["mem_limit", "mem_reservation", "shm_size"])
@pytest.mark.parametrize(
    "value", ["lots", "2gb ", " 2g", "1e9", "-1", -1, "+1g", "1_000m", ".5g", "2.g", "1Gi", "２g"]
)
def test_sizes_that_are_none(key: str, value: Any) -> None:
    problem = said(key, value)
    assert f"'services.web.{key}': {value!r} is no size; write a number and a unit" in problem


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("mem_limit", "512", "is 512 bytes, and no container starts with less than 4m"),
        ("mem_limit", "1k", "1024 bytes"),
        ("mem_limit", True, "is no size"),
        ("mem_limit", ["1g"], "is no size"),
        ("cpus", "lots", "'lots' is no number of processors"),
        ("cpus", "1e1", "is no number of processors"),
        ("cpus", -1, "is no number of processors"),
        ("cpus", "nan", "is no number of processors"),
        ("cpus", 0.001, "which is 0.01"),
        ("pids_limit", "many", "'many' is no number of processes"),
        ("pids_limit", 1.5, "is no number of processes"),
        ("pids_limit", "", "is no number of processes"),
        ("pids_limit", "-2", "is no number of processes"),
        ("pids_limit", "9" * 20, "is no number of processes"),
        ("cpu_shares", 1, "1 is no whole number from 2 to 262144"),
        ("deploy", "much", "'services.web.deploy' must be a mapping"),
        ("deploy", {"resources": {"limits": None}}, "'services.web.deploy.resources.limits' must"),
        ("deploy", {"resources": {"limits": {"memory": "x"}}}, "resources.limits.memory': 'x' is"),
        ("restart", "sometimes", "'sometimes' is no policy; there are 'no', always"),
        ("restart", "always:3", "is no policy"),
        ("restart", "on-failure:x", "is no policy"),
    ],
)
def test_limits_and_policies_that_are_none(key: str, value: Any, hint: str) -> None:
    assert hint in said(key, value)


def test_limits_that_do_not_fit_together() -> None:
    (problem,) = refused(one("mem_limit: 1g\nmem_reservation: 2g"))
    assert "docker-compose.yml:5:" in problem
    assert "'services.web.mem_reservation' reserves more memory than the service may use" in problem
    (problem,) = refused(one("pids_limit: 5\ndeploy: {resources: {limits: {pids: 6}}}"))
    assert "'services.web.deploy.resources.limits.pids' and 'pids_limit' differ" in problem


# --- networks and names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("networks", "hint"),
    [
        ([None], "None cannot be the name of a network"),
        ([5], "5 cannot be the name of a network"),
        ([["lab"]], "['lab'] cannot be the name of a network"),
        (["a'b"], "cannot be the name of a network"),
        (["a/b"], "'a/b' cannot be the name of a network"),
        (["lab\n"], "cannot be the name of a network"),
        ("lab", "'services.web.networks' must be a list of names"),
        ({"default": "x"}, "'services.web.networks.default' must be a mapping or empty"),
    ],
)
def test_networks_of_a_service_that_are_none(networks: Any, hint: str) -> None:
    assert hint in said("networks", networks)


@pytest.mark.parametrize("kind", ["network", "volume"])
@pytest.mark.parametrize("declared", [{"a/b": {}}, {"lab": {"name": "a b"}}, {"lab": {"name": 5}}])
def test_declared_names_that_podman_does_not_take(kind: str, declared: dict[str, Any]) -> None:
    (problem,) = refused(one("command: x") + f"{kind}s: {json.dumps(declared)}\n")
    assert f"cannot be the name of a {kind}" in problem


def test_a_name_that_is_written_as_a_number_must_be_quoted() -> None:
    (problem,) = refused(one("command: x") + "networks: {5: {}}\n")
    assert "The name 5 under 'networks' would be read as a number" in problem
    assert "Write '5' in quotes." in problem


def test_network_modes() -> None:
    for mode in ("host", "none", "bridge", "pasta:--map-gw", "container:other", "ns:/run/x"):
        read(one(f"network_mode: '{mode}'"))
    assert "'hots' is no 'network_mode'" in said("network_mode", "hots")
    (problem,) = refused(one("network_mode: host\nnetworks: [lab]") + "networks: {lab: {}}\n")
    assert "has both 'network_mode' and 'networks'" in problem


# --- what becomes an argument of a program --------------------------------------------------------

LONGEST = 128 * 1024 - 1


@pytest.mark.parametrize("form", ["mapping", "list", "passed through", "variable"])
def test_entries_of_the_environment_that_are_too_long(form: str) -> None:
    def body(length: int) -> tuple[str, dict[str, str]]:
        value = "x" * (length - len("NAME="))
        return {
            "mapping": (f"environment: {{NAME: {value}}}", {}),
            "list": (f"environment: [NAME={value}]", {}),
            "passed through": ("environment: [NAME]", {"NAME": value}),
            "variable": ("environment: {NAME: '${OTHER}'}", {"OTHER": value}),
        }[form]

    fits, environ = body(LONGEST)
    read(one(fits), environ=environ)
    too_long, environ = body(LONGEST + 1)
    (problem,) = refused(one(too_long), environ=environ)
    assert "environment.NAME' is longer than the 128 KiB" in problem
    assert len(problem) < 500


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (r'environment: {NAME: "a\0b"}', "'services.web.environment.NAME' holds a NUL character"),
        (r'command: [run, "a\0b"]', "'services.web.command.1' holds a NUL character"),
        (f"labels: {{a: {'ä' * 65536}}}", "'services.web.labels.a' is longer than the 128 KiB"),
        ("environment: {'': x}", "'' in 'environment' cannot be the name of a variable"),
        ("environment: {A=B: x}", "'A=B' in 'environment' cannot be the name of a variable"),
        (r'environment: ["A\0=x"]', "cannot be the name of a variable"),
    ],
)
def test_what_no_program_can_be_given(body: str, what: str) -> None:
    (problem,) = refused(one(body))
    assert what in problem
