"""``new`` with the template of this repository: every kind works in the project that it makes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import yaml
from tests.conftest import Project
from tests.scaffold.making import nobodys_git, outcome, recorded, refused
from tests.scaffold.small_template import git
from tests.scaffold.standing import Standing, standing

from container_manager import verbs
from container_manager.scaffold import sources

LAB = "läb 1"
REPOSITORY = Path(__file__).parents[2]
KINDS = tuple(
    yaml.safe_load((REPOSITORY / "copier.yml").read_text(encoding="utf-8"))["kind"][
        "choices"
    ].values()
)


def template(folder: Path) -> Path:
    """What this repository offers as a template, as it is now."""
    folder.mkdir()
    shutil.copy(REPOSITORY / "copier.yml", folder)
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(REPOSITORY / "template", folder / "template", ignore=unwanted)
    return folder


def make_lab(place: Path) -> None:
    """A project made from the repository, in a folder with spaces and letters."""
    folder = template(place / "tém plate")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=template")
    git(folder, "tag", "v0.1.0")
    Project(place).write("templates.yml", "templates: {container-manager: tém plate}\n")
    verbs.new(place / "templates.yml", project=place / LAB)


@pytest.fixture(scope="module")
def standing_lab(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    with nobodys_git(tmp_path_factory.mktemp("cache")):
        return standing(tmp_path_factory.mktemp("ours"), make_lab)


@pytest.fixture
def lab(
    project: Project, standing_lab: Standing, monkeypatch: pytest.MonkeyPatch, isolated: None
) -> Project:
    """The project, and no variable of this machine."""
    made = standing_lab.anew() / LAB
    monkeypatch.chdir(made)
    return Project(made)


def example_port(lab: Project) -> int:
    """The port of the service that came with the project: the first free one from 8080 on."""
    return int(yaml.safe_load(lab.read(".copier-answers.yml"))["example_port"])


@pytest.mark.parametrize("name", ["web", "framework.web-2", "applications.als_expert.web"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_everywhere(lab: Project, kind: str, name: str) -> None:
    made = verbs.new(name=name, kind=kind)
    assert made.remedy is None
    assert (recorded(made)["kind"], recorded(made)["_commit"]) == (kind, "v0.1.0")
    assert {"service.yml", "docker-compose.yml.j2", "README.md"} <= set(made.files)
    assert any(file.startswith("tests/test_") for file in made.files)
    rows = {row.name: row for row in verbs.services()}
    assert made.name in rows
    ports = [port for row in rows.values() for port in row.ports]
    assert len(ports) == len(set(ports))


def test_the_next_one_gets_the_next_port(lab: Project) -> None:
    ports = [recorded(verbs.new(name=name))["port"] for name in ("one", "two")]
    assert len({*ports, example_port(lab)}) == 3


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("all", [], "The name 'all' is reserved: choose another one."),
        ("framework", [], "'framework' is reserved: services/framework holds a family"),
        ("hello", [], "The name 'hello' is taken by the service services.hello."),
        ("a" * 41, [], "Use up to 40 of a-z"),
        ("web", ["port=65536"], "A port is a number from 1 to 65535, or 0 for none, not 65536."),
        ("web", ["volume=data"], "Write an absolute path, such as /data: not 'data'."),
        ("web", ["schedule=6h"], "'schedule' is not asked for a service of the kind 'python'."),
    ],
)  # fmt: skip
def test_bad_answers_give_one_line(lab: Project, name: str, data: list[str], message: str) -> None:
    with refused(lab) as said:
        verbs.new(name=name, data=data)
    assert message in said[0]
    assert len(said) == 2


def test_the_port_of_the_example_is_taken(lab: Project) -> None:
    port = example_port(lab)
    with refused(lab) as said:
        verbs.new(name="web", data=[f"port={port}"])
    assert said[0].startswith(
        f"Port {port} is taken by the service services.hello (services/hello/docker-compose.yml.j2:"
    )


def test_an_installed_package_has_it_without_history(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, isolated: None
) -> None:
    """Nothing of git is needed then, not even the program."""
    monkeypatch.setattr(sources, "BUNDLED", template(tmp_path / "bundled"))
    monkeypatch.setattr(sources, "_direct_url", dict)
    monkeypatch.setenv("PATH", str(tmp_path))
    made = verbs.new(project=tmp_path / "two")
    assert made.remedy is not None
    assert "_src_path" in made.remedy
    monkeypatch.chdir(made.path)
    assert "_commit" not in recorded(verbs.new(name="web"))


def test_from_an_installed_package_the_program_that_is_there_is_advised(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    isolated: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The project's own script needs an index that has the package, or its wheel."""
    monkeypatch.setattr(sources, "BUNDLED", template(tmp_path / "bundled"))
    monkeypatch.setattr(sources, "_direct_url", dict)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["some bin/container-manager", "new"])
    assert outcome("new", "--project", "two", "--defaults") == 0
    told = capsys.readouterr()
    program = f"'{project.root}/some bin/container-manager'"
    assert f"  {program} up -d    # runs it, and it answers on http://" in told.out
    assert "  ./run test " in told.out
    assert "PIP_FIND_LINKS=FOLDER ./run test\n" in told.err
    assert told.err.count("_src_path") == 1

    monkeypatch.chdir(project.root / "two")
    assert outcome("new", "web", "--defaults") == 0
    told = capsys.readouterr()
    assert "  ./run up -d " in told.out
    assert "Note: " not in told.err


def test_a_template_without_versions_is_told_when_the_project_is_made(
    lab: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    git(lab.root.parent / "tém plate", "tag", "--delete", "v0.1.0")
    words = ("--config", "../templates.yml", "--project", "../two", "--defaults")
    assert outcome("new", *words) == 0
    note = "Note: 'update' needs a version tag of the template, and there is none yet: whoever "
    assert note in capsys.readouterr().err
    assert outcome("new", "web", "--defaults") == 0
    told = capsys.readouterr()
    assert "Note: " not in told.err
    assert "'invoke update' brings" not in told.out


def test_beside_an_application_every_family_goes_on(lab: Project) -> None:
    names = (
        "applications.als_expert.runs",
        "web",
        "framework.files",
        "applications.als-expert.more",
    )
    made = [verbs.new(name=name).name for name in names]
    assert made == [
        "applications.als_expert.runs",
        "services.web",
        "framework.files",
        "applications.als_expert.more",
    ]


@pytest.mark.parametrize("answer", ["volume=/data\n", "network=a\n", "base_image=a b"])
def test_an_answer_cannot_break_out_of_its_line(lab: Project, answer: str) -> None:
    with refused(lab):
        verbs.new(name="web", data=[answer])
