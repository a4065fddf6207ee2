"""A real API server for the tests; where none can be had, CI fails and others skip, visibly."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.cluster.server import BUILDS_IT, CONTEXT, ApiServer, program, serving

from container_manager.cluster.api import Api
from container_manager.cluster.connection import connected
from container_manager.cluster.contexts import Target
from container_manager.run import ProcessRunner

ROOT = Path(__file__).parents[2]
_IN_CI = bool(os.environ.get("CI"))


def _built(wanted: Iterable[str]) -> dict[str, str | None]:
    """The programs, once they are built: by us, or by whoever builds them already."""
    done = subprocess.run([str(ROOT / BUILDS_IT)], capture_output=True, text=True, check=False)
    found = {name: program(name) for name in wanted}
    if None in found.values():
        pytest.fail(f"There is no API server to test with:\n{done.stderr[-3000:]}", pytrace=False)
    return found


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A server of this worker."""
    found = {name: program(name) for name in ("etcd", "kube-apiserver", "kubectl")}
    missing = [name for name, path in found.items() if path is None]
    if missing and not _IN_CI:
        pytest.skip(f"No {', '.join(missing)} here: '{BUILDS_IT}' builds them, once, in minutes.")
    if missing:
        found = _built(found)
    folder = tmp_path_factory.mktemp("api-server")
    with serving(folder, *(str(path) for path in found.values())) as server:
        yield server


@pytest.fixture
def target() -> Target:
    """A namespace that nobody else uses; it is not made yet."""
    return Target(context=CONTEXT, namespace=f"lab-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def everywhere(api_server: ApiServer) -> Iterator[Api]:
    """A connection to the server, as our verbs make it; it is in no namespace of a test."""
    environ = {"PATH": os.environ["PATH"], "KUBECONFIG": str(api_server.kubeconfig)}
    environ["HOME"] = str(Path(api_server.kubeconfig).parent)
    where = Target(context=CONTEXT, namespace="default")
    with connected(ProcessRunner(), api_server.kubectl, where, environ) as api:
        yield api


@pytest.fixture
def api(everywhere: Api, target: Target) -> Api:
    """The same connection, in the test's namespace."""
    return everywhere.elsewhere(target.namespace)
