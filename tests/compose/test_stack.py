"""Compose files to a stack: what is read, what is refused, and in which words."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compose.reading import BASE, one, read, refused

from container_manager.compose.model import HealthCheck
from container_manager.errors import RenderError


def test_files_become_one_stack() -> None:
    stack = read(
        "services: {}\nnetworks: {lab: {driver: bridge}}\nvolumes: {data: }\n",
        """
services:
  web:
    build: {context: ./web, dockerfile: Containerfile}
    ports: ["127.0.0.1:${PORT:-80}:8080", {target: 9, published: "90", protocol: udp}]
    volumes: [data:/data, ./web/conf:/conf:ro, /anonymous]
    networks: [lab]
    depends_on: [db, init]
    stop_grace_period: 1m30s
  db:
    image: localhost/db
    healthcheck: {test: [CMD, "true"], interval: 5s, start_period: 500ms, retries: 2}
    networks: {lab: {aliases: [database]}}
  init: {image: localhost/init, networks: [lab]}
""",
        settings={"one_shot": ["init"], "start_timeout": 9},
    )
    web = stack.services["web"]
    assert (web.owner, web.image) == ("framework.s1", "localhost/lab_web")
    assert web.build is not None
    assert (web.build.context, web.build.dockerfile) == (BASE / "web", BASE / "web/Containerfile")
    assert [(p.host_ip, p.host_port, p.container_port, p.protocol) for p in web.ports] == [
        ("127.0.0.1", 80, 8080, "tcp"),
        ("", 90, 9, "udp"),
    ]
    assert (web.volumes, web.anonymous) == (("data",), ("/anonymous",))
    assert [bind.source for bind in web.binds] == [BASE / "web/conf"]
    assert web.depends_on == {"db": "service_started", "init": "service_started"}
    assert (web.stop_grace_period, web.start_timeout) == (90.0, 9)
    assert stack.services["db"].healthcheck == HealthCheck(
        test=("CMD", "true"), interval=5.0, start_period=0.5, retries=2
    )
    assert stack.one_shots == {"init"}
    assert stack.volumes["data"].actual == "lab_data"


def test_whoever_is_waited_for_to_complete_is_a_one_shot() -> None:
    stack = read(
        "services:\n  job: {image: a/b}\n"
        "  web: {image: a/b, depends_on: {job: {condition: service_completed_successfully}}}\n"
    )
    assert stack.one_shots == {"job"}


def test_secrets_in_the_environment_are_set_apart_in_every_form() -> None:
    environ = {"API_TOKEN": "t0ken", "DB_PASSWORD": "pa$$", "PORT": "80"}
    as_list = read(
        one("environment: ['URL=x:${DB_PASSWORD}@y', API_TOKEN, 'A=${PORT}', B]"), environ=environ
    ).services["web"]
    as_mapping = read(
        one("environment: {URL: 'x:${DB_PASSWORD}@y', API_TOKEN: , A: '${PORT}', B: }"),
        environ=environ,
    ).services["web"]
    for web in (as_list, as_mapping):
        assert [(e.key, e.text, e.passed_through) for e in web.secret_entries] == [
            ("URL", "x:${DB_PASSWORD}@y", False),
            ("API_TOKEN", "${API_TOKEN}", True),
        ]
        assert web.environment == {"A": "80", "B": None}
        assert "t0ken" not in repr(web)
        assert "pa$$" not in repr(web)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("command: run ${API_TOKEN}", "services.web.command"),
        ("labels: {a: 'x${API_TOKEN}'}", "services.web.labels.a"),
        ("build: {args: {T: '${PUBLIC:-${API_TOKEN}}'}}", "services.web.build.args.T"),
        ("ports: ['${API_TOKEN}:80']", "services.web.ports.0"),
        ("volumes: ['./${API_TOKEN}:/x']", "services.web.volumes.0"),
    ],
)
def test_a_secret_elsewhere_is_refused(body: str, path: str) -> None:
    (problem,) = refused(one(body), environ={"API_TOKEN": "x" * 12})
    assert "docker-compose.yml:4:" in problem
    assert f"The secret variable API_TOKEN is used in '{path}'" in problem
    assert "'environment'" in problem


def test_a_secret_in_an_extension_field_is_nobodys_business() -> None:
    stack = read("x-common: {command: '${API_TOKEN}'}\n" + one("command: a"))
    assert stack.services["web"].definition["command"] == "a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: [a]\n", "'services' must be a mapping"),
        ("networks: a\nservices: {}\n", "'networks' must be a mapping"),
        ("services: {web: text}\n", "The service 'web' must be a mapping"),
        ("services: {web: {command: x}}\n", "neither 'image' nor 'build'"),
        ("[]", "A compose file must be a mapping"),
        ("include: [a.yml]\n", "'include' is not supported"),
        (one("profiles: [dev]"), "deployed_services"),
        (one("extends: {service: x}"), "'services.web.extends' is not supported"),
        (one("configs: [x]"), "ignores 'configs'"),
        (one("scale: 2"), "must be 1"),
        (one("deploy: {replicas: 3}"), "must be 1"),
        (one("restart: no"), "Write restart: 'no', in quotes."),
        (one("ports: [22:22]"), "22:22 at 'services.web.ports.0' would be read as another value"),
        (one("environment: {A: 0755}"), "Write '0755' in quotes"),
        (one("environment: [A=1, 3.10]"), "Write '3.10' in quotes"),
        (one("environment: {A: yes}"), "Write 'true' in quotes"),
        (one("labels: {a: on}"), "Write 'true' in quotes"),
        (one("command: [sleep, 1_000]"), "1_000 at 'services.web.command.1'"),
        (one("environment: text"), "'environment' must be a mapping or a list"),
        (one("environment: {A: [1]}"), "'environment.A' must be a single value"),
        (one("environment: {'${X}': 1}"), "holds a '$'"),
        (one("ports: ['99999:1']"), "99999 is not between 1 and 65535"),
        (one("ports: ['1-3:1-2']"), "not equally long"),
        (one("ports: [http]"), "is no port"),
        (one("stop_grace_period: 10"), "10 is no duration"),
        (one("healthcheck: {test: x, interval: 5}"), "'healthcheck.interval': 5 is no duration"),
        (one("healthcheck: {test: [curl]}"), "'healthcheck.test' begins with 'curl'"),
        (one("depends_on: {web2: {condition: service_health}}"), "Did you mean 'service_healthy'"),
        (one("depends_on: [wep]\n") + "  wap: {image: a/b}\n", "Did you mean 'wap'?"),
        (one("volumes: [data:/x]"), "uses 'data', which no compose file declares under 'volumes'"),
        (one("networks: [lab]"), "uses 'lab', which no compose file declares under 'networks'"),
        (one("image2: '${X'"), "is not closed"),
        (one("command: '${REQUIRED:?say why}'"), "REQUIRED is required and not set: say why"),
        (one("env_file: none.env"), "'none.env' of 'env_file' does not exist"),
        (one("secrets: [s]") + "secrets: {s: {environment: X}}\n", "cannot deliver"),
        (one("secrets: [s]") + "secrets: {s: {file: ./none}}\n", "'./none' of the secret 's'"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    assert any(said in problem for problem in refused(text))


def test_numbers_that_mean_the_same_are_left_alone() -> None:
    stack = read(one("cpus: 0.50\nmem_limit: 1g\nenvironment: {A: 5, B: 1.5}\nports: [80]"))
    assert stack.services["web"].environment == {"A": "5", "B": "1.5"}


def test_everything_is_told_at_once_and_with_its_place() -> None:
    problems = refused(
        "services: {}\nvolumes: {data: {driver: a}}\n",
        one("command: ${A:?}") + "volumes: {data: {driver: b}}\n",
        one("command: x"),
    )
    assert len(problems) == 3
    assert any("The compose service 'web' is defined twice" in p for p in problems)
    assert any("framework.s1/docker-compose.yml:3:5" in p for p in problems)
    assert any("'volumes.data' is declared differently" in p for p in problems)


def test_the_same_declaration_twice_is_one() -> None:
    stack = read(
        "networks: {lab: {driver: bridge}}\nservices: {}\n",
        one("networks: [lab]") + "networks: {lab: {driver: bridge}}\n",
        "networks: {lab: }\n",
    )
    assert stack.networks["lab"].definition == {"driver": "bridge"}


def test_a_circle_of_dependencies_prints_its_chain() -> None:
    (problem,) = refused(
        "services:\n"
        "  a: {image: x/y, depends_on: [b]}\n"
        "  b: {image: x/y, network_mode: 'service:c'}\n"
        "  c: {image: x/y, links: ['a:alias']}\n"
    )
    assert "a -> b -> c -> a" in problem


def test_unset_variables_are_empty_and_reported_with_their_place() -> None:
    stack = read(one("command: run $NOPE ${NOPE}\nenvironment: {K: '${SOME_KEY}'}"))
    assert stack.services["web"].definition["command"] == "run  "
    first, second = map(str, stack.warnings)
    assert "docker-compose.yml:4:14: The variable NOPE is not set" in first
    assert "The secret variable SOME_KEY is not set" in second


def test_the_projects_name_is_there_and_the_providers_own_variables_are_not() -> None:
    stack = read(
        one("command: ${COMPOSE_PROJECT_NAME} ${COMPOSE_PROFILES-none}"),
        environ={"COMPOSE_PROFILES": "dev", "COMPOSE_PROJECT_NAME": "other"},
    )
    assert stack.services["web"].definition["command"] == "lab none"


@pytest.mark.parametrize(
    "content", ["API_KEY=x\n", "A=${API_TOKEN}\n", "URL=https://x/s3cret-value\n"]
)
def test_secrets_in_an_env_file_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "web.env").write_text(content)
    (problem,) = (
        refused(
            one("env_file: web.env\nenvironment: {T: '${API_TOKEN}'}"),
            environ={"API_TOKEN": "s3cret-value"},
            base=tmp_path,
        )
        if "URL" not in content
        else refused(
            one("env_file: web.env\nenvironment: {T: '${URL}'}"),
            environ={"URL": "https://a:b@x/s3cret-value"},
            base=tmp_path,
        )
    )
    assert "'web.env' of 'env_file' holds" in problem
    assert "under 'environment'" in problem
    assert "s3cret" not in problem


def test_an_env_file_counts_with_what_it_refers_to(tmp_path: Path) -> None:
    (tmp_path / "web.env").write_text("A=${PORT}\n")
    body = one("env_file: [{path: web.env}, {path: none, required: false}]")
    first = read(body, environ={"PORT": "1"}, base=tmp_path).services["web"].env_files
    second = read(body, environ={"PORT": "2"}, base=tmp_path).services["web"].env_files
    assert first.keys() == second.keys() == {tmp_path / "web.env"}
    assert first != second


def test_a_service_that_relies_on_the_default_network_gets_one() -> None:
    assert read(one("command: a")).default_network
    assert not read(one("command: a") + "networks: {lab: {}}\n").default_network
    assert read(one("command: a") + "networks: {lab: {}, back: {}}\n").default_network
    silent = one("network_mode: host") + "networks: {lab: {}, back: {}}\n"
    assert not read(silent).default_network


_KEYS = (
    *("services", "web", "db", "networks", "volumes", "secrets", "image", "build", "context"),
    *("environment", "env_file", "ports", "depends_on", "condition", "healthcheck", "test"),
    *("interval", "retries", "restart", "labels", "command", "target", "published", "source"),
    *("links", "network_mode", "deploy", "replicas", "external", "name", "file", "x-a", "bind"),
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 99999),
    st.sampled_from(
        ("", "5s", "80:80", "./x:/y", "~nobody-there/x:/y", "${A", "${A:?}", "$$", "web")
    ),
    st.sampled_from(("service:db", "${API_TOKEN}", "A=${API_TOKEN}", "A", "service_healthy", "db")),
    st.sampled_from(_KEYS),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)
_SERVICE = st.dictionaries(st.sampled_from(_KEYS[6:]), _VALUES, max_size=8)


@given(
    services=st.one_of(
        _VALUES, st.dictionaries(st.sampled_from(("web", "db")), _SERVICE, max_size=2)
    ),
    rest=st.dictionaries(st.sampled_from(("networks", "volumes", "secrets")), _VALUES),
)
@settings(max_examples=300, deadline=None)
def test_no_compose_file_makes_it_raise_anything_but_our_errors(services: Any, rest: Any) -> None:
    text = yaml.safe_dump({"services": services, **rest})
    with contextlib.suppress(RenderError):
        read(text, environ={"API_TOKEN": "t0ken-value"})


def test_a_key_that_no_provider_knows_is_worth_a_warning() -> None:
    stack = read(one("prots: ['80:80']\nx-mine: 1"))
    (warning,) = stack.warnings
    assert "'services.web.prots' is no key of a compose file: it has no effect." in str(warning)
    assert "'ports'" in str(warning)


# --- shared images --------------------------------------------------------------------------------


def test_services_may_share_an_image_that_one_or_all_of_them_build() -> None:
    stack = read(
        "services: {}",
        """
services:
  a: {image: localhost/lab_shared, build: {context: ./web}}
  b: {image: localhost/lab_shared, build: {context: ./web}}
  c: {image: localhost/lab_shared}
""",
    )
    assert [one.name for one in stack.builders.values()] == ["a"]


def test_an_image_that_is_built_in_two_ways_is_refused() -> None:
    problems = refused(
        "services: {}",
        """
services:
  a: {image: localhost/lab_shared, build: {context: ./web}}
  b: {image: localhost/lab_shared, build: {context: ./other}}
""",
    )
    assert len(problems) == 1
    assert "'a' and 'b' build the image localhost/lab_shared in different ways" in problems[0]
