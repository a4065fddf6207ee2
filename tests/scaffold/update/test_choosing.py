"""What is updated, from where, with which answers; and what is shown before."""

from __future__ import annotations

import json

import pytest
from tests.scaffold.update.labs import (
    COLOUR,
    COPIER_YML,
    LINES,
    SERVICE,
    WEB,
    Lab,
    command,
    make,
    url,
)

from container_manager.errors import PreconditionError, UsageError


def test_check_touches_nothing_and_tells_by_its_exit_code(lab: Lab) -> None:
    before = lab.contents(), lab.status()
    lab.newest(1)
    assert command("--check", "--service", "web") == 0
    lab.newest(3)
    assert command("--check", "--service", "web") == 3
    assert (lab.contents(), lab.status()) == before

    lab.edit("settings.yml", "line 3\n", "my three\n")
    before = lab.contents(), lab.status()
    assert command("--check", "--service", "web") == 1
    assert (lab.contents(), lab.status()) == before


def test_the_diff_that_is_shown_is_the_one_that_is_made(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.edit("settings.yml", "line 10\n", "my line\n")

    assert command() == 0

    shown, told = capsys.readouterr()
    lab.git("add", "--all")
    made = lab.git("diff", "--cached", "-M")
    assert {line for line in made.splitlines() if line[:1] in "+-"} <= set(shown.splitlines())
    assert "the project: v1.0.0 -> v3.0.0" in told
    assert "framework.web: v1.0.0 -> v3.0.0" in told
    assert f"renamed  {WEB}/old.txt -> {WEB}/new.txt" in told
    assert f"removed  {WEB}/gone.txt" in told
    assert "new question 'colour': 'blue'" in told


def test_json_says_everything(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.edit("settings.yml", "line 3\n", "my three\n")

    assert command("--check", "--json", "--service", "web") == 1

    said = json.loads(capsys.readouterr().out)
    assert said["applied"] is False
    (target,) = said["targets"]
    assert (target["name"], target["from"], target["to"]) == ("framework.web", "v1.0.0", "v3.0.0")
    assert target["new_questions"] == {"colour": "blue"}
    assert [conflict["lines"] for conflict in target["conflicts"]] == [[4]]
    assert {"change": "removed", "path": f"{WEB}/gone.txt"} in target["files"]


def test_nothing_newer_needs_no_clean_working_tree(lab: Lab) -> None:
    lab.newest(1)
    lab.write({f"{WEB}/settings.yml": "name: mine\n"})

    seen = lab.update()

    assert dict(seen.current) == {"the project": "v1.0.0", "framework.web": "v1.0.0"}
    assert seen.exit_code(check=True) == 0


def test_services_are_updated_one_by_one_while_others_are_being_edited(lab: Lab) -> None:
    make(lab.template, lab, "services/applications/beam/run-log", name="run-log")
    lab.write({f"{WEB}/settings.yml": "half written\n"})

    seen = lab.update("run_log")

    assert [target.name for target in seen.targets] == ["applications.beam.run-log"]
    assert lab.web.read("settings.yml") == "half written\n"
    assert lab.web.read("old.txt")
    assert "line three" in lab.read("services/applications/beam/run-log/settings.yml")


def test_all_means_the_project_and_each_service(lab: Lab) -> None:
    make(lab.template, lab, "services/flat", name="flat")
    lab.commit({"README.md": LINES.replace("line 18\n", "my readme\n")})

    seen = lab.update()

    assert [target.name for target in seen.targets] == [
        "the project", "framework.web", "services.flat",
    ]  # fmt: skip
    readme = lab.read("README.md")
    assert "line three" in readme
    assert "my readme" in readme
    assert lab.read("services/flat/colour.txt") == lab.web.read("colour.txt") == "blue\n"


def test_a_broken_configuration_stops_no_update(lab: Lab) -> None:
    lab.commit({"config.yml": "project_name: [\n"})

    assert lab.update("framework.web").exit_code(check=False) == 0

    assert "line three" in lab.web.read("settings.yml")


def test_names_that_lead_nowhere(lab: Lab) -> None:
    make(lab.template, lab, "services/applications/beam/web")
    with lab.untouched(UsageError) as refusal:
        lab.update("wep", "web")
    assert refusal.messages == ["There is no service 'wep'.", "'web' is ambiguous."]
    assert refusal.remedies == [
        "Did you mean 'web'?", "Write applications.beam.web or framework.web.",
    ]  # fmt: skip


def test_a_service_that_came_with_the_project(lab: Lab) -> None:
    lab.commit({"services/hello/service.yml": "services: {hello: {path: services/hello}}\n"})
    with lab.untouched(UsageError) as refusal:
        lab.update("hello")
    assert refusal.messages == [
        "services.hello has no .copier-answers.yml: it was not made from a template of its own."
    ]
    assert refusal.remedies == [
        "If it came with the project, 'update' without a name brings it forward."
    ]


def test_where_only_the_version_is_new_one_line_says_so(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.update()
    lab.commit()
    lab.template.release("v4.0.0", {f"{SERVICE}settings.yml.jinja": "name: [[ name ]]\n"})

    assert command() == 0

    shown, told = capsys.readouterr()
    assert "the project: v3.0.0 -> v4.0.0: only this version is noted" in told
    assert "framework.web: v3.0.0 -> v4.0.0\n" in told
    assert "a/.copier-answers.yml" not in shown
    assert f"a/{WEB}/settings.yml" in shown
    assert "_commit: v4.0.0" in lab.read(".copier-answers.yml")


def test_answers_can_be_given_and_changed(lab: Lab) -> None:
    seen = lab.update("web", data={"colour": "red", "name": "site"})

    assert lab.web.read("colour.txt") == "red\n"
    assert lab.web.read("settings.yml").startswith("name: site\n")
    assert dict(seen.targets[0].asked) == {}


def test_an_answer_that_nobody_asked_for(lab: Lab) -> None:
    with lab.untouched(UsageError) as refusal:
        lab.update("web", data={"color": "red"})
    assert refusal.messages == ["The template did not ask 'color'."]
    assert refusal.remedies == ["Did you mean 'colour'?"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("colour=https://me:secret@host/", "The answer 'colour' looks like a secret"),
        ("colour=ghp_0123456789abcdefghij", "The answer 'colour' looks like a secret"),
        ("colour=\udcff", "The answer 'colour' holds bytes that are no text in UTF-8."),
        ("size=abc", "'size' must be a whole number, not 'abc'."),
        ("_commit=v9", "The template did not ask '_commit'."),
        ("_src_path=/etc", "The template did not ask '_src_path'."),
    ],
)
def test_an_answer_that_cannot_be_used(lab: Lab, answer: str, message: str) -> None:
    questions = COPIER_YML + COLOUR + "size: {type: int, default: 1}\n"
    lab.template.release("v4.0.0", {"copier.yml": questions})
    with lab.untouched(UsageError) as refusal:
        lab.update("web", data=[answer])
    assert message in refusal.text


def test_a_template_that_moved(lab: Lab) -> None:
    moved = lab.template.path.rename(lab.template.path.with_name("moved ü"))
    with lab.untouched(PreconditionError) as refusal:
        lab.update("web")
    assert "cannot be reached" in refusal.messages[0]
    assert "--template URL" in str(refusal.remedies[0])

    assert lab.update("web", template=str(moved)).exit_code(check=False) == 0

    assert "moved%20%C3%BC" in lab.web.read(".copier-answers.yml")
    assert "line three" in lab.web.read("settings.yml")


def test_one_address_does_not_stand_for_two_templates(lab: Lab) -> None:
    text = lab.read(".copier-answers.yml").replace(url(lab.template), f"{url(lab.template)}/.git")
    lab.commit({".copier-answers.yml": text})
    with lab.untouched(UsageError) as refusal:
        lab.update(template=str(lab.template.path))
    assert "the project and framework.web were made from different ones" in refusal.text
    assert lab.update("web", template=str(lab.template.path)).exit_code(check=False) == 0
