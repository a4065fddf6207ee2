"""``compose_overrides``: what a stack is once the user's own compose files are laid over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from tests.compose.reading import BASE, compose_file

from container_manager.compose.model import ComposeService, Stack
from container_manager.compose.overlay import Overlay
from container_manager.compose.overrides import Override, placed
from container_manager.compose.stack import read_stack
from container_manager.config.environment import Environment
from container_manager.errors import Location, RenderError

CONFIG = Location(Path("/project/config.yml"), 3, 5)

Reading = Callable[..., Stack]


@pytest.fixture
def read(tmp_path: Path) -> Reading:
    """Reads a template's text with overrides laid over it, which lie in a folder."""

    def read(template: str, *overrides: str, **environ: str) -> Stack:
        files = []
        for number, text in enumerate(overrides, 1):
            path = tmp_path / f"over{number}.yml"
            path.write_text(text, encoding="utf-8")
            files.append(Override(path=path, where=CONFIG))
        return read_stack(
            [compose_file(template, None, BASE)],
            {},
            Environment(process=environ, dotenv={}),
            project_name="lab",
            overrides=files,
        )

    return read


def refused(read: Reading, template: str, *overrides: str, **environ: str) -> list[str]:
    with pytest.raises(RenderError) as caught:
        read(template, *overrides, **environ)
    return [str(problem) for problem in caught.value.problems]


def web(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"services:\n  web:\n    image: localhost/x\n{lines}"


def over(body: str) -> str:
    return web(body).replace("    image: localhost/x\n", "")


def test_a_later_file_wins_and_lists_are_appended(read: Reading) -> None:
    stack = read(
        web(
            """
command: [serve]
mem_limit: 64m
cap_add: [NET_RAW]
environment: {A: "1", B: "2"}
labels: [one=1]
volumes: ['data:/data', './conf:/conf:ro']
ports: ["80:80"]
logging: {driver: none, options: {tag: a}}
"""
        )
        + "volumes: {data: {}}\n",
        over(
            """
command: [other, words]
mem_limit: 128m
cap_add: [SYS_NICE]
environment: [B=3, C=4]
labels: {two: "2"}
volumes: ['./mine:/conf:ro']
ports: ["81:81"]
logging: {options: {tag: b}}
"""
        ),
        over("environment: {C: '5'}"),
    )
    service = stack.services["web"]
    assert service.environment == {"A": "1", "B": "3", "C": "5"}
    assert service.definition["command"] == ["other", "words"]
    assert service.definition["mem_limit"] == "128m"
    assert service.definition["cap_add"] == ["NET_RAW", "SYS_NICE"]
    assert service.definition["labels"] == {"one": "1", "two": "2"}
    assert service.definition["logging"] == {"driver": "none", "options": {"tag": "b"}}
    assert [bind.source for bind in service.binds] == [BASE / "mine"]
    assert [port.host_port for port in service.ports] == [80, 81]


def test_a_list_may_be_replaced_and_a_key_taken_away(read: Reading) -> None:
    service = read(
        web(
            """
ports: ["80:80"]
restart: always
environment: {A: "1", B: "2"}
logging: {driver: none, options: {tag: a}}
"""
        ),
        over(
            """
ports: !override ["81:80"]
restart: !reset null
environment: {A: !reset null}
logging: {options: !reset null}
"""
        ),
    ).services["web"]
    assert [port.host_port for port in service.ports] == [81]
    assert service.restart == ""
    assert service.environment == {"B": "2"}
    assert service.definition["logging"] == {"driver": "none"}


def test_what_it_declares_is_laid_over_what_templates_declare(read: Reading) -> None:
    stack = read(
        web("networks: [lab]") + "networks: {lab: {}}\nvolumes: {data: {labels: {a: b}}}\n",
        over("networks: [more]\nvolumes: ['data:/data', 'mine:/mine']")
        + "networks: {more: {internal: true}}\n"
        "volumes: {data: {driver_opts: {type: tmpfs}}, mine: {name: my-own}}\n",
    )
    assert stack.services["web"].networks == ("lab", "more")
    assert stack.networks["more"].definition == {"internal": True}
    assert stack.volumes["data"].definition == {
        "labels": {"a": "b"},
        "driver_opts": {"type": "tmpfs"},
    }
    assert stack.volumes["mine"].actual == "my-own"


def test_dependencies_and_builds_may_be_spelled_either_way(read: Reading) -> None:
    stack = read(
        web("depends_on: [db]\nbuild: ./web") + "  db: {image: localhost/db}\n",
        over("depends_on: {db: {condition: service_healthy}}\nbuild: {args: {A: b}}"),
    )
    service = stack.services["web"]
    assert service.depends_on == {"db": "service_healthy"}
    assert service.build is not None
    assert service.build.context == BASE / "web"
    assert service.build.definition == {"context": "./web", "args": {"A": "b"}}


def test_a_service_that_no_template_defines_is_refused_with_near_names(
    read: Reading, tmp_path: Path
) -> None:
    (problem,) = refused(read, web(""), over("mem_limit: 64m").replace("web", "wbe"))
    assert problem.startswith(f"{tmp_path}/over1.yml:3:5: ")
    assert "the service 'wbe', which no deployed template defines" in problem
    assert "Did you mean 'web'?" in problem


def test_a_file_that_is_not_there_is_told_with_the_line_that_names_it(tmp_path: Path) -> None:
    missing = Override(path=tmp_path / "absent.yml", where=CONFIG)
    files = [compose_file(web(""), None, BASE)]
    with pytest.raises(RenderError, match=r"config.yml:3:5: There is no file .*absent\.yml"):
        read_stack(files, {}, Environment(process={}), project_name="lab", overrides=[missing])


@pytest.mark.parametrize(
    ("template", "override", "told"),
    [
        ("mem_limit: 64000000", "mem_limit: 64m", "'services.web.mem_limit' is a text here and a"),
        ("environment: {A: 1}", "environment: {A: '2'}", "environment.A' is a text here and a num"),
        ("environment: [A]", "environment: [A=b]", "environment.A' is a text here and empty at"),
        ("dns: 1.1.1.1", "dns: [8.8.8.8]", "'services.web.dns' is a list here and a text at"),
        (
            "healthcheck: {test: [CMD, a]}",
            "healthcheck: {test: [CMD, b]}",
            "Providers disagree on 'services.web.healthcheck.test'",
        ),
        (
            "volumes: ['./a:/a']",
            "volumes: [{type: bind, source: ./b, target: /a}]",
            "'services.web.volumes' mounts /a already",
        ),
        ("ports: ['80:80']", "ports: ['80:80']", "'services.web.ports' has this port already"),
        ("", "profiles: [x]", "'services.web.profiles' is not supported"),
        ("", "mem_limit: 64x", "'64x' is no size"),
        ("", "depends_on: [nothing]", "depends on 'nothing', which is not there"),
        ("", "restart: !other always", "The YAML tag '!other' is not supported"),
        ("restart: always", "restart: !override no", "cannot replace 'services.web.restart' by"),
        ("dns: [a]", "dns: !override ['$B']", "cannot replace 'services.web.dns' by"),
        ("environment: {A: b}", "environment: !reset", "cannot take 'services.web.environment'"),
        ("", "restart: !reset", "'services.web.restart' is !reset here, and nothing below says"),
        ("", "dns: !override [a]", "'services.web.dns' is !override here, and nothing below"),
    ],
)
def test_what_providers_would_read_differently_or_not_at_all_is_refused(
    read: Reading, template: str, override: str, told: str
) -> None:
    assert told in "\n".join(refused(read, web(template), over(override)))


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("services: {web: 3}", "'services.web' is a number here and a mapping at"),
        ("services: {web: null}", "'services.web' is empty here and a mapping at"),
        ("services: {web: {image: null}}", "'services.web.image' is empty here and a text at"),
        ("networks: {default: 3}", "'networks.default' is a number here and a mapping at"),
    ],
)
def test_what_cannot_be_laid_over_a_template_is_told_once_and_hides_nothing_of_it(
    read: Reading, override: str, told: str
) -> None:
    template = web("") + "networks: {default: {}}\n"
    (problem,) = refused(read, template, override)
    assert told in problem


# --- secrets --------------------------------------------------------------------------------------


def documents(
    stack: Stack, tmp_path: Path, secrets: Mapping[str, str]
) -> tuple[dict[str, object], dict[str, object]]:
    """What the manager's own file says of ``web``, and what is laid over the overrides."""
    overlay = Overlay(
        constant={}, secrets={"web": secrets}, later=frozenset({tmp_path / "over1.yml"})
    )
    seal = overlay.seal(stack)
    return overlay.document(stack)["services"]["web"], seal.get("services", {}).get("web", {})


def test_secrets_of_an_override_are_delivered_by_podman(read: Reading, tmp_path: Path) -> None:
    stack = read(
        web("environment: {OWN: '${A_TOKEN}', BOTH: '${A_TOKEN}'}"),
        over("environment: {BOTH: '${B_TOKEN}', MINE: 'x${B_TOKEN}', EMPTY: '${C_TOKEN}'}"),
        A_TOKEN="aaa",
        B_TOKEN="bbb",
        C_TOKEN="",
    )
    service: ComposeService = stack.services["web"]
    assert service.environment == {}
    assert {e.key: e.text for e in service.secret_entries} == {
        "OWN": "${A_TOKEN}",
        "BOTH": "${B_TOKEN}",
        "MINE": "x${B_TOKEN}",
        "EMPTY": "${C_TOKEN}",
    }
    values = {"OWN": "aaa", "BOTH": "bbb", "MINE": "xbbb", "EMPTY": ""}
    own, seal = documents(stack, tmp_path, values)
    assert set(own["environment"]) == {"OWN"}  # type: ignore[call-overload]
    assert {one["target"] for one in own["secrets"]} == {"OWN", "BOTH", "MINE"}  # type: ignore[attr-defined]
    assert set(seal["environment"]) == {"BOTH", "MINE", "EMPTY"}  # type: ignore[call-overload]


def test_an_override_may_replace_a_secret_by_what_is_none(read: Reading, tmp_path: Path) -> None:
    stack = read(
        web("environment: {URL: '${A_TOKEN}'}"), over("environment: {URL: plain}"), A_TOKEN="aaa"
    )
    assert stack.services["web"].environment == {"URL": "plain"}
    own, seal = documents(stack, tmp_path, {})
    assert "environment" not in own
    assert seal == {}


def test_a_secret_elsewhere_in_an_override_is_refused(read: Reading, tmp_path: Path) -> None:
    (problem,) = refused(read, web(""), over("command: [x, '${A_TOKEN}']"), A_TOKEN="aaa")
    assert problem.startswith(f"{tmp_path}/over1.yml:3:18: The secret variable A_TOKEN is used in")


def test_the_value_of_a_secret_that_is_written_out_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "over.yml"
    path.write_text(yaml.safe_dump({"services": {"web": {"environment": {"A": "x-longsecret"}}}}))
    with pytest.raises(RenderError) as caught:
        read_stack(
            [compose_file(web(""), None, BASE)],
            {},
            Environment(process={}, dotenv={"A_TOKEN": "longsecret"}),
            project_name="lab",
            overrides=[Override(path=path, where=CONFIG)],
        )
    (problem,) = caught.value.problems
    assert "The value of the secret A_TOKEN is written out" in problem.message
    assert "longsecret" not in str(problem)


def test_the_place_of_a_value_is_that_of_the_last_file_that_says_it(tmp_path: Path) -> None:
    paths = [tmp_path / "a.yml", tmp_path / "b.yml"]
    paths[0].write_text(over("mem_limit: 1g\nrestart: always"))
    paths[1].write_text(over("mem_limit: 2g"))
    found = placed(Override(path=path, where=CONFIG) for path in paths)
    assert found.place(("services", "web", "mem_limit")) == Location(paths[1], 3, 16)
    assert found.place(("services", "web", "restart")) == Location(paths[0], 4, 14)
    assert found.place(("services", "db")) is None
