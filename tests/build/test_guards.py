"""Where a build may read and write: every refusal comes before anything is touched."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from container_manager.errors import BuildError, ManagerError

if TYPE_CHECKING:
    from tests.conftest import Project

WEB = "services/framework/web"


def configured(project: Project, **changes: Any) -> None:
    config = {**json.loads(project.read("config.yml")), **changes}
    project.write("config.yml", json.dumps(config, indent=1))


def service(project: Project, **settings: Any) -> None:
    """Change the settings of the one service."""
    config = json.loads(project.read("config.yml"))
    config["framework"]["services"]["web"].update(settings)
    project.write("config.yml", json.dumps(config, indent=1))


# --- build_dir ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build_dir", "why"),
    [
        (".", "is or contains the project itself."),
        ("./", "is or contains the project itself."),
        ("x/..", "is or contains the project itself."),
        ("..", "is or contains the project itself."),
        ("/", "is or contains the project itself."),
        ("{root}", "is or contains the project itself."),
        ("self", "is or contains the project itself."),
        ("services", "overlaps the source {root}/services."),
        ("services/framework/web", "overlaps the source {root}/services."),
        ("services/build", "overlaps the source {root}/services."),
        ("src", "overlaps the source {root}/src."),
        ("docs", "overlaps the source {root}/docs."),
        ("a_file", "is not a folder."),
        ("dangling", "is not a folder."),
        ("foreign", "holds files that we did not write: one.txt."),
        ("many", "holds files that we did not write: a, b, c, …."),
        ("a_file/below", "is not a folder."),
        ("x\0y", "cannot be a folder: embedded null byte."),
        ("x" * 300, "cannot be a folder: File name too long."),
    ],
)
def test_a_build_directory_that_would_do_harm(project: Project, build_dir: str, why: str) -> None:
    project.deploy(copy_src=True, additional_dirs=["docs"])
    configured(project, build_dir=build_dir.replace("{root}", str(project.root)))
    project.files({"src/a.py": "", "docs/a": "", "a_file": "", "foreign/one.txt": "", "src/b": ""})
    project.files({f"many/{name}": "" for name in "dcba"})
    (project.root / "dangling").symlink_to("nowhere")
    (project.root / "self").symlink_to(".")
    with project.refuses(BuildError) as refusal:
        project.build()
    (message,) = refusal.messages
    assert message.startswith("config.yml:")
    assert ": The build directory " in message
    assert why.replace("{root}", str(project.root)) in message
    assert refusal.remedies == [
        "Move them away or remove the folder, or set build_dir to another one."
        if why.startswith("holds files")
        else "Use a folder of its own, such as ./build."
    ]


def test_a_build_directory_that_cannot_be_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests may run as root, whom no mode keeps out."""
    project.deploy()
    (project.root / "build").mkdir()
    scandir = os.scandir

    def refused(path: Any) -> Any:
        if str(path) == str(project.root / "build"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with project.refuses(BuildError) as refusal:
        project.build()
    assert refusal.text == (
        f"config.yml:1:1: The build directory {project.root}/build cannot be read.\n"
        "  Make it readable."
    )


def test_an_empty_folder_and_a_folder_of_ours_are_fine(project: Project) -> None:
    project.deploy()
    (project.root / "build").mkdir()
    project.build()
    project.write("build/services/foreign.txt", "theirs")
    project.build()
    assert project.read("build/services/foreign.txt") == "theirs"


def test_a_build_directory_inside_of_a_copied_source_is_not_copied(project: Project) -> None:
    project.deploy(copy_src=True, more={"build_dir": "src/build"})
    project.write("src/a.py")
    project.build()
    project.build()
    assert [path for path in project.built("src/build") if "repo_src" in path] == [
        f"{WEB}/repo_src/a.py"
    ]


def test_a_build_directory_reached_through_a_symlink(project: Project) -> None:
    outside = project.root.parent / "disk"
    outside.mkdir()
    (project.root / "build").symlink_to(outside)
    project.deploy()
    project.build()
    project.build()
    assert (outside / WEB / "docker-compose.yml").is_file()
    assert (project.root / "build").is_symlink()


# --- path -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("services/framework/nothing",
         "there is no folder 'services/framework/nothing' in the project."),
        ("../outside", "the path '../outside' leads out"),
        ("services/../../outside", "leads out"),
        ("/etc", "the path '/etc' leads out"),
        ("services/escape", "the path 'services/escape' leads out"),
        ("services/escape/below", "leads out"),
        ("package:other/folder", "The package 'other' is not installed"),
        (".", "'.' is not a folder of its own."),
        ("services", "'services' is not a folder of its own."),
        ("services/x/..", "'services' is not a folder of its own."),
        ("services/empty",
         "its template services/empty/docker-compose.yml.j2 does not exist."),
        ("services/dangling",
         "its template services/dangling/docker-compose.yml.j2 is a dangling symlink."),
        ("services/a_file", "there is no folder 'services/a_file' in the project."),
        ("services/a\0b", "leads out"),
        ("services/" + "x" * 300, "there is no folder"),
        (".manager/web", "cannot be the name of a generated file"),
    ],
)  # fmt: skip
def test_a_service_whose_path_cannot_be_used(project: Project, path: str, why: str) -> None:
    project.deploy()
    service(project, path=path)
    outside = project.root.parent / "outside"
    (outside / "below").mkdir(parents=True)
    for folder in (outside, outside / "below"):
        (folder / "docker-compose.yml.j2").write_text("services: {web: {image: x}}\n")
    project.files(
        {
            "services/empty/x": "",
            "services/x/x": "",
            "services/a_file": "",
            ".manager/web/docker-compose.yml.j2": "services: {web: {image: localhost/x}}\n",
        }
    )
    (project.root / "services/escape").symlink_to(outside)
    (project.root / "services/dangling").mkdir()
    (project.root / "services/dangling/docker-compose.yml.j2").symlink_to("nowhere")
    with project.refuses(ManagerError) as refusal:
        project.build()
    assert why.replace("leads out", "leaves the project.") in refusal.text
    lines = project.read("config.yml").splitlines()
    (line,) = (number for number, text in enumerate(lines, 1) if '"path"' in text)
    if not path.startswith(".manager"):
        assert refusal.messages[0].startswith(f"config.yml:{line}:")
    assert refusal.remedies[0]


@pytest.mark.parametrize("name", [".j2", "..j2", "...j2", "sub/.j2", "sub/..j2", "sub/...j2"])
def test_a_template_whose_result_would_have_no_name(project: Project, name: str) -> None:
    project.deploy()
    project.write(f"{WEB}/{name}")
    with project.refuses(ManagerError) as refusal:
        project.build()
    assert refusal.text == (
        f"{WEB}/{name}: '{WEB}/{name.removesuffix('.j2')}' cannot be the name of a generated file."
        "\n  Rename what it is made from."
    )


def test_a_service_whose_folder_is_a_symlink_within_the_project(project: Project) -> None:
    project.deploy()
    (project.root / "services/alias").symlink_to("framework/web")
    service(project, path="services/alias")
    project.build()
    assert "services/alias/docker-compose.yml" in project.built()


@pytest.mark.parametrize("path", ["../outside", "/etc", "services/a\0b", "services/" + "x" * 300])
def test_a_service_that_is_not_deployed_does_no_harm(project: Project, path: str) -> None:
    project.deploy()
    config = json.loads(project.read("config.yml"))
    config["framework"]["services"]["other"] = {"path": path}
    project.write("config.yml", json.dumps(config))
    project.build()
    assert f"{WEB}/docker-compose.yml" in project.built()


def test_a_template_that_leads_out_of_the_project(project: Project) -> None:
    folder = project.deploy()
    outside = project.root.parent / "outside.j2"
    outside.write_text("services: {web: {image: localhost/x}}\n")
    (folder / "docker-compose.yml.j2").unlink()
    (folder / "docker-compose.yml.j2").symlink_to(outside)
    with project.refuses(ManagerError) as refusal:
        project.build()
    assert "leads out of the project" in refusal.text


# --- additional_dirs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ("nothing", "the source 'nothing' does not exist."),
        ({"src": "nothing", "dst": "x"}, "the source 'nothing' does not exist."),
        ("dangling", "the source 'dangling' does not exist."),
        ("../outside", "the destination '../outside' leaves the service's build folder."),
        ({"src": "docs", "dst": "../x"},
         "the destination '../x' leaves the service's build folder."),
        ({"src": "docs", "dst": "a/../../x"},
         "the destination '../x' leaves the service's build folder."),
        ({"src": "docs", "dst": "/etc"},
         "the destination '/etc' leaves the service's build folder."),
        ("{root}/docs", "leaves the service's build folder."),
        ({"src": "docs", "dst": "x\0y"}, "leaves the service's build folder."),
        ({"src": "docs", "dst": "."}, "the destination is the service's build folder itself."),
        ({"src": "docs", "dst": "x/.."}, "the destination is the service's build folder itself."),
        (".", "the destination is the service's build folder itself."),
        ({"src": "a\0b", "dst": "x"}, "does not exist."),
        ({"src": "x" * 300, "dst": "x"}, "does not exist."),
        ({"src": "build/services", "dst": "x"}, "overlaps the source"),
        ({"src": "built", "dst": "x"}, "overlaps the source"),
    ],
)  # fmt: skip
def test_additional_dirs_that_cannot_be_used(project: Project, item: Any, why: str) -> None:
    project.deploy()
    project.write("docs/a.md")
    (project.root / "dangling").symlink_to("nowhere")
    (project.root / "built").symlink_to("build/services")
    (project.root.parent / "outside").mkdir()
    project.build()
    if isinstance(item, str):
        item = item.replace("{root}", str(project.root))
    service(project, additional_dirs=["docs", item])
    with project.refuses(ManagerError) as refusal:
        project.build()
    assert why in refusal.text
    if "overlaps" not in why:
        assert refusal.messages[0].startswith("config.yml:")
        assert ": additional_dirs of framework.web: " in refusal.messages[0]


def test_a_destination_that_a_symlink_of_the_service_leads_out_of(project: Project) -> None:
    """The copied symlink stands where the folder would be: nothing is written through it."""
    folder = project.deploy()
    (project.root / "services/framework/web/real").mkdir()
    project.write(f"{WEB}/real/x.txt")
    (folder / "link").symlink_to("real")
    project.write("docs/a.md")
    service(project, additional_dirs=[{"src": "docs", "dst": "link/docs"}])
    with project.refuses(ManagerError) as refusal:
        project.build()
    assert "one as a file and one as a folder" in refusal.text


def test_a_symlink_in_the_build_directory_is_not_written_through(project: Project) -> None:
    project.deploy()
    project.build()
    outside = project.root.parent / "outside"
    outside.mkdir()
    project.write(f"{WEB}/new/a.txt", "x")
    (project.root / "build" / WEB / "new").symlink_to(outside)
    with project.refuses(BuildError) as refusal:
        project.build()
    assert refusal.messages == [
        f"build/{WEB}/new: This is no folder, but the build wants to write {WEB}/new/a.txt."
    ]
    assert list(outside.iterdir()) == []


def test_all_guards_speak_at_once(project: Project) -> None:
    project.deploy(build_dir=".")
    configured(project, build_dir="..")
    service(project, path="../out")
    with project.refuses(BuildError) as refusal:
        project.build()
    assert len(refusal.messages) == 2


def test_another_projects_build_directory_is_not_taken(
    project: Project, new_project: Callable[[str], Project]
) -> None:
    project.deploy("web")
    project.build()
    other = new_project("other")
    other.deploy(
        "db", "services: {db: {image: localhost/db}}\n", more={"build_dir": "../lab/build"}
    )
    with other.refuses(BuildError) as refusal:
        other.prepare()
    assert "belongs to another project" in refusal.text
    assert str(project.root) in refusal.text


@pytest.mark.parametrize("build_dir", [".container-manager", "backups", "backups/build"])
def test_what_outlives_builds_is_no_place_for_one(project: Project, build_dir: str) -> None:
    project.deploy("web", more={"build_dir": build_dir})
    with project.refuses(BuildError) as refusal:
        project.prepare()
    assert "which outlives builds" in refusal.text
