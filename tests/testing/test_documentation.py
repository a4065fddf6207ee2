"""The examples of docs/testing.md, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.testing.conftest import PLUGIN, WEB, RunTests

PAGE = Path(__file__).parents[2] / "docs/testing.md"
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_what_needs_no_containers_passes(user: Project, pytester: pytest.Pytester) -> None:
    """Of the classes of one name in one file the last one counts: the one with the exemption."""
    examples = CODE.findall(PAGE.read_text(encoding="utf-8"))
    own = [text for text in examples if "templates/beamline" not in text]
    assert len(own) == 4
    user.write("tests/test_page.py", "\n\n".join(own))
    result = pytester.runpytest_inprocess(*PLUGIN, "--containers=never", str(user.root))
    result.assert_outcomes(passed=6, skipped=3)


def test_services_that_fragments_add_are_removed_as_the_page_says(
    user: Project, run_tests: RunTests
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    sets = '{"add": ["framework.api"], "remove": ["framework.web"]}'
    line = f'project.set({{"deployed_services": {sets}}})'
    assert line in page
    api = WEB.replace("  web:", "  api:").replace("{{ web.port }}", "9001")
    user.deploy("api", api)
    user.write("site.yml", "import: [config.yml, parts/*.yml]\n")
    user.write("parts/web.yml", "deployed_services: {add: [framework.web]}\n")
    user.write("pytest.ini", "[pytest]\ncontainer_manager_config = site.yml\n")
    result = run_tests(f"""
        def test_list(project):
            rendered = project.set({{"deployed_services": ["framework.api"]}}).build()
            assert set(rendered.services) == {{"api", "web"}}

        def test_parts(project):
            rendered = {line}.build()
            assert set(rendered.services) == {{"api"}}
    """)
    result.assert_outcomes(passed=2)


def test_the_examples_for_templates_pass(
    user: Project, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.testing.test_templates import git

    template = user.root / "templates/beamline"
    user.files({
        "templates/beamline/copier.yml": "name: {type: str}\n",
        "templates/beamline/README.md.jinja": "{{ name }}\n",
        "templates/beamline/{{ _copier_conf.answers_file }}.jinja": (
            "{{ _copier_answers | to_nice_yaml -}}\n"
        ),
    })  # fmt: skip
    git(template, "init", "--quiet")
    for tag in ("v1", "v2"):
        user.write("templates/beamline/version.txt", tag)
        git(template, "add", "--all")
        git(template, "commit", "--quiet", "--message", tag)
        git(template, "tag", tag)
    examples = CODE.findall(PAGE.read_text(encoding="utf-8"))
    user.write("test_page.py", next(text for text in examples if "templates/beamline" in text))
    monkeypatch.chdir(user.root)
    pytester.runpytest_inprocess(*PLUGIN, str(user.root)).assert_outcomes(passed=2)
