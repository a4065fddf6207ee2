"""A small template with questions like ours, in a git repository of its own."""

from __future__ import annotations

import os
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

COPIER_YML = r"""
    _min_copier_version: "9.15"
    _templates_suffix: .jinja
    _envops:
      undefined: jinja2.StrictUndefined
      variable_start_string: "[["
      variable_end_string: "]]"
      block_start_string: "[%"
      block_end_string: "%]"
      comment_start_string: "[#"
      comment_end_string: "#]"
    _subdirectory: "template/[[ make ]]"
    _exclude: [copier.yml, .git]
    here:
      type: str
      when: false
      default: "[[ _copier_conf.dst_path ~ '' ]]"
    make:
      type: str
      choices: [service, project]
      default: service
    kind:
      type: str
      choices: [web, job]
      default: web
    name:
      type: str
      default: "[[ here | basename ]]"
      validator: "[% if name in ['all', 'default'] %]'[[ name ]]' is reserved.[% endif %]"
    family:
      type: str
      choices: [framework, application, flat]
      default: flat
    application:
      type: str
      when: "[[ family == 'application' ]]"
      choices: "[[ known_applications | default([]) | to_json ]]"
    port:
      type: int
      default: "[[ 0 if kind == 'job' else free_port | default(8000) ]]"
      validator: "[% if not 0 <= port <= 65535 %]A port is a number from 0 to 65535.[% endif %]"
    network: {type: str, default: unnamed}
    base_image: {type: str, default: unknown}
    logged: {type: bool, default: false, when: "[[ make == 'project' ]]"}
    example_port: {type: int, default: "[[ free_port ]]", when: "[[ make == 'project' ]]"}
"""

ANSWERS = """\
[[ dict(_copier_answers, _library='0.1.0') | to_nice_yaml -]]
"""

SERVICE_YML = """\
[% if family == 'framework' -%]
framework: {services: {[[ name ]]: {path: services/framework/[[ name ]]}}}
deployed_services: {add: [framework.[[ name ]]]}
[%- elif family == 'application' -%]
applications: {[[ application ]]: {services: {[[ name ]]: {path: services/applications/[[ application ]]/[[ name ]]}}}}
deployed_services: {add: [applications.[[ application ]].[[ name ]]]}
[%- else -%]
services: {[[ name ]]: {path: services/[[ name ]]}}
deployed_services: {add: [services.[[ name ]]]}
[%- endif %]
"""  # noqa: E501

COMPOSE = """\
services:
  [[ name ]]:
    image: localhost/[[ base_image | replace(':', '-') ]]
    networks: {{ [network] | to_json }}
    [% if port %]ports: ["127.0.0.1:[[ port ]]:80"][% endif %]
"""

PROJECT = """\
import: [services/*/service.yml]
project_name: made
network: stack
deployed_services: []
"""

HELLO = """\
services: {hello: {path: services/hello}}
deployed_services: {add: [services.hello]}
"""

HELLO_COMPOSE = """\
services: {hello: {image: localhost/x, ports: ["127.0.0.1:[[ example_port ]]:80"]}}
"""

FILES: Mapping[str, str] = {
    "copier.yml": COPIER_YML,
    "template/service/[[ _copier_conf.answers_file ]].jinja": ANSWERS,
    "template/service/service.yml.jinja": SERVICE_YML,
    "template/service/docker-compose.yml.j2.jinja": COMPOSE,
    "template/service/tests/test_[[ name ]].py": "def test_nothing() -> None: ...\n",
    "template/project/[[ _copier_conf.answers_file ]].jinja": ANSWERS,
    "template/project/config.yml": PROJECT,
    "template/project/services/docker-compose.yml.j2": "networks: {stack: {}}\n",
    "template/project/services/hello/service.yml": HELLO,
    "template/project/services/hello/docker-compose.yml.j2.jinja": HELLO_COMPOSE,
    "template/project/run": "#!/bin/sh\n",
}

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Somebody",
    "GIT_AUTHOR_EMAIL": "somebody@localhost",
    "GIT_COMMITTER_NAME": "Somebody",
    "GIT_COMMITTER_EMAIL": "somebody@localhost",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with nobody's settings."""
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **GIT},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def repository(folder: Path, files: Mapping[str, str] = FILES, tag: str | None = "v0.1.0") -> Path:
    """A repository with these files, committed and tagged."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main", "--template=")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=template")
    if tag:
        git(folder, "tag", tag)
    return folder
