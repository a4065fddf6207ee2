"""Where a template is taken from."""

from __future__ import annotations

import importlib.metadata
import io
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Project
from tests.scaffold.small_template import FILES, git, repository

from container_manager.errors import (
    ConfigError,
    ManagerError,
    PreconditionError,
    UsageError,
)
from container_manager.progress import PlainProgress
from container_manager.run import ProcessRunner
from container_manager.scaffold import fetching, sources
from container_manager.scaffold.fetching import Template, fetch
from container_manager.scaffold.sources import OURS, Source, choose, from_text

ANSWERS = "_library: 0.1.0\n_src_path: {source}\nmake: {make}\n"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Says how the library was installed: the content of its direct_url.json, None for an index."""
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    (bundled / "copier.yml").write_text("a: 1\n", encoding="utf-8")
    monkeypatch.setattr(sources, "BUNDLED", bundled)

    def say(origin: Any) -> None:
        class Recorded:
            @staticmethod
            def read_text(name: str) -> str | None:
                assert name == "direct_url.json"
                return None if origin is None else json.dumps(origin)

        monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Recorded())

    say(None)
    return say


def looked_at(source: Source) -> Template:
    return fetch(source, ProcessRunner(), PlainProgress())


class TestOurs:
    """The first of four places."""

    def test_what_the_configuration_names(self, project: Project, installed: Any) -> None:
        project.deploy("web", more={"templates": {OURS: "gh:somebody/fork"}})
        project.write(".copier-answers.yml", ANSWERS.format(source="gh:a/b", make="project"))
        assert choose(project.config(), None).url == "gh:somebody/fork"

    def test_what_the_project_was_made_from(self, project: Project, installed: Any) -> None:
        project.deploy("web")
        project.write(".copier-answers.yml", ANSWERS.format(source="gh:a/b", make="project"))
        assert choose(project.config(), None).url == "gh:a/b"

    @pytest.mark.parametrize(
        "text", [ANSWERS.format(source="gh:a/b", make="service"), "_src_path: gh:a/b\n",
                 "_library: 0.1.0\nmake: project\n"],
    )  # fmt: skip
    def test_not_what_it_was_made_from_by_others(
        self, project: Project, installed: Any, text: str
    ) -> None:
        project.deploy("web")
        project.write(".copier-answers.yml", text)
        assert choose(project.config(), None).folder == sources.BUNDLED

    def test_the_repository_that_the_library_was_installed_from(self, installed: Any) -> None:
        installed({"url": "https://example.org/cm.git",
                   "vcs_info": {"vcs": "git", "commit_id": "1" * 40}})  # fmt: skip
        assert choose(None, None).url == "git+https://example.org/cm.git"

    def test_a_checkout_that_it_was_installed_from(self, installed: Any, tmp_path: Path) -> None:
        checkout = repository(tmp_path / "check out", FILES)
        installed({"url": checkout.as_uri(), "dir_info": {"editable": True}})
        source = choose(None, OURS)
        assert source.url == f"git+{checkout.as_uri()}"
        assert source.address == checkout.as_uri()

    @pytest.mark.parametrize(
        "origin",
        [
            None,
            {"url": "https://example.org/cm.whl", "archive_info": {}},
            {"url": "https://me:secret@example.org/cm", "vcs_info": {"vcs": "git"}},
            {"url": "https://example.org/all", "vcs_info": {"vcs": "git"}, "subdirectory": "cm"},
            {"url": "https://example.org/cm", "vcs_info": {"vcs": "hg"}},
            {"url": "file:///nowhere", "dir_info": {}},
            [],
        ],
    )
    def test_else_the_copy_that_came_with_the_library(self, installed: Any, origin: Any) -> None:
        installed(origin)
        source = choose(None, None)
        assert source.folder == sources.BUNDLED
        assert looked_at(source).ref is None

    def test_an_unpacked_source_has_it_too(self, installed: Any, tmp_path: Path) -> None:
        (sources.BUNDLED / "copier.yml").unlink()
        (tmp_path / "copier.yml").write_text("a: 1\n", encoding="utf-8")
        installed({"url": tmp_path.as_uri(), "dir_info": {"editable": True}})
        assert choose(None, None).folder == tmp_path

    def test_an_installation_without_a_template_says_so(self, installed: Any) -> None:
        (sources.BUNDLED / "copier.yml").unlink()
        with pytest.raises(ConfigError, match="came without its template"):
            choose(None, None)


class TestHowTheyAreWritten:
    @pytest.mark.parametrize(
        ("text", "url", "address"),
        [
            ("gh:a/b", "gh:a/b", "https://github.com/a/b.git"),
            ("gl:a/b.git", "gl:a/b.git", "https://gitlab.com/a/b.git"),
            ("git@example.org:a/b", "git@example.org:a/b", "git@example.org:a/b"),
            ("me@example.org:a/b", "git+me@example.org:a/b", "me@example.org:a/b"),
            ("https://example.org/a", "git+https://example.org/a", "https://example.org/a"),
            ("ssh://git@example.org/a", "git+ssh://git@example.org/a", "ssh://git@example.org/a"),
            ("git+https://example.org/a", "git+https://example.org/a", "https://example.org/a"),
            ("file:///a%20b", "git+file:///a%20b", "file:///a%20b"),
        ],
    )
    def test_addresses(self, tmp_path: Path, text: str, url: str, address: str) -> None:
        source = from_text(text, tmp_path, name="x")
        assert (source.url, source.address) == (url, address)

    def test_a_path_starts_from_the_project(self, project: Project, tmp_path: Path) -> None:
        repository(tmp_path / "their täm plate")
        project.deploy("web", more={"templates": {"theirs": "../their täm plate"}})
        source = choose(project.config(), "theirs")
        assert source.url == f"git+{(tmp_path / 'their täm plate').as_uri()}"
        assert looked_at(source).ref == "v0.1.0"

    def test_a_folder_without_history_is_taken_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "plain").mkdir()
        assert from_text("plain", tmp_path, name="x").folder == tmp_path / "plain"

    def test_variables_are_filled_in(self, project: Project) -> None:
        project.deploy("web", more={"templates": [{"name": "a", "url": "https://${HOST}/a"}]})
        assert choose(project.config(HOST="example.org"), "a").url == "git+https://example.org/a"

    @pytest.mark.parametrize("variable", ["GIT_TOKEN", "UNSET"])
    def test_secrets_are_not(self, project: Project, variable: str) -> None:
        project.deploy("web", more={"templates": {"a": f"https://example.org/${{{variable}}}"}})
        with project.refuses(ConfigError) as refusal:
            choose(project.config(GIT_TOKEN="0123456789abcdef"), "a")
        assert "holds a variable that is not set, or a secret." in refusal.messages[0]

    @pytest.mark.parametrize("text", ["nowhere", "hg+https://example.org"])
    def test_what_is_neither(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="is neither an address of git nor a folder"):
            from_text(text, tmp_path, name="x")

    def test_credentials_are_not_recorded(self, tmp_path: Path) -> None:
        with pytest.raises(
            ConfigError, match=r"URL of the template 'x' holds credentials\."
        ) as told:
            from_text("https://me:hunter22@example.org/a", tmp_path, name="x")
        assert "hunter22" not in str(told.value)

    @pytest.mark.parametrize(
        ("source", "why"),
        [
            ("https://me:hunter22@example.org/a", "holds credentials."),
            ("nowhere", "is neither an address of git nor a folder: nowhere"),
        ],
    )
    def test_what_a_project_remembers_is_examined_too(
        self, project: Project, installed: Any, source: str, why: str
    ) -> None:
        project.deploy("web")
        project.write(".copier-answers.yml", ANSWERS.format(source=source, make="project"))
        with project.refuses(ConfigError) as refusal:
            choose(project.config(), None)
        assert refusal.messages[0].startswith(".copier-answers.yml:2:")
        assert why in refusal.messages[0]
        assert "hunter22" not in refusal.text

    def test_an_unknown_name(self, project: Project, installed: Any) -> None:
        project.deploy("web", more={"templates": {"theirs": "gh:a/b"}})
        with pytest.raises(UsageError) as caught:
            choose(project.config(), "ours")
        assert str(caught.value).endswith("There are: container-manager, theirs.")


class TestTheConfiguration:
    @pytest.mark.parametrize(
        ("value", "messages"),
        [
            ("text", ["1:12: 'templates' must be a mapping of names to URLs, or a list of "
                      "{name: NAME, url: URL}."]),
            ("[gh:a/b]", ["1:12: 'templates' must be a mapping of names to URLs, or a list of "
                          "{name: NAME, url: URL}."]),
            ("{a: 1}", ["1:16: The template 'a' needs a URL, or a path of the project."]),
            ("{'a b': gh:a/b}", ["1:20: 'a b' cannot be the name of a template."]),
            ("{a: 'https://me:hunter22@example.org/a'}",
             ["1:16: The URL of the template 'a' holds credentials."]),
            ("[{name: a, url: x}, {name: a, url: y}]",
             ["1:39: The template 'a' is listed twice."]),
        ],
    )  # fmt: skip
    def test_is_checked(self, project: Project, value: str, messages: list[str]) -> None:
        project.write("config.yml", f"templates: {value}\ndeployed_services: []\n")
        with project.refuses(ConfigError) as refusal:
            project.config()
        assert refusal.messages == [f"config.yml:{message}" for message in messages]
        assert "hunter22" not in refusal.text


class TestVersions:
    """Copier's own choice, made before anybody is asked anything."""

    def test_the_newest_release(self, tmp_path: Path) -> None:
        folder = repository(tmp_path / "template")
        for tag in ("v0.10.0", "v0.9.0", "v1.0rc1", "nightly"):
            git(folder, "tag", "--annotate", "--message=x", tag)
        template = looked_at(from_text("template", tmp_path, name="x"))
        assert (template.ref, template.tagged) == ("v0.10.0", True)
        assert template.questions is not None
        assert "network" in template.questions

    def test_what_is_committed_where_no_tag_is(self, tmp_path: Path) -> None:
        folder = repository(tmp_path / "template", tag=None)
        (folder / "copier.yml").write_text("uncommitted: 1\n", encoding="utf-8")
        template = looked_at(from_text("template", tmp_path, name="x"))
        assert (template.ref, template.tagged) == (git(folder, "rev-parse", "HEAD").strip(), False)
        assert template.questions is not None
        assert "uncommitted" not in template.questions

    def test_a_tag_from_before_it_was_a_template_does_not_count(self, tmp_path: Path) -> None:
        folder = repository(tmp_path / "template", {"readme": "x"}, tag="v9")
        (folder / "copier.yml").write_text("a: 1\n", encoding="utf-8")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message=template")
        assert not looked_at(from_text("template", tmp_path, name="x")).tagged

    @pytest.mark.parametrize("text", ["_exclude: !include x.yml\n", "a: [\n"])
    def test_questions_that_only_copier_can_read(self, tmp_path: Path, text: str) -> None:
        repository(tmp_path / "template", {"copier.yml": text})
        assert looked_at(from_text("template", tmp_path, name="x")).questions is None

    def test_a_repository_that_is_no_template(self, tmp_path: Path) -> None:
        repository(tmp_path / "template", {"readme": "x"})
        with pytest.raises(ConfigError, match="is no template"):
            looked_at(from_text("template", tmp_path, name="x"))

    def test_one_that_cannot_be_reached(self, tmp_path: Path) -> None:
        source = from_text(f"file://{tmp_path}/nowhere", tmp_path, name="x")
        with pytest.raises(ManagerError) as caught:
            looked_at(source)
        assert caught.value.exit_code == 2
        assert len(str(caught.value).splitlines()) == 2
        assert f"cannot be reached: '{tmp_path}/nowhere'" in str(caught.value)

    def test_one_that_never_answers(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "_TIMEOUT", 0.3)
        monkeypatch.setattr("container_manager.progress._SLOW", 0.05)
        said = io.StringIO()
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            url = f"git://127.0.0.1:{deaf.getsockname()[1]}/x"
            with pytest.raises(PreconditionError, match="took longer than"):
                fetch(from_text(url, tmp_path, name="x"), ProcessRunner(),
                      PlainProgress(stream=said))  # fmt: skip
        assert said.getvalue() == f"Looking at the template {url} …\n"

    def test_git_is_needed_for_history(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository(tmp_path / "template")
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ManagerError, match="Git is needed"):
            looked_at(from_text("template", tmp_path, name="x"))
