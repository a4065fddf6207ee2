"""``port_host: auto``: a free port, the same one each time."""

from __future__ import annotations

import copy
import errno
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from container_manager import (
    ConfigBuilder,
    building,
    find_service_config,
    setup_build_dir,
    verbs,
)
from container_manager.build import again, lock, pipeline
from container_manager.config.auto_ports import COUNT, FIRST, Avoided
from container_manager.config.loader import load
from container_manager.errors import BuildError, ConfigError, PreconditionError
from container_manager.render.values import to_json, to_nice_yaml

if TYPE_CHECKING:
    from tests.conftest import Project

TEMPLATE = """
services:
  web:
    image: localhost/web
    ports: ["127.0.0.1:{{ framework.services.web.port_host }}:80"]
"""
KEY = "framework.services.web.port_host"
IMPATIENT = SimpleNamespace(monotonic=count(step=100).__next__, sleep=lambda _: None)
"""A clock by which every wait is over at once."""


@pytest.fixture
def lab(project: Project) -> Project:
    project.deploy("web", TEMPLATE, bind_address="127.0.0.1", port_host="auto")
    return project


@pytest.fixture
def somebody() -> Iterator[Any]:
    """Takes ports of this machine until the test is over."""
    sockets = []

    def take(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> None:
        one = socket.socket(socket.AF_INET, kind)
        sockets.append(one)
        one.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            one.listen()

    yield take
    for one in sockets:
        one.close()


def port(project: Project, key: str = KEY) -> int:
    return project.config().ports.chosen[key]


def remembered(project: Project) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(project.read(".container-manager/ports.json"))
    return found


# --- what is chosen -------------------------------------------------------------------------------


def test_a_port_of_the_range_that_is_the_same_each_time_and_another_in_another_clone(
    lab: Project, tmp_path: Path
) -> None:
    first = port(lab)
    assert FIRST <= first < FIRST + COUNT
    assert port(lab) == first
    other = tmp_path / "clone"
    other.mkdir()
    (other / "config.yml").write_text(lab.read("config.yml"))
    assert load(other / "config.yml", {}).ports.chosen[KEY] != first


def test_a_port_that_somebody_has_is_not_chosen(lab: Project, somebody: Any) -> None:
    first = port(lab)
    somebody(first)
    somebody(first + 1, socket.SOCK_DGRAM)
    assert port(lab) == first + 2
    avoided = Avoided(ports=frozenset({first + 2}))
    assert load(lab.root / "config.yml", {}, avoided).ports.chosen[KEY] == first + 3


def test_no_port_is_chosen_twice_or_that_the_configuration_gives(lab: Project) -> None:
    first = port(lab)
    lab.write(
        "config.yml",
        f"""
        deployed_services: []
        framework:
          services:
            web: {{path: x, port_host: auto, more: [{{admin-port-host: auto}}]}}
            db: {{path: y, port_host: {first}}}
            ui: {{path: z, port_host: '${{UI_PORT:-auto}}'}}
        applications: {{a: {{services: {{b: {{path: v, port_host: auto}}}}}}}}
        services: {{c: {{path: w, port_host: auto}}}}
        """,
    )
    chosen = lab.config().ports.chosen
    assert list(chosen) == [
        KEY,
        "framework.services.web.more.0.admin-port-host",
        "framework.services.ui.port_host",
        "applications.a.services.b.port_host",
        "services.c.port_host",
    ]
    assert len({*chosen.values(), first}) == 6
    assert lab.config(UI_PORT="8081").ports.chosen.keys() == chosen.keys() - {
        "framework.services.ui.port_host"
    }


def test_the_address_is_the_nearest_bind_address(lab: Project) -> None:
    lab.write(
        "config.yml",
        """
        deployed_services: []
        framework:
          services:
            web: {path: x, bind_address: 127.0.0.1, a: {port_host: auto}, b: {bind_address: '::1',
              port_host: auto}, admin_bind_address: 127.0.0.2, admin_port_host: auto}
            db: {path: y, port_host: auto}
        """,
    )
    assert list(lab.config().ports.addresses.values()) == ["127.0.0.1", "::1", "127.0.0.2", ""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("framework: {services: {web: {path: x, port_host: Auto}}}", "Did you mean 'auto'?"),
        ("framework: {services: {web: {path: x, port_host: atuo}}}", "must be a port or 'auto'"),
        ("network: {port_host: auto}", "stands in no service's definition"),
    ],
)
def test_what_is_mistyped_or_in_another_place_is_refused(
    project: Project, text: str, said: str
) -> None:
    project.write("config.yml", f"deployed_services: []\n{text}\n")
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert said in refusal.text
    assert "config.yml:2:" in refusal.text


def test_auto_under_another_key_is_suspected(project: Project) -> None:
    text = "framework: {services: {web: {path: x, port: auto, other_port_host: none}}}"
    project.write("config.yml", f"deployed_services: []\n{text}\n")
    (warning,) = [w for w in project.config().warnings if "port" in w.message]
    assert "'framework.services.web.port' is the text 'auto'" in warning.message


# --- what is remembered ---------------------------------------------------------------------------


def test_who_only_looks_writes_nothing(lab: Project, capsys: pytest.CaptureFixture[str]) -> None:
    before = lab.tree()
    chosen = port(lab)
    assert ConfigBuilder().config["framework"]["services"]["web"]["port_host"] == chosen
    assert verbs.services()[0].ports == (f"127.0.0.1:{chosen}->80",)
    told = verbs.explain(None, "web.port_host")
    assert (told.value, told.written) == (chosen, "auto")
    assert "this port is free" in str(told.rule)
    verbs.plan()
    assert lab.tree() == before


def test_a_build_remembers_it_and_says_so_once(
    lab: Project, somebody: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = port(lab)
    verbs.build()
    assert remembered(lab) == {"config.yml": {KEY: chosen}}
    assert (lab.root / ".container-manager/ports.json").stat().st_mode & 0o777 == 0o600
    assert f"port_host: {chosen}\n" in lab.read("build/services/framework/web/config.yml")
    assert capsys.readouterr().err == f"Port {chosen} was chosen for {KEY}.\n"
    somebody(chosen)  # our own container, say
    lab.write("services/framework/web/more.txt")
    assert [change.path for change in verbs.build().plan.pending] == [
        "services/framework/web/more.txt"
    ]
    assert port(lab) == chosen
    assert "remembered in" in str(verbs.explain(None, "web.port_host").rule)
    assert capsys.readouterr().err == ""


def test_the_next_build_need_not_look_again(lab: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    time.sleep(0.025)  # until the times of files are believed
    verbs.build()
    monkeypatch.setattr(again, "_prepared", None)
    assert verbs.build().plan.pending == ()


def test_a_change_of_what_is_remembered_is_built(lab: Project) -> None:
    verbs.build()
    state = {"config.yml": {KEY: 23456}, "config.prod.yml": {KEY: 23457}}
    lab.write(".container-manager/ports.json", json.dumps(state))
    verbs.build()
    assert "127.0.0.1:23456:80" in lab.read("build/services/framework/web/docker-compose.yml")
    assert remembered(lab) == state


def test_what_is_remembered_may_be_lost_or_broken(lab: Project) -> None:
    chosen = port(lab)
    verbs.build()
    for text in (
        "[",
        "[" * 100_000,
        "[]",
        '{"config.yml": {"framework.services.web.port_host": "x"}}',
    ):
        lab.write(".container-manager/ports.json", text)
        verbs.build()
        assert remembered(lab)["config.yml"] == {KEY: chosen}
    (lab.root / ".container-manager/ports.json").unlink()
    verbs.build(service=["web"])
    assert remembered(lab)["config.yml"] == {KEY: chosen}


def test_another_command_was_faster(lab: Project) -> None:
    """What it remembered counts, and this build takes it."""
    config = lab.root / "config.yml"
    prepared = lab.prepare()
    lab.write(".container-manager/ports.json", json.dumps({"config.yml": {KEY: 23456}}))
    built = pipeline.execute(prepared, lambda: pipeline.prepare(load(config, {})))
    assert built.build_dir == lab.root / "build"
    assert "127.0.0.1:23456:80" in lab.read("build/services/framework/web/docker-compose.yml")
    assert remembered(lab) == {"config.yml": {KEY: 23456}}


def test_the_same_ports_give_the_same_bytes(lab: Project) -> None:
    verbs.build()
    first = lab.built()
    (lab.root / "build").rename(lab.root / "former")
    building.build(None)
    assert {p: s.meaning for p, s in lab.built().items()} == {
        p: s.meaning for p, s in first.items()
    }


def test_the_original_functions_take_and_remember_the_same(lab: Project, somebody: Any) -> None:
    """A script that builds with them: the ports know where they came from."""
    config = copy.deepcopy(ConfigBuilder().config)
    service, template = find_service_config(config, "web")
    assert service is not None
    assert template is not None
    setup_build_dir(template, config, service)
    assert remembered(lab)["config.yml"] == {KEY: service["port_host"]}
    for dump in (yaml.safe_dump, yaml.dump, to_nice_yaml, to_json):
        assert str(service["port_host"]) in dump(service["port_host"])
        assert "AutoPort" not in dump(service)
    somebody(service["port_host"])
    assert ConfigBuilder().config == config


def test_two_configurations_of_one_checkout_have_ports_of_their_own(lab: Project) -> None:
    verbs.build()
    lab.write("config.prod.yml", "import: config.yml\nproject_name: prod\nbuild_dir: build-prod\n")
    verbs.build("config.prod.yml")
    first, second = remembered(lab)["config.yml"][KEY], remembered(lab)["config.prod.yml"][KEY]
    assert first != second
    lab.write(".container-manager/ports.json", json.dumps({"config.yml": {KEY: second}}))
    assert load("config.prod.yml", {}).ports.chosen[KEY] != second


def test_ports_that_another_command_is_choosing_are_waited_for_and_then_told(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "time", IMPATIENT)
    (lab.root / ".container-manager").mkdir()
    held = lock.hold(lab.root / ".container-manager/ports.lock", "It is ours")
    with held, lab.refuses(PreconditionError, written=True) as refusal:
        lab.build()
    assert f"Ports are being chosen by process {os.getpid()}" in refusal.text
    assert "Wait until it is done, or end it." in refusal.text


def test_ports_that_cannot_be_written_down_are_told(
    lab: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with lab.refuses(BuildError, written=True) as refusal:
        lab.build()
    assert "The chosen ports cannot be remembered: No space left on device." in refusal.text


def test_the_original_functions_cannot_take_what_another_command_chose(lab: Project) -> None:
    address = "127.0.0.1"
    lab.deploy("web", TEMPLATE, bind_address=address, port_host="auto", admin_port_host="auto")
    config = copy.deepcopy(ConfigBuilder().config)
    service, template = find_service_config(config, "web")
    assert service is not None
    assert template is not None
    lab.write(".container-manager/ports.json", json.dumps({"config.yml": {KEY: 23456}}))
    with lab.refuses(PreconditionError, written=True) as refusal:
        setup_build_dir(template, config, service)
    assert "Another command has just chosen other ports for this project." in refusal.text
