"""Distributions as an installer leaves them, made of files, on a search path of the test's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

WEB = """
services:
  web:
    image: {{ images.web | to_json }}
"""
FRAGMENT = """
images: {web: 'localhost/web:1'}
framework:
  services:
    web:
      path: services/framework/web
      greeting: from the package
      bind_address: 127.0.0.1
"""


class Site:
    """A folder like ``site-packages``, and what is installed there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def install(
        self,
        name: str,
        files: Mapping[str, str] | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        record: bool = True,
    ) -> Path:
        """Install files, relative to the site; returns its folder."""
        info = f"{name.replace('-', '_')}-1.0.dist-info"
        contents = {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"}
        contents |= {f"{info}/{file}": text for file, text in (metadata or {}).items()}
        contents |= files or {}
        for path, text in contents.items():
            write(self.folder / path, text)
        if record:
            lines = [f"{path},sha256=x,1" for path in [*contents, f"{info}/RECORD"]]
            write(self.folder / info / "RECORD", "\n".join(lines) + "\n")
        return self.folder

    def develop(self, name: str, checkout: Path, files: Mapping[str, str]) -> Path:
        """Install a distribution editable, from a checkout with these files."""
        for path, text in files.items():
            write(checkout / path, text)
        url = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
        self.install(name, {f"{name}.pth": ""}, metadata={"direct_url.json": json.dumps(url)})
        return checkout

    def web(
        self, name: str = "lab", fragment: str = FRAGMENT, more: Mapping[str, str] | None = None
    ) -> Path:
        """Install a distribution with the one service of these tests; returns its folder."""
        folder = f"{name}/services/framework/web"
        files = {"docker-compose.yml.j2": WEB, "service.yml": fragment, **(more or {})}
        imported = {f"{name}/__init__.py": "raise AssertionError('this must not be imported')\n"}
        self.install(name, imported | {f"{folder}/{path}": text for path, text in files.items()})
        return self.folder / folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def new_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Site]:
    """Makes sites that are searched before everything else, the newest first."""

    def make(name: str) -> Site:
        site = Site(tmp_path / name)
        monkeypatch.setattr(sys, "path", [str(site.folder), *sys.path])
        return site

    return make


@pytest.fixture
def site(new_site: Callable[[str], Site]) -> Site:
    """One site, beside the project."""
    return new_site("site-packages")
