"""Which version is recorded, and what a recorded one is taken for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from plumbum import local
from tests.scaffold.update.labs import WEB, Lab, Repository, make

from container_manager.config import answers
from container_manager.errors import PreconditionError


def records(lab: Lab) -> object:
    return yaml.safe_load(lab.web.read(".copier-answers.yml"))["_commit"]


def say(lab: Lab, version: str) -> None:
    text = lab.web.read(".copier-answers.yml").replace("v1.0.0", version)
    lab.commit({f"{WEB}/.copier-answers.yml": text})


def test_the_version_tag_is_recorded_where_its_commit_has_others(lab: Lab) -> None:
    lab.template.git("tag", "nightly", "main")
    lab.update("web")
    assert records(lab) == "v3.0.0"


def test_another_tag_of_the_same_commit_is_read_as_its_version(lab: Lab) -> None:
    lab.template.git("tag", "nightly", "v1.0.0")
    say(lab, "nightly")
    assert lab.update("web").targets[0].old == "v1.0.0"
    assert records(lab) == "v3.0.0"


def test_the_template_is_fetched_once_for_each_version(lab: Lab, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with local.env(GIT_TRACE=str(trace)):  # Copier's git has an environment of its own
        lab.update("web")
    served = [one for one in trace.read_text().splitlines() if "built-in: git upload-pack" in one]
    assert len(served) == 2


def test_a_version_that_the_template_does_not_have(lab: Lab) -> None:
    say(lab, "nonexist")
    with lab.untouched(PreconditionError) as refusal:
        lab.update("web")
    assert f"{WEB}/.copier-answers.yml:2" in refusal.text
    assert "has no version 'nonexist'" in refusal.text
    assert "v3.0.0, v2.0.0, v1.0.0" in refusal.text


def test_an_answer_whose_name_is_no_text(lab: Lab) -> None:
    lab.commit({f"{WEB}/.copier-answers.yml": lab.web.read(".copier-answers.yml") + "1: 2\n"})
    with lab.untouched(PreconditionError) as refusal:
        lab.update("web")
    assert "must be text, not 1" in refusal.text


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_version_is_recorded_and_all_else_stays(lab: Lab, ending: str) -> None:
    path = lab.path / "answers"
    path.write_bytes(f"a: 1{ending}_commit: nightly{ending}b: [_commit: x]{ending}".encode())
    answers.record(path, "1.0")
    assert (
        path.read_bytes().decode() == f"a: 1{ending}_commit: '1.0'{ending}b: [_commit: x]{ending}"
    )


def test_a_service_behind_a_symlink_is_updated_where_it_lies(lab: Lab) -> None:
    lab.git("mv", WEB, "services/real")
    lab.web.path.parent.mkdir(exist_ok=True)
    lab.web.path.symlink_to("../real")
    lab.commit({"config.yml": "framework: {services: {web: {path: " + WEB + "}}}\n"})
    lab.update("web")
    assert "line three" in lab.read("services/real/settings.yml")
    assert lab.web.path.is_symlink()


def test_a_repository_of_another_sort_of_hashes(lab: Lab) -> None:
    path = lab.path.parent / "other"
    path.mkdir()
    other = Lab(path, lab.template)
    Repository(path).git("init", "--quiet", "--object-format=sha256")
    make(lab.template, other, WEB)
    other.commit({"config.yml": "{}\n"})
    other.update()
    assert "line three" in other.web.read("settings.yml")
