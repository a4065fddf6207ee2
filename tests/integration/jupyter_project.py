"""A project with the service framework.jupyter, and stand-ins for a control system's gateways.

Two channel-access servers: one lets nobody write, as a read-only gateway does. The project's
requirements.txt brings the client.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import textwrap
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.conftest import PREFIX, Podman, trusting_settings
from tests.integration.jupyter_api import Server

from container_manager.testing.ports import Ports

PUBLIC_HOST, PUBLIC_PATH = "lab.example.org", "/jupyter/write"

FILES = {
    "services/docker-compose.yml.j2": "networks: {stack: {}}\n",
    "requirements.txt": "caproto==1.3.0\n",
    "src/lab.py": 'VALUE = "from the project"\n',
    "services/framework/gateways/docker-compose.yml.j2": """
        {% set gateways = {"gateway_read": "look", "gateway_write": "touch"} -%}
        services:
        {%- for name, mode in gateways.items() %}
          {{ name }}:
            image: localhost/${COMPOSE_PROJECT_NAME}_gateway
            build:
              context: ./framework/gateways
              args: {BASE: {{ images.python | to_json }}}
            command: [/opt/gateway/bin/python, /opt/gateway.py, {{ mode }}]
            networks: [stack]
            stop_grace_period: 1s
        {%- endfor %}
        """,
    "services/framework/gateways/Dockerfile": """
        ARG BASE
        FROM ${BASE}
        RUN python3 -m venv /opt/gateway && \\
            /opt/gateway/bin/pip install --no-cache-dir caproto==1.3.0
        COPY gateway.py /opt/gateway.py
        USER 1000:1000
        """,
    "services/framework/gateways/gateway.py": """
        import sys
        from caproto.server import PVGroup, pvproperty, run

        class Machine(PVGroup):
            current = pvproperty(value=1.5, read_only=sys.argv[1] == "look")

        run(Machine(prefix="SR:").pvdb, interfaces=["0.0.0.0"])
        """,
}


@dataclass(frozen=True, kw_only=True)
class Lab:
    """The running stack."""

    root: Path
    name: str
    read: Server
    write: Server


@contextlib.contextmanager
def running(podman: Podman, python_image: str, folder: Path) -> Iterator[Lab]:
    """A user's own project, which takes the service from the installed package, brought up."""
    root = folder / "lab"
    name = f"{PREFIX}{uuid.uuid4().hex[:10]}"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    settings = trusting_settings(podman, folder)
    held = Ports()
    ports = {"read": held.take(), "write": held.take()}
    (root / "config.yml").write_text(json.dumps(configuration(name, ports, python_image)))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "container_manager", "up", "--detached"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=800,
            check=False,
            env={**os.environ, **settings},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for image in ("jupyter", "gateway"):
            podman.keep_layers(f"localhost/{name}_{image}", image)
        tokens = dict(re.findall(r"^(JUPYTER_\w+)=(\w{48})$", (root / ".env").read_text(), re.M))
        yield Lab(
            root=root,
            name=name,
            read=Server(port=ports["read"], token=tokens["JUPYTER_READ_TOKEN"]),
            write=Server(
                port=ports["write"], token=tokens["JUPYTER_WRITE_TOKEN"], path=PUBLIC_PATH
            ),
        )
    finally:
        podman.remove_all(name)
        held.close()


def configuration(name: str, ports: dict[str, int], python_image: str) -> dict[str, Any]:
    """The project's ``config.yml``; a reverse proxy stands before the write container alone."""
    public_url = f"https://{PUBLIC_HOST}{PUBLIC_PATH}/"
    return {
        "project_name": name,
        "images": {"python": python_image},
        "deployed_services": ["jupyter", "gateways"],
        "framework": {
            "services": {
                "jupyter": {
                    "path": "package:container-manager/services/framework/jupyter",
                    "containers": {
                        "read": {"port_host": ports["read"]},
                        "write": {"port_host": ports["write"], "public_url": public_url},
                    },
                },
                "gateways": {"path": "services/framework/gateways"},
            }
        },
        "execution": {
            "epics": {
                "gateways": {
                    "read_only": {"address": "gateway_read"},
                    "write_access": {"address": "gateway_write"},
                }
            }
        },
    }
