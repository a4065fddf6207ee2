"""Credentials on real containers: generated, delivered byte for byte, refused, remembered.

Everything is done through the command line, as a user does it; what came of it is asked of Podman.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Seen, snapshot
from tests.integration.conftest import Podman
from tests.integration.program import run_here

from container_manager.config.dotenv_file import read_dotenv

pytestmark = pytest.mark.podman

TEMPLATE = """
    services:
      db:
        image: {{ images.sh }}
        environment:
          PASSWORD: ${DB_PASSWORD}
          URL: db://app:${DB_PASSWORD}@db
        volumes: ["data:/data"]
        ports: ["{{ framework.services.db.bind_address }}:{{ framework.services.db.port_host }}:80"]
        stop_grace_period: 1s
    volumes:
      data: {}
    """
SIDE = """
    services:
      side:
        image: {{ images.sh }}
        environment: {TOKEN: "${SIDE_TOKEN}"}
        stop_grace_period: 1s
    """
LOCKED = "is not the one that the volume"


class Lab:
    """A project with a database, say, and a service beside it."""

    def __init__(self, root: Path, name: str, port: int, image: str, podman: Podman) -> None:
        self.root, self.name, self.podman = root, name, podman
        self.output = ""
        self.config: dict[str, Any] = {
            "project_name": name,
            "images": {"sh": image},
            "deployed_services": ["db", "side"],
            "framework": {
                "services": {
                    "db": {
                        "path": "services/framework/db",
                        "bind_address": "127.0.0.1",
                        "port_host": port,
                        "credentials": [{"name": "DB_PASSWORD", "volume": "data"}],
                    },
                    "side": {"path": "services/framework/side", "credentials": ["SIDE_TOKEN"]},
                }
            },
        }
        self.write("services/docker-compose.yml.j2", "networks: {default: {}}\n")
        self.write("services/framework/db/docker-compose.yml.j2", textwrap.dedent(TEMPLATE))
        self.write("services/framework/side/docker-compose.yml.j2", textwrap.dedent(SIDE))
        self.configure()
        podman.introduce(root)

    @property
    def env(self) -> Path:
        return self.root / ".env"

    @property
    def db(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.config["framework"]["services"]["db"]
        return settings

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")

    def configure(self) -> None:
        self.write("config.yml", json.dumps(self.config, indent=1))

    def start(self, *argv: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "container_manager", *argv],
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *argv: str, code: int = 0) -> str:
        ended = run_here(argv, self.root)
        said = ended.out + ended.said
        self.output += said
        assert ended.code == code, said
        assert "Traceback" not in said
        return said

    def refused(self, *argv: str) -> str:
        """What is said by a command that must touch nothing."""
        before, files = self.containers(), self.files()
        said = self.run(*argv, code=2)
        assert self.containers() == before
        assert self.files() == files
        return said

    def files(self) -> dict[str, Seen]:
        return {
            path: seen
            for path, seen in snapshot(self.root).items()
            if not path.startswith(".container-manager")
        }

    def containers(self) -> list[str]:
        label = f"label=com.docker.compose.project={self.name}"
        form = "--format={{.ID}} {{.Names}} {{.StartedAt}}"
        return sorted(self.podman.lines("ps", "--all", "--filter", label, form))

    def inside(self, variable: str, service: str = "db") -> bytes:
        """What the container got; printed in hexadecimal, since runners decode what they read."""
        command = f'printf %s "${variable}" | od -An -v -tx1'
        name = f"{self.name}_{service}_1"
        return bytes.fromhex(self.podman("exec", name, "sh", "-c", command).stdout)


@pytest.fixture
def lab(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    sh_image: str,
    podman: Podman,
) -> Lab:
    root = tmp_path / "lab"
    root.mkdir()
    return Lab(root, project_name, free_port(), sh_image, podman)


def test_the_first_up_generates_and_the_second_changes_nothing(lab: Lab) -> None:
    said = lab.run("up", "--detached")
    values = read_dotenv(lab.env)
    assert set(values) == {"DB_PASSWORD", "SIDE_TOKEN"}
    assert all(re.fullmatch("[0-9a-f]{48}", value) for value in values.values())
    assert lab.env.stat().st_mode & 0o777 == 0o600
    assert f"their values are in {lab.env}:\n  framework.db: DB_PASSWORD\n" in said
    assert "is not set" not in said
    assert lab.inside("PASSWORD").decode() == values["DB_PASSWORD"]
    assert lab.inside("URL").decode() == f"db://app:{values['DB_PASSWORD']}@db"
    assert lab.inside("TOKEN", "side").decode() == values["SIDE_TOKEN"]

    env, containers = snapshot(lab.root)[".env"], lab.containers()
    assert "Generated" not in lab.run("up", "--detached", "--json")
    assert snapshot(lab.root)[".env"] == env
    assert lab.containers() == containers

    lab.run("rebuild", "--detached")
    assert snapshot(lab.root)[".env"] == env
    for path in lab.root.rglob("*"):
        if path.is_file() and path != lab.env:
            content = path.read_bytes()
            assert not any(value.encode() in content for value in values.values()), path
    assert not any(value in lab.output for value in values.values())


def test_only_what_a_chosen_service_needs_is_generated(lab: Lab) -> None:
    lab.run("up", "--detached", "side")
    assert set(read_dotenv(lab.env)) == {"SIDE_TOKEN"}
    lab.run("up", "--detached")
    assert set(read_dotenv(lab.env)) == {"SIDE_TOKEN", "DB_PASSWORD"}


def test_weak_values_are_refused_with_nothing_touched(lab: Lab) -> None:
    lab.run("up", "--detached")
    lab.write(".env", "DB_PASSWORD=postgres\nSIDE_TOKEN=''\n")
    said = lab.refused("up", "--detached")
    assert ".env:1: The value of DB_PASSWORD is a default or well-known one." in said
    assert ".env:2: The value of SIDE_TOKEN is blank." in said
    assert "postgres" not in said
    lab.refused("rebuild", "--detached", "--volumes")
    lab.refused("up", "--detached", "--accept-credentials")


def test_a_volume_that_another_password_opens_is_told_before_the_start(lab: Lab) -> None:
    lab.run("up", "--detached")
    first = lab.env.read_text()
    lab.write(".env", first.replace("DB_PASSWORD=", "DB_PASSWORD=changed"))
    said = lab.refused("up", "--detached")
    assert f".env:2: The value of DB_PASSWORD {LOCKED} {lab.name}_data was initialised with" in said
    lab.refused("rebuild", "--detached")
    lab.run("up", "--detached", "side")  # it has nothing to do with that volume

    # Put back, it opens; gone, it is not generated anew.
    lab.write(".env", first)
    lab.run("up", "--detached")
    lab.env.unlink()
    lab.run("down")
    assert "DB_PASSWORD is not set, but the volume" in lab.refused("up", "--detached")
    assert not lab.env.exists()

    # The same without what was remembered: nobody knows, so nothing is generated.
    (lab.root / ".container-manager" / "credentials.json").unlink()
    assert "DB_PASSWORD is not set, but the volume" in lab.refused("up", "--detached")

    # Said to be right, it is remembered from now on.
    lab.run("up", "--detached", "--accept-credentials")
    accepted = lab.env.read_text()
    lab.run("up", "--detached")
    lab.write(".env", first)
    assert LOCKED in lab.refused("up", "--detached")

    # Emptied, the volume is another one.
    lab.run("rebuild", "--detached", "--volumes")
    lab.write(".env", accepted)
    assert LOCKED in lab.refused("up", "--detached")


def test_a_restored_volume_brings_its_memory_back(lab: Lab) -> None:
    lab.run("up", "--detached")
    first = lab.env.read_text()
    lab.run("clean")
    lab.env.unlink()
    lab.run("up", "--detached")
    assert lab.env.read_text() != first
    lab.run("down")
    lab.run("restore", "--force")
    assert LOCKED in lab.refused("up", "--detached")
    lab.write(".env", first)
    lab.run("up", "--detached")
    manifests = [path.read_text() for path in lab.root.glob("backups/*/manifest.json")]
    assert len(manifests) == 1
    assert read_dotenv(lab.env)["DB_PASSWORD"] not in manifests[0]


def test_an_external_volume_must_open_too_once_it_is_known(lab: Lab, podman: Podman) -> None:
    name = f"{lab.name}-outside"
    podman("volume", "create", name)
    template = textwrap.dedent(TEMPLATE).replace(
        "data: {}", f"data: {{external: true, name: {name}}}"
    )
    lab.write("services/framework/db/docker-compose.yml.j2", template)
    lab.run("up", "--detached")  # it may be empty, so a credential is generated
    first = lab.env.read_text()
    lab.env.unlink()
    for verb in (("up",), ("rebuild", "--volumes")):  # the latter empties no external volume
        assert f"the volume {name} was initialised with it" in lab.refused(*verb, "--detached")
    lab.write(".env", first.replace("DB_PASSWORD=", "DB_PASSWORD=changed"))
    for verb in (("up",), ("rebuild", "--volumes")):
        assert LOCKED in lab.refused(*verb, "--detached")
    lab.write(".env", first)
    lab.run("up", "--detached")


def test_two_at_once_generate_once(lab: Lab) -> None:
    both = [lab.start("up", "--detached") for _ in range(2)]
    said = [process.communicate(timeout=240)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert lab.env.read_text().count("DB_PASSWORD=") == 1
    assert lab.inside("PASSWORD").decode() == read_dotenv(lab.env)["DB_PASSWORD"]
    lab.run("up", "--detached")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'$HOME $$ ${X} `id` $(id) \\'single\\' \"double\" # = % \\t'",
         "$HOME $$ ${X} `id` $(id) 'single' \"double\" # = % \\t"),
        ("'  spaces and\ttabs  '", "  spaces and\ttabs  "),
        ("\"\\nfirst\\n\\nlast\\n\"", "\nfirst\n\nlast\n"),
        ("'\nfirst\r\nlast\r\n'", "\nfirst\r\nlast\r\n"),
        ("'pässwörd→🔑\u2028'", "pässwörd→🔑\u2028"),
        ("'\x01\x1b[31m red \x7f'", "\x01\x1b[31m red \x7f"),
        ("9" + "vwxyz" * 26_000, "9" + "vwxyz" * 26_000),
    ],
    ids=["signs", "blanks", "escaped newlines", "newlines", "unicode", "control", "long"],
)  # fmt: skip
def test_values_arrive_byte_for_byte(lab: Lab, written: str, value: str) -> None:
    lab.write(".env", f"DB_PASSWORD={written}\nSIDE_TOKEN=a-long-enough-token\n")
    lab.run("up", "--detached", "db")
    assert lab.inside("PASSWORD") == value.encode()
    assert lab.inside("URL") == f"db://app:{value}@db".encode()
    assert value not in lab.output


def test_what_cannot_arrive_is_refused_by_name(lab: Lab) -> None:
    lab.write(".env", f"DB_PASSWORD={'xy' * 65_536}\nSIDE_TOKEN=a-long-enough-token\n")
    said = lab.refused("up", "--detached")
    assert "The value of DB_PASSWORD, as 'PASSWORD' of the service 'db' gets it, is longer" in said
    lab.write(".env", "DB_PASSWORD='a\0b-long-enough'\n")
    assert ".env:1: The value of DB_PASSWORD holds a NUL byte" in lab.refused("up", "--detached")


def test_a_dotenv_that_cannot_be_used_is_told_and_left(lab: Lab) -> None:
    lab.write(".env", "A=1\nno assignment here\n")
    assert ".env:2: This line is not of the form NAME=value." in lab.refused("up", "--detached")
    lab.write(".env", "A=1\n")
    lab.env.chmod(0o400)
    said = lab.run("up", "--detached", code=2)
    assert "This file may not be written. These cannot be added: DB_PASSWORD, SIDE_TOKEN." in said
    assert lab.env.read_text() == "A=1\n"
    lab.env.unlink()
    lab.env.mkdir()
    assert "This is a directory, not a file." in lab.refused("up", "--detached")
    lab.env.rmdir()
    os.mkfifo(lab.env)
    assert "This is not a regular file." in lab.refused("up", "--detached")
    assert lab.containers() == []


def test_a_configuration_that_fails_with_a_value_writes_none(lab: Lab) -> None:
    template = textwrap.dedent(SIDE) + "{% if side_token %}{{ nowhere }}{% endif %}\n"
    lab.write("services/framework/side/docker-compose.yml.j2", template)
    lab.config["side_token"] = "${SIDE_TOKEN}"
    lab.configure()
    assert "nowhere" in lab.refused("up", "--detached")
    assert not lab.env.exists()


def test_wide_doors_are_listed(lab: Lab) -> None:
    door = f"open to other machines: framework.db db 0.0.0.0:{lab.db['port_host']}"
    assert "open to other machines" not in lab.run("up", "--detached")
    lab.db["bind_address"] = "0.0.0.0"
    lab.configure()
    assert door in lab.run("up", "--detached").splitlines()
    process = lab.start("up", "--detached", "--json")
    out, err = process.communicate(timeout=240)
    assert door in err.splitlines()
    doors = {one["service"]: one["open_to_other_machines"] for one in json.loads(out)["services"]}
    assert doors == {"db": [f"0.0.0.0:{lab.db['port_host']}"], "side": []}


def test_the_doors_of_what_runs_are_listed_although_up_fails(lab: Lab) -> None:
    lab.db["bind_address"] = "0.0.0.0"
    lab.configure()
    dies = textwrap.dedent(SIDE).replace("stop_grace", "command: ['false']\n    stop_grace")
    lab.write("services/framework/side/docker-compose.yml.j2", dies)
    door = f"open to other machines: framework.db db 0.0.0.0:{lab.db['port_host']}"
    said = lab.run("up", "--detached", code=1).splitlines()
    assert door in said
    # The failure itself stands last.
    assert said.index(door) < next(i for i, line in enumerate(said) if "side failed" in line)
    missing = dies.replace("{{ images.sh }}", "localhost/is-not-there")
    lab.write("services/framework/side/docker-compose.yml.j2", missing)
    assert door in lab.run("rebuild", "--detached", code=1).splitlines()


def test_networks_of_others_are_listed_as_doors(lab: Lab, podman: Podman) -> None:
    name = f"{lab.name}-outside"
    podman("run", "--detach", f"--name={name}", lab.config["images"]["sh"])
    modes = {"web": "host", "inside": "service:web", "guest": f"container:{name}"}
    services = {
        key: {"image": lab.config["images"]["sh"], "network_mode": mode, "stop_grace_period": "1s"}
        for key, mode in modes.items()
    }
    template = json.dumps({"services": services})
    lab.write("services/framework/side/docker-compose.yml.j2", template)
    lab.config["framework"]["services"]["side"].pop("credentials")
    lab.configure()
    said = [line for line in lab.run("up", "--detached").splitlines() if "open to" in line]
    opened = {line.split()[5]: line for line in said}
    assert set(opened) == set(modes)
    assert opened["web"].endswith("every port it listens on (host network)")
    assert opened["inside"].endswith("every port it listens on (host network)")
    assert "a network not known: container:" in opened["guest"]
    lab.run("down")


def test_a_kill_while_credentials_are_written_leaves_no_copy_to_others(lab: Lab) -> None:
    script = textwrap.dedent(
        """
        import os, signal
        from container_manager import verbs
        os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        verbs.up()
        """
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=lab.root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not lab.env.exists()
    left = [path for path in lab.root.rglob("*") if "unfinished" in path.name]
    assert [path.parent.name for path in left] == [".container-manager"]
    lab.run("up", "--detached")
    assert not left[0].exists()
    assert lab.env.read_text().count("DB_PASSWORD=") == 1
