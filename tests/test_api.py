"""The functions of the original module, as its documentation shows them."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import container_manager
from container_manager import (
    ConfigBuilder,
    find_service_config,
    get_templates,
    render_kernel_templates,
    render_template,
    setup_build_dir,
)
from container_manager.errors import BuildError, ConfigError, ManagerError, RenderError

if TYPE_CHECKING:
    from tests.conftest import Project

JUPYTER = "services/framework/jupyter"
TEMPLATE = f"{JUPYTER}/docker-compose.yml.j2"


# --- find_service_config --------------------------------------------------------------------------


def test_framework_service_discovery() -> None:
    config = {"framework": {"services": {"jupyter": {"path": "services/framework/jupyter"}}}}
    service_config, template_path = find_service_config(config, "framework.jupyter")
    assert template_path == "services/framework/jupyter/docker-compose.yml.j2"
    assert service_config == {"path": "services/framework/jupyter"}
    assert find_service_config(config, "jupyter") == (service_config, template_path)


def test_application_service_discovery() -> None:
    path = "services/applications/als_expert/mongo"
    config = {"applications": {"als_expert": {"services": {"mongo": {"path": path}}}}}
    service_config, template_path = find_service_config(config, "applications.als_expert.mongo")
    assert template_path == "services/applications/als_expert/mongo/docker-compose.yml.j2"
    assert service_config == {"path": path}


def test_legacy_service_discovery_is_deprecated() -> None:
    config = {"services": {"legacy_service": {"path": "services/legacy"}}}
    with pytest.warns(DeprecationWarning, match=r"deprecated form 'services\.NAME'") as caught:
        service_config, template_path = find_service_config(config, "legacy_service")
    assert template_path == "services/legacy/docker-compose.yml.j2"
    assert service_config == {"path": "services/legacy"}
    assert caught[0].filename == __file__


def test_a_service_that_is_not_there() -> None:
    assert find_service_config({}, "postgres") == (None, None)


# --- get_templates --------------------------------------------------------------------------------

MIXED: dict[str, Any] = {
    "deployed_services": ["framework.jupyter", "applications.als_expert.mongo"],
    "framework": {"services": {"jupyter": {"path": "services/framework/jupyter"}}},
    "applications": {
        "als_expert": {"services": {"mongo": {"path": "services/applications/als_expert/mongo"}}}
    },
}


def test_template_collection_for_mixed_services() -> None:
    assert get_templates(MIXED) == [
        "services/docker-compose.yml.j2",
        "services/framework/jupyter/docker-compose.yml.j2",
        "services/applications/als_expert/mongo/docker-compose.yml.j2",
    ]


@pytest.mark.parametrize("config", [{}, {"deployed_services": []}, {"deployed_services": None}])
def test_nothing_deployed_gives_the_root_template_and_a_warning(config: dict[str, Any]) -> None:
    with pytest.warns(UserWarning, match="'deployed_services' is not set") as caught:
        assert get_templates(config) == ["services/docker-compose.yml.j2"]
    assert caught[0].filename == __file__


def test_an_unknown_service_is_left_out_with_a_warning() -> None:
    config = {**MIXED, "deployed_services": ["jupiter", "framework.jupyter"]}
    with pytest.warns(UserWarning, match="no service 'jupiter'. Did you mean 'jupyter'?"):
        templates = get_templates(config)
    assert templates == [
        "services/docker-compose.yml.j2",
        "services/framework/jupyter/docker-compose.yml.j2",
    ]


# --- render_template ------------------------------------------------------------------------------


def test_docker_compose_template_rendering(project: Project) -> None:
    project.write(
        "services/mongo/docker-compose.yml.j2",
        """
        services:
          mongo:
            image: mongo
            ports: ["{{ database.host }}:{{ database.port }}:27017"]
            environment:
              http_proxy: ${HTTP_PROXY}
        """,
    )
    config = {"database": {"host": "localhost", "port": 5432}}
    output_path = render_template(
        "services/mongo/docker-compose.yml.j2", config, "build/services/mongo"
    )
    assert output_path == "build/services/mongo/docker-compose.yml"
    service = yaml.safe_load(Path(output_path).read_text())["services"]["mongo"]
    assert service["ports"] == ["localhost:5432:27017"]
    assert service["environment"] == {"http_proxy": "${HTTP_PROXY}"}


def test_jupyter_kernel_template_rendering(project: Project) -> None:
    project.write(
        "services/jupyter/python3-epics/kernel.json.j2",
        '{"env": {"PYTHONPATH": "{{ project_root }}/src"}}',
    )
    config = {"project_root": "/home/user/project"}
    output_path = render_template(
        "services/jupyter/python3-epics/kernel.json.j2",
        config,
        "build/services/jupyter/python3-epics",
    )
    assert output_path == "build/services/jupyter/python3-epics/kernel.json"
    assert json.loads(Path(output_path).read_text()) == {
        "env": {"PYTHONPATH": "/home/user/project/src"}
    }


def test_any_other_template_loses_its_suffix(project: Project) -> None:
    project.write("a/nginx.conf.j2", "listen {{ port }};\n")
    assert render_template("a/nginx.conf.j2", {"port": 80}, "out/deep/") == "out/deep/nginx.conf"
    assert project.read("out/deep/nginx.conf") == "listen 80;\n"


def test_an_absolute_template_outside_of_the_current_directory(
    project: Project, tmp_path: Path
) -> None:
    template = tmp_path / "elsewhere" / "x.txt.j2"
    template.parent.mkdir()
    template.write_text("{% include 'part.txt' %}{{ a }}")
    (template.parent / "part.txt").write_text("part ")
    out = tmp_path / "out"
    assert render_template(str(template), {"a": 1}, str(out)) == f"{out}/x.txt"
    assert (out / "x.txt").read_text() == "part 1"


@pytest.mark.parametrize(
    ("name", "template", "message"),
    [
        ("docker-compose.yml.j2", "a: {{ missing }}\n",
         "a/docker-compose.yml.j2:1: 'missing' is not defined in the configuration."),
        ("docker-compose.yml.j2", "a: [\n", "a/docker-compose.yml.j2:1: This is not valid YAML"),
        ("docker-compose.yml.j2", "- a\n",
         "a/docker-compose.yml.j2: The template must render to a YAML mapping."),
        ("docker-compose.yml.j2", "services: [a]\n",
         "a/docker-compose.yml.j2: 'services' must be a mapping."),
        ("docker-compose.yml.j2", "networks: a\n",
         "a/docker-compose.yml.j2: 'networks' must be a mapping."),
        ("docker-compose.yml.j2", "volumes: [a]\n",
         "a/docker-compose.yml.j2: 'volumes' must be a mapping."),
        ("kernel.json.j2", "{", "a/kernel.json.j2:1: The template renders to invalid JSON"),
        ("kernel.json.j2", "[]", "a/kernel.json.j2: The template must render to a JSON object."),
        ("x.j2", "{% if %}", "a/x.j2:1: The template's syntax is wrong"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_used_writes_nothing(
    project: Project, name: str, template: str, message: str
) -> None:
    project.write(f"a/{name}", template)
    with project.refuses(RenderError) as refusal:
        render_template(f"a/{name}", {}, "out")
    assert refusal.messages[0].replace(f"{project.root}/", "").startswith(message)


def test_a_template_that_does_not_exist(project: Project) -> None:
    with project.refuses(RenderError) as refusal:
        render_template("nowhere/x.j2", {}, "out")
    assert "nowhere/x.j2" in refusal.text


def test_a_result_that_cannot_be_written(project: Project) -> None:
    project.write("x.txt.j2", "x")
    project.write("out", "a file")
    with project.refuses(BuildError) as refusal:
        render_template("x.txt.j2", {}, "out")
    assert refusal.messages == ["out/x.txt: The file cannot be written: File exists."]


# --- render_kernel_templates ----------------------------------------------------------------------


def test_kernel_template_processing_for_a_jupyter_service(project: Project) -> None:
    for mode in ("readonly", "write"):
        project.write(
            f"services/jupyter/python3-epics-{mode}/kernel.json.j2",
            f'{{"display_name": "{mode}", "env": {{"ROOT": {{{{ project_root | to_json }}}}}}}}',
        )
    project.write("services/jupyter/other.j2", "{{ left alone }}")
    render_kernel_templates(
        "services/jupyter", {"project_root": "/home/user/project"}, "build/services/jupyter"
    )
    found = {path: seen for path, seen in project.tree("build").items() if seen.kind == "file"}
    assert sorted(found) == [
        "services/jupyter/python3-epics-readonly/kernel.json",
        "services/jupyter/python3-epics-write/kernel.json",
    ]
    for mode in ("readonly", "write"):
        spec = json.loads(project.read(f"build/services/jupyter/python3-epics-{mode}/kernel.json"))
        assert spec == {"display_name": mode, "env": {"ROOT": "/home/user/project"}}


def test_one_bad_kernel_means_no_kernel(project: Project) -> None:
    project.write("s/a/kernel.json.j2", "{}")
    project.write("s/b/kernel.json.j2", "{{ missing }}")
    project.write("s/c/kernel.json.j2", "{")
    with project.refuses(RenderError) as refusal:
        render_kernel_templates("s", {}, "out")
    assert len(refusal.messages) == 2


# --- setup_build_dir ------------------------------------------------------------------------------


def jupyter(project: Project) -> dict[str, Any]:
    project.files(
        {
            TEMPLATE: "services: {jupyter: {image: {{ images.jupyter | to_json }}}}\n",
            f"{JUPYTER}/Dockerfile": "FROM x\n",
            f"{JUPYTER}/kernel-a/kernel.json.j2": '{"r": {{ images | to_json }}}',
            "src/pkg/a.py": "a = 1\n",
            "requirements.txt": "requests\n",
            "docs/index.md": "# docs\n",
            "scripts/run.sh": "#!/bin/sh\n",
            "external_data/d.csv": "1,2\n",
        }
    )
    return {"images": {"jupyter": "localhost/jupyter"}, "project_name": "lab"}


def test_basic_service_build_directory_setup(project: Project) -> None:
    config = jupyter(project)
    container_cfg = {
        "copy_src": True,
        "additional_dirs": ["docs", "scripts"],
        "render_kernel_templates": False,
    }
    compose_path = setup_build_dir(TEMPLATE, config, container_cfg)
    assert compose_path == "build/services/framework/jupyter/docker-compose.yml"
    assert sorted(project.built(f"build/{JUPYTER}")) == [
        "Dockerfile",
        "config.yml",
        "docker-compose.yml",
        "docs/index.md",
        "repo_src/pkg/a.py",
        "repo_src/requirements.txt",
        "scripts/run.sh",
    ]
    assert yaml.safe_load(project.read(f"build/{JUPYTER}/config.yml")) == config


def test_advanced_service_with_custom_directory_mapping(project: Project) -> None:
    config = jupyter(project)
    container_cfg = {
        "copy_src": True,
        "additional_dirs": ["docs", {"src": "external_data", "dst": "data"}],
        "render_kernel_templates": True,
    }
    compose_path = setup_build_dir(TEMPLATE, config, container_cfg)
    folder = Path(compose_path).parent
    assert (folder / "data/d.csv").read_text() == "1,2\n"
    assert (folder / "docs/index.md").is_file()
    assert json.loads((folder / "kernel-a/kernel.json").read_text()) == {"r": config["images"]}


def test_a_second_setup_writes_nothing_and_other_services_stay(project: Project) -> None:
    config = jupyter(project)
    project.write("services/web/docker-compose.yml.j2", "services: {web: {image: localhost/w}}\n")
    setup_build_dir("services/web/docker-compose.yml.j2", config, {})
    setup_build_dir(TEMPLATE, config, {})
    before = project.tree()
    setup_build_dir(TEMPLATE, config, {})
    assert project.tree() == before
    (project.root / JUPYTER / "Dockerfile").unlink()
    setup_build_dir(TEMPLATE, config, {})
    assert not (project.root / "build" / JUPYTER / "Dockerfile").exists()
    assert (project.root / "build/services/web/docker-compose.yml").is_file()


def test_it_takes_what_the_config_builder_gives(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "planted-secret-value")
    template = "services: {web: {image: x, environment: {K: {{ key | to_json }}}}}\n"
    project.deploy(template=template, more={"key": "${API_KEY}", "price": "$$5"})
    builder = ConfigBuilder("config.yml")
    settings, path = find_service_config(builder.config, "web")
    assert path is not None
    assert settings is not None
    compose = setup_build_dir(path, builder.config, settings)
    assert compose == "build/services/framework/web/docker-compose.yml"
    environment = yaml.safe_load(project.read(compose))["services"]["web"]["environment"]
    assert environment == {"K": "${API_KEY}"}
    assert "price: $$5" in project.read("build/services/framework/web/config.yml")


@pytest.mark.parametrize("build_dir", [".", "..", "/", "services", JUPYTER, "file", "foreign"])
def test_a_build_directory_that_would_do_harm(project: Project, build_dir: str) -> None:
    config = {**jupyter(project), "build_dir": build_dir}
    project.files({"file": "x", "foreign/x": "x"})
    with project.refuses(BuildError):
        setup_build_dir(TEMPLATE, config, {})


@pytest.mark.parametrize(
    "template",
    [
        "services/nowhere/docker-compose.yml.j2",
        f"{JUPYTER}/Dockerfile",
        "docker-compose.yml.j2",
        "../docker-compose.yml.j2",
        JUPYTER,
        "",
    ],
)
def test_a_template_that_is_no_services(project: Project, template: str) -> None:
    config = jupyter(project)
    project.write("docker-compose.yml.j2", "services: {}\n")
    (project.root.parent / "docker-compose.yml.j2").write_text("services: {}\n")
    with project.refuses(BuildError):
        setup_build_dir(template, config, {})


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"additional_dirs": ["nothing"]}, "the source 'nothing' does not exist."),
        ({"additional_dirs": [{"src": "docs", "dst": "../x"}]}, "leaves the service's build"),
        ({"additional_dirs": [{"src": "docs", "dst": "/x"}]}, "leaves the service's build"),
        ({"additional_dirs": [{"src": "docs"}]}, "'additional_dirs' must be"),
        ({"additional_dirs": [{"dst": "docs"}]}, "'additional_dirs' must be"),
        ({"additional_dirs": "docs"}, "'additional_dirs' must be"),
        ({"additional_dirs": [1]}, "'additional_dirs' must be"),
        ({"additional_dirs": [{"src": "build/services", "dst": "x"}]}, "in the build directory"),
        ({"additional_dirs": [{"src": "docs/built", "dst": "x"}]}, "in the build directory"),
        ({"no_render": "x"}, "'no_render' must be"),
        ({"copy_src": "yes"}, "'copy_src' must be"),
    ],
)
def test_settings_that_cannot_be_used(project: Project, settings: dict[str, Any], why: str) -> None:
    config = jupyter(project)
    (project.root / "docs/built").symlink_to("../build/services")
    setup_build_dir(TEMPLATE, config, {})
    with project.refuses(ManagerError) as refusal:
        setup_build_dir(TEMPLATE, config, settings)
    assert why in refusal.text


def test_a_planted_secret_is_not_written(project: Project) -> None:
    config = jupyter(project)
    project.write(".env", "API_KEY=planted-secret-value\n")
    project.write(f"{JUPYTER}/x.txt", "planted-secret-value")
    with project.refuses(BuildError) as refusal:
        setup_build_dir(TEMPLATE, config, {})
    assert "planted" not in refusal.text


def test_a_broken_dotenv_is_told(project: Project) -> None:
    config = jupyter(project)
    project.write(".env", "A='x\n")
    with project.refuses(ConfigError):
        setup_build_dir(TEMPLATE, config, {})


# --- the module -----------------------------------------------------------------------------------


def test_the_names_of_the_original_module() -> None:
    assert (
        container_manager.SERVICES_DIR,
        container_manager.SRC_DIR,
        container_manager.OUT_SRC_DIR,
        container_manager.TEMPLATE_FILENAME,
        container_manager.COMPOSE_FILE_NAME,
    ) == ("services", "src", "repo_src", "docker-compose.yml.j2", "docker-compose.yml")
    for name in container_manager.__all__:
        assert getattr(container_manager, name) is not None
    assert set(container_manager.__all__) <= set(dir(container_manager))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        container_manager.nothing  # noqa: B018


def test_the_import_has_no_side_effects(project: Project) -> None:
    """No heavy module is loaded, nothing is read from or written to where one happens to be."""
    project.write("config.yml", "a: [")
    project.write(".env", "A='")
    before = project.tree()
    code = (
        "import sys, container_manager\n"
        "heavy = {'copier', 'jinja2', 'yaml', 'invoke', 'dotenv'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "from container_manager import find_service_config, get_templates, ConfigBuilder\n"
        "heavy = {'copier', 'jinja2', 'invoke'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "from container_manager import render_template, setup_build_dir\n"
        "assert 'copier' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-B", "-W", "error", "-c", code], check=True, timeout=60)
    assert project.tree() == before


def test_no_warning_is_given_for_the_usual_forms() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        get_templates(MIXED)
