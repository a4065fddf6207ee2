"""The same input gives the same bytes: in another folder, another process, another order."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
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


NOBODY = 65534


def as_somebody_else(action: Callable[[], object]) -> None:
    """Carry out an action in a child that is another user, in another place and time."""
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.environ.update(LC_ALL="C", LANG="de_DE.UTF-8", TZ="Asia/Kathmandu", USER="nobody")
            time.tzset()
            os.umask(0o027)
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            action()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter; those of pytest are for their owner alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_another_user_locale_time_zone_umask_and_order_of_files(
    project: Project, open_folder: Path
) -> None:
    from tests.conftest import Project as At
    from tests.conftest import meaning

    sizeable(project)
    environ = {"API_KEY": "planted-secret-value", "HOST": "h"}
    project.build(project.config(**environ))  # imports all that the child may not read
    other = At(open_folder / "lab")
    paths = sorted(project.root.rglob("*"), reverse=True)
    for path in paths:  # made in another order, at another time
        inside = path.relative_to(project.root)
        if inside.parts[0] == "build" or (path.is_dir() and not path.is_symlink()):
            continue
        copy = other.root / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy, follow_symlinks=False)
        os.utime(copy, (1, 1), follow_symlinks=False)
    if os.getuid() == 0:
        for path in (other.root, *other.root.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    as_somebody_else(lambda: other.build(other.config(**environ)))
    assert meaning(other.built()) == meaning(project.built())
    record = "build/.manager/manifest.json"
    assert other.read(record) == project.read(record)
    if os.getuid() == 0:
        assert (other.root / record).stat().st_uid == NOBODY


def test_through_a_symlink_and_with_what_is_remembered(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.conftest import meaning

    from container_manager import building

    monkeypatch.setenv("API_KEY", "planted-secret-value")
    monkeypatch.setenv("HOST", "h")
    sizeable(project)
    building.build()
    first, record = meaning(project.built()), project.read("build/.manager/manifest.json")
    link = project.root.with_name("link")
    link.symlink_to(project.root)
    shutil.rmtree(project.root / "build")  # what is remembered of it stays
    building.build(link / "config.yml")
    assert meaning(project.built()) == first
    assert project.read("build/.manager/manifest.json") == record


def test_the_record_tells_versions_and_digests_and_nothing_of_this_machine(
    project: Project,
) -> None:
    sizeable(project)
    project.build(project.config(API_KEY="planted-secret-value", HOST="h"))
    text = project.read("build/.manager/manifest.json")
    record = json.loads(text)
    assert set(record) == {"version", "made_with", "files"}
    assert set(record["made_with"]) == {"container-manager", "copier", "jinja2", "pyyaml"}
    assert str(project.root) not in text
    entries = record["files"].values()
    assert all(entry.startswith(("0644 sha256:", "0777 link:")) for entry in entries)
    assert record["files"].keys() == project.built().keys()
