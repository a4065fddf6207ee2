"""Generates projects to measure: the same size on average, every text different.

A service has 27 generated files on average: a compose file, the flattened configuration, assets;
every third has ``src/`` (40 files) and ``requirements.txt``, every fifth two kernels.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

import yaml

GROUP = 20
"""Services whose configuration stands in one imported file."""

SRC_FILES = 40
KERNELS = ("readonly", "write")
FILES_A_SERVICE = 27

_ROOT_TEMPLATE = """\
networks:
  {{ network }}: {}
"""

_COMPOSE = """\
{{% set me = {family}.services.{name} %}}
services:
  {name}:
    image: {{{{ registry }}}}/{name}:{{{{ version }}}}
    hostname: {name}.{{{{ domain }}}}
    restart: unless-stopped
    command: ["python3", "-m", "{name}", "--workers", "{{{{ me.workers }}}}"]
    environment:
      GREETING: {{{{ me.greeting | tojson }}}}
      PROJECT: {{{{ project_name | upper }}}}
      MOTTO_{number}: {{{{ motto | tojson }}}}
      PORT: "{{{{ me.port }}}}"
    {{% if me.workers > 2 %}}
    mem_limit: {{{{ me.workers * 64 }}}}m
    {{% else %}}
    mem_limit: 128m
    {{% endif %}}
    ports:
      - "127.0.0.1:{{{{ me.port }}}}:8000"
    volumes:
    {{% for folder in folders %}}
      - data-{name}-{{{{ folder }}}}:/var/lib/{name}/{{{{ folder }}}}
    {{% endfor %}}
    networks: [{{{{ network }}}}]
    healthcheck:
      test: ["CMD", "python3", "-m", "{name}.check", "{{{{ me.port }}}}"]
      interval: {interval}s
    stop_grace_period: 5s
volumes:
{{% for folder in folders %}}
  data-{name}-{{{{ folder }}}}: {{}}
{{% endfor %}}
"""

_KERNEL = """\
{{"argv": ["python3", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"],
 "display_name": "Python of {name} ({mode})",
 "language": "python",
 "metadata": {{"number": {number}}},
 "env": {{"GREETING": {{{{ {family}.services.{name}.greeting | tojson }}}},
         "DOMAIN": "{{{{ domain }}}}", "MODE": "{mode}"}}}}
"""

_MOTTO = "measured, not assumed"

_CONFIG = """\
import: config/*.yml
project_name: measured
registry: registry.example.org
version: "1.0"
domain: lab.example.org
motto: {motto}
network: stack
folders: [data, cache]
"""


def generate(root: Path, services: int) -> Path:
    """Make a project.

    Args:
        root: its folder, which must not exist.
        services: how many it deploys.

    Returns:
        ``root``.
    """
    _write(root / "services/docker-compose.yml.j2", _ROOT_TEMPLATE)
    _write(root / "requirements.txt", "requests==2.32.3\n")
    for number in range(SRC_FILES):
        _write(root / f"src/package_{number // 10}/module_{number}.py", _asset(f"src {number}"))
    deployed = []
    for start in range(0, services, GROUP):
        framework: dict[str, Any] = {}
        lab: dict[str, Any] = {}
        for number in range(start, min(start + GROUP, services)):
            family, name = _family(number), _name(number)
            (framework if family == "framework" else lab)[name] = _service(root, number)
            deployed.append(f"{family}.{name}")
        group = {
            "framework": {"services": framework},
            "applications": {"lab": {"services": lab}},
        }
        _write(root / f"config/group_{start // GROUP:03}.yml", yaml.safe_dump(group))
    _write(
        root / "config.yml",
        _CONFIG.format(motto=_MOTTO) + yaml.safe_dump({"deployed_services": deployed}),
    )
    return root


def template_of(root: Path, number: int) -> Path:
    """The compose template of one service."""
    return _folder(root, number) / "docker-compose.yml.j2"


def change_template(root: Path, number: int, edition: int) -> None:
    """Change what the compose template of one service renders to.

    Args:
        root: the project.
        number: which service.
        edition: a number that is rendered; 0 brings the template back as it was.
    """
    path = template_of(root, number)
    line = f'      EDITION: "{edition}"\n' if edition else ""
    text = path.read_text(encoding="utf-8")
    _rewrite(path, re.sub(r"(    environment:\n)(      EDITION: .*\n)?", rf"\g<1>{line}", text))


def change_motto(root: Path, edition: int) -> None:
    """Change the one value that every compose template sees.

    Args:
        root: the project.
        edition: a number that is rendered; 0 brings the value back as it was.
    """
    path = root / "config.yml"
    motto = f"{_MOTTO}, edition {edition}" if edition else _MOTTO
    text = path.read_text(encoding="utf-8")
    _rewrite(path, re.sub(r"^motto: .*$", f"motto: {motto}", text, flags=re.MULTILINE))


def _name(number: int) -> str:
    return f"service_{number:04}"


def _family(number: int) -> str:
    return "framework" if number % 2 else "applications.lab"


def _folder(root: Path, number: int) -> Path:
    return root / "services" / _family(number).replace(".", "/") / _name(number)


def _service(root: Path, number: int) -> dict[str, Any]:
    """Write the files of one service; returns its definition."""
    folder, name, family = _folder(root, number), _name(number), _family(number)
    text = _COMPOSE.format(name=name, family=family, number=number, interval=10 + number % 50)
    _write(folder / "docker-compose.yml.j2", text)
    has_kernels = number % 5 == 0
    for mode in KERNELS if has_kernels else ():
        text = _KERNEL.format(name=name, family=family, number=number, mode=mode)
        _write(folder / f"kernel-{mode}/kernel.json.j2", text)
    for asset in range(_assets(number)):
        _write(folder / f"assets_{asset // 4}/file_{asset}.txt", _asset(f"{name} {asset}"))
    return {
        "path": folder.relative_to(root).as_posix(),
        "port": 10000 + number,
        "workers": 1 + number % 4,
        "greeting": f"Hello from {name}",
        **({"copy_src": True} if number % 3 == 0 else {}),
        **({"render_kernel_templates": True} if has_kernels else {}),
    }


def _assets(number: int) -> int:
    """How many assets make 27 files on average over 15 services, in which all repeats."""
    others = 2 * 15 + 5 * (SRC_FILES + 1) + 3 * len(KERNELS)
    wanted = 15 * FILES_A_SERVICE - others
    return wanted // 15 + (number % 15 < wanted % 15)


def _asset(seed: str) -> str:
    """A text of one to four kilobytes, different for every seed."""
    lines = 15 + zlib.crc32(seed.encode()) % 46
    return "".join(
        f"{seed}, line {line}: all work and no play makes a file.\n" for line in range(lines)
    )


def _rewrite(path: Path, text: str) -> None:
    if path.read_text(encoding="utf-8") != text:  # an equal file stays untouched, time and all
        _write(path, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
