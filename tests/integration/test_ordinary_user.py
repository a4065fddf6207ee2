"""The main path as an ordinary user, on that user's own Podman, with files of other users about.

The user is made for the test and has nothing but a home: no rights of root, an empty store, its own
range of ids. Its containers write as other ids, which are none of the user's, into a folder of the
build and into a volume.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.boot.reading import Unit
from tests.integration.company import Authority
from tests.integration.conftest import SH_IMAGE, import_of_sh_image
from tests.integration.ordinary import OrdinaryUser, ordinary_user

from container_manager.preflight.host import unprivileged_ports

pytestmark = [pytest.mark.podman, pytest.mark.timeout(600)]

SECRET = "s3cret-$with 'odd' signs"

FILES = {
    "services/docker-compose.yml.j2": "networks: {lab: {}}\n",
    "services/framework/web/docker-compose.yml.j2": """
services:
  web:
    build: {context: ./framework/web}
    environment: {TOKEN: "${API_TOKEN}"}
    ports: ["127.0.0.1:{{ framework.services.web.port }}:8080"]
    volumes: ["data:/data", "./framework/web/state:/state"]
    networks: [lab]
    stop_grace_period: 1s
    mem_limit: 64m
volumes: {data: {}}
""",
    "services/framework/web/Dockerfile": f"""
FROM {SH_IMAGE}
COPY serve.sh /
CMD ["sh", "/serve.sh"]
""",
    # What many images do: what they mount becomes that of a user of theirs, closed to all others.
    "services/framework/web/serve.sh": """
set -e
mkdir -p /www
cp /state/greeting /www/
echo "$TOKEN" > /www/token
echo precious > /data/notes
chown -R 1234:4321 /data /state
chmod 700 /data /state
chmod 600 /data/notes /state/greeting
mkdir -p /state/closed && echo x > /state/closed/x && chown -R 77:78 /state/closed
chmod 700 /state/closed
exec httpd -f -p 8080 -h /www
""",
    "services/framework/web/state/greeting.j2": "{{ framework.services.web.greeting }}\n",
    ".env": f"API_TOKEN={json.dumps(SECRET)}\n",
}


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrdinaryUser]:
    """A user with the small image in its store."""
    with ordinary_user() as made:
        archive = made.home / "image.tar"
        command = import_of_sh_image(archive)
        made.podman(*command)
        archive.unlink()
        yield made


class Lab:
    """A project in the user's home."""

    def __init__(self, user: OrdinaryUser, port: int) -> None:
        self.user, self.port = user, port
        self.root = user.home / "lab"
        for path, text in FILES.items():
            user.write(f"lab/{path}", text.lstrip())
        self.configure("first")

    def configure(self, greeting: str, **more: object) -> None:
        web = {"path": "services/framework/web", "port": self.port, "greeting": greeting}
        config = {
            "project_name": "lab",
            "deployed_services": ["web"],
            "framework": {"services": {"web": web}},
            **more,
        }
        self.user.write("lab/config.yml", json.dumps(config, indent=1))

    def write_template(self, service: str) -> None:
        """Have the template define another service than the usual one."""
        text = f"services:\n{service.replace('IMAGE', SH_IMAGE)}\n"
        self.user.write("lab/services/framework/web/docker-compose.yml.j2", text)

    def greeting(self) -> str:
        """What the build has, as seen where the user is root."""
        file = self.root / "build/services/framework/web/state/greeting"
        return self.user.podman("unshare", "cat", str(file)).strip()

    def run(self, *argv: str, code: int = 0, environ: Mapping[str, str] | None = None) -> str:
        said = self.user.manager(self.root, *argv, code=code, environ=environ)
        assert SECRET not in said
        return said

    def states(self) -> dict[str, str]:
        """Container -> its state, as the user's Podman says."""
        listed = json.loads(self.user.podman("ps", "--all", "--format=json"))
        return {one["Names"][0]: one["State"] for one in listed}

    def ids(self) -> list[str]:
        return self.user.podman("ps", "--all", "--quiet", "--no-trunc").split()

    def volumes(self) -> list[str]:
        return self.user.podman("volume", "ls", "--format={{.Name}}").split()

    def inside(self, command: str) -> str:
        return self.user.podman("exec", "lab_web_1", "sh", "-c", command).strip()

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=10) as answer:
            body: bytes = answer.read()
        return body.decode().strip()


@pytest.fixture
def lab(user: OrdinaryUser, free_port: Callable[[], int]) -> Lab:
    return Lab(user, free_port())


RUNNING = {"lab_web_1": "running"}


def test_the_main_path(lab: Lab) -> None:
    said = lab.run("up", "--detached")
    assert lab.states() == RUNNING
    # Control groups v1 give limits to root alone; that is told, and nothing fails for it.
    assert ("have no effect for web" in said) == (
        not Path("/sys/fs/cgroup/cgroup.controllers").exists()
    )
    assert (lab.get("greeting"), lab.get("token")) == ("first", SECRET)
    greeting = lab.root / "build/services/framework/web/state/greeting"
    assert greeting.stat().st_uid not in (0, lab.user.uid)

    # Nothing changed: nothing happens, whoever's the files are by now.
    first = lab.ids()
    lab.run("up", "--detached")
    assert lab.ids() == first

    # A change of the file that the container has taken as its own.
    lab.configure("second")
    lab.run("up", "--detached")
    assert (lab.get("greeting"), lab.states()) == ("second", RUNNING)

    lab.run("rebuild", "--detached")
    assert (lab.get("greeting"), lab.states()) == ("second", RUNNING)
    assert lab.ids() != first

    lab.run("down")  # with cgroups v1, an ordinary user's containers cannot be paused
    assert (lab.states(), lab.volumes()) == ({}, ["lab_data"])
    lab.run("backup")
    lab.run("clean", "--yes")
    assert (lab.states(), lab.volumes()) == ({}, [])

    lab.run("restore")
    assert lab.volumes() == ["lab_data"]
    lab.run("up", "--detached")
    assert lab.states() == RUNNING
    assert lab.inside("cat /data/notes; stat -c %u:%g:%a /data/notes /data") == (
        "precious\n1234:4321:600\n1234:4321:700"
    )

    # Without Podman, what the container took over stays, and what to do is told.
    lab.configure("third")
    said = lab.run("build", code=2, environ={"PATH": "/nowhere"})
    assert "state/greeting: The build cannot be written: Permission denied." in said
    assert "podman unshare chown -R 0:0" in said
    assert lab.greeting() == "second"

    # What is no longer part of the build goes, what the container left of its own stays.
    (lab.root / "services/framework/web/state/greeting.j2").unlink()
    lab.run("build")
    state = lab.root / "build/services/framework/web/state"
    assert lab.user.podman("unshare", "find", str(state), "-type", "f").split() == [
        f"{state}/closed/x"
    ]

    lab.run("down")
    assert lab.states() == {}
    lab.run("clean", "--yes", "--no-backup")
    assert lab.volumes() == []


def test_what_root_alone_may_and_what_an_id_of_ones_own_gives(lab: Lab) -> None:
    # A port below the first that ordinary users may have: refused, with the key that gives it.
    lab.port = unprivileged_ports() - 1
    lab.configure("low")
    said = lab.run("up", "--detached", code=2)
    assert "needs more rights than this user has" in said
    assert "framework.services.web.port" in said
    assert lab.states() == {}

    # With the user's own id, what containers write is the user's.
    lab.write_template(
        "  web: {image: IMAGE, stop_grace_period: 1s, volumes: ['../mine:/mine'], "
        "command: [sh, -c, 'id -u > /mine/id; exec sleep 1000'], init: true}"
    )
    lab.configure("own", defaults={"userns_mode": "keep-id"})
    lab.run("up", "--detached")
    written = lab.root / "build/mine/id"
    assert written.read_text() == f"{lab.user.uid}\n"
    assert written.stat().st_uid == lab.user.uid
    lab.run("clean", "--yes")
    assert lab.states() == {}


def test_builds_and_containers_of_any_id_read_what_is_to_be_trusted(
    lab: Lab, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    lab.user.write("lab/company.pem", authority.file.read_text())
    lab.user.write(
        "lab/services/framework/web/Dockerfile",
        f'FROM {SH_IMAGE}\nUSER 4321\nRUN test -r "$SSL_CERT_FILE"\nUSER root\n',
    )
    lab.write_template(
        '  web: {build: ./framework/web, user: "1234:4321", stop_grace_period: 0s, init: true}'
    )
    lab.configure("trusting", ca_certificates="company.pem")
    lab.run("up", "--detached")
    assert authority.a_line.decode() in lab.inside("cat $SSL_CERT_FILE")
    lab.run("clean", "--yes", "--no-backup")


def test_a_unit_of_the_users_brings_their_containers_back(lab: Lab, tmp_path: Path) -> None:
    """With what their systemd would give it, and none of their shell's variables."""
    lab.run("up", "--detached")
    before = lab.ids()
    shown, _ = json.JSONDecoder().raw_decode(lab.run("boot", "--dry", "--json"))
    assert shown["unit"] == f"{lab.user.home}/.config/systemd/user/container-manager-lab.service"
    unit = Unit.read(shown["text"], shown["name"], tmp_path, system=False)
    assert unit.complaints == []
    start, stop = unit.commands
    for command, state in ((stop, "exited"), (start, "running")):
        ran = lab.user.run(*command, cwd=Path("/"), environ=unit.environment)
        assert ran.returncode == 0, ran.stderr
        assert lab.states() == {"lab_web_1": state}
    assert lab.ids() == before
    lab.run("clean", "--yes", "--no-backup")
