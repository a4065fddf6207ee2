"""The tutorial, followed as it stands there, by somebody who has just logged in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.somebody import Somebody
from tests.pages.reading import steps
from tests.pages.session import Session
from tests.template.scaffolds import ROOT, checkout_copy

pytestmark = [pytest.mark.podman, pytest.mark.timeout(1800)]

DEMO = "container-manager-demo"


def test_the_tutorial(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    podman: Podman,
    python_image: str,
) -> None:
    """Names and ports are others than on the page, since other tests run at the same time."""
    demo = f"{project_name}-demo"
    ports = {port: str(free_port()) for port in ("8080", "8090", "8091")}
    page = (ROOT / "docs/tutorial.md").read_text("utf-8")
    todo = steps(page, {DEMO: demo, "my-lab": project_name, **ports})
    repository = checkout_copy(tmp_path / "container-manager", tag="v0.1.0")
    # Laid over the demonstration's configuration; git ignores it: the template is as it was.
    (repository / "config.local.yml").write_text(
        f"project_name: {demo}\n"
        f"framework: {{services: {{gateway: {{port_host: {ports['8080']}}}}}}}\n",
        encoding="utf-8",
    )
    (said := tmp_path / "said").mkdir()
    environ = Somebody(tmp_path / "home").environ
    try:
        with Session(repository, environ, said) as session:
            session.follow(todo)
    finally:
        podman.remove_all(demo)
    assert "Traceback" not in session.seen
    label = "label=com.docker.compose.project="
    for name in (demo, project_name):
        assert podman.lines("ps", "--all", "--quiet", "--filter", f"{label}{name}") == []
