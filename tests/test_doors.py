"""Which doors of running containers other machines reach."""

from __future__ import annotations

from typing import Any

import pytest

from container_manager.lifecycle.doors import is_loopback, open_doors
from container_manager.podman.answers import container_state
from container_manager.podman.state import ContainerState

HOST = ("every port it listens on (host network)",)


def container(
    name: str, mode: str = "bridge", *hosts: tuple[str, int | str], status: str = "running"
) -> ContainerState:
    """A container as Podman tells it; ``hosts`` are addresses and ports of the machine."""
    ports: dict[str, Any] = {}
    for address, port in hosts:
        spec = f"{port}/tcp" if isinstance(port, int) else str(port)
        number = spec.partition("/")[0]
        ports.setdefault(spec, []).append({"HostIp": address, "HostPort": number})
    return container_state(
        {
            "Id": name,
            "Name": name,
            "State": {"Status": status},
            "HostConfig": {"NetworkMode": mode, "PortBindings": ports},
        }
    )


def doors(one: ContainerState, *others: ContainerState) -> tuple[str, ...]:
    return open_doors(one, {each.id: each for each in (one, *others)})


def test_what_is_published_beyond_loopback_is_open() -> None:
    shut = container("a", "bridge", ("127.0.0.1", 8000), ("::1", 8000), ("127.1.2.3", 8001))
    assert doors(shut) == ()
    wide = container("a", "bridge", ("0.0.0.0", 8888), ("", 8889), ("::", "53/udp"))
    assert doors(wide) == ("0.0.0.0:8888", "0.0.0.0:8889", "[::]:53/udp")
    assert doors(container("a", "bridge", ("192.168.1.5", 80))) == ("192.168.1.5:80",)


def test_what_does_not_run_opens_nothing() -> None:
    assert doors(container("a", "host", ("0.0.0.0", 80), status="exited")) == ()


def test_the_hosts_network_is_found_through_others() -> None:
    web = container("web", "host")
    side = container("side", "container:web")
    third = container("third", "container:side")
    for one in (web, side, third):
        assert doors(one, web, side, third) == HOST


def test_who_shares_the_network_of_a_shut_container_is_shut() -> None:
    web = container("web", "bridge", ("127.0.0.1", 80))
    assert doors(container("side", "container:web"), web) == ()


@pytest.mark.parametrize("mode", ["ns:/proc/self/ns/net", "container:a-stranger"])
def test_a_network_that_is_not_known_is_told(mode: str) -> None:
    told = (f"perhaps every port it listens on (it shares a network not known: {mode})",)
    first = container("first", mode)
    assert doors(first) == told
    assert doors(container("second", "container:first"), first) == told


@pytest.mark.parametrize("mode", ["", "bridge", "none", "slirp4netns", "pasta", "private"])
def test_a_network_of_its_own_is_shut(mode: str) -> None:
    assert doors(container("a", mode)) == ()


def test_a_circle_ends() -> None:
    first, second = container("a", "container:b"), container("b", "container:a")
    assert len(doors(first, second)) == 1


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("db", False),
    ],
)
def test_loopback_in_other_spellings(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback
