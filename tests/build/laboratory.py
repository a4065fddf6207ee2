"""A project that uses most of what a build knows, and all that people do to its files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

WEB = "services/framework/web"
WORKER = "services/framework/worker"
NOTEBOOK = "services/lab/notebook"
SECRET = "planted-secret-value"

_ROOT = (
    "networks: {default: {}, lab: {}}\nvolumes: {data: {}}\n",
    "networks: {default: {}, lab: {internal: true}}\nvolumes: {data: {}}\n",
    "networks: {default: {}}\nvolumes: {data: {}}\n",  # a network that is not declared any more
)
_CONFIG = """\
import: [services/*/*/service.yml, conf.d/*.yml]
project_name: lab
project_root: /srv/lab
greeting: ${{GREETING:-hello}}
site: ${{SITE:-nowhere}}
token: ${{LAB_TOKEN}}
title: {title}
deployed_services: [{deployed}]
"""
_FRAGMENT = """\
framework:
  services:
    web:
      path: services/framework/web
      copy_src: {src}
      additional_dirs: [docs, {{src: notes.txt, dst: data/notes.txt}}]
      color: {color}
      port_host: {port}
"""
_WEB = """\
services:
  web:
    image: localhost/web{image}
    depends_on: [worker]
    env_file: ./framework/worker/worker.env
    networks: [lab]
    volumes: [data:/data]
    ports: ["127.0.0.1:{{{{ framework.services.web.port_host }}}}:80"]
    environment:
      COLOR: {{{{ framework.services.web.color }}}}
      TOKEN: ${{LAB_TOKEN}}
      MORE: "{more}"
    labels: {{% include "shared/labels.j2" %}}
"""
_WORKER = """\
services:
  worker:
    image: localhost/worker
    volumes: [data:/data]
    {key}: {value}
    labels: {{% include "shared/labels.j2" %}}
"""
_ALONE = """\
services:
  notebook: {{image: localhost/notebook, networks: [lab], {more}}}
"""
_NOTEBOOK = """\
applications:
  lab:
    services:
      notebook: {{path: services/lab/notebook, render_kernel_templates: {kernels}}}
deployed_services: {{add: [applications.lab.notebook]}}
"""

VARIANTS: Mapping[str, Sequence[str]] = {
    "config.yml": (
        _CONFIG.format(title="one", deployed="worker, web"),
        _CONFIG.format(title="two", deployed="worker, web"),
        _CONFIG.format(title="one", deployed="worker"),
        _CONFIG.format(title="one", deployed="web"),  # which needs the worker
        _CONFIG.format(title="[", deployed=""),
    ),
    ".env": (
        f"SITE=north\nLAB_TOKEN={SECRET}\n",
        f"SITE=south\nLAB_TOKEN={SECRET}\n",
        "SITE=north\n",
        "SITE\n",
    ),
    "conf.d/more.yml": ("title: three\n", "title: fours\n"),
    "shared/labels.j2": (
        "[site={{ site }}]\n",
        "[home={{ site }}]\n",
        '{% include "shared/deeper.j2" %}',
        "[{{ nothing }}]\n",
    ),
    "shared/deeper.j2": ("[deep=1]\n", "[deep=2]\n", "{{ token }}\n"),
    "services/docker-compose.yml.j2": _ROOT,
    f"{WEB}/service.yml": (
        _FRAGMENT.format(src="true", color="red", port="auto"),
        _FRAGMENT.format(src="true", color="tan", port="auto"),
        _FRAGMENT.format(src="false", color="red", port="auto"),
        _FRAGMENT.format(src="true", color="red", port="8080"),
    ),
    f"{WEB}/docker-compose.yml.j2": (
        _WEB.format(image="", more="a"),
        _WEB.format(image="", more="b"),
        _WEB.format(image="-2", more="a"),
        _WEB.format(image="", more="${LAB_URL:-none}"),
        _WEB.format(image="", more="{{ nothing }}"),
    ),
    f"{WEB}/page.html.j2": (
        "{{ greeting }} from {{ title }}\n",
        "{{ title }} from {{ greeting }}\n",
        "{{ token }}\n",  # the placeholder of a secret, of which people are warned
        "{% if %}\n",
    ),
    f"{WEB}/style.css": ("a { color: red }\n", "a { color: tan }\n", SECRET),
    f"{WEB}/run.sh": ("#!/bin/sh\n", "#!/bin/bash\n"),
    f"{WORKER}/service.yml": (
        "framework: {services: {worker: {path: services/framework/worker}}}\n",
        "framework: {services: {worker: {path: services/framework/worker, "
        "no_render: ['*.ini.j2']}}}\n",
    ),
    f"{WORKER}/docker-compose.yml.j2": (
        _WORKER.format(key="command", value="run"),
        _WORKER.format(key="command", value="sit"),
        _WORKER.format(key="mem_limit", value="lots"),
    ),
    f"{WORKER}/worker.env.j2": (
        "GREETING={{ greeting }}\n",
        "WELCOMES={{ greeting }}\n",
        "URL=${LAB_URL}\n",
        "TOKEN=${LAB_TOKEN}\n",
    ),
    f"{WORKER}/own.ini.j2": ("[{{ title }}]\n", "({{ title }})\n"),
    f"{NOTEBOOK}/service.yml": (
        _NOTEBOOK.format(kernels="true"),
        _NOTEBOOK.format(kernels="false"),
    ),
    f"{NOTEBOOK}/docker-compose.yml.j2": (
        _ALONE.format(more="user: '1'"),
        _ALONE.format(more="user: '2'"),
        _ALONE.format(more="env_file: ../../shared/more.env"),
        _ALONE.format(more="secrets: [cert]") + "secrets: {cert: {file: ../../shared/cert.pem}}",
        _ALONE.format(more="depends_on: [nobody], mem_limit: lots"),
        "services: {worker: {image: localhost/notebook}}\n",  # the name of another's
    ),
    "shared/more.env": ("A=1\n", "B=2\n", "URL=${LAB_URL}\n"),
    "shared/cert.pem": ("cert\n", "cerf\n"),
    f"{NOTEBOOK}/config.yml": ("a: 1\n", "a: 2\n"),
    f"{NOTEBOOK}/Logo.svg": ("<svg/>\n", "<gvs/>\n"),
    f"{NOTEBOOK}/settings.j2": ("{{ site }}\n", "{{ title }}\n", "{{ token }}\n"),
    f"{NOTEBOOK}/python3/kernel.json.j2": (
        '{"site": {{ site | to_json }}}\n',
        '{"seat": {{ site | to_json }}}\n',
        "{{ site }}\n",
    ),
    f"{NOTEBOOK}/logo.svg": ("<svg/>\n", "<gvs/>\n"),
    "src/main.py": ("print(1)\n", "print(2)\n", f"print('{SECRET}')\n"),
    "src/lab/inside.py": ("x = 1\n", "x = 2\n"),
    "src/.containerignore": ("lab\n!lab/inside.py\n", "main.py\n"),
    "docs/index.md": ("# One\n", "# Two\n"),
    "notes.txt": ("note one\n", "note two\n"),
    "requirements.txt": ("numpy\n", "scipy\n"),
    "pyproject.toml": ("[project]\n", "[another]\n"),
    f"{WEB}/config.yml": ("a: 1\n", "a: 2\n"),
    f"{WEB}/.copier-answers.yml": ("_commit: v1\n", "_library: '99'\n", "[]\n"),
    f"{WORKER}/Readme.txt": ("read me\n", "red met\n"),
    f"{WORKER}/README.txt": ("read me\n", "red met\n"),
    f"{WORKER}/own.ini": ("by hand\n", "my hand\n"),
}
"""Path -> what may stand there; the first few are as a project begins, and many of one size."""

LATER = (
    *("conf.d/more.yml", "src/.containerignore", f"{WEB}/config.yml", f"{WORKER}/README.txt"),
    *(f"{WEB}/.copier-answers.yml", f"{WORKER}/own.ini"),
    *(f"{NOTEBOOK}/config.yml", f"{NOTEBOOK}/Logo.svg"),
)
"""What is not there at first."""

ENVIRON: Mapping[str, Sequence[str | None]] = {
    "GREETING": (None, "welcome", "goodbye"),
    "SITE": (None, "process"),
    "LAB_URL": (None, "http://host/", "http://me:pass-phrase@host/"),
    "LAB_TOKEN": (None, "a-secret-of-the-process", "inside.py"),
}
"""Variable -> its values; a URL with credentials makes its variable a secret."""

LINKS = ("style.css", "../../../shared/deeper.j2", "nowhere", "/etc/hostname", "../../../docs")
"""Where a symlink in the place of a file may lead."""


def begin(root: Path) -> None:
    """Write the project."""
    for path, variants in VARIANTS.items():
        if path not in LATER:
            write(root / path, variants[0])
    (root / WEB / "run.sh").chmod(0o755)
    (root / WEB / "link.css").symlink_to("style.css")


def write(path: Path, text: str, manner: str = "in place") -> None:
    """Write a file as programs do.

    Args:
        path: where; whatever is there goes.
        text: the content.
        manner: ``in place``; ``renamed``, as editors write; ``backdated``, with the old times.
    """
    clear_way(path)
    times = path.stat() if path.is_file() else None
    if path.is_symlink() or path.is_dir():
        remove(path)
    if manner == "renamed":
        temporary = path.with_name(f".{path.name}.swp")
        temporary.write_text(text)
        temporary.replace(path)
    else:
        path.write_text(text)
    if manner == "backdated" and times is not None:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def clear_way(path: Path) -> None:
    """Make the folder of a path; files that stand where it has to be go."""
    for parent in reversed(path.parents):
        if os.path.lexists(parent) and not parent.is_dir():
            remove(parent)
    path.parent.mkdir(parents=True, exist_ok=True)


def remove(path: Path) -> None:
    """Remove whatever is at a path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Lab:
    """The project in use.

    Attributes:
        root: its folder.
        theirs: paths below the build directory that somebody else wrote.
    """

    def __init__(self, root: Path, set_variable: Callable[[str, str | None], None]) -> None:
        self.root = root
        self.theirs: set[str] = set()
        self.set_variable = set_variable

    @property
    def build_dir(self) -> Path:
        return self.root / "build"

    @property
    def config(self) -> Path:
        return self.root / "config.yml"

    def built(self) -> list[str]:
        """All files and links below the build directory, but the manager's own."""
        found = (path for path in self.build_dir.rglob("*") if path.is_symlink() or path.is_file())
        paths = (path.relative_to(self.build_dir).as_posix() for path in found)
        return sorted(path for path in paths if not path.startswith(".manager/"))
