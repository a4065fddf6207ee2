"""Services inside packages are built like the project's own; packages are only read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from tests.conftest import meaning, snapshot
from tests.packages.conftest import FRAGMENT, WEB, write

from container_manager import (
    ConfigBuilder,
    find_service_config,
    get_templates,
    render_kernel_templates,
    render_template,
    setup_build_dir,
)
from container_manager.build import pipeline
from container_manager.errors import BuildError, ConfigError, ManagerError, RenderError

if TYPE_CHECKING:
    from tests.conftest import Project
    from tests.packages.conftest import Site

PLACE = "services/framework/web"
PATH = f"package:lab/{PLACE}"
CONFIG = f"""
project_name: lab
framework: {{services: {{web: {{path: '{PATH}'}}}}}}
deployed_services: [web]
"""
EVERYTHING = {
    "docker-compose.yml.j2": WEB + '    # {% include "part.j2" %}\n',
    "part.j2": "hello {{ framework.services.web.greeting }}",
    "Dockerfile": "FROM {{ not rendered }}\n",
    "settings.ini.j2": "greeting = {{ framework.services.web.greeting }}\n",
    "kernels/python3/kernel.json.j2": '{"name": {{ project_name | to_json }}}\n',
    "run.sh": "#!/bin/sh\n",
    "__pycache__/x.cpython-311.pyc": "never copied",
}


@pytest.fixture
def package(project: Project, site: Site) -> Path:
    """A package with a service that uses all there is, in a project that deploys it."""
    fragment = f"{FRAGMENT}      copy_src: true\n      render_kernel_templates: true\n"
    folder = site.web(fragment=fragment, more=EVERYTHING)
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("run.sh")
    project.files({"services/docker-compose.yml.j2": "networks: {}\n", "config.yml": CONFIG})
    return folder


# --- what is built --------------------------------------------------------------------------------


def test_the_whole_build_directory(project: Project, package: Path) -> None:
    project.files({"src/code.py": "x = 1\n", "requirements.txt": "numpy\n"})
    before = snapshot(package)
    project.build()
    built = project.built()
    assert sorted(built) == [
        "services/docker-compose.yml",
        f"{PLACE}/Dockerfile",
        f"{PLACE}/config.yml",
        f"{PLACE}/docker-compose.yml",
        f"{PLACE}/kernels/python3/kernel.json",
        f"{PLACE}/link",
        f"{PLACE}/part",
        f"{PLACE}/repo_src/code.py",
        f"{PLACE}/repo_src/requirements.txt",
        f"{PLACE}/run.sh",
        f"{PLACE}/service.yml",
        f"{PLACE}/settings.ini",
    ]
    assert built[f"{PLACE}/run.sh"].mode == 0o755
    assert built[f"{PLACE}/link"].content == "run.sh"
    assert "# hello from the package" in project.read(f"build/{PLACE}/docker-compose.yml")
    assert snapshot(package) == before


def test_it_is_what_a_copy_in_the_project_would_give(
    project: Project, package: Path, new_project: Callable[[str], Project]
) -> None:
    """But for the path itself, which stands in the flattened configuration."""
    copy = new_project("copy")
    shutil.copytree(package, copy.root / PLACE, symlinks=True)
    write(copy.root / "src/code.py", "")
    project.write("src/code.py", "")
    copy.files(
        {
            "services/docker-compose.yml.j2": "networks: {}\n",
            "config.yml": f"import: {PLACE}/service.yml\n{CONFIG.replace(PATH, PLACE)}",
        }
    )
    project.build()
    copy.build()
    ours, theirs = meaning(project.built()), meaning(copy.built())
    flattened = f"{PLACE}/config.yml"
    del ours[flattened], theirs[flattened]
    assert ours == theirs
    text = project.read(f"build/{flattened}").replace(PATH, PLACE)
    assert yaml.safe_load(text.replace(str(project.root), str(copy.root))) == yaml.safe_load(
        copy.read(f"build/{flattened}")
    )


def test_the_same_bytes_wherever_the_package_is_installed(
    project: Project, package: Path, new_site: Callable[[str], Site]
) -> None:
    project.build()
    first, record = project.tree("build"), project.read("build/.manager/manifest.json")
    other = new_site("another-place").web()
    shutil.rmtree(other)
    shutil.copytree(package, other, symlinks=True)
    project.build()
    assert project.tree("build") == first
    assert project.read("build/.manager/manifest.json") == record
    for path in (project.root / "build").rglob("*"):
        if path.is_file():
            assert str(package.parents[3]).encode() not in path.read_bytes()


def test_the_flattened_configuration_means_the_same(project: Project, package: Path) -> None:
    config = project.config()
    project.build()
    project.write("again.yml", project.read(f"build/{PLACE}/config.yml"))
    assert project.config("again.yml").values == config.values


def test_plans_and_files_name_the_package(project: Project, package: Path) -> None:
    prepared = project.prepare()
    reasons = {change.path: change.reason for change in pipeline.plan(prepared).changes}
    assert reasons[f"{PLACE}/docker-compose.yml"] == f"the template {PATH}/docker-compose.yml.j2"
    assert reasons[f"{PLACE}/settings.ini"] == f"the template {PATH}/settings.ini.j2"
    assert reasons[f"{PLACE}/Dockerfile"] == f"the file {PATH}/Dockerfile"


def test_a_folder_that_is_not_below_services(project: Project, site: Site) -> None:
    site.install("lab", {"lab/deep/web/docker-compose.yml.j2": "services: {web: {image: x}}\n"})
    project.files(
        {
            "services/docker-compose.yml.j2": "networks: {}\n",
            "config.yml": CONFIG.replace(PATH, "package:lab/deep/web"),
        }
    )
    project.build()
    assert "services/deep/web/docker-compose.yml" in project.built()


def test_one_service_alone_and_its_assets(project: Project, package: Path) -> None:
    project.write("src/code.py", "")
    project.build(only=["web"])
    project.write("src/more.py", "")
    project.build(steps=("src",), prune=False)
    assert f"{PLACE}/repo_src/more.py" in project.built()


def test_the_command_that_lists_services(project: Project, package: Path, site: Site) -> None:
    code = "import sys; from container_manager.cli import run; sys.exit(run())"
    command = [sys.executable, "-c", code, "services"]
    result = subprocess.run(
        command,
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(site.folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert f"framework.web  framework  {PATH}/docker-compose.yml.j2" in result.stdout


# --- copy_src -------------------------------------------------------------------------------------


def test_the_packages_own_wish_for_src_is_no_demand(project: Project, package: Path) -> None:
    project.write("requirements.txt", "numpy\n")
    assert project.build().warnings == ()
    assert f"{PLACE}/repo_src/requirements.txt" in project.built()


def test_the_users_wish_for_src_is_one(project: Project, package: Path) -> None:
    project.write("config.yml", CONFIG.replace(f"'{PATH}'", f"'{PATH}', copy_src: true"))
    with project.refuses(RenderError) as refusal:
        project.build()
    assert "framework.web has copy_src, but there is no folder src/." in refusal.text


# --- what is refused ------------------------------------------------------------------------------


def test_messages_about_templates_name_the_package(project: Project, package: Path) -> None:
    write(package / "settings.ini.j2", "\n{{ nothing.there }}\n")
    write(package / "docker-compose.yml.j2", "services:\n  web: {{ nowhere }}\n")
    with project.refuses(RenderError) as refusal:
        project.build()
    assert sorted(message.partition(": ")[0] for message in refusal.messages) == [
        f"{PATH}/docker-compose.yml.j2:2",
        f"{PATH}/settings.ini.j2:2",
    ]


def test_a_symlink_out_of_the_services_folder(project: Project, package: Path) -> None:
    """Not even to the rest of the package, or into the project."""
    write(package.parent / "elsewhere.txt", "")
    (package / "one").symlink_to("../elsewhere.txt")
    (package / "two").symlink_to(project.root / "config.yml")
    with project.refuses(RenderError) as refusal:
        project.build()
    assert [message.partition(": ")[0] for message in refusal.messages] == [
        f"{PATH}/one", f"{PATH}/two",
    ]  # fmt: skip


def test_symlinks_within_the_services_folder(project: Project, package: Path) -> None:
    (package / "copy.ini.j2").symlink_to(package / "settings.ini.j2")
    (package / "same.ini.j2").symlink_to("settings.ini.j2")
    project.build()
    assert project.read(f"build/{PLACE}/copy.ini") == "greeting = from the package\n"
    assert project.built()[f"{PLACE}/same.ini.j2"].kind == "link"


def test_an_include_out_of_the_services_folder(project: Project, package: Path) -> None:
    write(package.parent / "secret.j2", "")
    write(package / "settings.ini.j2", '{% include "../secret.j2" %}')
    with project.refuses(RenderError) as refusal:
        project.build()
    assert "leads out of the project" in refusal.text


def test_a_package_and_the_project_that_want_one_folder(project: Project, package: Path) -> None:
    project.write(f"{PLACE}/docker-compose.yml.j2", "services: {other: {image: x}}\n")
    project.write(
        "config.yml",
        f"""
        framework:
          services:
            web: {{path: '{PATH}'}}
            other: {{path: {PLACE}}}
        deployed_services: [web, other]
        """,
    )
    with project.refuses(BuildError) as refusal:
        project.build()
    assert refusal.messages == [
        f"config.yml:4:19: Two services would be built into {PLACE}: "
        f"framework.web ({PATH}) and framework.other ({PLACE})."
    ]
    assert refusal.remedies == [
        "Keep one of them, or move the project's to a folder of another name."
    ]


@pytest.mark.parametrize("below", ["", "/deeper", "/.."])
def test_nothing_is_built_into_a_package(project: Project, package: Path, below: str) -> None:
    build_dir = json.dumps(f"{package}{below}")
    project.write("config.yml", f"{CONFIG}build_dir: {build_dir}\n")
    with project.refuses(BuildError) as refusal:
        project.build()
    assert refusal.text.startswith(
        f"config.yml:2:36: framework.web: the build directory overlaps {PATH}.\n"
        "  Nothing is written into a package: set build_dir to another folder."
    )


def test_a_package_that_went_away(project: Project, package: Path) -> None:
    project.build()
    shutil.rmtree(package)
    with project.refuses(ConfigError) as refusal:
        project.build()
    assert refusal.messages == [f"config.yml:2:36: The package 'lab' has no folder '{PLACE}'."]


def test_a_package_that_only_other_services_need_may_be_missing(
    project: Project, package: Path
) -> None:
    other = "applications: {a: {services: {b: {path: 'package:no-such-lab/b'}}}}\n"
    project.write("config.yml", f"{CONFIG}{other}")
    project.build()
    assert "localhost/web:1" in project.read(f"build/{PLACE}/docker-compose.yml")


# --- the functions on plain dicts -----------------------------------------------------------------


def test_the_original_functions_take_such_a_path(project: Project, package: Path) -> None:
    config = ConfigBuilder("config.yml").config
    assert get_templates(config) == [
        "services/docker-compose.yml.j2",
        f"{PATH}/docker-compose.yml.j2",
    ]
    service, template = find_service_config(config, "framework.web")
    assert service is not None
    assert template == f"{PATH}/docker-compose.yml.j2"
    target = setup_build_dir(template, config, service)
    assert target == f"build/{PLACE}/docker-compose.yml"
    assert f"{PLACE}/kernels/python3/kernel.json" in project.built()
    assert render_template(f"{PATH}/settings.ini.j2", config, "out") == "out/settings.ini"
    assert project.read("out/settings.ini") == "greeting = from the package\n"
    render_template(template, config, "out")
    assert "hello from the package" in project.read("out/docker-compose.yml")
    render_kernel_templates(PATH, config, "kernels")
    assert project.read("kernels/kernels/python3/kernel.json") == '{"name": "lab"}\n'
    render_kernel_templates(f"{PATH}/kernels", config, "again")
    assert project.read("again/python3/kernel.json") == '{"name": "lab"}\n'


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (f"{PATH}/nothing.j2", "has no nothing.j2"),
        ("package:lab", "names no folder in a package"),
        ("package:xyzzyxyzzy/web/x.j2", "is not installed"),
    ],
)
def test_what_the_original_functions_refuse(
    project: Project, package: Path, path: str, why: str
) -> None:
    config = ConfigBuilder("config.yml").config
    with project.refuses(ManagerError) as refusal:
        render_template(path, config, "out")
    assert why in refusal.text
    with project.refuses(ManagerError) as refusal:
        setup_build_dir(path, config, {})
    assert why in refusal.text


def test_only_a_services_template_has_a_build_directory(project: Project, package: Path) -> None:
    with project.refuses(BuildError) as refusal:
        setup_build_dir(f"{PATH}/settings.ini.j2", {}, {})
    assert "A service's template is called docker-compose.yml.j2." in refusal.text
