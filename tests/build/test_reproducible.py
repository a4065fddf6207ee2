"""The same sources give the same bytes, modes and record: whoever builds, wherever, in any way."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.build.conditions import CONDITIONS, NOBODY
from tests.build.striking import DONE, run_apart
from tests.build.trees import Tree, assert_same, files
from tests.conftest import Project

from container_manager import building
from container_manager.build import manifest as record
from container_manager.build import memory

SECRET = "planted-secret-value"
ENTRY = re.compile(r"0[0-7]{3} (sha256:[0-9a-f]{64}|link:a)")


@dataclass(frozen=True)
class Result:
    """What a build gave: its files, and the record of them."""

    built: Tree
    manifest: str


def result(project: Project) -> Result:
    return Result(files(project), project.read("build/.manager/manifest.json"))


def write_sources(project: Project) -> None:
    """A project in which order could go wrong: sets, dicts, folders, several services."""
    more = {
        "project_root": "/opt/lab",
        "key": "${API_KEY}",
        "host": "${HOST}",
        "motto": "naïve café, ½ €",
        "table": {name: f"value of {name}" for name in "qwertyuiop"},
    }
    for name in ("zebra", "ant", "mule"):
        template = f"""
            services:
              {name}:
                image: localhost/x
                environment: {{{{ table | to_json }}}}
                labels: {{{{ table.keys() | list | to_json }}}}
            """
        folder = project.deploy(name, template, more=more, copy_src=True, additional_dirs=["docs"])
        for file in ("d", "b", "c", "a", "é"):
            project.write(f"services/framework/{name}/{file}/x.txt.j2", "{{ table }} {{ motto }}")
        project.write(f"services/framework/{name}/run.sh", "#!/bin/sh\n", mode=0o755)
        project.write(f"services/framework/{name}/private.j2", "{{ project_name }}", mode=0o600)
        (folder / "link").symlink_to("a")
    for file in ("z", "x", "y", "ß"):
        project.write(f"src/{file}/{file}.py", file)
        project.write(f"docs/{file}.md", file)


@pytest.fixture
def usual(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, built here and now."""
    monkeypatch.setenv("API_KEY", SECRET)
    monkeypatch.setenv("HOST", "lab.example.org")
    write_sources(project)
    building.build()
    assert len(files(project)) > 50
    return project


def copied(project: Project, root: Path, chance: random.Random | None = None) -> Project:
    """The sources at another place, made in another order and at other times."""
    paths = [path for path in project.tree() if not path.startswith(("build", ".container"))]
    if chance is not None:
        chance.shuffle(paths)
    for path in paths:
        source, target = project.root / path, root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink() or source.is_file():
            shutil.copy2(source, target, follow_symlinks=False)
            if chance is not None:
                moment = chance.randrange(1, 4_000_000_000)
                os.utime(target, (moment, moment), follow_symlinks=False)
    return Project(root)


def assert_built_alike(one: Project, other: Project) -> None:
    ours, theirs = result(one), result(other)
    assert_same(ours.built, theirs.built)
    assert ours.manifest == theirs.manifest


# --- another process ------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", CONDITIONS)
def test_another_process(
    usual: Project, in_memory: Path, monkeypatch: pytest.MonkeyPatch, condition: str
) -> None:
    other = copied(usual, in_memory / "elsewhere/deeper")
    for path in (in_memory, *in_memory.rglob("*")):
        os.chown(path, *((NOBODY, NOBODY) if os.getuid() == 0 else (-1, -1)), follow_symlinks=False)
    versions = record.versions()  # somebody else may not look into this interpreter's folders
    monkeypatch.setattr(record, "versions", lambda: versions)
    monkeypatch.chdir(other.root)
    assert run_apart(building.build, CONDITIONS[condition]) == DONE
    assert_built_alike(usual, other)


@pytest.mark.parametrize(
    ("seed", "lang", "zone"),
    [
        ("0", "C", "UTC"),
        ("1", "C.UTF-8", "Pacific/Auckland"),
        ("12345", "de_DE.UTF-8", "Asia/Tokyo"),
    ],
)
def test_another_interpreter(
    usual: Project, tmp_path: Path, seed: str, lang: str, zone: str
) -> None:
    """A locale that is not installed counts as C."""
    other = copied(usual, tmp_path / "elsewhere/deeper")
    subprocess.run(
        [sys.executable, "-m", "container_manager", "build"],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": lang, "LANG": lang, "TZ": zone},
        cwd=other.root,
        capture_output=True,
    )
    assert_built_alike(usual, other)


# --- other sources that say the same --------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_order_and_other_times_of_sources(
    usual: Project, in_memory: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    other = copied(usual, in_memory / "lab", random.Random(seed))
    monkeypatch.chdir(other.root)
    building.build()
    assert_built_alike(usual, other)


def test_a_project_behind_a_symlink(
    usual: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = copied(usual, tmp_path / "real/place")
    (tmp_path / "link").symlink_to(other.root)
    monkeypatch.chdir(tmp_path)
    building.build("link/config.yml")
    assert_built_alike(usual, other)


# --- other ways to the same build -----------------------------------------------------------------


def from_nothing(project: Project) -> None:
    shutil.rmtree(project.root / "build")
    shutil.rmtree(project.root / ".container-manager")


def with_compiled_templates(project: Project) -> None:
    shutil.rmtree(project.root / "build")
    memory.forget(project.root / "config.yml")


def with_a_memory(project: Project) -> None:
    shutil.rmtree(project.root / "build")


def with_a_memory_and_a_lost_file(project: Project) -> None:
    shutil.rmtree(project.root / "build/services/framework/ant")


def after_a_change_and_back(project: Project) -> None:
    place = "services/framework/ant/b/x.txt.j2"
    text = project.read(place)
    project.write(place, "something else")
    building.build()
    project.write(place, text)


def service_by_service(project: Project) -> None:
    from_nothing(project)
    for name in ("mule", "zebra", "ant"):
        building.build(service=[name])


def after_another_project(project: Project) -> None:
    """What is built there grew from something else, of which nothing stays."""
    config = project.read("config.yml")
    from_nothing(project)
    kept = project.root / "kept"
    (project.root / "services").rename(kept)
    project.write("services/docker-compose.yml.j2", "networks: {default: {}}\n")
    project.write("services/framework/old/docker-compose.yml.j2", "services: {old: {image: x}}\n")
    project.write("services/framework/old/gone/x.txt")
    service = {"path": "services/framework/old"}
    old = {"project_name": "old", "deployed_services": ["old"],
           "framework": {"services": {"old": service}}}  # fmt: skip
    project.write("config.yml", json.dumps(old))
    building.build()
    shutil.rmtree(project.root / "services")
    kept.rename(project.root / "services")
    project.write("config.yml", config)


WAYS: dict[str, Callable[[Project], None]] = {
    way.__name__: way
    for way in (
        from_nothing,
        with_compiled_templates,
        with_a_memory,
        with_a_memory_and_a_lost_file,
        after_a_change_and_back,
        service_by_service,
        after_another_project,
    )
}


@pytest.mark.parametrize("way", WAYS)
def test_another_way_to_the_same_build(usual: Project, way: str) -> None:
    before = result(usual)
    WAYS[way](usual)
    building.build()
    after = result(usual)
    assert_same(before.built, after.built)
    assert before.manifest == after.manifest


# --- the record -----------------------------------------------------------------------------------


def test_the_record_holds_no_time_and_no_place(usual: Project) -> None:
    text = usual.read("build/.manager/manifest.json")
    data = json.loads(text)
    assert sorted(data) == ["files", "made_with", "version"]
    assert data["made_with"].keys() == record.versions().keys()
    assert list(data["files"]) == sorted(files(usual))
    assert [entry for entry in data["files"].values() if not ENTRY.fullmatch(entry)] == []
    for told in (str(usual.root), str(Path.home()), os.uname().nodename, SECRET):
        assert told not in text
