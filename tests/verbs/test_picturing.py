"""``graph``: from the configuration alone, the same everywhere, without secrets."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from tests.conftest import Project, snapshot

from container_manager import verbs
from container_manager.cli import run
from container_manager.errors import UsageError
from container_manager.picture.markdown import BEGIN, END

AUTO = """
services:
  web:
    image: {{ images.python | to_json }}
    ports: ["127.0.0.1:{{ framework.services.web.port_host }}:80"]
"""


ROOT = Path(__file__).parents[2]


def exit_code(*argv: str) -> int:
    with pytest.raises(SystemExit) as ended:
        run(argv)
    return int(ended.value.code or 0)


def test_a_picture_needs_no_build_and_makes_none(project: Project) -> None:
    project.deploy("web")
    before = snapshot(project.root)
    assert ">web</text>" in verbs.graph()
    assert snapshot(project.root) == before


def test_the_picture_in_the_documentation_is_that_of_the_demonstration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``./run graph --output docs/pictures/graph.svg`` writes it anew, on any machine."""
    monkeypatch.chdir(ROOT)
    committed = (ROOT / "docs/pictures/graph.svg").read_text(encoding="utf-8")
    assert verbs.graph(ROOT / "config.yml") == committed


def test_what_is_decided_on_this_machine_is_not_shown(project: Project) -> None:
    more = {"images": {"python": "auto"}, "project_name": None}
    project.deploy("web", AUTO, more=more, port_host="auto")
    picture = verbs.graph()
    assert "127.0.0.1:auto → 80" in picture
    assert "images.python: auto" in picture
    assert f">{project.root.name}</title>" not in picture


def test_the_project_is_named_where_the_configuration_names_it(project: Project) -> None:
    project.deploy("web", more={"project_name": "beamline-lab"})
    assert '<title id="cm-title">beamline-lab</title>' in verbs.graph()


def test_secrets_are_never_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKEN", "hunter2hunter2")
    monkeypatch.setenv("PLACE", "hunter2hunter2")
    template = """
    services:
      web:
        image: localhost/x:${PLACE}
        environment: {API_TOKEN: "${API_TOKEN}"}
    """
    project.deploy("web", textwrap.dedent(template), token="${API_TOKEN}")
    for kind in ("svg", "mermaid"):
        assert "hunter2" not in verbs.graph(format=kind)


def test_some_services_with_what_they_wait_for(project: Project) -> None:
    waiting = "services: {web: {image: localhost/w, depends_on: [db]}}\n"
    project.deploy("web", waiting)
    project.deploy("db", "services: {db: {image: localhost/d}}\n")
    project.deploy("mail", "services: {mail: {image: localhost/m}}\n")
    assert exit_code("graph", "web", "--output", "part.mmd") == 0
    text = Path("part.mmd").read_text(encoding="utf-8")
    assert "<b>web</b>" in text
    assert "<b>db</b>" in text
    assert "<b>mail</b>" not in text


def test_the_name_of_the_file_says_the_format(project: Project) -> None:
    project.deploy("web")
    for name, begin in (("a.svg", "<svg "), ("b.mmd", "flowchart LR"), ("c.md", BEGIN)):
        assert exit_code("graph", "--output", name) == 0
        assert Path(name).read_text(encoding="utf-8").startswith(begin)
    assert exit_code("graph", "--output", "d.txt", "--format", "mermaid") == 0
    assert Path("d.txt").read_text(encoding="utf-8").startswith("flowchart LR")


def test_a_dash_is_standard_output(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.deploy("web")
    assert exit_code("graph", "--output", "-") == 0
    assert capsys.readouterr().out.startswith("<svg ")
    assert exit_code("graph", "--output=-", "--format", "mermaid") == 0
    assert capsys.readouterr().out.startswith("flowchart LR")
    assert not Path("-").exists()


def test_a_file_that_is_right_is_left_as_it_is(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web")
    assert exit_code("graph", "--output", "stack.svg") == 0
    before = snapshot(project.root)["stack.svg"]
    assert exit_code("graph", "--output", "stack.svg") == 0
    assert snapshot(project.root)["stack.svg"] == before
    assert capsys.readouterr().err.splitlines() == [
        "stack.svg: written.",
        "stack.svg: nothing to change.",
    ]


def test_a_page_keeps_what_stands_around_its_diagram(project: Project) -> None:
    project.deploy("web")
    page = project.write("README.md", f"# Lab\n{BEGIN}\n{END}\nMore.\n")
    assert exit_code("graph", "--output", "README.md") == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Lab\n")
    assert "```mermaid\nflowchart LR\n" in text
    assert text.endswith("\nMore.\n")


def test_a_page_without_a_place_for_it_is_left_alone(project: Project) -> None:
    project.deploy("web")
    page = project.write("README.md", "# Lab\n")
    with pytest.raises(UsageError, match="does not say where the diagram goes") as caught:
        verbs.save_graph(Path("README.md"), "flowchart LR\n")
    assert BEGIN in str(caught.value)
    assert page.read_text() == "# Lab\n"


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--output", "stack.png"], "does not say which format"),
        (["--format", "mermiad"], "Did you mean 'mermaid'?"),
        (
            ["--output", "services"],
            "services is a folder.\n  Name a file in it: graph --output services/stack.svg\n",
        ),
        (["--output", "no/such/folder/stack.svg"], "cannot be written: No such file or directory."),
    ],
)
def test_what_cannot_be_drawn_is_told(
    project: Project, capsys: pytest.CaptureFixture[str], argv: list[str], told: str
) -> None:
    project.deploy("web")
    assert exit_code("graph", *argv) == 2
    assert told in capsys.readouterr().err


def test_an_svg_is_not_written_to_a_terminal(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.deploy("web")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert exit_code("graph") == 2
    assert "graph --output stack.svg" in capsys.readouterr().err
    assert exit_code("graph", "--format", "mermaid") == 0
