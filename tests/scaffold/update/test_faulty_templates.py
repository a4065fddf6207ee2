"""What is wrong with a template is told in one line: which, in which version, and where in it."""

from __future__ import annotations

import pytest
from tests.scaffold.update.labs import COLOUR, COPIER_YML, SERVICE, Lab

from container_manager.errors import ConfigError

BAD = f"{SERVICE}bad.txt.jinja"
QUESTIONS = COPIER_YML + COLOUR
ENDLESS = "[% macro again() %][[ again() ]][% endmacro %][[ again() ]]\n"

FAULTS: list[tuple[dict[str, str | bytes | None], str]] = [
    ({BAD: "a\n[[ 1/0 ]]\n"}, "ZeroDivisionError: division by zero (bad.txt.jinja:2)"),
    ({BAD: "a\n[[ [].pop() ]]\n"}, "IndexError: pop from empty list (bad.txt.jinja:2)"),
    ({BAD: ENDLESS}, "RecursionError: "),
    ({BAD: "a\n[% include 'part.txt' %]\n"}, "no file 'part.txt' in it (bad.txt.jinja:2)"),
    ({"copier.yml": f"{QUESTIONS}1: 2\n"}, "must be a mapping, and each of its keys text"),
    ({"copier.yml": "- a\n"}, "must be a mapping, and each of its keys text"),
    ({"copier.yml": "_envops: [1]\n"}, "a setting of its copier.yml has the wrong form (envops)"),
    ({"copier.yml": f"{QUESTIONS}a: [\n"}, "copier.yml:14 is not valid YAML: expected"),
    ({"copier.yml": QUESTIONS.encode() + b"a: \xff\n"}, "copier.yml is not valid YAML"),
    ({"copier.yml": "_subdirectory: nowhere\n"}, "'nowhere': No such file or directory"),
    ({"copier.yaml": QUESTIONS}, "both a copier.yml and a copier.yaml"),
]


@pytest.mark.parametrize(("files", "message"), FAULTS, ids=[said for _, said in FAULTS])
def test_a_faulty_template_is_told_in_one_line(
    lab: Lab,
    capfd: pytest.CaptureFixture[str],
    files: dict[str, str | bytes | None],
    message: str,
) -> None:
    lab.template.release("v4.0.0", files)
    with lab.untouched(ConfigError) as refusal:
        lab.update("web")
    assert f"template git+file://{lab.template.path} (v4.0.0) cannot be " in refusal.text
    assert message in refusal.text
    assert "copier._vcs" not in refusal.text
    assert "----" not in capfd.readouterr().err


def test_a_link_that_leads_nowhere(lab: Lab) -> None:
    (lab.template.path / "service/link").symlink_to("nowhere")
    lab.template.release("v4.0.0")
    with lab.untouched(ConfigError) as refusal:
        lab.update("web")
    assert "(v4.0.0) cannot be used: 'service/link': No such file" in refusal.text
