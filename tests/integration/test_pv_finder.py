"""The channel finder as it is shipped, on a database that speaks MongoDB's protocol.

The template of ``mongo`` is replaced by a stand-in (see ``mongo_emulator``); its settings, its
credentials and all of ``pv_finder`` are the shipped ones.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pymongo
import pytest
from dotenv import dotenv_values
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tests.integration import mongo_emulator
from tests.integration.conftest import Podman

pytestmark = [pytest.mark.podman, pytest.mark.timeout(1200)]

CHECKOUT = Path(__file__).parents[2]
OURS = "services/applications/als_expert"


class Site:
    """A project that deploys the two services, and its doors."""

    def __init__(self, root: Path, name: str, images: dict[str, str], ports: list[int]) -> None:
        self.root, self.name = root, name
        self.port, self.mongo_port = ports
        shutil.copytree(CHECKOUT / OURS, root / OURS)
        template = "services/docker-compose.yml.j2"
        shutil.copy(CHECKOUT / template, root / template)
        (root / OURS / "mongo/docker-compose.yml.j2").write_text(mongo_emulator.TEMPLATE)
        services = {"mongo": {"port_host": self.mongo_port}, "pv_finder": {"port_host": self.port}}
        config = {
            "import": "services/applications/*/*/service.yml",
            "project_name": name,
            "images": images,
            "applications": {"als_expert": {"services": services}},
            "deployed_services": [
                "applications.als_expert.mongo",
                "applications.als_expert.pv_finder",
            ],
        }
        (root / "config.yml").write_text(json.dumps(config), encoding="utf-8")

    def run(self, *argv: str) -> str:
        """Run the program; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "container_manager", *argv],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env=dict(os.environ),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def credentials(self) -> dict[str, str]:
        """What ``up`` has put into ``.env``."""
        return {key: value or "" for key, value in dotenv_values(self.root / ".env").items()}

    def database(self) -> pymongo.MongoClient[dict[str, Any]]:
        """The database, as the application's user reaches it from this machine."""
        return pymongo.MongoClient(
            "127.0.0.1",
            self.mongo_port,
            username="als_expert",
            password=self.credentials["MONGO_APP_PASSWORD"],
            authSource="als_expert",
            authMechanism="SCRAM-SHA-256",
            serverSelectionTimeoutMS=5000,
        )

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool with the client of the ``mcp`` package."""

        async def ask(client: Client) -> dict[str, Any]:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            assert isinstance(result.structured_content, dict)
            return result.structured_content

        answer: dict[str, Any] = self.with_client(ask)
        return answer

    def with_client(self, ask: Callable[[Client], Any]) -> Any:
        """Connect with the token, and ask something."""

        async def session() -> Any:
            headers = {"Authorization": f"Bearer {self.credentials['PV_FINDER_TOKEN']}"}
            async with httpx2.AsyncClient(headers=headers) as web:
                transport = streamable_http_client(self.url, http_client=web)
                async with Client(transport) as client:
                    return await ask(client)

        return asyncio.run(session())

    @property
    def url(self) -> str:
        """Where the tools are."""
        return f"http://127.0.0.1:{self.port}/mcp"

    def names(self, pattern: str) -> list[str]:
        """The names of the channels that the server finds."""
        found = self.call("find_channels", pattern=pattern)
        return [channel["name"] for channel in found["channels"]]

    def health(self) -> tuple[int, str]:
        """What the server says of its health."""
        answer = httpx2.get(f"http://127.0.0.1:{self.port}/health", timeout=20)
        return answer.status_code, answer.text.strip()

    def post(self, **headers: str) -> int:
        """The status of a bare request to the tools."""
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        accept = {"Accept": "application/json, text/event-stream"}
        return httpx2.post(self.url, json=message, headers=accept | headers).status_code


@pytest.fixture
def site(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
    podman: Podman,
    trusting_builds: dict[str, str],
) -> Site:
    work = tmp_path / "emulator"
    work.mkdir()
    images = {"python": python_image, "mongo": mongo_emulator.ensure_image(podman, work)}
    root = tmp_path / "site"
    root.mkdir()
    return Site(root, project_name, images, [free_port(), free_port()])


def test_finds_channels_and_keeps_them(site: Site, podman: Podman, tmp_path: Path) -> None:
    site.run("up", "--detached")
    podman.keep_layers(f"localhost/{site.name}_pv_finder", "pv_finder")

    # The client of the package lists the tools and finds a channel of the examples.
    tools = site.with_client(lambda client: client.list_tools())
    assert [tool.name for tool in tools.tools] == [
        "find_channels",
        "search_channels",
        "describe_channel",
    ]
    assert site.names("sr:dcct:c*") == ["SR:DCCT:Current"]
    assert site.names("SR0?C:BPM*:X") == [f"SR0{s}C:BPM{n}:X" for s in (1, 4, 7) for n in (1, 2)]
    assert len(site.names("ID1")) == 3
    found = site.call("search_channels", text="horizontal booster", limit=1)
    assert [channel["name"] for channel in found["channels"]] == ["BR1:BPM1:X"]
    assert site.call("search_channels", text="beam", limit=2)["more"]
    assert site.call("describe_channel", name="SR:RF:Frequency")["units"] == "MHz"
    assert site.names(".*") == []  # a dot is a dot

    # Strangers, and requests that name another host, stay outside.
    token = site.credentials["PV_FINDER_TOKEN"]
    right = f"Bearer {token}"
    assert site.post() == 401
    assert site.post(Authorization="Bearer wrong") == 401
    assert site.post(Authorization=right) == 200
    assert site.post(Authorization=right, Host=f"LocalHost:{site.port}") == 200
    assert site.post(Authorization=right, Host=f"[::1]:{site.port}") == 200
    assert site.post(Authorization=right, Host="rebound.example.org") == 421
    assert site.post(Authorization=right, Origin="http://rebound.example.org") == 403

    # What people add and change survives a new start of everything, seeding included.
    with site.database() as client:
        channels = client["als_expert"]["channels"]
        channels.insert_one({"name": "XX:ADDED", "description": "ours"})
        changed = {"$set": {"description": "changed by us"}}
        channels.update_one({"name": "SR:RF:Frequency"}, changed)
    site.run("down")
    site.run("rebuild", "--detached")
    assert_data_is_there(site)
    assert (
        "0 of 56 example channels"
        in podman("logs", container(site, podman, "pv_finder_seed")).stdout
    )

    # And a clean sweep, by way of the backup.
    site.run("clean")
    assert not podman.lines("volume", "ls", "--quiet", "--filter", f"name={site.name}")
    site.run("restore")
    assert_restored_byte_for_byte(site, podman, tmp_path)
    site.run("up", "--detached")
    assert_data_is_there(site)

    # The health follows the database.
    assert site.health() == (200, "ok")
    mongo = container(site, podman, "mongo")
    podman("stop", mongo)
    assert site.health() == (503, "database")
    podman("start", mongo)
    deadline = time.monotonic() + 60
    while site.health() != (200, "ok") and time.monotonic() < deadline:
        time.sleep(1)
    assert site.health() == (200, "ok")

    # SIGTERM ends it at once, and in order.
    finder = container(site, podman, "pv_finder")
    podman("stop", "--time=20", finder)
    assert podman("inspect", "--format={{.State.ExitCode}}", finder).stdout.strip() == "0"
    logs = podman("logs", finder)
    assert token not in logs.stdout + logs.stderr
    site.run("clean", "--no-backup")


def container(site: Site, podman: Podman, service: str) -> str:
    """The id of a compose service's container, running or not."""
    labels = {"project": site.name, "service": service}
    filters = [f"--filter=label=com.docker.compose.{key}={value}" for key, value in labels.items()]
    (found,) = podman.lines("ps", "--all", "--quiet", *filters)
    return found


def assert_restored_byte_for_byte(site: Site, podman: Podman, folder: Path) -> None:
    """The volume holds what was saved, owners and modes included."""
    (saved,) = (site.root / "backups").glob("*/*mongo_data.tar")
    now = folder / "now.tar"
    podman("volume", "export", f"--output={now}", f"{site.name}_mongo_data")
    assert contents(now) == contents(saved)
    assert "mongo.sqlite" in str(sorted(contents(now)))


def contents(archive: Path) -> dict[str, tuple[int, int, bytes]]:
    """Owner, mode and bytes of every file in a tar file."""
    with tarfile.open(archive) as tar:
        return {
            member.name: (member.uid, member.mode, file.read())
            for member in tar
            if (file := tar.extractfile(member)) is not None
        }


def assert_data_is_there(site: Site) -> None:
    """What was added and changed is, and what was seeded."""
    assert site.names("XX:ADDED") == ["XX:ADDED"]
    described = site.call("describe_channel", name="SR:RF:Frequency")
    assert described["description"] == "changed by us"
    assert site.names("SR:DCCT:C*") == ["SR:DCCT:Current"]
