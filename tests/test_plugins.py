"""Plugins of other distributions: the examples of the documentation, installed, and broken ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.packages.conftest import Site
from tests.test_cli import outcome

from container_manager import building, verbs
from container_manager.config.loader import load
from container_manager.errors import BuildError, ConfigError, PreconditionError, RenderError
from container_manager.lifecycle.project import open_project
from container_manager.plugins import BUILD_STEPS, EXPORT_TARGETS, PROVIDERS, plugins

DOCUMENTATION = Path(__file__).parents[1] / "docs" / "plugins.md"
WEB = "build/services/framework/web"
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution with entry points; its modules are forgotten afterwards."""
    site = Site(tmp_path / "site-packages")
    monkeypatch.syspath_prepend(str(site.folder))
    # A module that is written anew within a second would be taken from what was compiled of it.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)

    def install(
        name: str, files: dict[str, str], steps: str = "", providers: str = "", targets: str = ""
    ) -> None:
        lines = [f"[{BUILD_STEPS}]", steps, f"[{PROVIDERS}]", providers]
        lines += [f"[{EXPORT_TARGETS}]", targets]
        site.install(name, files, metadata={"entry_points.txt": "\n".join(lines) + "\n"})

    yield install
    for module in set(sys.modules) - before:
        if module.startswith(("lab_plugins", "other")):
            del sys.modules[module]


def documented() -> tuple[dict[str, str], dict[str, str]]:
    """The distribution of the documentation: path -> code, and group -> entry."""
    text = DOCUMENTATION.read_text(encoding="utf-8")
    files = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", text, re.DOTALL))
    assert len(files) == 4
    groups = re.findall(r'entry-points\."(\S+)"\]\n(\S+) = "(\S+)"', text)
    entries = {group: f"{name} = {target}" for group, name, target in groups}
    return files | {"lab_plugins/__init__.py": ""}, entries


@pytest.fixture
def example(install: Install) -> None:
    """The distribution of the documentation."""
    files, entries = documented()
    install("lab-plugins", files, entries[BUILD_STEPS], entries[PROVIDERS], entries[EXPORT_TARGETS])


# --- build steps ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("example")
def test_a_step_gives_files_that_are_built_like_all_others(project: Project) -> None:
    project.deploy("other", "services: {other: {image: localhost/other}}\n")
    project.deploy("web", stamped=True)
    project.write("RELEASE", "7\n")
    time.sleep(0.03)
    built = building.build()
    assert project.read(f"{WEB}/etc/release") == "framework.web 7\n"
    assert not (project.root / "build/services/framework/other/etc").exists()
    reasons = {change.path: change.reason for change in built.plan.changes}
    assert reasons["services/framework/web/etc/release"] == "the plugin 'stamp' of lab-plugins 1.0"

    assert building.build().plan.pending == ()
    project.write("RELEASE", "8\n")  # it was noted
    building.build()
    assert project.read(f"{WEB}/etc/release") == "framework.web 8\n"

    project.deploy("web", stamped=False)
    building.build()
    assert not (project.root / f"{WEB}/etc/release").exists()


@pytest.mark.usefixtures("example")
def test_another_version_of_a_plugin_builds_anew(project: Project, tmp_path: Path) -> None:
    project.deploy("web", stamped=True)
    project.write("RELEASE", "7\n")
    building.build()
    code = tmp_path / "site-packages/lab_plugins/steps.py"
    code.write_text(code.read_text().replace("{service.name} ", "{service.name}="))
    del sys.modules["lab_plugins.steps"]
    building.build()
    assert project.read(f"{WEB}/etc/release") == "framework.web=7\n"


def broken(install: Install, body: str) -> None:
    code = f"from container_manager.plugins import File\ndef step(service, site):\n    {body}\n"
    install("other", {"other.py": code}, "step = other:step")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return [File(path='a', text=str(1 / 0))]", "ZeroDivisionError: division by zero"),
        ("return None", "TypeError: 'NoneType' object is not iterable"),
        ("return ['text']", "TypeError: 'text' is no File"),
        ("return [File(path='../../x', text='')]", "is no File with a path inside"),
    ],
)
def test_what_a_step_does_wrong_is_told_with_its_distribution(
    project: Project, install: Install, body: str, told: str
) -> None:
    broken(install, body)
    project.deploy()
    with project.refuses(RenderError) as refusal:
        building.build()
    assert "The plugin 'step' of other 1.0 does not work: " in refusal.text
    assert told in refusal.text
    assert "python -m pip uninstall other" in refusal.text


def test_a_file_that_something_else_wants_is_refused(project: Project, install: Install) -> None:
    broken(install, "return [File(path='docker-compose.yml', text='')]")
    project.deploy()
    with project.refuses(RenderError) as refusal:
        building.build()
    assert "the plugin 'step' of other 1.0" in refusal.text


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("step = no_such_module:step", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("step = other:nothing", "AttributeError: module 'other' has no attribute 'nothing'"),
        ("step = other:NUMBER", "TypeError: other:NUMBER cannot be called"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_told(
    project: Project, install: Install, entry: str, told: str
) -> None:
    install("other", {"other.py": "NUMBER = 1\n"}, entry)
    project.deploy()
    assert outcome("build") == 2
    with project.refuses(ConfigError) as refusal:
        project.prepare()
    assert f"The plugin 'step' of other 1.0 does not work: {told}" in refusal.text


def test_two_plugins_of_one_name_are_refused(install: Install) -> None:
    install("other", {}, "step = other:step")
    install("other-too", {}, "step = other_too:step")
    with pytest.raises(ConfigError, match=r"other 1\.0 and other-too 1\.0 both bring .* 'step'"):
        plugins(BUILD_STEPS)


def test_where_none_is_installed_the_records_of_others_are_not_imported() -> None:
    code = (
        f"import sys; from container_manager.plugins import plugins; plugins('{BUILD_STEPS}');"
        "sys.exit('importlib.metadata' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- providers ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("example")
def test_a_provider_is_chosen_by_its_name(project: Project) -> None:
    project.deploy(more={"compose_provider": "lab-compose"})
    assert load().values["compose_provider"] == "lab-compose"


@pytest.mark.usefixtures("example")
def test_an_unknown_provider_is_told_with_those_of_plugins(project: Project) -> None:
    project.deploy(more={"compose_provider": "lab-compos"})
    with project.refuses(ConfigError) as refusal:
        project.config()
    assert "one of podman-compose, podman, docker, lab-compose" in refusal.text


@pytest.mark.podman
@pytest.mark.usefixtures("example")
def test_the_example_provider_gives_the_argv_of_its_wrapper(project: Project) -> None:
    project.deploy(more={"compose_provider": "lab-compose"})
    provider = open_project(project.config(PATH=os.environ["PATH"])).provider
    argv = provider.create(provider.base("podman", "lab", [Path("/a.yml")]), ["web"])
    assert argv[1:4] == ["-P", "-m", "lab_plugins.wrapper"]
    assert argv[-1] == "web"
    assert provider.title == "the laboratory's podman-compose"


@pytest.mark.podman
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return object()", "TypeError: it gave no provider: object has no name, title"),
        ("raise OSError('gone')", "OSError: gone"),
        (
            "from dataclasses import replace; "
            "return replace(finder.find('podman-compose'), kind='other')",
            "TypeError: the kind of a provider is one of compose-v2, podman-compose",
        ),
    ],
)
def test_a_provider_that_does_not_work_is_told(
    project: Project, install: Install, body: str, told: str
) -> None:
    install("other", {"other.py": f"def f(finder):\n    {body}\n"}, "", "mine = other:f")
    project.deploy(more={"compose_provider": "mine"})
    opened = open_project(project.config(PATH=os.environ["PATH"]))
    with pytest.raises((ConfigError, PreconditionError), match=re.escape(told)):
        _ = opened.provider


# --- export targets -------------------------------------------------------------------------------

PUBLISHING = "services: {web: {image: localhost/x, ports: ['127.0.0.1:8080:80']}}\n"
CADDYFILE = "web.lab.example {\n\treverse_proxy 127.0.0.1:8080\n}\n"


@pytest.mark.usefixtures("example")
def test_a_target_makes_files_of_the_stack(project: Project) -> None:
    project.deploy("web", PUBLISHING)
    exported = verbs.export(target="caddy")
    assert exported.written == ("Caddyfile",)
    assert project.read("build/exports/caddy/Caddyfile") == CADDYFILE
    again = verbs.export(target="caddy")
    assert (again.written, again.kept) == ((), 1)
    building.build()
    assert project.read("build/exports/caddy/Caddyfile") == CADDYFILE  # no build touches it


@pytest.mark.usefixtures("example")
def test_what_somebody_changed_is_not_overwritten(project: Project) -> None:
    project.deploy("web", PUBLISHING)
    verbs.export(target="caddy")
    project.write("build/exports/caddy/Caddyfile", "mine\n")
    project.deploy("web", PUBLISHING.replace("8080", "8081"))
    with pytest.raises(BuildError, match="was changed since it was exported"):
        verbs.export(target="caddy")
    assert project.read("build/exports/caddy/Caddyfile") == "mine\n"


@pytest.mark.usefixtures("example")
def test_a_target_that_is_not_there_is_told_with_those_that_are(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web", PUBLISHING)
    assert outcome("export", "cady") == 2
    assert "There is no export target 'cady'.\n  Did you mean 'caddy'?" in capsys.readouterr().err
    assert outcome("export") == 2
    assert "Installed are: caddy." in capsys.readouterr().err
    assert outcome("export", "caddy") == 0
    assert "exports/caddy: 1 written" in capsys.readouterr().out


def test_no_secret_is_exported_and_what_is_gone_goes(project: Project, install: Install) -> None:
    code = """
from container_manager.plugins import File
def target(stack, values):
    yield File(path="kept", text=values["said"])
    if values["more"]:
        yield File(path="a/b", text="x", executable=True)
"""
    install("other", {"other.py": code}, targets="files = other:target")
    project.write(".env", "API_TOKEN=a-long-secret-value\n")
    project.deploy(more={"said": "hello", "more": True, "used": "${API_TOKEN}"})
    verbs.export(target="files")
    assert (project.root / "build/exports/files/a/b").stat().st_mode & 0o111
    project.deploy(more={"said": "hello", "more": False, "used": "${API_TOKEN}"})
    assert verbs.export(target="files").removed == ("a/b",)
    project.deploy(more={"said": "a-long-secret-value", "more": False, "used": "${API_TOKEN}"})
    with pytest.raises(BuildError):
        verbs.export(target="files")
    assert project.read("build/exports/files/kept") == "hello"


def test_a_target_that_wants_a_file_twice_is_told(project: Project, install: Install) -> None:
    body = "    return [File(path='a', text=''), File(path='a', text='x')]\n"
    code = f"from container_manager.plugins import File\ndef f(stack, values):\n{body}"
    install("other", {"other.py": code}, targets="mine = other:f")
    project.deploy("web", PUBLISHING)
    with project.refuses(BuildError, written=True) as refusal:
        verbs.export(target="mine")
    assert refusal.text == "The export target 'mine' of other 1.0 wants a file twice."
