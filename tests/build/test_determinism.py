"""The same input gives the same bytes: in another folder, another process, another order."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Project

BUILD = """
import sys
from container_manager.build.pipeline import execute, prepare
from container_manager.config import load

execute(prepare(load(sys.argv[1], {"API_KEY": "planted-secret-value", "HOST": "h"})))
"""


def sizeable(project: Project) -> None:
    """A project in which order could go wrong: sets, dicts, folders, several services."""
    more = {
        "project_root": "/opt/lab",
        "key": "${API_KEY}",
        "host": "${HOST}",
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
        for file in "dbca":
            project.write(f"services/framework/{name}/{file}/x.txt.j2", "{{ table }}")
        (folder / "link").symlink_to("a")
    for file in "zxy":
        project.write(f"src/{file}/{file}.py", file)
        project.write(f"docs/{file}.md", file)


@pytest.mark.parametrize("seed", ["0", "1", "12345"])
def test_another_folder_and_another_process(
    project: Project, new_project: Callable[[str], Project], seed: str
) -> None:
    from tests.conftest import meaning

    sizeable(project)
    project.build(project.config(API_KEY="planted-secret-value", HOST="h"))
    other = new_project("elsewhere/deeper")
    other.root.rmdir()
    shutil.copytree(project.root, other.root, symlinks=True, ignore=shutil.ignore_patterns("build"))
    subprocess.run(
        [sys.executable, "-c", BUILD, str(other.root / "config.yml")],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Auckland", "LC_ALL": "C"},
        cwd=other.root.parent,
    )
    ours, theirs = meaning(project.tree("build")), meaning(other.tree("build"))
    for tree in (ours, theirs):
        del tree[".manager/lock"]  # says which process wrote last
    assert ours == theirs
    assert len(ours) > 60


def test_a_build_from_nothing_equals_one_from_something_else(
    project: Project, new_project: Callable[[str], Project]
) -> None:
    from tests.conftest import meaning

    project.deploy("old", "services: {old: {image: localhost/old}}\n")
    project.write("services/framework/old/gone/x.txt")
    project.build()
    config = json.loads(project.read("config.yml"))
    config["deployed_services"] = []
    project.write("config.yml", json.dumps(config))
    sizeable(project)
    environ = {"API_KEY": "planted-secret-value", "HOST": "h"}
    config = json.loads(project.read("config.yml"))
    config["deployed_services"].remove("old")
    project.write("config.yml", json.dumps(config))
    project.build(project.config(**environ))
    grown = meaning(project.built())
    record = project.read("build/.manager/manifest.json")
    shutil.rmtree(project.root / "build")
    project.build(project.config(**environ))
    assert meaning(project.built()) == grown
    assert project.read("build/.manager/manifest.json") == record
