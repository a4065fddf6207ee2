"""Podman's answers, as 4.3 and 5.x give them, and what it is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from container_manager.errors import RuntimeFailure
from container_manager.podman.answers import container_state, listed_container
from container_manager.podman.engine import Engine
from container_manager.podman.host import PodmanHost
from container_manager.podman.state import PublishedPort
from container_manager.run import Finished

# Shortened from 'podman container inspect' of 4.3.1.
OLD = {
    "Id": "85a5" * 16,
    "Name": "rtx_web_1",
    "State": {
        "Status": "running",
        "OOMKilled": False,
        "ExitCode": 0,
        "Error": "",
        "StartedAt": "2026-11-22T16:40:44.741105834Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Health": {
            "Status": "healthy",
            "FailingStreak": 0,
            "Log": [{"Start": "2026-11-22T16:40:48.218515673Z", "ExitCode": 0, "Output": "fine\n"}],
        },
    },
    "Image": "7cb1d6b8",
    "ImageName": "localhost/x:latest",
    "RestartCount": 2,
    "Mounts": [{"Type": "volume", "Name": "rtx_data"}, {"Type": "bind", "Source": "/x"}],
    "NetworkSettings": {"Networks": {"rtx_default": {}}, "Ports": {}},
    "Config": {
        "Labels": {"com.docker.compose.project": "rtx", "com.docker.compose.service": "web"},
        "Env": ["TOKEN=the-secret"],
        "Healthcheck": {
            "Test": ["CMD-SHELL", "true"],
            "StartPeriod": 1000000000,
            "Interval": 5000000000,
            "Timeout": 2000000000,
            "Retries": 2,
        },
    },
    "HostConfig": {
        "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0},
        "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
    },
}
# The differences of 5.4.2: a prefix, a zone, no health where there is no check, "no" as a policy.
NEW = {
    "Id": "5b88" * 16,
    "Name": "rtx_bad_1",
    "State": {
        "Status": "exited",
        "ExitCode": 3,
        "OOMKilled": True,
        "StartedAt": "2026-11-22T18:40:44.741105834+02:00",
        "FinishedAt": "2026-11-22T18:40:45.741105834+02:00",
    },
    "Image": "sha256:7cb1d6b8",
    "ImageName": "localhost/x:latest",
    "RestartCount": 0,
    "Mounts": [],
    "NetworkSettings": {
        "Networks": None,
        "Ports": {"9/udp": [{"HostIp": "", "HostPort": "9"}], "10/tcp": None},
    },
    "Config": {"Labels": None, "Healthcheck": {"Test": ["NONE"]}},
    "HostConfig": {"RestartPolicy": {"Name": "no"}, "PortBindings": {}},
}


def test_a_container_of_podman_4() -> None:
    state = container_state(OLD)
    assert (state.service, state.project, state.running, state.ended) == ("web", "rtx", True, False)
    assert state.started_at == pytest.approx(1795365644.741105)
    assert state.finished_at is None
    assert state.health is not None
    assert (state.health.status, state.health.output) == ("healthy", "fine")
    assert (state.health.interval, state.health.start_period, state.health.retries) == (5, 1, 2)
    assert state.health.checked_at == pytest.approx(1795365648.218515)
    assert (state.volumes, state.networks) == (("rtx_data",), ("rtx_default",))
    assert (state.restart_policy, state.restart_count) == ("always", 2)
    assert state.ports == (
        PublishedPort(host_ip="127.0.0.1", host_port=8080, container_port=80, protocol="tcp"),
    )
    assert "the-secret" not in repr(state)


def test_a_container_of_podman_5() -> None:
    state = container_state(NEW)
    assert (state.running, state.ended, state.exit_code, state.oom_killed) == (False, True, 3, True)
    assert state.started_at == pytest.approx(1795365644.741105)
    assert state.health is None
    assert (state.image_id, state.restart_policy, state.service) == ("7cb1d6b8", "", "")
    assert [port.host_port for port in state.ports] == [9]


def test_ranges_of_ports_in_the_list() -> None:
    line = {
        "Names": ["a"],
        "State": "running",
        "Labels": None,
        "Ports": [
            {"host_ip": "", "container_port": 80, "host_port": 8080, "range": 2, "protocol": "tcp"}
        ],
    }
    found = listed_container(line)
    assert [(p.host_port, p.container_port) for p in found.ports] == [(8080, 80), (8081, 81)]
    assert found.running


class Recorded:
    """Plays back answers by the first words of the call."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.calls: list[tuple[str, ...]] = []
        self.stdin: list[bytes | None] = []

    def run(self, argv: Sequence[str], **options: Any) -> Finished:
        self.calls.append(tuple(argv[1:]))
        self.stdin.append(options.get("stdin"))
        answer = self.answers.get("_".join(argv[1:3]), self.answers.get(argv[1]))
        return Finished(
            argv=tuple(argv),
            returncode=0 if answer is not None else 125,
            stdout=answer or "",
            stderr="" if answer is not None else "Error: no such thing",
        )


def engine(runner: Recorded) -> Engine:
    host = PodmanHost(
        executable="/usr/bin/podman", version=(4, 3, 1), rootless=False, settings={}, reasons=()
    )
    return Engine(runner, host, {})


def test_containers_are_found_by_label_and_inspected() -> None:
    runner = Recorded(ps="85a5\n5b88\n", container_inspect=json.dumps([OLD, NEW]))
    states = engine(runner).containers("a=b")
    assert [state.name for state in states] == ["rtx_web_1", "rtx_bad_1"]
    assert runner.calls[0] == ("ps", "--all", "--quiet", "--no-trunc", "--filter=label=a=b")


def test_an_array_or_an_object_a_line_is_read() -> None:
    one = {"Name": "v", "Labels": None}
    for text in (json.dumps([one]), json.dumps(one), f"{json.dumps(one)}\n{json.dumps(one)}"):
        assert engine(Recorded(volume_ls=text)).volumes("a=b")[0].name == "v"
    assert engine(Recorded(volume_ls="")).volumes("a=b") == []
    for text in ('[{"name": "n", "labels": {"a": "b"}}]', '[{"Name": "n", "Labels": {"a": "b"}}]'):
        assert engine(Recorded(network_ls=text)).networks("a=b") == {"n": {"a": "b"}}


def test_what_is_not_there_is_none_and_what_fails_says_so() -> None:
    assert engine(Recorded()).image("x") is None
    assert engine(Recorded()).volume("x") is None
    with pytest.raises(RuntimeFailure, match="'podman volume ls' failed: Error: no such thing"):
        engine(Recorded()).volumes("a=b")
    with pytest.raises(RuntimeFailure, match="not JSON"):
        engine(Recorded(volume_ls="<html>")).volumes("a=b")


def test_secrets_go_through_a_pipe_and_are_found_by_their_beginning() -> None:
    runner = Recorded(secret_create="id", secret_ls="lab.A.1\nlab-two.B.2\n")
    engine(runner).create_secret("lab.A.1", "the value")
    assert runner.stdin == [b"the value"]
    assert "the value" not in str(runner.calls)
    assert engine(runner).secrets("lab.") == ["lab.A.1"]


def test_orders_are_spelled_as_every_version_understands_them() -> None:
    runner = Recorded(stop="", rm="", volume_export="", pull="")
    podman = engine(runner)
    podman.stop(["a", "b"], 1.2)
    podman.remove(["a"], anonymous_volumes=True)
    podman.export_volume("v", Path("/x.tar"))
    podman.pull("r/x", lambda _: None, policy="newer", more={"HTTPS_PROXY": "p"})
    assert runner.calls == [
        ("stop", "-t", "2", "a", "b"),
        ("rm", "--force", "-t", "0", "--volumes", "a"),
        ("volume", "export", "--output=/x.tar", "v"),
        ("pull", "--policy=newer", "r/x"),
    ]


def test_a_listing_that_something_was_removed_from_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("container_manager.podman.stores._LISTING_PAUSE", 0)

    class Removing(Recorded):
        """Fails as Podman does when an image goes while all are listed."""

        def run(self, argv: Sequence[str], **options: Any) -> Finished:
            finished = super().run(argv, **options)
            if len(self.calls) < 3:
                return Finished(argv=tuple(argv), returncode=125, stdout="", stderr="not known")
            return finished

    runner = Removing(ps="85a5\n")
    assert engine(runner).container_ids("label=a=b") == ["85a5"]
    assert len(runner.calls) == 3


@pytest.mark.parametrize(
    "answer", ["[7]", "[[]]", '[{"Id": "a", "Name": "a", "Names": 3, "Labels": ["x"]}]']
)
def test_an_answer_that_is_not_podmans_is_told(answer: str) -> None:
    other = engine(
        Recorded(
            ps=answer, container_inspect=answer, image_inspect=answer, volume_inspect=answer,
            volume_ls=answer,
        )
    )  # fmt: skip
    for ask in (
        other.everything,
        lambda: other.inspect(["a"]),
        lambda: other.images_named(["a"]),
        lambda: other.volumes("a=b"),
        lambda: other.volume("a"),
    ):
        with pytest.raises(RuntimeFailure, match="gave an answer that is not Podman's"):
            ask()


def test_an_answer_that_is_nested_too_deeply_is_not_json() -> None:
    with pytest.raises(RuntimeFailure, match="not JSON"):
        engine(Recorded(ps="[" * 100_000)).everything()
