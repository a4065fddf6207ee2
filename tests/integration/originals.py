"""Projects of the original framework, complete and small, in its two layouts.

Paths, keys and templates are shaped as its documentation and first versions had them: a root
template with ``version`` and the shared network, fixed container names, volumes without a word
about them, ports without quotes, lists in ``environment``, ``project_root`` from a variable.
Nothing in them knows of us.

``NAME`` stands for the project's name (volumes, containers and images of all projects lie in one
Podman), ``IMAGE`` for a small image, ``PORT`` for a free one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

LOOP = "trap 'exit 0' TERM; while :; do sleep 0.1; done"

HIERARCHICAL = {
    "config.yml": """
# Import framework configuration
import: src/framework/config.yml

build_dir: ./build
project_root: ${PROJECT_ROOT}

applications:
  # - hello_world
  - als_expert

file_paths:
  agent_data_dir: _agent_data
  scripts_dir: executed_scripts

system:
  timezone: ${TZ:-America/Los_Angeles}

deployed_services:
  - framework.jupyter
  - pipelines
  - applications.als_expert.mongo

api:
  providers:
    openai:
      api_key: ${OPENAI_API_KEY}
      base_url: https://api.openai.example/v1
""",
    ".env": "OPENAI_API_KEY=sk-quite-secret-0123456789\n",
    "src/framework/config.yml": """
framework:
  services:
    jupyter:
      path: ./services/framework/jupyter
      containers:
        read: {name: jupyter-read, mode: read}
        write: {name: jupyter-write, mode: write_access}
      copy_src: true
      additional_dirs:
        - docs
        - {src: "_agent_data/scripts", dst: "scripts"}
      render_kernel_templates: true
    pipelines:
      path: ./services/framework/pipelines
      port_host: PORT
      port: 9099
      copy_src: true
deployed_services: []
""",
    "src/framework/__init__.py": "",
    "src/applications/als_expert/config.yml": """
services:
  mongo:
    name: NAME-mongo
    path: ./services/applications/als_expert/mongo
    port_container: 27017
    copy_src: true
""",
    "src/applications/als_expert/__init__.py": "",
    "requirements.txt": "requests==2.32.3\n",
    "pyproject.toml": '[project]\nname = "als"\nversion = "1"\n',
    "docs/index.md": "# Docs\n",
    "_agent_data/scripts/hello.py": "print('hello')\n",
    "services/docker-compose.yml.j2": """
version: '3.8'

networks:
  als-agents-network:
""",
    "services/framework/jupyter/docker-compose.yml.j2": """
services:
{% for key in ["read", "write"] %}
  jupyter-{{key}}:
    container_name: NAME-{{framework.services.jupyter.containers[key].name}}
    build:
      context: ./framework/jupyter
      dockerfile: Dockerfile
    restart: unless-stopped
    volumes:
      - ./framework/jupyter:/jupyter
      - {{project_root}}/{{file_paths.agent_data_dir}}/{{file_paths.scripts_dir}}:/opt/scripts/
      - ./framework/jupyter/python3-epics-readonly:/kernels/python3-epics-readonly
    environment:
      - PYTHONPATH=/jupyter/repo_src
      - NO_PROXY=${NO_PROXY}
      - EPICS_EXECUTION_MODE={{framework.services.jupyter.containers[key].mode}}
    command: ["/bin/sh", "/jupyter/custom_start.sh"]
    networks:
      - als-agents-network
{% endfor %}
""",
    "services/framework/jupyter/Dockerfile": "FROM IMAGE\nRUN echo NAME > /etc/original\n",
    "services/framework/jupyter/custom_start.sh": f"#!/bin/sh\n{LOOP}\n",
    "services/framework/jupyter/python3-epics-readonly/kernel.json.j2": (
        '{"argv": ["python", "{{project_root}}/x.py"], "display_name": "{{system.timezone}}"}\n'
    ),
    "services/framework/pipelines/docker-compose.yml.j2": """
services:
  pipelines:
    image: IMAGE
    container_name: NAME-pipelines
    restart: unless-stopped
    ports:
      - {{framework.services.pipelines.port_host}}:{{framework.services.pipelines.port}} # API
    volumes:
      - ./framework/pipelines:/pipelines
      - {{project_root}}/{{file_paths.agent_data_dir}}:/app/{{file_paths.agent_data_dir}}
    environment:
      - PIPELINES_REQUIREMENTS_PATH=/pipelines/repo_src/requirements.txt
      - TERM=xterm-256color
      - OPENAI_API_KEY=${OPENAI_API_KEY}
      - HTTP_PROXY=${HTTP_PROXY}
    command: ["sh", "/pipelines/start.sh"]
    stop_grace_period: 1s
    networks:
      - als-agents-network
""",
    "services/framework/pipelines/start.sh": (
        "#!/bin/sh\necho piped > /tmp/index.html\nexec busybox httpd -f -p 9099 -h /tmp\n"
    ),
    "services/applications/als_expert/mongo/docker-compose.yml.j2": """
volumes:
  NAME-mongo:

services:
  # Generic Database
  mongo:
    container_name: {{applications.als_expert.services.mongo.name}}
    image: IMAGE
    restart: unless-stopped
    environment:
      - TZ={{system.timezone}}
      - NO_PROXY=${NO_PROXY}
    command: ["sh", "-c", "LOOP"]
    volumes:
      - NAME-mongo:/data/mongo
    healthcheck:
      test: test -d /data/mongo
      interval: 1s
      timeout: 5s
      retries: 5
      start_period: 30s
    networks:
      - als-agents-network
""",
}
"""Framework and application services, as the documentation's first examples are."""

FLAT = {
    "config.yml": """
build_dir: ./build
project_root: .

services:
  mongo:
    path: services/mongo
    database: lab
  web:
    path: services/web
    port_host: PORT
    copy_src: false

deployed_services:
  - mongo
  - web
""",
    "services/docker-compose.yml.j2": """
networks:
  default:
    name: NAME-network
""",
    "services/mongo/docker-compose.yml.j2": """
services:
  mongo:
    container_name: NAME-mongo
    image: IMAGE
    environment:
      MONGO_INITDB_DATABASE: {{ services.mongo.database }}
    command: [sh, -c, "LOOP"]
    volumes:
      - NAME-data:/data/db
volumes:
  NAME-data:
""",
    "services/web/docker-compose.yml.j2": """
services:
  web:
    container_name: NAME-web
    image: IMAGE
    command: [sh, -c, "busybox httpd -f -p 8080 -h /www"]
    stop_grace_period: 1s
    ports: ["127.0.0.1:{{ services.web.port_host }}:8080"]
    volumes:
      - ./web/www:/www:ro
      - NAME-data:/data:ro
    depends_on:
      - mongo
""",
    "services/web/www/index.html": "flat\n",
}
"""The older layout: every service directly under ``services``."""


def write(root: Path, files: Mapping[str, str], **words: str) -> Path:
    """Write a project; ``NAME``, ``IMAGE`` and the like are replaced.

    Args:
        root: its folder, which need not be there.
        files: path -> text.
        words: what stands for what, in lower case.

    Returns:
        The folder.
    """
    for path, text in files.items():
        for word, value in {"loop": LOOP, **words}.items():
            text = text.replace(word.upper(), value)  # noqa: PLW2901 - one after another
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip("\n"), encoding="utf-8")
    return root


def run_originally(root: Path, *words: str, environ: Mapping[str, str]) -> None:
    """Do what the original did after a build: call podman-compose with all files, and no name.

    It stood in the project's folder, and let podman-compose call everything after the folder of the
    first file: ``services``.

    Args:
        root: the project's folder; a build has been made there.
        words: what podman-compose is told: ``up -d``, ``down``.
        environ: with which Podman is called on this machine.
    """
    first = Path("build/services/docker-compose.yml")
    others = sorted(path.relative_to(root) for path in (root / first).parent.rglob(first.name))
    files = [first, *(path for path in others if path != first)]
    dotenv = ["--env-file", ".env"] if (root / ".env").exists() else []
    command = [
        *(sys.executable, "-m", "podman_compose", "--in-pod=0"),
        *(f"--file={path}" for path in files),
        *(*dotenv, *words),
    ]
    env = {name: value for name, value in environ.items() if "COMPOSE" not in name}
    done = subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
