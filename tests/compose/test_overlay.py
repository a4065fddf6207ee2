"""The manager's own compose file, digests, and what a provider is asked and told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from container_manager.compose.digest import (
    Files,
    context_digest,
    parts_digest,
    secret_value,
    service_parts,
)
from container_manager.compose.model import Stack
from container_manager.compose.overlay import Overlay, secret_name, secret_prefix
from container_manager.compose.podman_compose import PodmanCompose
from container_manager.compose.providers import bundled, child_environment
from container_manager.compose.stack import read_stack
from container_manager.config.environment import Environment
from container_manager.config.source import parse_yaml
from container_manager.model import ComposeFile

CONSTANT = {"io.container-manager.project": "lab", "io.container-manager.config": "/a$b/c.yml"}
TEXT = """
services:
  web:
    image: localhost/web
    environment: [ 'TOKEN=x${API_TOKEN}y', 'EMPTY=${EMPTY_KEY}', PASSED_KEY, UNSET_KEY ]
    depends_on: [db]
    stop_grace_period: 2s
  db:
    build: {context: ./db, labels: ["a=b"]}
    volumes: [data:/data]
volumes:
  data: {labels: [x=y]}
  old: {external: true}
"""
ENVIRON = {"API_TOKEN": "t", "EMPTY_KEY": "", "PASSED_KEY": "p", "PATH": "/bin"}


class _Reset:
    """Stands for ``!reset`` after reading."""


class _Loader(yaml.SafeLoader):
    """Reads what the overlay writes."""


_Loader.add_constructor("!reset", lambda loader, node: _Reset)


def stack(text: str = TEXT, environ: dict[str, str] | None = None) -> Stack:
    path = Path("/project/build/services/docker-compose.yml")
    document = parse_yaml(text, path, compose=True)
    assert document is not None
    file = ComposeFile(path=path, template=path, service=None, load=lambda: document)
    environment = Environment(process=ENVIRON if environ is None else environ)
    return read_stack([file], {}, environment, project_name="lab")


def secrets(of: Stack) -> dict[str, dict[str, str]]:
    return {
        name: {entry.key: secret_value(entry, of.environment) for entry in one.secret_entries}
        for name, one in of.services.items()
    }


def written(of: Stack) -> Any:
    overlay = Overlay(constant=CONSTANT, digests={"web": "d"}, secrets=secrets(of))
    text = overlay.text(of)
    assert "xty" not in text
    return yaml.load(text, Loader=_Loader)


def test_no_provider_pulls_once_more_what_was_pulled_before() -> None:
    text = "services:\n" + "".join(
        f"  {policy}: {{image: lab/web, pull_policy: {policy}}}\n"
        for policy in ("always", "never", "missing")
    )
    policies = {
        name: service.get("pull_policy")
        for name, service in written(stack(text))["services"].items()
    }
    assert policies == {"always": "missing", "never": None, "missing": None}


def test_labels_are_on_everything_that_is_ours() -> None:
    document = written(stack())
    labels = document["services"]["web"]["labels"]
    assert labels["io.container-manager.digest"] == "d"
    assert labels["io.container-manager.after"] == "db"
    assert labels["io.container-manager.grace"] == "2"
    assert labels["io.container-manager.config"] == "/a$$b/c.yml"
    assert document["networks"]["default"]["labels"].keys() == CONSTANT.keys()
    # The template's labels are a list: providers cannot merge a mapping into one.
    assert "io.container-manager.project=lab" in document["volumes"]["data"]["labels"]
    assert "old" not in document["volumes"]
    assert document["services"]["db"]["image"] == "localhost/lab_db"
    build_labels = document["services"]["db"]["build"]["labels"]
    assert "io.container-manager.image=localhost/lab_db" in build_labels
    assert not any("digest" in label for label in build_labels)


def test_secrets_are_taken_out_of_the_environment_and_delivered_by_podman() -> None:
    document = written(stack())
    web = document["services"]["web"]
    assert web["environment"] == {"TOKEN": _Reset, "EMPTY": "", "PASSED_KEY": _Reset}
    token, passed = (secret_name("lab", "web", key) for key in ("TOKEN", "PASSED_KEY"))
    assert web["secrets"] == [
        {"source": token, "type": "env", "target": "TOKEN"},
        {"source": passed, "type": "env", "target": "PASSED_KEY"},
    ]
    assert document["secrets"] == {token: {"external": True}, passed: {"external": True}}


def test_names_of_secrets_fit_podman_and_their_project() -> None:
    name = secret_name("p" * 80, "service-with-a-long-name", "VERY_LONG_NAME_OF_A_PASSWORD")
    assert len(name) <= 63
    assert name.replace(".", "").replace("-", "").isalnum()
    assert name.startswith(secret_prefix("p" * 80))
    assert secret_prefix("p" * 80) != secret_prefix("p" * 81)
    assert not secret_prefix("lab-two").startswith(secret_prefix("lab"))


def test_a_digest_changes_with_what_the_container_is_made_of(tmp_path: Path) -> None:
    mounted = tmp_path / "app.conf"
    mounted.write_text("one")
    text = TEXT.replace("[data:/data]", f"['{mounted}:/app.conf', './conf:/conf']")
    build_dir = Path("/project/build")
    ours = str(build_dir / "services/conf/a.txt")

    def digest(environ: dict[str, str], image: str = "i", content: str = "x") -> tuple[str, ...]:
        of = stack(text, environ)
        files = Files(build_dir=build_dir, digests={ours: content})
        return tuple(
            parts_digest(
                service_parts(
                    service, image_id=image, files=files, secrets=secrets(of)[name], key=b"k"
                )
            )
            for name, service in of.services.items()
        )

    web, db = digest(ENVIRON)
    assert digest(ENVIRON) == (web, db)
    assert digest({**ENVIRON, "API_TOKEN": "other"})[0] != web
    assert digest(ENVIRON, image="j")[0] != web
    assert digest(ENVIRON, content="y") == (web, digest(ENVIRON, content="y")[1])
    assert digest(ENVIRON, content="y")[1] != db
    mounted.write_text("two")
    assert digest(ENVIRON)[1] != db


def test_the_digest_of_a_context_sees_content_names_and_modes(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    script = tmp_path / "run.sh"
    script.write_text("true")
    build = stack(TEXT.replace("./db", str(tmp_path))).services["db"].build
    assert build is not None
    files = Files(build_dir=Path("/project/build"), digests={})
    seen = {
        context_digest(build, "image", files.context(build)),
        context_digest(build, "image", files.context(build)),
    }
    assert len(seen) == 1
    script.chmod(0o755)
    seen.add(context_digest(build, "image", files.context(build)))
    script.rename(tmp_path / "go.sh")
    seen.add(context_digest(build, "image", files.context(build)))
    seen.add(context_digest(build, "other", files.context(build)))
    assert len(seen) == 4


def test_the_bundled_provider_is_run_as_a_module_of_this_python() -> None:
    provider = bundled()
    base = provider.base("/usr/bin/podman", "lab", [Path("/b/root.yml"), Path("/s/ours.yml")])
    assert base == [
        *(sys.executable, "-P", "-m", "podman_compose"),
        *("--podman-path=/usr/bin/podman", "--env-file=/dev/null", "--in-pod=false"),
        *("-p", "lab", "-f", "/b/root.yml", "-f", "/s/ours.yml"),
    ]
    create = PodmanCompose().create(["pc"], ["web"])
    assert create == [
        *("pc", "--podman-run-args=--http-proxy=false", "up"),
        *("--no-start", "--no-deps", "--no-recreate", "--no-build", "web"),
    ]
    assert PodmanCompose().build(["pc"], ["a", "b"], no_cache=True) == [
        *("pc", "build", "--no-cache", "a", "b")
    ]


def test_a_provider_never_sees_a_secret_or_what_would_steer_it() -> None:
    of = stack(TEXT.replace("image: localhost/web", "image: 'localhost/web${UNSET}${ELSE-}'"))
    public = {"PATH": "/bin", "COMPOSE_FILE": "x", "PODMAN_COMPOSE_IN_POD": "1"}
    environment = child_environment(public, {"CONTAINERS_CONF": "/c"}, of)
    stand_in = environment["API_TOKEN"]
    assert stand_in != ENVIRON["API_TOKEN"]
    assert environment == {
        "PATH": "/bin",
        "CONTAINERS_CONF": "/c",
        "API_TOKEN": stand_in,
        "PASSED_KEY": stand_in,
        "EMPTY_KEY": "",
        "UNSET": "",  # or a key of the service's own environment would be taken for it
    }
