"""An image that speaks MongoDB's wire protocol, for tests.

No MongoDB server is to be had from Debian or PyPI, but ``mongoeco`` answers the real PyMongo, keeps
its data in a file, and knows passwords.

It wants a Python newer than Debian 12 has, so the image is made from Debian 13's packages. It stays
in the store for the next run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration import debian13
from tests.integration.conftest import CA_BUNDLE, one_at_a_time

if TYPE_CHECKING:
    from tests.integration.conftest import Podman

PACKAGES = ("base-files", "busybox-static", "ca-certificates", "libstdc++6", "python3.13-venv")

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
      interval: 15s
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
            debian13.import_image(podman, folder, base, PACKAGES)
            context = folder / "context"
            context.mkdir()
            (context / "mongo.py").write_text(PROGRAM, encoding="utf-8")
            (context / "Containerfile").write_text(
                CONTAINERFILE.format(base=base), encoding="utf-8"
            )
            # What this machine trusts, where a proxy stands between it and the package index.
            trust = [f"--volume={CA_BUNDLE}:{debian13.CERTIFICATES}:ro"] if CA_BUNDLE else []
            podman("build", "--quiet", *trust, "--tag", IMAGE, str(context), timeout=600)
    return IMAGE
