"""Providers and commands that end badly: what is known of it is told, and what runs goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.conftest import Podman
from tests.integration.program import run_here
from tests.integration.providers import DOCKER, compose_v2, provider_settings
from tests.integration.sites import Site
from tests.integration.stacks import HandMade

from container_manager.lifecycle import up
from container_manager.lifecycle.composing import compose
from container_manager.lifecycle.daily.reacting import Reactions

pytestmark = pytest.mark.podman

SILENT = """\
#!/bin/sh
# A Docker Compose that makes what it is asked for, and then ends without a word.
case " $* " in *" up "*) 'REAL' "$@" >/dev/null 2>&1; END ;; esac
exec 'REAL' "$@"
"""
WEB = "  {name}: {{image: IMAGE, volumes: ['./web/file:/file:ro'], stop_grace_period: 1s}}\n"


@pytest.fixture
def stack(tmp_path: Path, project_name: str, podman: Podman) -> HandMade:
    made = HandMade(tmp_path / "project", project_name)
    podman.introduce(made.root)
    (made.base / "web").mkdir(parents=True)
    (made.base / "web/file").write_text("one\n")
    return made


def services(image: str, *names: str) -> str:
    """Compose services that sleep."""
    return "services:\n" + "".join(WEB.format(name=name) for name in names).replace("IMAGE", image)


def said(stack: HandMade) -> str:
    """All that was told, in one line."""
    return " ".join(stack.output.getvalue().split())


def test_a_provider_that_ends_badly_in_silence_and_has_made_all_is_a_warning(
    stack: HandMade, tmp_path: Path, podman: Podman, sh_image: str
) -> None:
    stack.use(provider_settings(DOCKER, tmp_path, podman.host.version))
    plugin = tmp_path / "docker/cli-plugins/docker-compose"
    plugin.parent.mkdir(parents=True)
    stack.environ["DOCKER_CONFIG"] = str(tmp_path / "docker")
    names: list[str] = []
    for name, end, told in (
        ("one", "exit 3", "it gave no reason and ended with exit code 3"),
        ("two", "kill -KILL $$", "it was ended by signal 9 and had said nothing"),
    ):
        plugin.write_text(SILENT.replace("REAL", compose_v2()).replace("END", end))
        plugin.chmod(0o755)
        names.append(name)
        outcome = up(stack.project(), stack.build(services(sh_image, *names)))
        assert outcome.created == (name,)
        assert [one.name for one in outcome.services] == names
        assert f"Warning: Docker Compose reports: {told}" in said(stack)


def test_a_command_whose_container_podman_refuses(
    tmp_path: Path, project_name: str, podman: Podman, sh_image: str
) -> None:
    files = {
        "config.yml": "import: provider.yml\nproject_name: NAME\ndeployed_services: [web]\n"
        "services: {web: {path: services/web}}\n",
        "services/docker-compose.yml.j2": "services: {}\n",
        "services/web/docker-compose.yml.j2": "services: {web: {image: IMAGE, cap_add: [FLY]}}\n",
    }
    site = Site(tmp_path, project_name, podman, files, image=sh_image)
    ended = run_here(("run", "web", "--", "true"), site.root)
    assert ended.code == 1
    assert "podman-compose made no container for the command:" in ended.said
    assert "FLY" in ended.said
    assert site.states() == {}


def test_a_service_whose_own_command_fails_is_told_and_goes_on(
    stack: HandMade, podman: Podman, sh_image: str
) -> None:
    stack.settings["on_change"] = ["sh", "-c", "echo no luck; cat /nowhere; exit 3"]
    reactions, text = Reactions(), services(sh_image, "web")
    seen = []
    for content in ("one\n", "two\n"):
        (stack.base / "web/file").write_text(content)
        project, build = stack.project(), stack.build(text)
        reactions.apply(project, build, compose(project, build, None)[0].stack, None)
        (state,) = project.containers()
        seen.append((state.id, state.started_at, state.running))
    assert seen[0] == seen[1]
    assert podman("exec", seen[0][0], "cat", "/file").stdout == "two\n"
    told = "web: 'sh -c echo no luck; cat /nowhere; exit 3' ended with exit code 3: "
    assert told in said(stack)
    assert "/nowhere" in said(stack).partition(told)[2]
