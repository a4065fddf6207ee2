"""``public_url`` means the same to every service: how it is spelled, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
import yaml

from pv_finder import settings

if TYPE_CHECKING:
    from tests.conftest import Project

CHECKOUT = Path(__file__).parents[2]
FRAMEWORK = CHECKOUT / "services/framework"

TAKEN = {
    "https://lab.example.org": "https://lab.example.org",
    "https://lab.example.org/": "https://lab.example.org",
    "HTTPS://Lab.Example.ORG": "https://lab.example.org",
    "https://lab.example.org:443": "https://lab.example.org",
    "http://lab:80/": "http://lab",
    "http://lab:443": "http://lab:443",
    "https://lab.example.org:8443": "https://lab.example.org:8443",
    "http://192.0.2.7:3000": "http://192.0.2.7:3000",
    "http://[::1]:8088": "http://[::1]:8088",
    "https://[2001:DB8::7]": "https://[2001:db8::7]",
}
REFUSED = [
    "lab.example.org",
    "//lab.example.org",
    "ftp://lab.example.org",
    "https://",
    "https:///lab",
    "https://me@lab.example.org",
    "https://me:secret@lab.example.org",
    "https://lab.example.org:",
    "https://lab.example.org:0",
    "https://lab.example.org:65536",
    "https://lab.example.org:https",
    "https://lab.example.org?",
    "https://lab.example.org/?a=1",
    "https://lab.example.org/#top",
    "https://lab..example.org",
    "https://lab example.org",
    "https://lab.example.org\n",
    "https://l\u00e4b.example.org",
    "https://[::1",
    "https://[::1/",
    "https://::1]/",
    "https://[lab]",
    "https://[:::1]",
    "https://lab,other",
    'https://"lab"',
]


def load(path: Path) -> ModuleType:
    """A module of a service."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def open_webui(project: Project, url: str) -> subprocess.CompletedProcess[str]:
    """The start script, with the environment that the template gives to it."""
    shutil.copytree(FRAMEWORK / "open-webui", project.root / "services/framework/open-webui")
    shutil.copy(CHECKOUT / "services/docker-compose.yml.j2", project.root / "services")
    config = {
        "import": "services/framework/*/service.yml",
        "deployed_services": ["open_webui"],
        "framework": {"services": {"open_webui": {"public_url": url}}},
    }
    project.write("config.yml", json.dumps(config))
    text = project.prepare().outputs["services/framework/open-webui/docker-compose.yml"].text
    given = yaml.safe_load(text or "")["services"]["open-webui"]["environment"]
    project.write("bash", "#!/bin/sh\nprintf %s $WEBUI_URL\n").chmod(0o755)
    return subprocess.run(
        [sys.executable, str(FRAMEWORK / "open-webui/start.py")],
        env={**given, "PATH": f"{project.root}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("url", "origin"), TAKEN.items())
def test_jupyter_spells_it_as_browsers_do(url: str, origin: str) -> None:
    assert load(FRAMEWORK / "jupyter/public_url.py").read(url).origin == origin


@pytest.mark.parametrize(
    "url", [*REFUSED, "https://lab/a b", "https://lab/../x", "https://lab//x", "https://lab/%zz"]
)
def test_jupyter_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"It must be like https://lab\.example\.org/jupyter/"):
        load(FRAMEWORK / "jupyter/public_url.py").read(url)


@pytest.mark.parametrize(
    ("url", "path"),
    [("https://lab", ""), ("https://lab/", ""), ("http://lab/A/b.c~1/", "/A/b.c~1")],
)
def test_jupyter_takes_a_path(url: str, path: str) -> None:
    assert load(FRAMEWORK / "jupyter/public_url.py").read(url).path == path


def test_jupyter_needs_none() -> None:
    assert load(FRAMEWORK / "jupyter/public_url.py").read("") == ("", "")


DOORS = {"PV_FINDER_TOKEN": "t", "PV_FINDER_HOSTS": "localhost:8051"}


@pytest.mark.parametrize(("url", "origin"), TAKEN.items())
def test_pv_finder_spells_it_as_browsers_do(url: str, origin: str) -> None:
    doors = settings.doors({**DOORS, "PV_FINDER_PUBLIC_URL": url})
    assert (doors.origins[-1], doors.hosts[-1]) == (origin, origin.partition("//")[2])


@pytest.mark.parametrize("url", REFUSED)
def test_pv_finder_refuses_what_is_no_address(url: str) -> None:
    with pytest.raises(settings.SettingsError, match=r"it must be like https://pv\.example\.org"):
        settings.doors({**DOORS, "PV_FINDER_PUBLIC_URL": url})


@pytest.mark.parametrize(("url", "origin"), TAKEN.items())
def test_open_webui_spells_it_as_browsers_do(project: Project, url: str, origin: str) -> None:
    started = open_webui(project, url)
    assert (started.returncode, started.stdout) == (0, origin), started.stderr


@pytest.mark.parametrize("url", [*REFUSED, "https://lab.example.org/chat"])
def test_open_webui_refuses_what_is_no_address(project: Project, url: str) -> None:
    started = open_webui(project, url)
    assert started.returncode == 1
    assert "it must be like https://chat.example.org, without a path." in started.stderr
    assert "Traceback" not in started.stderr
