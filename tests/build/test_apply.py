"""What a build does to what is there: as little as possible, and never by halves."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from container_manager.build import lock, pipeline
from container_manager.build.apply import apply
from container_manager.build.as_built import as_built
from container_manager.errors import BuildError, ManagerError, PreconditionError

if TYPE_CHECKING:
    from tests.conftest import Project

WEB = "services/framework/web"
STEP = ("a", 0, "1", None, None, True)
OUT = f"build/{WEB}"


def test_a_second_build_writes_nothing_at_all(built: Project) -> None:
    before = built.tree()
    build = built.build()
    assert built.tree() == before
    assert build.plan.pending == ()


def test_only_what_changed_is_replaced(built: Project) -> None:
    before = built.tree("build")
    built.write(f"{WEB}/a.txt", "second")
    built.build()
    after = built.tree("build")
    assert built.read(f"{OUT}/a.txt") == "second"
    changed = {path for path in after if not path.startswith(".manager")
               and (path not in before or before[path].inode != after[path].inode)}  # fmt: skip
    assert changed == {f"{WEB}/a.txt"}
    for folder in (WEB, f"{WEB}/deep", "services", "services/framework"):
        assert before[folder].inode == after[folder].inode


def test_a_mode_alone_is_changed_in_place(built: Project) -> None:
    before = built.tree("build")[f"{WEB}/a.txt"]
    (built.root / WEB / "a.txt").chmod(0o755)
    build = built.build()
    after = built.tree("build")[f"{WEB}/a.txt"]
    assert [(change.action, change.by_hand) for change in build.plan.pending] == [("mode", False)]
    assert (after.inode, after.mtime_ns, after.mode) == (before.inode, before.mtime_ns, 0o755)


def test_what_nothing_asks_for_any_more_goes(built: Project) -> None:
    (built.root / WEB / "deep/b.txt").unlink()
    built.build()
    assert not (built.root / OUT / "deep").exists()
    assert built.read(f"{OUT}/a.txt") == "a.txt first"


def test_a_service_that_is_no_longer_deployed_goes(built: Project) -> None:
    built.write("config.yml", built.read("config.yml").replace('"web"\n ]', " ]", 1))
    built.build()
    assert sorted(built.built()) == ["services/docker-compose.yml"]
    assert not (built.root / "build/services/framework").exists()


def test_files_that_we_did_not_write_stay(built: Project) -> None:
    built.write(f"{OUT}/deep/theirs.txt", "theirs")
    (built.root / WEB / "deep/b.txt").unlink()
    built.build()
    assert built.read(f"{OUT}/deep/theirs.txt") == "theirs"
    assert not (built.root / OUT / "deep/b.txt").exists()


def test_a_stale_file_that_somebody_changed_stays_with_a_note(built: Project) -> None:
    built.write(f"{OUT}/c.txt", "edited")
    (built.root / WEB / "c.txt").unlink()
    build = built.build()
    assert built.read(f"{OUT}/c.txt") == "edited"
    assert [str(warning) for warning in build.warnings] == [
        f"{OUT}/c.txt: This file is no longer part of the build, but was changed since it was "
        "written: it stays.\n  Remove it, if nobody needs it."
    ]
    assert built.build().warnings == ()


def test_a_stale_file_that_somebody_removed_is_forgotten(built: Project) -> None:
    (built.root / OUT / "c.txt").unlink()
    (built.root / WEB / "c.txt").unlink()
    built.build()
    before = built.tree()
    assert built.build().plan.pending == ()
    assert built.tree() == before


def test_a_generated_file_that_was_removed_comes_back(built: Project) -> None:
    (built.root / OUT / "a.txt").unlink()
    built.build()
    assert built.read(f"{OUT}/a.txt") == "a.txt first"


def test_an_edit_by_hand_is_kept_aside_with_a_note(built: Project) -> None:
    built.write(f"{OUT}/a.txt", "edited by hand")
    build = built.build()
    kept = f"build/.manager/displaced/{WEB}/a.txt"
    assert built.read(f"{OUT}/a.txt") == "a.txt first"
    assert built.read(kept) == "edited by hand"
    assert [str(warning) for warning in build.warnings] == [
        f"{OUT}/a.txt: This generated file was changed by hand; the change is kept in "
        f"{built.root}/{kept}.\n"
        f"  Make the change where it comes from: the file {WEB}/a.txt."
    ]


def test_a_foreign_file_in_the_way_stops_the_build_before_anything(built: Project) -> None:
    built.write(f"{OUT}/new.txt", "theirs")
    built.write(f"{WEB}/new.txt", "ours")
    built.write(f"{WEB}/a.txt", "second")
    with built.refuses(BuildError) as refusal:
        built.build()
    assert refusal.text == (
        f"{OUT}/new.txt: A file that we did not write stands where the build wants "
        f"the file {WEB}/new.txt.\n  Move it away."
    )


def test_a_foreign_file_that_says_the_same_is_adopted(built: Project) -> None:
    built.write(f"{OUT}/new.txt", "same")
    built.write(f"{WEB}/new.txt", "same")
    inode = (built.root / OUT / "new.txt").stat().st_ino
    built.build()
    assert (built.root / OUT / "new.txt").stat().st_ino == inode


def test_a_file_where_a_folder_is_wanted_and_the_reverse(built: Project) -> None:
    built.write(f"{OUT}/new", "theirs")
    built.write(f"{WEB}/new/file.txt", "ours")
    built.write(f"{OUT}/other/theirs.txt", "theirs")
    built.write(f"{WEB}/other", "ours")
    with built.refuses(BuildError) as refusal:
        built.build()
    assert refusal.messages == [
        f"{OUT}/new: This is no folder, but the build wants to write {WEB}/new/file.txt.",
        f"{OUT}/other: A folder with files that we did not write stands where the build wants "
        "a file.",
    ]
    assert refusal.remedies == ["Move it away."] * 2


@pytest.mark.parametrize("empty", ["a.txt", "a.txt/x", "a.txt/x/y"])
def test_empty_folders_in_the_way_of_a_file_make_way(built: Project, empty: str) -> None:
    (built.root / OUT / "a.txt").unlink()
    (built.root / OUT / empty).mkdir(parents=True)
    (built.root / OUT / "a.txt/z").mkdir(exist_ok=True)
    built.build()
    assert built.read(f"{OUT}/a.txt") == "a.txt first"


def test_a_symlink_in_a_folder_in_the_way_of_a_file_is_somebody_elses(built: Project) -> None:
    (built.root / OUT / "a.txt").unlink()
    (built.root / OUT / "a.txt").mkdir()
    (built.root / OUT / "a.txt/link").symlink_to("/")
    with built.refuses(BuildError):
        built.build()


def test_files_and_folders_of_ours_change_places(built: Project) -> None:
    (built.root / WEB / "a.txt").unlink()
    built.write(f"{WEB}/a.txt/inside.txt", "now a folder")
    (built.root / WEB / "deep/b.txt").unlink()
    (built.root / WEB / "deep").rmdir()
    built.write(f"{WEB}/deep", "now a file")
    built.build()
    assert built.read(f"{OUT}/a.txt/inside.txt") == "now a folder"
    assert built.read(f"{OUT}/deep") == "now a file"
    before = built.tree()
    built.build()
    assert built.tree() == before


def test_a_file_becomes_a_symlink_and_back(built: Project) -> None:
    source = built.root / WEB / "a.txt"
    source.unlink()
    source.symlink_to("c.txt")
    built.build()
    assert (built.root / OUT / "a.txt").readlink() == Path("c.txt")
    source.unlink()
    built.write(f"{WEB}/a.txt", "again")
    built.build()
    assert built.read(f"{OUT}/a.txt") == "again"
    assert built.read(f"{OUT}/c.txt") == "c.txt first"


# --- interrupted builds ---------------------------------------------------------------------------


def change_everything(project: Project) -> None:
    """Of each kind of change, one."""
    project.write(f"{WEB}/a.txt", "second")
    project.write(f"{WEB}/new.txt", "new")
    (project.root / WEB / "c.txt").unlink()
    (project.root / WEB / "deep/b.txt").unlink()
    project.write(f"{WEB}/deep/b.txt/inside", "a folder now")
    project.write(f"{WEB}/docker-compose.yml.j2", "services: {web: {image: localhost/second}}\n")


def test_a_full_disk_is_an_error_of_ours(built: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    change_everything(built)
    prepared = built.prepare()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("container_manager.build.apply.sync_file_system", full)
        with pytest.raises(BuildError) as caught:
            pipeline.execute(prepared)
    assert str(caught.value) == (
        "build: The build cannot be written: No space left on device.\n"
        "  See to space and permissions; the next command goes on from here."
    )
    assert built.read(f"{OUT}/a.txt") == "a.txt first"
    built.build()
    assert built.read(f"{OUT}/a.txt") == "second"


def test_a_source_that_changes_while_it_is_copied(
    built: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = built.write(f"{WEB}/a.txt", "second")
    prepared = built.prepare()

    def apply_after_a_change(*args: Any, **kwargs: Any) -> None:
        source.write_text("third")
        apply(*args, **kwargs)

    monkeypatch.setattr(pipeline, "apply", apply_after_a_change)
    with pytest.raises(BuildError) as caught:
        pipeline.execute(prepared)
    monkeypatch.undo()
    assert "changed while it was being copied" in str(caught.value)
    assert built.read(f"{OUT}/a.txt") == "a.txt first"


def test_a_stale_file_that_changes_before_it_would_go(
    built: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (built.root / WEB / "c.txt").unlink()

    def apply_after_an_edit(*args: Any, **kwargs: Any) -> None:
        built.write(f"{OUT}/c.txt", "edited at the last moment")
        apply(*args, **kwargs)

    monkeypatch.setattr(pipeline, "apply", apply_after_an_edit)
    built.build()
    assert built.read(f"{OUT}/c.txt") == "edited at the last moment"


def test_a_source_that_is_gone_when_it_is_copied(built: Project) -> None:
    source = built.write(f"{WEB}/a.txt", "second")
    prepared = built.prepare()
    source.unlink()
    with built.refuses(BuildError) as refusal:
        pipeline.execute(prepared)
    assert refusal.text == (
        f"{WEB}/a.txt: The file cannot be read: No such file or directory.\n"
        "  Run the command again."
    )


# --- the record of what we wrote ------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"files": {"a": 1}}', b"\xff"])
def test_a_record_that_cannot_be_read_stops_everything(built: Project, content: bytes) -> None:
    built.write("build/.manager/manifest.json", content)
    with built.refuses(BuildError) as refusal:
        built.build()
    assert refusal.messages[0].startswith(
        "build/.manager/manifest.json: The record of what was built cannot be read: "
    )
    assert refusal.remedies == ["Move the build directory away; the next build makes a new one."]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("manifest", {"version": 9, "files": {}}, "it is of version 9, not 2"),
        ("manifest", {"version": 2, "files": {"a": "0644 md5:1"}}, "'0644 md5:1' is no record of"),
        ("journal", {"version": 9}, "it is of version 9, not 2"),
        ("journal", {"version": 2, "undo": -1, "keep": 1, "steps": []}, "its numbers make no"),
        ("journal", {"version": 2, "undo": None, "keep": 1, "steps": [["burn", *STEP]]},
         "a step makes no sense"),
    ],
)  # fmt: skip
def test_a_record_that_makes_no_sense_says_why(
    built: Project, name: str, content: object, why: str
) -> None:
    built.write(f"build/.manager/{name}.json", json.dumps(content))
    before = built.built()
    with built.refuses(BuildError, written=True) as refusal:
        built.build()
    assert built.built() == before
    assert f"The record of what was built cannot be read: {why}" in refusal.text


def test_a_build_that_was_changed_since_is_started_with_warnings(built: Project) -> None:
    built.write(
        f"build/{WEB}/docker-compose.yml", built.read(f"build/{WEB}/docker-compose.yml") + "#"
    )
    (built.root / f"build/{WEB}/a.txt").unlink()
    told = [one.message for one in as_built(built.config()).warnings]
    assert "This file of the build was changed since it was built." in told
    assert "This file of the build is missing since it was built." in told


def test_a_record_cannot_lead_out_of_the_build_directory(built: Project) -> None:
    victim = built.write("precious.txt", "precious")
    record = built.read("build/.manager/manifest.json")
    digest = hashlib.sha256(victim.read_bytes()).hexdigest()
    entry = f'"files": {{"../precious.txt": "0644 sha256:{digest}",'
    built.write("build/.manager/manifest.json", record.replace('"files": {', entry, 1))
    with built.refuses(BuildError):
        built.build()
    assert victim.read_text() == "precious"


# --- two builds at once ---------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from container_manager.build.lock import build_lock

with build_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_held_by_another_process_names_the_holder(
    built: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock.build_lock, "__defaults__", (0.3,))
    built.write(f"{WEB}/a.txt", "second")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(built.root / "build")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with built.refuses(PreconditionError) as refusal:
            built.build()
        assert refusal.text == (
            "build/.manager/lock: The build directory is being written by "
            f"process {holder.pid}.\n  Wait until it is done, or end it."
        )
        assert holder.stdin is not None
        holder.stdin.close()
        holder.wait(timeout=30)
    built.build()
    assert built.read(f"{OUT}/a.txt") == "second"


def test_a_build_with_nothing_to_do_does_not_wait(built: Project) -> None:
    with lock.build_lock(built.root / "build"):
        before = built.tree()
        built.build()
        assert built.tree() == before


def test_a_build_waits_for_another_one(built: Project) -> None:
    built.write(f"{WEB}/a.txt", "second")
    command = HOLD.replace("sys.stdin.read()", "__import__('time').sleep(0.5)")
    with subprocess.Popen(
        [sys.executable, "-c", command, str(built.root / "build")],
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        built.build()
        assert holder.wait(timeout=30) == 0
    assert built.read(f"{OUT}/a.txt") == "second"


def test_nothing_is_written_elsewhere(project: Project) -> None:
    project.deploy(copy_src=True)
    project.write("src/a.py")
    before = project.tree()
    project.build()
    after = {p: s for p, s in project.tree().items() if not p.startswith("build")}
    assert after == before
    assert sorted(path.name for path in (project.root / "build/.manager").iterdir()) == [
        "lock", "manifest.json", "project",
    ]  # fmt: skip


def test_errors_of_every_kind_are_ours() -> None:
    assert issubclass(BuildError, ManagerError)
    assert issubclass(PreconditionError, ManagerError)


def test_a_file_of_somebody_else_with_the_wanted_content_stays_theirs(project: Project) -> None:
    folder = project.deploy("web")
    project.build()
    theirs = project.write("build/services/framework/web/x", "same\n")
    project.write("services/framework/web/x", "same\n")
    project.build()
    (folder / "x").unlink()
    project.build()
    assert theirs.read_text() == "same\n"
