"""What ``copier copy REPOSITORY DIRECTORY`` makes: a project that works as it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from copier import Settings, run_copy
from jsonschema import Draft7Validator
from plumbum import local
from tests.template.scaffolds import ROOT, TEMPLATE, checkout_copy, git, put_service

from container_manager import ConfigBuilder, verbs
from container_manager.build import pipeline
from container_manager.config import load
from container_manager.config.json_schema import json_schema

FAMILIES = {
    False: ("services.hello", "services/hello"),
    True: ("framework.hello", "services/framework/hello"),
}
FILES = {
    ".config.schema.json",
    ".copier-answers.yml",
    ".env.example",
    ".github/workflows/ci.yml",
    ".gitignore",
    "README.md",
    "config.yml",
    "pyproject.toml",
    "requirements.txt",
    "src/.gitkeep",
    "run",
    "services/docker-compose.yml.j2",
    "tasks.py",
    "tests/test_project.py",
}
EXAMPLE = {
    ".dockerignore",
    "Dockerfile",
    "docker-compose.yml.j2",
    "hello.py",
    "service.yml",
    "tests/test_hello.py",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it is now, without history."""
    folder = tmp_path_factory.mktemp("template")
    copy_template(folder)
    return folder


@pytest.fixture(scope="module", params=FAMILIES, ids=["flat", "families"])
def families(request: pytest.FixtureRequest) -> bool:
    answer: bool = request.param
    return answer


@pytest.fixture(scope="module")
def made(template: Path, families: bool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, in a folder with spaces and foreign letters; nobody writes to it."""
    folder = tmp_path_factory.mktemp("made") / "Mein Stück 測定 1"
    return make(template, folder, families=families, example_port=8123)


def copy_template(folder: Path) -> None:
    shutil.copytree(ROOT / "template", folder / "template")
    for name in ("copier.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)


def make(template: Path, folder: Path, **answers: object) -> Path:
    return put_service(template, folder.parent, folder.name, make="project", **answers)


def test_it_consists_of_what_its_readme_tells(made: Path, families: bool) -> None:
    _, example = FAMILIES[families]
    files = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert files == {*FILES, *(f"{example}/{name}" for name in EXAMPLE)}
    assert os.access(made / "run", os.X_OK)
    readme = (made / "README.md").read_text(encoding="utf-8")
    assert "http://127.0.0.1:8123>" in readme
    assert f"`{example}/`" in readme


def test_it_deploys_its_example_without_a_warning(made: Path, families: bool) -> None:
    prepared = pipeline.prepare(load(made / "config.yml", {}))
    name, _ = FAMILIES[families]
    assert [service.name for service in prepared.services] == [name]
    assert prepared.warnings == ()
    (port,) = prepared.stack.services["hello"].ports
    assert (port.host_ip, port.host_port, port.container_port) == ("127.0.0.1", 8123, 8000)


def test_editors_are_told_what_its_configuration_may_say(made: Path) -> None:
    """The template's schema is that of this version; where not: ./run schema --output FILE."""
    assert verbs.lint(made / "config.yml").warnings == ()
    shipped = (ROOT / "template/project/.config.schema.json").read_text(encoding="utf-8")
    assert (made / ".config.schema.json").read_text(encoding="utf-8") == shipped
    schema = json.loads(shipped)
    assert schema == json_schema(), "./run schema --output template/project/.config.schema.json"
    config = (made / "config.yml").read_text(encoding="utf-8")
    assert "# yaml-language-server: $schema=.config.schema.json\n" in config
    Draft7Validator(schema).validate(yaml.safe_load(config))


def test_logs_of_all_services_are_capped(made: Path) -> None:
    config = ConfigBuilder(made / "config.yml").config
    assert config["defaults"] == {
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
    }


def test_its_last_service_may_go(template: Path, tmp_path: Path) -> None:
    project = make(template, tmp_path / "lab")
    shutil.rmtree(project / "services/hello")
    assert pipeline.prepare(load(project / "config.yml", {})).services == ()


def test_its_python_is_in_order(made: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    for check in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [*ruff, *check, "--no-cache", "."],
            cwd=made,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_git_ignores_what_is_private_or_made(template: Path, tmp_path: Path) -> None:
    project = make(template, tmp_path / "lab")
    git(project, "init", "--quiet")
    ignored = {
        "build/services/docker-compose.yml",
        "build-prod/x",
        "backups/x.tar",
        ".container-manager/identity.json",
        ".env",
        ".env.prod",
        "config.local.yml",
        ".venv/bin/python",
        "services/hello/__pycache__/hello.cpython-311.pyc",
        ".pytest_cache/x",
        ".ruff_cache/x",
    }
    shared = {*FILES, *(f"services/hello/{name}" for name in EXAMPLE), ".env.test", "src/build/x"}
    told = git(project, "check-ignore", "--no-index", *ignored, *shared)
    assert set(told.splitlines()) == ignored


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("lab", "lab"),
        ("My Lab (2)", "my-lab-2"),
        ("_x_", "x"),
        ("測定", "stack"),
        ("x" * 80, "x" * 63),
    ],
)
def test_it_is_called_after_its_folder(
    template: Path, tmp_path: Path, folder: str, name: str
) -> None:
    project = make(template, tmp_path / folder)
    assert load(project / "config.yml", {}).project_name == name


@pytest.mark.parametrize("name", ["", "Lab", "a.b", "../lab", "-lab", "lab_", "a b", "l" * 64])
def test_a_bad_name_is_refused_in_one_line(template: Path, tmp_path: Path, name: str) -> None:
    refused(template, tmp_path, "Use up to 63 of a-z", project_name=name)


@pytest.mark.parametrize("port", [0, -1, 80, 65536])
def test_a_bad_port_is_refused_in_one_line(template: Path, tmp_path: Path, port: int) -> None:
    refused(template, tmp_path, f"1024 to 65535, not {port}", example_port=port)


def refused(template: Path, tmp_path: Path, message: str, **answers: object) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        make(template, tmp_path / "new", **answers)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Somebody without any settings, of git or of Copier."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **more,
    }


def copier(folder: Path, *arguments: str, **variables: str) -> None:
    """Run Copier as a user does, who has no git identity."""
    done = subprocess.run(
        [sys.executable, "-m", "copier", *arguments],
        cwd=folder,
        env=clean_environment(folder.parent / "home", **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def made_with_history(
    source: str, desk: Path, monkeypatch: pytest.MonkeyPatch, **variables: str
) -> None:
    """What ``copier copy SOURCE lab`` makes, without a process for it."""
    environ = clean_environment(desk.parent / "home", **variables)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in {**environ, "COPIER_CACHE_DIR": str(desk.parent / "cache")}.items():
        monkeypatch.setenv(name, value)
    with local.env(**environ):
        run_copy(source, desk / "lab", defaults=True, quiet=True, settings=Settings())


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Where somebody stands who makes a project."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The template with a history: tagged v0.1.0."""
    return checkout_copy(tmp_path / "the templates é" / "of ours", tag="v0.1.0", only=TEMPLATE)


def commit(repository: Path) -> str:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=All")
    return git(repository, "rev-parse", "HEAD")


def requirement(project: Path) -> str:
    with (project / "pyproject.toml").open("rb") as file:
        (one,) = tomllib.load(file)["dependency-groups"]["manager"]
    return str(one)


@pytest.mark.parametrize(
    ("source", "address", "cloned"),
    [
        ("gh:lab/tool", "https://github.com/lab/tool", "https://github.com/lab/tool.git"),
        ("https://git.example.org/tool.git", "https://git.example.org/tool.git", None),
        ("git+https://git.example.org/tool", "https://git.example.org/tool", None),
        ("git@git.example.org:lab/tool.git", "ssh://git@git.example.org/lab/tool.git", None),
        ("https://me:s3cr3t@git.example.org/t.git", "https://git.example.org/t.git", None),
    ],
)
def test_the_library_comes_from_where_the_template_does(
    repository: Path,
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    address: str,
    cloned: str | None,
) -> None:
    """git is told that the address is the repository on disk."""
    instead = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": cloned or source.removeprefix("git+"),
    }
    made_with_history(source, desk, monkeypatch, **instead)
    commit_id = git(repository, "rev-parse", "HEAD")
    assert requirement(desk / "lab") == f"container-manager @ git+{address}@{commit_id}"


def test_a_local_repository_is_named_by_its_url(repository: Path, desk: Path) -> None:
    relative = os.path.relpath(repository, desk)
    copier(desk, "copy", "--quiet", "--defaults", relative, "lab")
    commit_id = git(repository, "rev-parse", "HEAD")
    assert requirement(desk / "lab") == (
        f"container-manager @ git+{repository.as_uri()}@{commit_id}"
    )
    assert repository.as_uri().endswith("/the%20templates%20%C3%A9/of%20ours")
    answers = yaml.safe_load((desk / "lab/.copier-answers.yml").read_text(encoding="utf-8"))
    assert answers == {
        "_commit": "v0.1.0",
        "_library": "0.2.0",
        "_src_path": f"git+{repository.as_uri()}",
        "example_port": 8080,
        "families": False,
        "make": "project",
        "project_name": "lab",
    }


def untagged(repository: Path) -> str:
    git(repository, "tag", "--delete", "v0.1.0")
    return f"git+{repository.as_uri()}@{git(repository, 'rev-parse', 'HEAD')}"


def without_history(repository: Path) -> str:
    shutil.rmtree(repository / ".git")
    return repository.as_uri()


@pytest.mark.parametrize("change", [untagged, without_history])
def test_neither_tags_nor_a_history_are_needed(
    repository: Path,
    desk: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], str],
) -> None:
    address = change(repository)
    made_with_history(str(repository), desk, monkeypatch)
    assert requirement(desk / "lab") == f"container-manager @ {address}"


def test_from_an_installed_package_the_library_comes_by_its_name(
    template: Path, tmp_path: Path
) -> None:
    bundled = tmp_path / "bundled"
    shutil.copytree(template, bundled, ignore=shutil.ignore_patterns("pyproject.toml"))
    assert requirement(make(bundled, tmp_path / "lab")) == "container-manager>=0.2.0"


def test_an_update_brings_the_library_too_and_keeps_edits(repository: Path, desk: Path) -> None:
    copier(desk, "copy", "--quiet", "--defaults", str(repository), "lab")
    project = desk / "lab"
    replace(project / "pyproject.toml", '    "pytest>=8",\n', '    "pytest>=8",\n    "httpx",\n')
    replace(project / "config.yml", "network: stack", "network: beamline")
    shutil.rmtree(project / "services/hello")
    git(project, "init", "--quiet")
    commit(project)

    replace(repository / "template/project/requirements.txt", "#", "# Note.\n#")
    second = commit(repository)
    git(repository, "tag", "v0.2.0")
    copier(project, "update", "--quiet", "--defaults")

    assert requirement(project).endswith(f"@{second}")
    assert '"httpx"' in (project / "pyproject.toml").read_text(encoding="utf-8")
    assert "network: beamline" in (project / "config.yml").read_text(encoding="utf-8")
    assert (project / "requirements.txt").read_text(encoding="utf-8").startswith("# Note.\n")
    assert not (project / "services/hello").exists()
    changed = git(project, "diff", "--name-only").splitlines()
    assert changed == [".copier-answers.yml", "pyproject.toml", "requirements.txt"]


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
