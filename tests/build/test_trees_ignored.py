"""What is left out when ``src/`` and additional directories are copied."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build.checking import refuses
from tests.build.docker_rules import is_left_out, rules
from tests.build.planting import special

from container_manager import building
from container_manager.build.ignore import IGNORED, context_ignores, ignores_of

if TYPE_CHECKING:
    from tests.conftest import Project

WEB = "services/framework/web"


@pytest.fixture
def lab(project: Project) -> Project:
    """A project that copies ``src/`` and ``docs/``."""
    project.deploy(copy_src=True, additional_dirs=["docs"])
    project.files({"src/a.py": "a\n", "docs/a.md": "# A\n"})
    return project


def copied(project: Project, below: str = "repo_src") -> list[str]:
    """Build, and list what was copied."""
    building.build("config.yml")
    prefix = f"{WEB}/{below}/"
    return [path.removeprefix(prefix) for path in project.built() if path.startswith(prefix)]


def plant(project: Project, folder: str, paths: Iterable[str]) -> None:
    project.files({f"{folder}/{path}": f"{path}\n" for path in paths})


# --- Docker's rules -------------------------------------------------------------------------------

TREE = (
    *("a.py", "a.log", "main.go", "docs/a.md", "docs/deep/b.md", "deep/docs/c.md"),
    *("data/x.bin", "data/keep.txt", "data/more/keep.txt", "src/data/y.bin"),
)


@pytest.mark.parametrize(
    ("patterns", "left_out"),
    [
        ("", ()),
        ("# a.py", ()),
        ("a.py", ("a.py",)),
        ("/a.py", ("a.py",)),
        ("./x/../a.py", ("a.py",)),
        ("  a.py  ", ("a.py",)),
        ("*.md", ()),  # anchored: nothing of that name is at the top
        ("docs/*.md", ("docs/a.md",)),
        ("**/*.md", ("docs/a.md", "docs/deep/b.md", "deep/docs/c.md")),
        ("docs/**/*.md", ("docs/a.md", "docs/deep/b.md")),
        ("**a.md", ("docs/a.md",)),  # as if a slash stood after the stars
        ("**/docs", ("docs/a.md", "docs/deep/b.md", "deep/docs/c.md")),
        ("data", ("data/x.bin", "data/keep.txt", "data/more/keep.txt")),
        ("data/", ("data/x.bin", "data/keep.txt", "data/more/keep.txt")),
        ("data/*", ("data/x.bin", "data/keep.txt", "data/more/keep.txt")),
        ("data/*.*", ("data/x.bin", "data/keep.txt")),
        ("d*a", ("data/x.bin", "data/keep.txt", "data/more/keep.txt")),
        ("?.py", ("a.py",)),
        ("[ab].py", ("a.py",)),
        ("[^a].py", ()),
        ("data\n!data/keep.txt", ("data/x.bin", "data/more/keep.txt")),
        ("data\n!**/keep.txt", ("data/x.bin",)),
        ("!data/keep.txt\ndata", ("data/x.bin", "data/keep.txt", "data/more/keep.txt")),
        ("*\n!docs", tuple(path for path in TREE if not path.startswith("docs/"))),
        ("*\n!a.*", tuple(path for path in TREE if path not in ("a.py", "a.log"))),
        ("*\n!docs\ndocs/deep", tuple(p for p in TREE if p != "docs/a.md")),
        ("**", TREE),
        ("*", TREE),
    ],
)
def test_patterns(lab: Project, patterns: str, left_out: tuple[str, ...]) -> None:
    plant(lab, "src", TREE)
    lab.write("src/.dockerignore", patterns.encode())
    everything = {*TREE, ".dockerignore"}
    kept = set(copied(lab))
    assert {path for path in everything - kept if path != ".dockerignore"} == {*left_out}
    assert is_left_out(".dockerignore", rules(patterns)) == (".dockerignore" not in kept)


@pytest.mark.parametrize(
    ("pattern", "left_out"),
    [
        ("#a.txt", ()),  # a comment
        ("\\#a.txt", ("#a.txt",)),
        ("[[x].txt", ("[.txt", "x.txt")),
        ("[&~|].txt", ("&.txt", "~.txt")),
        ("a+b.txt", ("a+b.txt",)),
        ("**/*.txt", ("#a.txt", "[.txt", "x.txt", "&.txt", "~.txt", "a+b.txt")),
    ],
)
def test_what_stands_for_itself(lab: Project, pattern: str, left_out: tuple[str, ...]) -> None:
    names = ("#a.txt", "[.txt", "x.txt", "&.txt", "~.txt", "a+b.txt")
    plant(lab, "src", names)
    lab.write("src/.dockerignore", f"{pattern}\n")
    assert {*names} - {*copied(lab)} == {*left_out}


parts = st.sampled_from(
    ["a", "b", "ab", "*", "**", "?", "[ab]", "[^a]", "a*", ".", "..", "\\*", ""]
)
patterns = st.builds(
    lambda start, path, end: start + "/".join(path) + end,
    st.sampled_from(["", "", "!", "/", " ", "!/", "#"]),
    st.lists(parts, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " ", "*", "**"]),
)
paths = st.lists(st.sampled_from(["a", "b", "ab", "c", "*", ".git"]), min_size=1, max_size=4)


@settings(deadline=None, print_blob=True, max_examples=400)
@given(st.lists(patterns, max_size=3), st.lists(paths, min_size=1, max_size=8))
def test_the_rules_are_dockers(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], tried: list[list[str]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / ".dockerignore").write_text("\n".join(lines))
    ours = ignores_of(folder)
    theirs = rules("\n".join(lines), tuple(f"**/{name}" for name in IGNORED))
    for names in tried:
        path = "/".join(names)
        assert ours.matches(path, names[-1]) == is_left_out(path, theirs), path


# --- which file, and where ------------------------------------------------------------------------


def test_the_name_that_podman_prefers_wins(lab: Project) -> None:
    plant(lab, "src", ["one", "two"])
    lab.files({"src/.containerignore": "one\n", "src/.dockerignore": "two\n"})
    assert copied(lab) == [".containerignore", ".dockerignore", "a.py", "two"]


def test_an_empty_one_counts_too(lab: Project) -> None:
    plant(lab, "src", ["one"])
    lab.files({"src/.containerignore": "", "src/.dockerignore": "one\n"})
    assert "one" in copied(lab)


def test_each_folder_has_its_own_at_its_top_alone(lab: Project) -> None:
    plant(lab, "src", ["one", "deep/one"])
    plant(lab, "docs", ["one", "deep/one"])
    lab.files({"src/deep/.containerignore": "one\n", "docs/.containerignore": "one\n"})
    assert {"one", "deep/one"} <= {*copied(lab)}
    assert "one" not in copied(lab, "docs")
    assert "deep/one" in copied(lab, "docs")


def test_in_the_folder_of_a_service_it_is_a_file_like_any_other(lab: Project) -> None:
    """It is there for whoever builds an image from what was built."""
    lab.files({f"{WEB}/.containerignore": "one\n", f"{WEB}/one": "1\n"})
    building.build("config.yml")
    assert {f"{WEB}/one", f"{WEB}/.containerignore"} <= lab.built().keys()


def test_what_is_left_out_by_default_can_be_brought_back(lab: Project) -> None:
    names = ("__pycache__/a.pyc", "b.pyc", ".git/HEAD", ".venv/x", "deep/.DS_Store")
    plant(lab, "src", names)
    assert copied(lab) == ["a.py"]
    lab.write("src/.containerignore", "!b.pyc\n!**/.git\n!deep/.DS_Store\n")
    assert copied(lab) == [".containerignore", ".git/HEAD", "a.py", "b.pyc", "deep/.DS_Store"]


def test_what_is_left_out_is_not_looked_at(lab: Project) -> None:
    """Neither what could not be copied, nor what could not be read."""
    out = lab.root / "src/out"
    out.mkdir()
    special(out / "pipe", "pipe")
    (out / "dangling").symlink_to("nowhere")
    (out / os.fsdecode(b"\xff")).touch()
    for name, target in (("loop", "loop"), ("elsewhere", "/etc")):
        (lab.root / "src" / name).symlink_to(target)
    lab.write("src/.containerignore", "out\nloop\nelsewhere\n")
    assert copied(lab) == [".containerignore", "a.py"]
    lab.write("src/.containerignore", "out\nloop\nelsewhere\n!out/no-such-file\n")
    assert copied(lab) == [".containerignore", "a.py"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "This is a directory, not a file."),
        (lambda path: path.symlink_to("nowhere"), "Cannot read the file: No such file"),
        (lambda path: path.write_bytes(b"\xff\n"), "The file is not UTF-8 text."),
        (lambda path: path.write_text("[z-a]\n"), "This is no list of patterns: "),
    ],
    ids=["folder", "dangling", "bytes", "pattern"],
)
def test_one_that_cannot_be_used(lab: Project, make: object, message: str) -> None:
    building.build("config.yml")
    assert callable(make)
    make(lab.root / "src/.containerignore")
    with refuses(lab) as refusal:
        building.build("config.yml")
    (problem,) = refusal.value.problems
    assert problem.message.startswith(message)
    assert problem.where is not None
    assert problem.where.file == lab.root / "src/.containerignore"


def test_to_change_it_changes_what_is_there(lab: Project) -> None:
    plant(lab, "src", ["one", "two"])
    lab.write("src/.containerignore", "one\n")
    assert copied(lab) == [".containerignore", "a.py", "two"]
    lab.write("src/.containerignore", "two\n")
    assert copied(lab) == [".containerignore", "a.py", "one"]


# --- what an image's context leaves out -----------------------------------------------------------


def context(folder: Path, **files: str) -> Path:
    """A context with a Containerfile, and files whose names have ``_`` for the dot in front."""
    (folder / "Containerfile").write_text("FROM scratch\n")
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def test_podmans_own_list_comes_before_dockers(tmp_path: Path) -> None:
    folder = context(tmp_path, _containerignore="*.log\n!keep.log\n", _dockerignore="*.py\n")
    found = context_ignores(folder, None)
    assert found is not None
    file, ignores = found
    assert file == folder / ".containerignore"
    told = {name: ignores.matches(name, name) for name in ("a.log", "keep.log", "a.py")}
    assert told == {"a.log": True, "keep.log": False, "a.py": False}


def test_a_context_leaves_nothing_out_by_itself(tmp_path: Path) -> None:
    """Unlike a copy: Podman sends ``__pycache__``, too."""
    found = context_ignores(context(tmp_path, _dockerignore="*.log\n"), None)
    assert found is not None
    assert not found[1].matches("__pycache__", "__pycache__")
    (tmp_path / ".dockerignore").unlink()
    assert context_ignores(tmp_path, None) is None


@pytest.mark.parametrize("name", ["Containerfile", "Dockerfile"])
def test_a_dockerfile_with_a_list_of_its_own_leaves_it_open(tmp_path: Path, name: str) -> None:
    folder = context(tmp_path, _dockerignore="*.log\n")
    (folder / f"{name}.dockerignore").write_text("*.py\n")
    assert context_ignores(folder, None) is None
    assert context_ignores(folder, folder / name) is None
    assert context_ignores(folder, folder / "other.Dockerfile") is not None


def test_a_list_that_cannot_be_read_leaves_it_open(tmp_path: Path) -> None:
    folder = context(tmp_path)
    (folder / ".dockerignore").write_bytes(b"\xff\xfe")
    assert context_ignores(folder, None) is None
