"""What becomes of a tree of files: everything that may lie in ``src/``, a service or further."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.build.checking import refuses
from tests.build.planting import SPECIAL, Grown, Tree, special, trees
from tests.build.recording import recording
from tests.build.reference import attempt, generated
from tests.conftest import Project, snapshot

from container_manager import building
from container_manager.build.manifest import needs_recovery
from container_manager.errors import ManagerError
from container_manager.model import Build

WEB = "services/framework/web"
PLACES = {"src": f"{WEB}/repo_src", "docs": f"{WEB}/docs", WEB: WEB}
"""Folder -> where its files come in the build directory."""

common = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


@contextmanager
def laboratory() -> Iterator[Project]:
    """A project with one service, and something elsewhere, inside and out."""
    top = Path(tempfile.mkdtemp(prefix="trees-"))
    try:
        project = Project(top / "lab")
        project.deploy(copy_src=True, additional_dirs=["docs"])
        project.files({"shared/far.txt": "far\n", "../outside.txt": "outside\n"})
        for folder in ("src", "docs"):
            (project.root / folder).mkdir()
        yield project
    finally:
        shutil.rmtree(top)


def check_tree(place: str, tree: Tree) -> None:
    """Build a project with a tree, and compare with what ought to become of it."""
    with laboratory() as project:
        grown = Grown(project.root, project.root / place)
        grown.plant(in_service(tree) if place == WEB else tree)
        built = attempt(lambda: building.build(project.root / "config.yml"))
        if isinstance(built, ManagerError):
            told = {(str(p.where and p.where.file), p.message) for p in built.problems}
            assert told == grown.problems
            assert not (project.root / "build").exists()
            return
        assert grown.problems == set()
        made = generated(snapshot(project.root / "build"))
        prefix = f"{PLACES[place]}/"
        ours = (f"{WEB}/config.yml", f"{WEB}/docker-compose.yml")
        found = {
            path.removeprefix(prefix): seen.meaning
            for path, seen in made.items()
            if path.startswith(prefix) and path not in ours
        }
        assert found == grown.copies
        assert building.build(project.root / "config.yml").plan.pending == ()


def in_service(tree: Tree) -> Tree:
    """The same without what is a template, or the manager's own, in the folder of a service."""
    return {
        f"{name}_"[-250:] if name.endswith(".j2") else name: (
            in_service(item) if isinstance(item, dict) else item
        )
        for name, item in tree.items()
        if name != "config.yml"
    }


places = st.sampled_from(sorted(PLACES))


@settings(common, max_examples=60)
@given(places, trees(whole=True))
def test_any_tree_arrives_as_it_is(place: str, tree: Tree) -> None:
    check_tree(place, tree)


@settings(common, max_examples=60)
@given(places, trees(whole=False))
def test_all_that_cannot_be_copied_is_told_at_once(place: str, tree: Tree) -> None:
    check_tree(place, tree)


# --- single files and folders ---------------------------------------------------------------------


@pytest.fixture
def lab(project: Project) -> Project:
    """A project that copies ``src/`` and was built once."""
    project.deploy(copy_src=True)
    project.write("src/a.txt", "a\n")
    building.build("config.yml")
    return project


def test_a_hard_link_becomes_a_file_of_its_own(lab: Project) -> None:
    (lab.root / "src/b.txt").hardlink_to(lab.root / "src/a.txt")
    building.build("config.yml")
    one, other = ((lab.root / "build" / WEB / "repo_src" / n).stat() for n in ("a.txt", "b.txt"))
    assert one.st_ino != other.st_ino
    assert one.st_nlink == other.st_nlink == 1
    assert one.st_ino != (lab.root / "src/a.txt").stat().st_ino


def test_empty_folders_are_not_made_and_modes_of_folders_are_not_kept(lab: Project) -> None:
    (lab.root / "src/empty/deep").mkdir(parents=True)
    lab.write("src/private/x.txt")
    (lab.root / "src/private").chmod(0o700)
    building.build("config.yml")
    tree = lab.tree("build")
    assert f"{WEB}/repo_src/empty" not in tree
    assert tree[f"{WEB}/repo_src/private"].mode == tree[f"{WEB}/repo_src"].mode == 0o755


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_file_is_never_opened(lab: Project, kind: str) -> None:
    """To open a pipe could wait for ever; to open a device could do anything."""
    path = lab.root / "src/special"
    special(path, kind)
    with recording(lab.root) as lookups, refuses(lab):
        building.build("config.yml")
    assert "open" not in lookups.paths.get(str(path), ())


@pytest.mark.parametrize("depth", [200, 1200])
def test_folders_far_inside_each_other(lab: Project, depth: int) -> None:
    """They are copied, or refused; in no case is anything left half done."""
    made = [lab.root / "src", *[Path("d")] * depth]
    with chdir(lab.root):
        for folder in made[:1] + made[1:]:
            folder.mkdir(exist_ok=True)
            os.chdir(folder)
        Path("f").touch()
    try:
        built = attempt(lambda: building.build("config.yml"))
        assert isinstance(built, Build) or depth > 1000
        assert not needs_recovery(lab.root / "build")
    finally:  # both are too deep for shutil
        folders = [str(lab.root / name) for name in ("src/d", "build")]
        subprocess.run(["rm", "-rf", *folders], check=True)
    building.build("config.yml")


def test_a_path_that_is_too_long_only_in_the_build_directory(lab: Project) -> None:
    longest = os.pathconf(lab.root, "PC_PATH_MAX") - 5
    room = longest - len(os.fsencode(lab.root / "src"))
    folder = lab.root.joinpath("src", *["d" * 200] * (room // 201), "d" * (room % 201 - 2))
    folder.mkdir(parents=True)
    with chdir(folder):
        Path("f").touch()
    with refuses(lab):
        building.build("config.yml")
    assert not needs_recovery(lab.root / "build")
    shutil.rmtree(lab.root / "src" / ("d" * 200))
    building.build("config.yml")


def test_a_symlink_to_what_is_left_out_is_kept_and_leads_nowhere(lab: Project) -> None:
    lab.write("src/__pycache__/x.pyc")
    (lab.root / "src/link").symlink_to("__pycache__/x.pyc")
    building.build("config.yml")
    copy = lab.root / "build" / WEB / "repo_src/link"
    assert copy.is_symlink()
    assert not copy.exists()


def test_a_symlink_that_leaves_its_folder_on_its_way_is_followed(lab: Project) -> None:
    """In the copy the folder has another name."""
    (lab.root / "src/link").symlink_to("../src/a.txt")
    building.build("config.yml")
    copy = lab.root / "build" / WEB / "repo_src/link"
    assert copy.read_text() == "a\n"
    assert not copy.is_symlink()


def test_a_pipe_among_the_additional_folders(lab: Project) -> None:
    lab.deploy(copy_src=True, additional_dirs=["pipe"])
    special(lab.root / "pipe", "pipe")
    with refuses(lab) as refusal:
        building.build("config.yml")
    assert str(refusal.value) == (
        "pipe: This is neither a file, a folder nor a symlink.\n"
        "  Move it away: nothing else can be copied."
    )


@pytest.mark.parametrize("place", ["build/.manager/manifest.json", ".container-manager/.gitignore"])
def test_a_symlink_to_what_the_manager_keeps_is_refused(lab: Project, place: str) -> None:
    """It is private, or changes with every build."""
    assert (lab.root / place).exists()
    (lab.root / "src/link").symlink_to(f"../{place}")
    with refuses(lab) as refusal:
        building.build("config.yml")
    assert "src/link: This symlink leads" in str(refusal.value)


def test_a_symlink_of_an_impossible_name_is_told_by_its_own_place(lab: Project) -> None:
    lab.write("shared/far.txt")
    (lab.root / "src/\udcff").symlink_to("../shared/far.txt")
    with refuses(lab) as refusal:
        building.build("config.yml")
    (problem,) = refusal.value.problems
    assert problem.where is not None
    assert problem.where.file == lab.root / "src/\udcff"
    assert problem.remedy == "Rename it."


BIG = """
import resource, sys
from container_manager import building

building.build("config.yml")
with open("src/big.bin", "wb") as file:
    file.truncate(int(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
building.build("config.yml")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_is_never_in_memory(lab: Project) -> None:
    """It is searched for a secret, too. (Three GiB give the same, and take ten seconds.)"""
    size = 1200 * 1024**2
    lab.write(".env", "LAB_TOKEN=planted-secret-value\n")
    lab.deploy(copy_src=True, token="${LAB_TOKEN}")
    run = subprocess.run(
        [sys.executable, "-c", BIG, str(size)], check=True, stdout=subprocess.PIPE, text=True
    )
    assert int(run.stdout) < 60 * 1024  # KiB
    copy = lab.root / "build" / WEB / "repo_src/big.bin"
    assert copy.stat().st_size == size
    copy.unlink()
