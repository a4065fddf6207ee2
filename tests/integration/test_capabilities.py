"""The table of capabilities, each cell measured: what providers do when they are left to it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman
from tests.integration.devices import specified_device
from tests.integration.providers import TWO_PROVIDERS

from container_manager.compose.capabilities import CAPABILITIES, NO, YES
from container_manager.compose.finding import Finder
from container_manager.compose.providers import Provider, child_environment
from container_manager.compose.reaching import reaching
from container_manager.podman.engine import Engine
from container_manager.run import Finished

pytestmark = pytest.mark.podman

FIRST = """
services:
  web:
    image: {image}
    stop_grace_period: 3s
    depends_on: [other]
    annotations: {{note: here}}
    x-podman.no_hosts: true
    healthcheck: {{test: [CMD, sh, -c, "true; false"]}}
    env_file: [odd.env]
    environment: {{GONE: x, STRAY: "${{STRAY:-}}"}}
    volumes: ["/anonymous", {{type: tmpfs, target: /scratch, tmpfs: {{size: 1000000}}}}]
  other: {{image: {image}}}
networks: {{lone: {{}}}}
"""
WAITING = """
services:
  job: {{image: {image}, command: [sh, -c, exit 3]}}
  after:
    image: {image}
    depends_on: {{job: {{condition: service_completed_successfully}}}}
"""


class Trials:
    """A provider, and small projects that it runs.

    Args:
        provider: who.
        podman: looks at what was made.
        folder: an empty one.
        name: how all projects begin.
        variables: the environment of calls.
    """

    def __init__(
        self,
        provider: Provider,
        podman: Podman,
        folder: Path,
        name: str,
        image: str,
        variables: Mapping[str, str],
    ) -> None:
        self.provider = provider
        self.podman = podman
        self.folder = folder
        self.name = name
        self.image = image
        self._variables = {**variables, "DOCKER_BUILDKIT": "0"}

    def run(self, project: str, texts: Sequence[str], *arguments: str) -> Finished:
        """Call the provider with compose files; without arguments it makes ``web``."""
        files = []
        for number, text in enumerate(texts):
            files.append(self.folder / f"{project}-{number}.yml")
            files[-1].write_text(text.format(image=self.image), encoding="utf-8")
        base = self.provider.base(self.podman.host.executable, f"{self.name}{project}", files)
        argv = [*base, *arguments] if arguments else self.provider.create(base, ["web"])
        return self.podman.runner.run(argv, env=self._variables, cwd=self.folder, timeout=60)

    def containers(self, project: str) -> dict[str, dict[str, Any]]:
        """Service -> what Podman says of its container."""
        label = f"--filter=label=com.docker.compose.project={self.name}{project}"
        ids = self.podman.lines("ps", "--all", "--quiet", label)
        found = json.loads(self.podman("inspect", *ids).stdout) if ids else []
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    def image_labels(self, project: str, text: str) -> dict[str, str] | None:
        """The labels of an image that is built; None where the build fails."""
        image = f"localhost/{self.name}{project}"
        text = f"services:\n  web:\n    image: {image}\n    build: {text}\n"
        if not self.run(project, [text], "build", "web").ok:
            return None
        return dict(json.loads(self.podman("image", "inspect", image).stdout)[0]["Labels"] or {})


@pytest.fixture(params=TWO_PROVIDERS)
def trials(
    request: pytest.FixtureRequest,
    podman: Podman,
    tmp_path: Path,
    project_name: str,
    sh_image: str,
) -> Iterator[Trials]:
    environ = child_environment(os.environ, podman.host.settings)
    engine = Engine(podman.runner, podman.host, environ)
    finder = Finder(
        runner=podman.runner, host=podman.host, environ=environ, choice="", state_dir=tmp_path
    )
    provider = finder.find(request.param)
    folder = tmp_path / "trials"
    folder.mkdir()
    with reaching(provider, engine, tmp_path) as variables:
        made = {**environ, **variables}
        yield Trials(provider, podman, folder, project_name, sh_image, made)


def yes(value: object) -> str:
    return YES if value else NO


def of_a_container(trials: Trials) -> dict[str, str]:
    """What shows in one container that is made, not started."""
    (trials.folder / "odd.env").write_text("ODD=has $HOME\n")
    (trials.folder / ".env").write_text("STRAY=from-a-stray-file\n")
    reset = "services:\n  web:\n    environment: {{GONE: !reset null}}\n"
    assert trials.run("", [FIRST, reset]).ok
    made = trials.containers("")
    web, name = made["web"], trials.name
    config, networks = web["Config"], list(web["NetworkSettings"]["Networks"])
    trials.podman("init", web["Id"])
    hosts = trials.containers("")["web"]["HostsPath"]
    (volume,) = [mount["Name"] for mount in web["Mounts"] if mount["Type"] == "volume"]
    (lone,) = json.loads(trials.podman("network", "inspect", *networks).stdout)
    changed = FIRST.replace("GONE: x", "GONE: x, MORE: y")
    assert trials.run("", [changed]).ok
    return {
        "create_only": yes(web["State"]["Status"] == "created"),
        "no_recreate": yes(trials.containers("")["web"]["Id"] == web["Id"]),
        "no_deps": yes("other" not in made),
        "env_file_option": yes("STRAY=" in config["Env"]),
        "reset": yes("GONE=x" not in config["Env"]),
        "names": web["Name"].replace(name, "lab"),
        "labels": yes(config["Labels"].get("com.docker.compose.project") == name),
        "only_network": yes(networks == [f"{name}_lone"]),
        "open_networks": yes("isolate" not in (lone.get("options") or {})),
        "stop_timeout": yes(config["StopTimeout"] == 3),
        "anonymous_volumes": yes(volume.startswith(f"{name}_web_")),
        "literal_env_file": yes("ODD=has $HOME" in config["Env"]),
        "annotations": yes("note" in (config.get("Annotations") or {})),
        "health_words": yes(web["Config"]["Healthcheck"]["Test"][-1] == "true; false"),
        "tmpfs_mode": yes("mode=0" not in web["HostConfig"]["Tmpfs"]["/scratch"]),
        "podman_keys": yes(not hosts),
    }


def of_secrets_and_networks(trials: Trials) -> dict[str, str]:
    """What Podman keeps, what another provider made, and a network that nobody names."""
    secret = f"{trials.name}.secret"
    trials.podman("secret", "create", secret, "-", stdin=b"value")
    declared = f"secrets: {{{{{secret}: {{{{external: true}}}}}}}}\n"
    as_variable = f"[{{{{source: {secret}, type: env, target: KEY}}}}]"
    web = "services:\n  web: {{image: {image}, secrets: SECRETS}}\n" + declared
    variable = trials.run("env", [web.replace("SECRETS", as_variable)])
    given: list[str] = []
    if variable.ok:
        one = trials.containers("env")["web"]["Id"]
        trials.podman("start", one)
        given = trials.podman.lines("exec", one, "env")
    mounted = trials.run("file", [web.replace("SECRETS", f"[{secret}]")])
    own = {"com.docker.compose.project": f"{trials.name}side", "com.docker.compose.service": "base"}
    labels = [f"--label={key}={value}" for key, value in own.items()]
    base = f"{trials.name}side_base_1"
    trials.podman("create", f"--name={base}", *labels, trials.image)
    side = "services:\n  web: {{image: {image}, network_mode: 'service:base'}}\n"
    side += f"  base: {{{{image: {trials.image}, container_name: {base}}}}}\n"
    joined = trials.run("side", [side])
    assert trials.run("net", ["services:\n  web: {{image: {image}}}\n"]).ok
    (network,) = trials.containers("net")["web"]["NetworkSettings"]["Networks"]
    return {
        "env_secrets": yes("KEY=value" in given),
        "external_secrets": yes(mounted.ok and "web" in trials.containers("file")),
        "foreign_namespaces": yes(joined.ok and "web" in trials.containers("side")),
        "default_network": network.replace(f"{trials.name}net", "lab"),
    }


def of_devices(trials: Trials) -> dict[str, str]:
    with specified_device() as device:
        web = f"services:\n  web: {{{{image: {{image}}, devices: ['{device}']}}}}\n"
        trials.run("device", [web])
        one = trials.containers("device").get("web", {}).get("Id")
        look = ("exec", str(one), "test", "-c", "/dev/thing")
        started = one is not None and trials.podman("start", one, check=False).ok
        there = started and trials.podman(*look, check=False).ok
    return {"cdi_devices": yes(there)}


def of_starts(trials: Trials) -> dict[str, str]:
    """What a provider does with what fails, when it is called as people call it."""
    strange = trials.run("odd", ["services:\n  web: {{image: {image}, colour: red}}\n"], "config")
    bad = "services:\n  web: {{image: {image}, command: [/no/such]}}\n"
    absent = "services:\n  web: {{image: localhost/cmt-no-such-image, pull_policy: never}}\n"
    trials.run("wait", [WAITING], "up", "-d")
    after = trials.containers("wait").get("after", {}).get("State", {}).get("Status")
    return {
        "unknown_keys": yes(not strange.ok),
        "conditions": yes(after != "running"),
        "failed_start": str(trials.run("bad", [bad], "up", "-d").returncode),
        "missing_image": str(trials.run("absent", [absent], "up", "-d").returncode),
    }


def of_builds(trials: Trials) -> dict[str, str]:
    for folder, file, text in (
        ("plain", "Dockerfile", "LABEL own=yes"),
        ("other", "Containerfile", "LABEL own=yes"),
        ("fails", "Dockerfile", "RUN exit 3"),
    ):
        (trials.folder / folder).mkdir()
        (trials.folder / folder / file).write_text(f"FROM {trials.image}\n{text}\n")
    inline = (
        f'{{{{context: ./plain, dockerfile_inline: "FROM {trials.image}\\nLABEL inline=yes\\n"}}}}'
    )
    plain = trials.image_labels("plain", "./plain") or {}
    fails = trials.run("fails", ["services:\n  web: {{build: ./fails}}\n"], "build", "web")
    added = plain.keys() - {"own", "io.buildah.version"}
    return {
        "plain_images": yes(plain.get("own") == "yes" and not added),
        "containerfile": yes((trials.image_labels("other", "./other") or {}).get("own")),
        "inline_dockerfile": yes((trials.image_labels("inline", inline) or {}).get("inline")),
        "failed_build": str(fails.returncode),
    }


def test_every_cell_of_the_table_is_true(trials: Trials) -> None:
    seen = {
        **of_a_container(trials),
        **of_secrets_and_networks(trials),
        **of_devices(trials),
        **of_starts(trials),
        **of_builds(trials),
    }
    said = {key: row.of(trials.provider.kind) for key, row in CAPABILITIES.items()}
    if trials.podman.host.version >= (5,):  # whose interface for Docker passes them on
        said["annotations"] = YES
    assert seen == said
    shutil.rmtree(trials.folder)
