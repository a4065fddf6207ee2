"""Whatever would lose edits, or cannot work, is refused, and nothing is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scaffold.update.labs import (
    ANSWERS_FILE,
    COLOUR,
    COPIER_YML,
    SERVICE,
    WEB,
    Lab,
    Repository,
    first_version,
    make,
    new_repository,
    url,
)

from container_manager import verbs
from container_manager.errors import ManagerError, PreconditionError, UsageError


def changed(lab: Lab) -> None:
    lab.write({f"{WEB}/settings.yml": "mine\n"})


def staged(lab: Lab) -> None:
    lab.write({f"{WEB}/settings.yml": "mine\n"})
    lab.git("add", "--all")


def untracked(lab: Lab) -> None:
    lab.write({f"{WEB}/new.bin": "mine\n"})


def ignored(lab: Lab) -> None:
    lab.git("rm", "-r", "--quiet", "--cached", WEB)
    lab.write({".gitignore": "services/framework/\n"})
    lab.git("add", ".gitignore")
    lab.git("commit", "--quiet", "--message", "ignore")


def ignored_file(lab: Lab) -> None:
    lab.commit({".gitignore": "colour.txt\n"})
    lab.write({f"{WEB}/colour.txt": "mine\n"})


def ignored_after(lab: Lab) -> None:
    lab.git("rm", "--quiet", "--cached", f"{WEB}/settings.yml")
    lab.write({".gitignore": "settings.yml\n"})
    lab.git("add", ".gitignore")
    lab.git("commit", "--quiet", "--message", "ignore")


def folder_in_the_way(lab: Lab) -> None:
    lab.commit({".gitignore": "colour.txt/\n"})
    lab.write({f"{WEB}/colour.txt/mine": "mine\n"})


def never_committed(lab: Lab) -> None:
    lab.git("rm", "-r", "--quiet", "--cached", WEB)
    lab.git("commit", "--quiet", "--message", "out")


def never_committed_project(lab: Lab) -> None:
    lab.git("rm", "--quiet", "--cached", ".copier-answers.yml")
    lab.git("commit", "--quiet", "--message", "out")


def without_source(lab: Lab) -> None:
    lab.commit({f"{WEB}/.copier-answers.yml": "make: service\nname: web\n"})


def with_a_path(lab: Lab) -> None:
    text = lab.web.read(".copier-answers.yml").replace(url(lab.template), "../template")
    lab.commit({f"{WEB}/.copier-answers.yml": text})


def without_address(lab: Lab) -> None:
    lab.commit({f"{WEB}/.copier-answers.yml": "_commit: v1.0.0\nmake: service\nname: web\n"})


def without_versions(lab: Lab) -> None:
    for tag in lab.template.git("tag").split():
        lab.template.git("tag", "--delete", tag)


def taken_back(lab: Lab) -> None:
    text = lab.web.read(".copier-answers.yml").replace("v1.0.0", "v9.0.0")
    lab.commit({f"{WEB}/.copier-answers.yml": text})


def newer_library(lab: Lab) -> None:
    first_version(lab.template, library="99.1")
    lab.template.release("v4.0.0")


def tasks(lab: Lab) -> None:
    lab.template.release("v4.0.0", {"copier.yml": COPIER_YML + COLOUR + "_tasks: [touch here]\n"})


def migrations(lab: Lab) -> None:
    more = "_migrations: [{version: v4.0.0, command: touch here}]\n"
    lab.template.release("v4.0.0", {"copier.yml": COPIER_YML + COLOUR + more})


def merging(lab: Lab) -> None:
    lab.git("checkout", "--quiet", "-b", "other")
    lab.commit({"other": "x\n"})
    lab.git("checkout", "--quiet", "main")
    lab.commit({"main": "x\n"})
    lab.git("merge", "--quiet", "--no-commit", "other")


def broken_answers(lab: Lab) -> None:
    lab.commit({f"{WEB}/.copier-answers.yml": "- no\n"})


REFUSED = [
    (changed, "not committed: services/framework/web/settings.yml", "git stash -u"),
    (staged, "not committed: services/framework/web/settings.yml", "git commit"),
    (untracked, "not committed: services/framework/web/new.bin", "git add"),
    (ignored, "Git ignores this", "Take it out of .gitignore"),
    (ignored_file, "git ignores yours", "git add -f services/framework/web/colour.txt"),
    (ignored_after, "git ignores yours", "git add -f services/framework/web/settings.yml"),
    (folder_in_the_way, "something of another kind", "Rename it"),
    (never_committed, "never committed", "Commit it first"),
    (without_source, "without history", "_commit: TAG"),
    (with_a_path, "is no URL: ../template", "--template URL"),
    (without_address, "'_src_path' is missing", "--template URL"),
    (without_versions, "no version tags", "git tag v1.0.0"),
    (taken_back, "Nothing is taken back", "all its tags"),
    (newer_library, "needs container-manager 99.1", "pip install"),
    (tasks, "wants to run code of its own", "trust"),
    (migrations, "wants to run code of its own", "trust"),
    (merging, "A merge is not finished", "git merge --abort"),
    (broken_answers, "no file of answers", "git checkout"),
]


@pytest.mark.parametrize(
    ("spoil", "message", "remedy"), REFUSED, ids=[spoil.__name__ for spoil, *_ in REFUSED]
)
def test_what_would_lose_edits_or_cannot_work_is_refused(
    lab: Lab, spoil: Callable[[Lab], None], message: str, remedy: str
) -> None:
    spoil(lab)
    lab.git("status")  # git's own notes about the files are up to date now
    with lab.untouched(ManagerError) as refusal:
        lab.update("web")
    assert message in refusal.messages[0]
    assert remedy in str(refusal.remedies[0])
    assert len(refusal.messages) == 1


@pytest.mark.parametrize("spoil", [changed, never_committed_project])
def test_the_project_is_called_the_project(lab: Lab, spoil: Callable[[Lab], None]) -> None:
    spoil(lab)
    with lab.untouched(PreconditionError) as refusal:
        lab.update()
    assert str(refusal.error).startswith("the project ")


def test_all_problems_are_told_at_once(lab: Lab) -> None:
    make(lab.template, lab, "services/flat", name="flat")
    lab.write({f"{WEB}/settings.yml": "mine\n", "services/flat/new.bin": "mine\n"})
    with lab.untouched(PreconditionError) as refusal:
        lab.update("web", "flat")
    assert len(refusal.messages) == 2


def test_a_service_that_lies_elsewhere(tmp_path: Path, lab: Lab) -> None:
    defined = f"deployed_services: []\nframework: {{services: {{web: {{path: {WEB}}}}}}}\n"
    lab.commit({"config.yml": defined})
    lab.web.path.rename(tmp_path / "elsewhere")
    lab.web.path.symlink_to(tmp_path / "elsewhere")
    with lab.untouched(PreconditionError) as refusal:
        lab.update("web")
    assert "outside of the repository" in refusal.text


def test_a_project_that_is_not_in_git(tmp_path: Path, lab: Lab) -> None:
    (lab.path / ".git").rename(tmp_path / "elsewhere")
    with lab.untouched(PreconditionError) as refusal:
        lab.update()
    assert "not in a git repository" in refusal.text
    assert "git init" in refusal.text


def test_a_repository_without_commits_and_a_bare_one(tmp_path: Path) -> None:
    for name, options, message in (
        ("empty", (), "Nothing is committed"),
        ("bare", ("--bare",), "bare repository"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        Repository(folder).git("init", "--quiet", *options)
        (folder / "config.yml").write_text("{}\n")
        with pytest.raises(PreconditionError, match=message):
            verbs.update(folder / "config.yml")


def test_a_machine_without_git(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(lab.path))
    with lab.untouched(PreconditionError) as refusal:
        lab.update()
    assert "apt install git" in refusal.text


def test_a_repository_that_somebody_else_owns(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own, for its tests
    with lab.untouched(PreconditionError) as refusal:
        lab.update()
    assert f"Git does not trust the repository at {lab.path}" in refusal.text
    assert f"safe.directory {lab.path}" in refusal.text


def test_a_project_in_which_nothing_has_a_template(lab: Lab) -> None:
    lab.git("rm", "--quiet", ".copier-answers.yml", f"{WEB}/.copier-answers.yml")
    lab.git("commit", "--quiet", "--message", "out")
    with lab.untouched(UsageError) as refusal:
        lab.update()
    assert f"Nothing in {lab.path} was made from a template" in refusal.text


def test_a_template_without_history_is_nothing_to_update_from(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with lab.untouched(UsageError) as refusal:
        lab.update("web", template=str(tmp_path / "plain"))
    assert "plain has no history: nothing can be updated from it." in refusal.text


def test_a_template_elsewhere_that_writes_no_answers(lab: Lab, tmp_path: Path) -> None:
    other = new_repository(tmp_path / "other")
    first_version(other)
    other.release("v1.0.0", {f"service/{ANSWERS_FILE}": None})
    other.release("v2.0.0", {f"{SERVICE}more.txt": "x\n"})
    with lab.untouched(PreconditionError) as refusal:
        lab.update("web", template=str(other.path))
    assert refusal.text.endswith(f"The template {url(other)} writes no .copier-answers.yml.")
