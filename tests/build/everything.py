"""A project that uses every feature that makes a build look at something."""

from __future__ import annotations

from collections.abc import Mapping

from tests.conftest import Project
from tests.packages.conftest import Site

WEB = "services/framework/web"
API = "lab/services/framework/api"

FILES: Mapping[str, str] = {
    "config.yml": """
        import: [base.yml, "${LAB_SITE:-north}.yml", services/*/*/service.yml, conf.d/*.yml]
        project_name: lab
        applications: [als, none]
        framework:
          services:
            api: {path: 'package:lab/services/framework/api'}
            idle: {path: idle/web}
        deployed_services: [worker, web, api, applications.als.mongo]
        images: {python: auto}
        greeting: ${GREETING:-hello}
        token: ${LAB_TOKEN}
        defaults: {environment: {ZONE: '${LAB_ZONE:-UTC}'}}
        compose_overrides: [shared/over.yml]
        """,
    "base.yml": "import: further/*.yml\ntitle: base\n",
    "further/one.yml": "kept: 1\n",
    "north.yml": "north: true\n",
    "src/applications/als/config.yml": """
        services:
          mongo: {path: services/applications/als/mongo, credentials: [MONGO_PASSWORD]}
        """,
    ".env": "LAB_TOKEN=planted-secret-value\n",
    ".copier-answers.yml": "_commit: v1\n",
    "requirements.txt": "numpy\n",
    "pyproject.toml": "[project]\n",
    "services/docker-compose.yml.j2": """
        networks: {default: {}}
        secrets: {cert: {file: '{{ project_root }}/shared/cert.pem'}}
        """,
    "shared/cert.pem": "certificate\n",
    "shared/over.yml": """
        services:
          web: {environment: {OVER: '${LAB_OVER:-none}', SECOND: '${LAB_TOKEN}'}}
          worker: {mem_limit: 64m}
        """,
    "shared/part.j2": "part of {{ title }}\n",
    "shared/macros.j2": "{% macro shown(x) %}<{{ x }}>{% endmacro %}\n",
    "shared/far.txt": "far\n",
    "shared/more.env": "ZONE=${LAB_ZONE}\n",
    f"{WEB}/service.yml": """
        framework:
          services:
            web:
              path: services/framework/web
              copy_src: true
              render_kernel_templates: true
              additional_dirs: [docs, {src: notes.txt, dst: data/notes.txt}, linked]
              no_render: [raw.j2]
              port_host: auto
        """,
    f"{WEB}/docker-compose.yml.j2": """
        services:
          web:
            image: {{ images.python | to_json }}
            secrets: [cert]
            env_file:
              - ./framework/worker/worker.env
              - '{{ project_root }}/shared/more.env'
              - {path: ./absent.env, required: false}
            environment: {TOKEN: '${LAB_TOKEN}', MOOD: '${LAB_MOOD:-calm}', LAB_PASSED: null}
        """,
    f"{WEB}/page.html.j2": """
        {% import "shared/macros.j2" as macros %}{{ macros.shown(greeting) }}
        {% include "shared/part.j2" %}
        {% include "own.txt" %}
        {% include ["missing.j2", "shared/part.j2"] %}
        {% include "nowhere.j2" ignore missing %}
        """,
    f"{WEB}/own.txt": "own\n",
    f"{WEB}/raw.j2": "{{ raw\n",
    f"{WEB}/python3/kernel.json.j2": '{"name": {{ title | to_json }}}\n',
    f"{WEB}/config.yml": "own: true\n",
    f"{WEB}/.copier-answers.yml": "_commit: v1\n",
    "services/framework/worker/service.yml": """
        framework: {services: {worker: {path: services/framework/worker, copy_src: true}}}
        """,
    "services/framework/worker/docker-compose.yml.j2": """
        services: {worker: {image: localhost/worker}}
        """,
    "services/framework/worker/worker.env.j2": "MODE={{ title }}\n",
    "services/applications/als/mongo/docker-compose.yml.j2": """
        services:
          mongo:
            image: localhost/mongo
            environment: {MONGO_INITDB_ROOT_PASSWORD: '${MONGO_PASSWORD:-}'}
        """,
    "src/main.py": "print(1)\n",
    "src/.dockerignore": "left-out\n!left-out/but.py\n",
    "src/left-out/but.py": "x = 1\n",
    "src/left-out/not.py": "x = 2\n",
    "docs/index.md": "# Docs\n",
    "docs/.containerignore": "draft.md\n",
    "docs/draft.md": "# Draft\n",
    "notes.txt": "notes\n",
    "idle/web/docker-compose.yml.j2": "services: {}\n",
    "elsewhere/data.txt": "data\n",
}  # fmt: skip

LINKS: Mapping[str, str] = {
    f"{WEB}/kept.txt": "own.txt",
    f"{WEB}/far.txt": "hop.txt",
    f"{WEB}/hop.txt": "../../../shared/far.txt",
    "src/kept.py": "main.py",
    "linked": "elsewhere",
}

PACKAGE: Mapping[str, str] = {
    "lab/__init__.py": "raise AssertionError('this must not be imported')\n",
    f"{API}/service.yml": """
import: more.yml
framework: {services: {api: {path: services/framework/api, copy_src: true}}}
""",
    f"{API}/more.yml": "framework: {services: {api: {level: 1}}}\n",
    f"{API}/docker-compose.yml.j2": """
services:
  api:
    image: localhost/api
    user: "{{ framework.services.api.level }}"
""",
    f"{API}/page.txt.j2": '{% include "part.txt" %}',
    f"{API}/part.txt": "part\n",
}

ENVIRON: Mapping[str, str] = {"GREETING": "welcome", "LAB_MOOD": "glad", "PATH": "/usr/bin:/bin"}


def write(project: Project, site: Site) -> None:
    """Write the project, and install the package."""
    project.files(FILES)
    for path, target in LINKS.items():
        (project.root / path).symlink_to(target)
    site.install("lab", PACKAGE)
