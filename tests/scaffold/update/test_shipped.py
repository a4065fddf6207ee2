"""Our own template, brought forward twice below a project and a service that people edited."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.scaffold.update.labs import Repository, copier_updates
from tests.scaffold.update.shipped import WEB, replace, second_version, third_version
from tests.template.scaffolds import TEMPLATE, checkout_copy, put_service

from container_manager import verbs
from container_manager.build import pipeline
from container_manager.config import load


def test_a_project_and_a_service_of_ours_are_brought_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPIER_CACHE_DIR", str(tmp_path / "cache"))
    template = Repository(checkout_copy(tmp_path / "Vorlage ü", tag="v1.0.0", only=TEMPLATE))
    lab = Repository(put_service(template.path, tmp_path, "lab nord"))
    put_service(template.path, lab.path, WEB)
    lab.git("init", "--quiet", "--initial-branch=main")
    lab.commit()
    replace(lab, f"{WEB}/src/server.py", '{"status": "ok"}', '{"status": "mine"}')
    replace(lab, f"{WEB}/docker-compose.yml.j2", "interval: 15s", "interval: 20s")
    lab.commit({f"{WEB}/mine.py": "MINE = 1\n"})
    second_version(template)
    both = Repository(tmp_path / "both" / lab.path.name)  # the name is an answer's default
    lab.git("worktree", "add", "--quiet", "-b", "both", str(both.path))

    assert verbs.update(lab.path / "config.yml").exit_code(check=False) == 0

    for folder in (".", WEB):
        copier_updates(both, folder)
        both.commit()
    assert lab.contents() == both.contents()

    server = lab.read(f"{WEB}/src/server.py")
    assert "A really small web" in server
    assert '"mine"' in server
    assert "Sounds kind." in lab.read(f"{WEB}/notes.md")
    assert "tone: kind" in lab.read(f"{WEB}/.copier-answers.yml")
    assert "networks: #" in lab.read("services/docker-compose.yml.j2")

    lab.commit({f"{WEB}/notes.md": lab.read(f"{WEB}/notes.md") + "Mine.\n"})
    third_version(template)
    lab.git("worktree", "add", "--quiet", "-b", "plain", str(tmp_path / "plain"))

    assert verbs.update(lab.path / "config.yml", service=["web"]).exit_code(check=False) == 0

    compose = lab.read(f"{WEB}/docker-compose.yml.j2")
    assert "unless-stopped # or not" in compose
    assert "interval: 20s" in compose
    guide = lab.read(f"{WEB}/guide.md")
    assert guide.startswith("Sounds kind.")
    assert guide.endswith("Mine.\n")
    names = lab.names(WEB)
    assert {"mine.py", "guide.md"} <= names
    assert not {"notes.md", "README.md"} & names
    prepared = pipeline.prepare(load(lab.path / "config.yml"))
    assert prepared.stack.services["web"].owner == "services.web"

    # Copier alone comes to the same, but for the line in the file that was renamed.
    plain = Repository(tmp_path / "plain")
    copier_updates(plain, WEB)
    ours, theirs = lab.contents(), plain.contents()
    assert {name for name in ours | theirs if ours.get(name) != theirs.get(name)} == {
        f"{WEB}/guide.md"
    }
    assert b"Mine." not in theirs[f"{WEB}/guide.md"]
