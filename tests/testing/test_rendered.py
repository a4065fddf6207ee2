"""The build result, as a test looks at it."""

from __future__ import annotations

import pytest
from tests.conftest import Project

from container_manager.testing.rendered import Rendered

WEB = """
services:
  web:
    image: localhost/web
    networks: [lab]
    environment: {WEB_TOKEN: "${WEB_TOKEN}"}
  job:
    image: localhost/web
"""


@pytest.fixture
def rendered(project: Project) -> Rendered:
    folder = "services/framework/web"
    project.deploy(
        "web", WEB, render_kernel_templates=True, credentials=["WEB_TOKEN"], greeting="Hello"
    )
    project.write("services/docker-compose.yml.j2", "networks:\n  lab: {}\n")
    project.write(f"{folder}/page.html.j2", "<h1>{{ framework.services.web.greeting }}</h1>\n")
    project.write(f"{folder}/logo.png", b"\x89PNG\xff")
    project.write(f"{folder}/kernels/read/kernel.json.j2", '{"display_name": "Read"}')
    project.write(f"{folder}/kernels/write/kernel.json.j2", '{"display_name": "Write"}')
    return Rendered(project.prepare())


def test_compose_files_are_one_mapping(rendered: Rendered) -> None:
    assert rendered.compose["networks"] == {"lab": {}}
    assert list(rendered.services) == ["web", "job"]
    assert rendered.services["web"]["networks"] == ["lab"]


def test_secrets_are_their_placeholders(rendered: Rendered) -> None:
    assert rendered.services["web"]["environment"]["WEB_TOKEN"] == "${WEB_TOKEN}"


def test_files_are_texts_or_bytes_by_their_paths(rendered: Rendered) -> None:
    assert rendered.files["services/framework/web/page.html"] == "<h1>Hello</h1>\n"
    assert rendered.files["services/framework/web/logo.png"] == b"\x89PNG\xff"
    assert "services/docker-compose.yml" in rendered.files
    with pytest.raises(KeyError, match=r"no file 'page\.html'; near: .*web/page\.html"):
        rendered.files["page.html"]


def test_kernels_are_known_by_their_folders(rendered: Rendered) -> None:
    assert rendered.kernels == {
        "read": {"display_name": "Read"}, "write": {"display_name": "Write"},
    }  # fmt: skip
    with pytest.raises(KeyError, match="no kernel 'admin'; there are: read, write"):
        rendered.kernels["admin"]


def test_kernels_of_one_folder_name_are_known_by_their_paths(project: Project) -> None:
    project.deploy("web", render_kernel_templates=True)
    for place in ("a", "b"):
        project.write(f"services/framework/web/{place}/k/kernel.json.j2", "{}")
    kernels = Rendered(project.prepare()).kernels
    assert list(kernels) == [f"services/framework/web/{p}/k/kernel.json" for p in ("a", "b")]


def test_the_configuration_is_flattened(rendered: Rendered) -> None:
    web = rendered.config["framework"]["services"]["web"]
    assert web["greeting"] == "Hello"
    assert "import" not in rendered.config


def test_an_unknown_service_is_told_with_the_known_ones(rendered: Rendered) -> None:
    with pytest.raises(KeyError, match="no compose service 'wbe'; there are: web, job"):
        rendered.services["wbe"]


def test_nothing_is_written_until_the_build_directory_is_asked_for(
    rendered: Rendered, project: Project
) -> None:
    assert not (project.root / "build").exists()
    page = rendered.build_dir / "services/framework/web/page.html"
    assert page.read_text(encoding="utf-8") == "<h1>Hello</h1>\n"
