"""Which files of a project travel."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Project

from container_manager.build import pipeline
from container_manager.build.leaks import LeakScan
from container_manager.bundling.contents import Contents, collect, secret_files
from container_manager.config.loader import load
from container_manager.errors import BuildError
from container_manager.inputs import noting_overall

MOUNTING = """\
services:
  web:
    image: localhost/web
    volumes: ["../data:/data", "../conf/web.conf:/conf:ro"]
"""


def contents(project: Project, **secrets: str) -> Contents:
    """What of a project goes into a bundle."""
    with noting_overall() as seen:
        prepared = pipeline.prepare(load(project.root / "config.yml", project.environ))
        build = pipeline.execute(prepared)
    return collect(
        project.root,
        build,
        [Path(path) for path in seen.stamps],
        [bind.source for one in prepared.stack.services.values() for bind in one.binds],
        stays={project.root / "config.local.yml", *secret_files(prepared.stack, build)},
        scan=LeakScan(secrets),
    )


def paths(found: Contents) -> set[str]:
    """The members that are sources."""
    names = {one.path.removeprefix("project/") for one in found.members}
    return {name for name in names if not name.startswith("build/")}


def test_what_a_build_reads_travels_and_nothing_else(project: Project) -> None:
    project.deploy("web", copy_src=True, additional_dirs=["extra"], more={"import": "more/*.yml"})
    project.write("more/one.yml", "key: 1\n")
    project.write("src/lab/module.py", "x = 1\n")
    project.write("requirements.txt", "numpy\n")
    project.write("extra/run.sh", "#!/bin/sh\n", mode=0o755)
    project.write("services/framework/web/page.j2", "{{ key }}\n")
    project.write("services/framework/other/docker-compose.yml.j2", "services: {}\n")
    project.write("data/large.bin", b"\0" * 100)
    project.write("key.pem")
    found = contents(project)
    assert paths(found) == {
        "config.yml",
        "more/one.yml",
        "src/lab/module.py",
        "requirements.txt",
        "extra/run.sh",
        "services/docker-compose.yml.j2",
        "services/framework/web/docker-compose.yml.j2",
        "services/framework/web/page.j2",
    }
    assert {one.mode for one in found.members if one.path.endswith("extra/run.sh")} == {0o755}
    built = {one.path for one in found.members if one.path.startswith("project/build/")}
    assert "project/build/.manager/manifest.json" in built
    assert "project/build/services/framework/web/repo_src/requirements.txt" in built
    assert not [path for path in built if path.endswith((".lock", "memory.json"))]
    assert found.left == ()


def test_variables_stay(project: Project) -> None:
    project.deploy("web", "services: {web: {image: 'localhost/web:${TAG}'}}\n")
    project.write(".env", "TAG=1\n")
    project.write("services/framework/web/.env.example", "A=1\n")
    found = contents(project)
    assert ".env" not in str(paths(found))
    assert [one.message for one in found.left] == [
        "build/services/framework/web/.env.example stays here, and is not in the bundle.",
        "services/framework/web/.env.example stays here, and is not in the bundle.",
    ]


def test_what_belongs_to_this_host_stays(project: Project) -> None:
    project.deploy("web")
    project.write("config.local.yml", "key: 1\n")
    found = contents(project)
    assert "config.local.yml" not in paths(found)
    assert [one.message for one in found.left] == [
        "config.local.yml stays here, and is not in the bundle."
    ]


def test_files_of_compose_secrets_stay(project: Project) -> None:
    template = "services: {web: {image: localhost/web, secrets: [db]}}\n"
    project.deploy("web", template + "secrets: {db: {file: ../../secrets/db.txt}}\n")
    project.write("secrets/db.txt", "hunter22-hunter22\n")
    found = contents(project)
    assert "secrets/db.txt" not in paths(found)
    assert [one.message for one in found.left] == [
        "secrets/db.txt stays here, and is not in the bundle."
    ]


def test_a_secret_file_that_is_copied_into_the_build_is_refused(project: Project) -> None:
    template = "services: {web: {image: localhost/web, secrets: [db]}}\n"
    project.deploy("web", template + "secrets: {db: {file: ./framework/web/db.txt}}\n")
    project.write("services/framework/web/db.txt", "hunter22-hunter22\n")
    with pytest.raises(BuildError, match=r"db\.txt of the secret 'db' is copied into the build"):
        contents(project)


def test_a_mounted_file_travels_and_a_mounted_folder_stays(project: Project) -> None:
    project.deploy("web", MOUNTING.replace("../", "../../"))
    project.write("conf/web.conf")
    project.write("data/table", "rows\n")
    found = contents(project)
    assert "conf/web.conf" in paths(found)
    assert "data/table" not in paths(found)
    (told,) = found.left
    assert told.message.startswith("The folder data is mounted into containers")


def test_links_travel_as_links_with_what_they_lead_to(project: Project) -> None:
    project.deploy("web", more={"import": "site/config.yml"})
    project.write("sites/first/config.yml", "key: 1\n")
    (project.root / "site").symlink_to("sites/first")
    found = contents(project)
    assert paths(found) >= {"site", "sites/first/config.yml"}
    assert "site/config.yml" not in paths(found)
    assert {one.link for one in found.members if one.path == "project/site"} == {"sites/first"}


@pytest.mark.parametrize("target", ["{outside}", "../outside"])
def test_a_link_that_leads_out_is_refused(project: Project, target: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "config.yml").write_text("key: 1\n")
    project.deploy("web", more={"import": "site/config.yml"})
    (project.root / "site").symlink_to(target.format(outside=outside))
    with pytest.raises(BuildError, match="which is not there elsewhere") as caught:
        contents(project)
    assert [one.where.file.name for one in caught.value.problems if one.where] == ["site"]


def test_what_is_copied_from_elsewhere_is_told(project: Project, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/table").write_text("rows\n")
    project.deploy("web", additional_dirs=[{"src": "../shared", "dst": "shared"}])
    found = contents(project)
    assert "project/build/services/framework/web/shared/table" in {o.path for o in found.members}
    (told,) = found.left
    assert "shared/table lies outside of the project" in told.message


def test_a_source_with_a_secret_is_refused(project: Project) -> None:
    project.deploy("web", "# {# hunter22-hunter22 #}\nservices: {web: {image: localhost/web}}\n")
    with pytest.raises(BuildError, match="holds the value of the secret WEB_TOKEN") as caught:
        contents(project, WEB_TOKEN="hunter22-hunter22")
    assert "hunter22" not in str(caught.value)


def test_a_build_directory_elsewhere_is_refused(project: Project) -> None:
    project.deploy("web", more={"build_dir": "../out"})
    with pytest.raises(BuildError, match="lies outside of the project"):
        contents(project)


@pytest.mark.parametrize("name", ["a\tb", "line\nbreak"])
def test_a_name_that_no_list_can_show_is_refused(project: Project, name: str) -> None:
    project.deploy("web")
    project.write(f"services/framework/web/{name}")
    with pytest.raises(BuildError, match="The name of this file cannot be in a bundle"):
        contents(project)
