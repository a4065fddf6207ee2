"""An image that speaks MongoDB's wire protocol, for tests.

No MongoDB server is to be had from Debian or PyPI, but ``mongoeco`` answers the real PyMongo, keeps
its data in a file, and knows passwords.

It wants a Python newer than Debian 12 has, so the image is made from Debian 13's packages. Nothing
is installed on this machine; only ``apt-get`` and ``dpkg-deb`` are used, in folders of our own. The
image stays in the store for the next run.
"""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.integration.conftest import CA_BUNDLE, one_at_a_time

if TYPE_CHECKING:
    from tests.integration.conftest import Podman

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

PACKAGES = ("base-files", "busybox-static", "ca-certificates", "libstdc++6", "python3.13-venv")

APT = """
Dir::State "{0}/state";
Dir::State::status "{0}/state/status";
Dir::Cache "{0}/cache";
Dir::Etc "{0}/etc";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
"""

CONTAINERFILE = """
FROM {base}
RUN ["/usr/bin/busybox", "--install", "-s", "/usr/bin"]
RUN python3.13 -m venv /venv && /venv/bin/pip install --no-cache-dir 'mongoeco[wire]==4.11.0'
RUN mkdir -p /data/db && chown 999:999 /data/db
COPY mongo.py /mongo.py
ENTRYPOINT ["/venv/bin/python", "-u", "/mongo.py"]
"""

PROGRAM = '''
"""mongo.py serve | health | init: what the real image, health.js and init.js do."""
import asyncio, os, signal, sys
import pymongo

def user(role):
    return os.environ[f"MONGO_{role}_USER"], os.environ[f"MONGO_{role}_PASSWORD"]

def log_in(host, role, source):
    name, password = user(role)
    client = pymongo.MongoClient(
        host, username=name, password=password, authSource=source,
        authMechanism="SCRAM-SHA-256", serverSelectionTimeoutMS=5000,
    )
    client.admin.command("ping")

async def serve():
    from mongoeco.engines.sqlite import SQLiteEngine
    from mongoeco.wire import AsyncMongoEcoProxyServer
    from mongoeco.wire.auth import WireAuthUser
    # It looks for every user in "admin", whichever database the client names.
    users = tuple(
        WireAuthUser(username=name, password=password, source="admin")
        for name, password in (user("ROOT"), user("APP"))
    )
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    engine = SQLiteEngine("/data/db/mongo.sqlite")
    async with AsyncMongoEcoProxyServer(
        engine=engine, host="0.0.0.0", port=27017, auth_users=users
    ):
        await told.wait()

match sys.argv[1]:
    case "serve":
        asyncio.run(serve())
    case "health":
        log_in("127.0.0.1", "ROOT", "admin")
    case "init":
        log_in("mongo", "ROOT", "admin")
        log_in("mongo", "APP", os.environ["MONGO_DATABASE"])
        print("both users can log in")
'''

TEMPLATE = """
{% set mongo = applications.als_expert.services.mongo -%}
services:
{%- for name, command in (("mongo", "serve"), ("mongo_init", "init")) %}
  {{ name }}:
    image: {{ images.mongo | to_json }}
    command: [{{ command }}]
    environment:
      MONGO_DATABASE: {{ mongo.database | to_json }}
      MONGO_ROOT_USER: {{ mongo.root_user | to_json }}
      MONGO_ROOT_PASSWORD: ${MONGO_ROOT_PASSWORD}
      MONGO_APP_USER: {{ mongo.app_user | to_json }}
      MONGO_APP_PASSWORD: ${MONGO_APP_PASSWORD}
    networks: [{{ network }}]
    user: "999:999"
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    stop_grace_period: 5s
{%- if command == "init" %}
    depends_on:
      mongo: {condition: service_healthy}
{%- else %}
    ports: ["{{ mongo.bind_address }}:{{ mongo.port_host }}:27017"]
    volumes: ["mongo_data:/data/db"]
    healthcheck:
      test: [CMD, /venv/bin/python, /mongo.py, health]
      interval: 3s
      retries: 10
{%- endif %}
{%- endfor %}
volumes:
  mongo_data: {}
"""
"""What stands in for the template of ``mongo``: same settings, same names, another image."""

_MADE_OF = "\n".join((*PACKAGES, CONTAINERFILE, PROGRAM))
IMAGE = f"localhost/cm-test-mongo:{hashlib.sha256(_MADE_OF.encode()).hexdigest()[:12]}"


def ensure_image(podman: Podman, folder: Path) -> str:
    """Make the image unless it is there.

    Args:
        podman: makes it.
        folder: an empty one, to work in.
    """
    with one_at_a_time():
        if not podman("image", "exists", IMAGE, check=False).ok:
            base = IMAGE.replace("cm-test-mongo", "cm-test-debian13")
            _import_debian(podman, folder, base)
            context = folder / "context"
            context.mkdir()
            (context / "mongo.py").write_text(PROGRAM, encoding="utf-8")
            (context / "Containerfile").write_text(
                CONTAINERFILE.format(base=base), encoding="utf-8"
            )
            # What this machine trusts, where a proxy stands between it and the package index.
            trust = [f"--volume={CA_BUNDLE}:{CERTIFICATES}:ro"] if CA_BUNDLE else []
            podman("build", "--quiet", *trust, "--tag", IMAGE, str(context), timeout=600)
    return IMAGE


def _import_debian(podman: Podman, folder: Path, name: str) -> None:
    """A Debian 13 with little more than Python, from its packages, without their scripts."""
    for part in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "root"):
        (folder / part).mkdir(parents=True)
    (folder / "etc/preferences.d").mkdir()
    (folder / "state/status").touch()
    source = f"deb [signed-by={KEYRING}] {_mirror(podman)} trixie main\n"
    (folder / "etc/sources.list").write_text(source, encoding="utf-8")
    (folder / "apt.conf").write_text(APT.format(folder), encoding="utf-8")
    environment = {**podman.env, "APT_CONFIG": str(folder / "apt.conf")}
    _run(podman, environment, "apt-get", "update")
    _run(podman, environment, "apt-get", "--yes", "--download-only", "install", *PACKAGES)
    for package in sorted((folder / "cache/archives").glob("*.deb")):
        _run(podman, environment, "dpkg-deb", "--extract", str(package), str(folder / "root"))
    root = folder / "root"
    # What the script of the package ca-certificates would do.
    authorities = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = root / CERTIFICATES.lstrip("/")
    bundle.write_bytes(b"".join(path.read_bytes() for path in authorities))
    with tarfile.open(folder / "root.tar", "w") as tar:
        tar.add(root, arcname=".", filter=_owned_by_root)
    podman("import", "--quiet", str(folder / "root.tar"), name, timeout=300)


def _mirror(podman: Podman) -> str:
    """Where this machine gets Debian's packages from."""
    asked = "--format=$(REPO_URI) $(LABEL) $(COMPONENT)"
    listed = _run(podman, podman.env, "apt-get", "indextargets", asked, "Created-By: Packages")
    for line in listed.splitlines():
        address, label, component = line.split(" ", 2)
        if (label, component) == ("Debian", "main"):
            return address
    pytest.fail("The image of these tests is made of Debian's packages, and this is no Debian.")


def _run(podman: Podman, environment: dict[str, str], *argv: str) -> str:
    finished = podman.runner.run(argv, env=environment, timeout=300)
    if not finished.ok:
        pytest.fail(f"'{' '.join(argv[:3])}' failed:\n{finished.last_lines}", pytrace=False)
    return finished.stdout


def _owned_by_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
