"""The one strict, sandboxed environment: what templates may do, and what mistakes get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from container_manager.errors import RenderError
from container_manager.render import Rendered, Renderer

if TYPE_CHECKING:
    from tests.conftest import Project, Refusal

SECRET = "s3cret-value"


def rendered(
    project: Project,
    template: str | bytes,
    config: str = "a: 1\n",
    *,
    compose: bool = False,
    **environ: str,
) -> Rendered:
    """Render a template of the service ``web`` with a configuration."""
    project.write("config.yml", config)
    path = project.write("services/web/page.j2", template)
    loaded = project.config(**environ)
    renderer = Renderer(loaded.root, loaded.values, loaded.environment)
    return renderer.render(path, service_dir=path.parent, compose=compose)


def text(project: Project, template: str, config: str = "a: 1\n", **environ: str) -> str:
    return rendered(project, template, config, **environ).text


def refused(
    project: Project, template: str | bytes, config: str = "a: 1\n", **environ: str
) -> Refusal:
    project.write("config.yml", config)
    project.write("services/web/page.j2", template)
    with project.refuses(RenderError) as refusal:
        rendered(project, template, config, **environ)
    return refusal


@pytest.fixture(autouse=True)
def _same_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing a file again with what it says already touches nothing."""
    from tests.conftest import Project

    write = Project.write

    def careful(self: Project, path: str, content: Any = "content\n", mode: int = 0o644) -> Any:
        import textwrap

        wanted = content if isinstance(content, bytes) else textwrap.dedent(content).lstrip("\n")
        target = self.root / path
        data = wanted if isinstance(wanted, bytes) else wanted.encode()
        if target.is_file() and target.read_bytes() == data:
            return target
        return write(self, path, content, mode)

    monkeypatch.setattr(Project, "write", careful)
