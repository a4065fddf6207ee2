"""Devices of the Container Device Interface on real containers: given, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.devices import specified_device
from tests.integration.providers import TWO_PROVIDERS
from tests.integration.sites import Site

pytestmark = pytest.mark.podman

FILES = {
    "config.yml": """
import: provider.yml
project_name: NAME
deployed_services: [web]
framework: {services: {web: {path: services/web}}}
defaults: {devices: [DEVICE]}
""",
    "services/docker-compose.yml.j2": "networks: {lone: {}}\n",
    "services/web/docker-compose.yml.j2": """
services:
  web: {image: IMAGE, stop_grace_period: 1s}
""",
}


@pytest.mark.parametrize("provider", TWO_PROVIDERS)
def test_a_device_of_the_defaults_reaches_containers(
    tmp_path: Path, project_name: str, podman: Podman, sh_image: str, provider: str
) -> None:
    with specified_device() as device:
        files = {path: text.replace("DEVICE", device) for path, text in FILES.items()}
        site = Site(tmp_path, project_name, podman, files, image=sh_image, provider=provider)
        site.run("up", "--detached")
        # The specification's variables are the first process's alone.
        seen = "tr '\\0' '\\n' < /proc/1/environ | grep THING; test -c /dev/thing && echo there"
        assert site.inside("web", seen) == "THING=one\nthere\n"
        site.run("up", "--detached")
        site.run("down")

    # The device is gone: refused, and nothing was touched.
    site.run("up", "--detached", code=2)
    assert f"asks for the device {device}, which no file in" in site.said
    assert site.states() == {}
