"""Images that stand in for upstream's of ``pipelines`` and ``open-webui``, for tests.

Upstream's cannot be had everywhere. In their place stand a small server that loads modules the way
upstream's does, and one that asks for models with the addresses and keys that it was given.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.conftest import Podman

PIPELINES_SERVER = '''
"""What upstream's server does with modules and valves, without its frameworks."""
import importlib.util, json, os
from pathlib import Path

FOLDER, loaded = Path(os.environ["PIPELINES_DIR"]), {}

def load():
    for path in FOLDER.glob("*.py"):
        (FOLDER / path.stem).mkdir(exist_ok=True)
        valves = FOLDER / path.stem / "valves.json"
        valves.exists() or valves.write_text("{}")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            loaded[path.stem] = module.Pipeline()
        except Exception as error:
            print("not loaded:", path.stem, error)
            (FOLDER / "failed").mkdir(exist_ok=True)
            path.rename(FOLDER / "failed" / path.name)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        load()
        return await send({"type": "lifespan.startup.complete"})
    answer = {"status": True}
    if scope["path"] == "/models":
        answer = {"data": [{"id": name} for name in loaded]}
    elif scope["method"] == "POST":
        pipeline = loaded[scope["path"].strip("/")]
        asked = (await receive())["body"].decode()
        answer = {"content": "".join(pipeline.pipe(asked, "", [], {}))}
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
'''

OPEN_WEBUI_SERVER = '''
"""Well at /health; elsewhere it tells what it sees of the models that it was told to ask."""
import json, os, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ADDRESSES, KEYS = (os.environ[f"OPENAI_API_{n}"].split(";") for n in ("BASE_URLS", "KEYS"))

def models():
    for address, key in zip(ADDRESSES, KEYS, strict=True):
        headers = {"Authorization": f"Bearer {key}"}
        request = urllib.request.Request(f"{address}/models", headers=headers)
        with urllib.request.urlopen(request) as answer:
            yield [model["id"] for model in json.load(answer)["data"]]

class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        seen = {"status": True} if self.path == "/health" else {
            "models": list(models()), "user": [os.getuid(), os.getgid()],
            "password": len(os.environ["WEBUI_ADMIN_PASSWORD"])}
        self.wfile.write(json.dumps(seen).encode())

(Path(os.environ["DATA_DIR"]) / "webui.db").touch()
Path(os.environ["STATIC_DIR"]).mkdir()
HTTPServer(("", 8080), Server).serve_forever()
'''

FILES = {
    "pipelines/main.py": PIPELINES_SERVER,
    "pipelines/Dockerfile": """
        ARG BASE
        FROM ${BASE}
        RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir pydantic uvicorn==0.22.0
        ENV PATH=/venv/bin:/usr/bin:/bin
        COPY main.py /app/main.py
        """,
    "open-webui/server.py": OPEN_WEBUI_SERVER,
    "open-webui/start.sh": "exec python3 server.py\n",
    "open-webui/Dockerfile": """
        ARG BASE
        FROM ${BASE}
        RUN printf '#!/bin/sh\\nexec sh "$@"\\n' > /usr/bin/bash && chmod 755 /usr/bin/bash
        COPY server.py start.sh /app/backend/
        WORKDIR /app/backend
        CMD ["bash", "start.sh"]
        """,
}


def build(
    podman: Podman, folder: Path, project: str, python_image: str, trust: Mapping[str, str]
) -> dict[str, str]:
    """Make both images.

    Args:
        podman: makes them.
        folder: an empty one, to work in.
        project: what they are named after.
        python_image: what they are made on.
        trust: variables with which a build reaches a package index.

    Returns:
        The references, by what the shipped services call them below ``images``.
    """
    images = {}
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    for name, key in (("pipelines", "pipelines"), ("open-webui", "open_webui")):
        images[key] = f"localhost/{project}-{key}:1"
        options = ("--quiet", f"--build-arg=BASE={python_image}", f"--tag={images[key]}")
        argv = (podman.host.executable, "build", *options, str(folder / name))
        built = podman.runner.run(argv, env={**podman.env, **trust}, timeout=300)
        assert built.ok, built.last_lines
    return images
