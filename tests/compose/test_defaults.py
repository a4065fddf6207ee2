"""What ``defaults`` of the configuration gives to whom, and what our own compose file says then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from container_manager.compose.digest import Files, parts_digest, secret_value, service_parts
from container_manager.compose.overlay import Overlay, secret_name
from container_manager.credentials.values import refused as refused_values
from container_manager.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conftest import Project

    from container_manager.compose.model import ComposeService, Stack

ALL: dict[str, Any] = {
    "restart": "unless-stopped",
    "logging": {"driver": "json-file", "options": {"max-size": "10m"}},
    "mem_limit": "1g",
    "pids_limit": 100,
    "userns_mode": "host",
    "devices": ["/dev/fuse"],
    "environment": {"TZ": "UTC", "WORKERS": 2},
    "stop_grace_period": "3s",
}


def web(body: str = "", others: str = "") -> str:
    return f"services:\n  web:\n    image: localhost/web\n{body}{others}"


def read(project: Project, defaults: Mapping[str, Any], template: str, **environ: str) -> Stack:
    project.deploy(template=template, more={"defaults": defaults})
    return project.prepare(project.config(**environ)).stack


def secrets(stack: Stack) -> dict[str, dict[str, str]]:
    return {
        name: {entry.key: secret_value(entry, stack.environment) for entry in one.secret_entries}
        for name, one in stack.services.items()
    }


def ours(stack: Stack, service: str = "web") -> dict[str, Any]:
    """What our own compose file says of a service, without its name and labels."""
    document = yaml.safe_load(Overlay(constant={}, secrets=secrets(stack)).text(stack))
    said: dict[str, Any] = document["services"][service]
    del said["labels"], said["container_name"]
    return said


def digest(service: ComposeService, stack: Stack) -> str:
    files = Files(build_dir=Path("/b"), digests={})
    of = secrets(stack)[service.name]
    return parts_digest(service_parts(service, image_id="i", files=files, secrets=of, key=b"k"))


def test_a_silent_service_gets_everything(project: Project) -> None:
    stack = read(project, ALL, web())
    assert ours(stack) == {**ALL, "environment": {"TZ": "UTC", "WORKERS": "2"}}
    service = stack.services["web"]
    assert (service.restart, service.stop_grace_period) == ("unless-stopped", 3.0)
    assert "io.container-manager.grace: '3'" in Overlay(constant={}).text(stack)


def test_so_does_one_of_the_root_template(project: Project) -> None:
    project.write("services/docker-compose.yml.j2", "services: {top: {image: localhost/top}}\n")
    stack = read(project, {"restart": "always"}, web())
    assert ours(stack, "top") == {"restart": "always"}


def test_the_rendered_file_says_what_its_template_says(project: Project) -> None:
    read(project, ALL, web())
    project.build()
    assert project.read("build/services/framework/web/docker-compose.yml") == web()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("restart", "restart: 'no'"),
        ("restart", "deploy: {restart_policy: {condition: none}}"),
        ("logging", "logging: {driver: none}"),
        ("mem_limit", "mem_limit: 0"),
        ("mem_limit", "mem_limit:"),
        ("mem_limit", "deploy: {resources: {limits: {memory: 2g}}}"),
        ("mem_limit", "mem_reservation: 2g"),
        ("mem_limit", "deploy: {resources: {reservations: {memory: 2g}}}"),
        ("pids_limit", "pids_limit: 5"),
        ("pids_limit", "deploy: {resources: {limits: {pids: 5}}}"),
        ("userns_mode", "userns_mode: auto"),
        ("userns_mode", "network_mode: 'container:other'"),
        ("userns_mode", "pid: 'container:other'"),
        ("userns_mode", "x-podman.uidmaps: ['0:1:1']"),
        ("devices", "devices: []"),
        ("stop_grace_period", "stop_grace_period: 1s"),
    ],
)
def test_what_the_template_says_wins(project: Project, key: str, said: str) -> None:
    assert ours(read(project, ALL, web(f"    {said}\n"))).keys() == ALL.keys() - {key}


def test_a_limit_that_cannot_be_given_is_told(project: Project) -> None:
    (warning,) = read(project, ALL, web("    mem_reservation: 2g\n")).warnings
    assert "docker-compose.yml.j2:3" in str(warning)
    assert "'web' reserves more memory than 'defaults.mem_limit' allows" in warning.message
    assert read(project, ALL, web("    mem_reservation: 1g\n")).warnings == ()


def test_a_job_is_not_restarted_for_ever(project: Project) -> None:
    awaited = "    depends_on: {job: {condition: service_completed_successfully}}\n"
    jobs = "  job: {image: localhost/job}\n  named: {image: localhost/job}\n"
    project.deploy(template=web(awaited, jobs), one_shot=["named"], more={"defaults": ALL})
    stack = project.prepare().stack
    for job in ("job", "named"):
        assert ours(stack, job).keys() == ALL.keys() - {"restart"}
        assert stack.services[job].restart == ""
    assert ours(stack)["restart"] == "unless-stopped"


@pytest.mark.parametrize("given", [{"A": "1", "B": "2", "C": "3"}, ["A=1", "B=2", "C=3"]])
@pytest.mark.parametrize("said", ["{A: x, B: }", "[A=x, B]"])
def test_the_environment_variable_by_variable(project: Project, given: Any, said: str) -> None:
    stack = read(project, {"environment": given}, web(f"    environment: {said}\n"))
    assert ours(stack) == {"environment": {"C": "3"}}
    assert stack.services["web"].environment == {"A": "x", "B": None, "C": "3"}


def test_a_file_of_variables_counts_as_what_the_template_says(project: Project) -> None:
    project.write("services/framework/web/web.env", "A=x\n")
    template = web("    env_file: ./framework/web/web.env\n")
    stack = read(project, {"environment": {"A": "1", "B": "2"}}, template)
    assert ours(stack) == {"environment": {"B": "2"}}


def test_a_variable_that_is_passed_through(project: Project) -> None:
    given = {"environment": {"PROXY": None, "GONE": None}}
    assert ours(read(project, given, web(), PROXY="http://p:1")) == {
        "environment": {"PROXY": "http://p:1"}
    }


def test_dollars_and_what_is_empty(project: Project) -> None:
    given = {
        "mem_limit": "${MEMORY:-}",
        "restart": None,
        "logging": {"driver": "json-file", "options": {"max-size": "${SIZE:-}"}},
        "environment": {"PRICE": "5$$ and ${MORE}"},
    }
    assert ours(read(project, given, web(), MORE="$5")) == {
        "logging": {"driver": "json-file"},
        "environment": {"PRICE": "5$$ and $$5"},  # the provider halves them
    }


def test_secrets_reach_the_container_through_podman(project: Project) -> None:
    entries = {"TOKEN": "${API_TOKEN}", "URL": "http://u:${API_TOKEN}@h", "EMPTY": "$B_KEY"}
    given = {"environment": entries}
    template = web("    environment: {TOKEN: mine}\n", "  db: {image: localhost/db}\n")
    stack = read(project, given, template, API_TOKEN="t0ken-t0ken", B_KEY="")
    assert "t0ken" not in Overlay(constant={}, secrets=secrets(stack)).text(stack)
    by_podman = [
        {"source": secret_name("lab", service, key), "type": "env", "target": key}
        for service, key in (("web", "URL"), ("db", "TOKEN"), ("db", "URL"))
    ]
    assert ours(stack) == {"environment": {"EMPTY": ""}, "secrets": by_podman[:1]}
    assert ours(stack, "db") == {"environment": {"EMPTY": ""}, "secrets": by_podman[1:]}
    assert secrets(stack)["db"]["URL"] == "http://u:t0ken-t0ken@h"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"restart": "${API_TOKEN}"}, "defaults.restart"),
        ({"logging": {"options": {"tag": "a${API_TOKEN}"}}}, "defaults.logging.options.tag"),
        ({"devices": ["/dev/${API_TOKEN}"]}, "defaults.devices.0"),
    ],
)
def test_a_secret_elsewhere_is_refused(project: Project, given: Any, path: str) -> None:
    project.deploy(more={"defaults": given})
    with project.refuses(RenderError) as refusal:
        project.prepare(project.config(API_TOKEN="t0ken-t0ken"))
    (message,) = refusal.messages
    assert message.startswith("config.yml:")
    assert f"The secret variable API_TOKEN is used in '{path}'" in message


def test_values_that_podman_refuses_are_told_once_with_their_lines(project: Project) -> None:
    given = {
        "restart": "ever",
        "logging": {"driver": "syslog", "options": {"max-size": "lots"}},
        "mem_limit": "1k",
        "pids_limit": "many",
        "userns_mode": "root",
        "devices": ["fuse"],
        "stop_grace_period": "10",
    }
    others = "  db: {image: localhost/db}\n"
    project.deploy(template=web(others=others), more={"defaults": given})
    text = project.read("config.yml").splitlines()
    with project.refuses(RenderError) as refusal:
        project.prepare()
    found = {}
    for message in refusal.messages:
        where, _, said = message.partition(" ")
        found[said.split("'")[1]] = text[int(where.split(":")[1]) - 1].split('"')[-2]
    assert found == {
        "defaults.mem_limit": "1k",
        "defaults.pids_limit": "many",
        "defaults.restart": "ever",
        "defaults.stop_grace_period": "10",
        "defaults.userns_mode": "root",
        "defaults.logging.driver": "syslog",
        "defaults.logging.options.max-size": "lots",
        "defaults.devices.0": "fuse",
    }
    assert len(refusal.messages) == len(found)


@pytest.mark.parametrize(
    "device",
    [
        "/dev/fuse",
        "/dev/fuse:r",
        "/dev/a:/dev/b",
        "/dev/a:/dev/b:rwm",
        "/dev/a:/dev/b:mr",
        "nvidia.com/gpu=all",
    ],
)
def test_a_device_that_podman_takes_is_taken(project: Project, device: str) -> None:
    stack = read(project, {"devices": [device]}, web())
    assert stack.services["web"].definition["devices"] == [device]


@pytest.mark.parametrize(
    "device",
    [
        "/dev/null:/dev/x:q",
        "/dev/null:/dev/x:rr",
        "/dev/null:/dev/x:",
        "/dev/null:/dev/x:r:w",
        "/dev/null:q",
        "/dev/null:",
        "dev/null",
        ":/dev/x",
    ],
)
def test_a_device_that_podman_refuses_stops_the_build(project: Project, device: str) -> None:
    """It would stop a start half-way, when the old containers are gone."""
    project.deploy(template=web(), more={"defaults": {"devices": [device]}})
    with project.refuses(RenderError) as refusal:
        project.prepare()
    (message,) = refusal.messages
    assert f"'defaults.devices.0': '{device}' is no device" in message


def test_a_weak_password_is_refused_with_the_line_of_the_configuration(project: Project) -> None:
    given = {"environment": {"DB_PASSWORD": "changeme"}}
    stack = read(project, given, web())
    (problem,) = refused_values([], stack, ["web"], stack.environment)
    assert str(problem.where).startswith("config.yml:")
    assert "'DB_PASSWORD' of the service 'web'" in problem.message


def test_a_changed_default_concerns_those_who_get_it(project: Project) -> None:
    body = "    restart: 'no'\n    depends_on: {job: {condition: service_completed_successfully}}\n"
    others = "  db: {image: localhost/db}\n  job: {image: localhost/job}\n"

    def digests(given: Mapping[str, Any], token: str = "t0ken-t0ken") -> dict[str, str]:
        stack = read(project, given, web(body, others), API_TOKEN=token)
        return {name: digest(one, stack) for name, one in stack.services.items()}

    def changed(given: Mapping[str, Any], token: str = "t0ken-t0ken") -> set[str]:
        after = digests(given, token)
        return {name for name, before in digests(first).items() if after[name] != before}

    first = {"restart": "always", "environment": {"TOKEN": "${API_TOKEN}"}}
    assert changed(first) == set()
    assert changed({**first, "restart": "unless-stopped"}) == {"db"}
    assert changed({**first, "mem_limit": "1g"}) == {"web", "db", "job"}
    assert changed(first, "0ther-t0ken") == {"web", "db", "job"}
