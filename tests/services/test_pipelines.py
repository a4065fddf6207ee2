"""The service framework.pipelines: its compose file, the script that starts it, the example."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tests.conftest import Project

SERVICES = Path(__file__).parents[2] / "services"
FOLDER = SERVICES / "framework" / "pipelines"
BUILT = "services/framework/pipelines"
KEY = "a-key-for-the-pipelines"
REFUSED = 401


def load(path: Path) -> ModuleType:
    """A module from its file, the way that upstream's server loads pipelines."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def render(project: Project) -> Callable[..., dict[str, Any]]:
    """Renders the compose service, for a project that deploys it with the given settings."""

    def build(**settings: Any) -> dict[str, Any]:
        shutil.copytree(FOLDER, project.root / BUILT)
        shutil.copy(SERVICES / "docker-compose.yml.j2", project.root / "services")
        project.write("src/lab.py", "ANSWER = 42\n")
        project.write("mine/count.py", "class Pipeline: pass\n")
        project.write(".env", f"PIPELINES_API_KEY={KEY}\n")
        config = {
            "import": f"{BUILT}/service.yml",
            "project_name": "lab",
            "deployed_services": ["pipelines"],
            "framework": {"services": {"pipelines": settings}},
        }
        project.write("config.yml", json.dumps(config))
        outputs = project.prepare().outputs
        text = outputs[f"{BUILT}/docker-compose.yml"].text
        service: dict[str, Any] = yaml.safe_load(text or "")["services"]["pipelines"]
        return service | {"files": {path.removeprefix(f"{BUILT}/") for path in outputs}}

    return build


def test_other_machines_and_this_one_have_no_way_in(render: Callable[..., dict[str, Any]]) -> None:
    assert "ports" not in render()


def test_a_port_is_published_on_this_machine_alone(render: Callable[..., dict[str, Any]]) -> None:
    assert render(port_host=9099)["ports"] == ["127.0.0.1:9099:9099"]


def test_the_key_is_a_placeholder_and_variables_can_be_added(
    render: Callable[..., dict[str, Any]],
) -> None:
    given = render(environment={"ARCHIVE": "http://archive.lab"})["environment"]
    assert given == {"PIPELINES_API_KEY": "${PIPELINES_API_KEY}", "ARCHIVE": "http://archive.lab"}


def test_the_image_holds_the_projects_sources_and_pipelines(
    render: Callable[..., dict[str, Any]],
) -> None:
    service = render(additional_dirs=[{"src": "mine", "dst": "user_pipelines"}])
    assert service["build"]["args"]["BASE"].startswith("ghcr.io/open-webui/pipelines:git-")
    assert {"repo_src/lab.py", "user_pipelines/count.py", "serve.py"} <= service["files"]


@pytest.fixture
def serve() -> ModuleType:
    """The script that starts the server."""
    return load(FOLDER / "serve.py")


async def ask(serve: ModuleType, path: str, authorization: str | None, kind: str = "http") -> Any:
    """What the guard answers: the status, ``passed`` where upstream is asked."""
    sent: list[dict[str, Any]] = []

    async def upstream(*_: object) -> None:
        sent.append({"status": "passed"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    scope = {"type": kind, "path": path, "headers": headers}
    await serve.KeyGuard(upstream, KEY)(scope, None, send)
    return sent[0].get("status", sent[0].get("code"))


@pytest.mark.parametrize(
    "path", ["/v1/models", "/v1/chat/completions", "/docs", "/x/valves/update"]
)
@pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer 0p3n-w3bu!", KEY, "Bearer \u00e9"])
def test_without_the_key_every_door_is_shut(
    serve: ModuleType, path: str, given: str | None
) -> None:
    assert asyncio.run(ask(serve, path, given)) == REFUSED


def test_with_the_key_they_open(serve: ModuleType) -> None:
    assert asyncio.run(ask(serve, "/v1/models", f"Bearer {KEY}")) == "passed"


def test_the_health_check_needs_no_key(serve: ModuleType) -> None:
    assert asyncio.run(ask(serve, "/", None)) == "passed"


def test_a_websocket_without_the_key_is_closed(serve: ModuleType) -> None:
    assert asyncio.run(ask(serve, "/any", None, kind="websocket")) == 1008


@pytest.mark.parametrize("key", ["", "0p3n-w3bu!", "short"])
def test_no_start_without_a_key_of_ones_own(serve: ModuleType, key: str) -> None:
    with pytest.raises(SystemExit, match="PIPELINES_API_KEY"):
        serve.checked(key)


def test_a_start_brings_modules_and_keeps_what_upstream_wrote(
    serve: ModuleType, tmp_path: Path
) -> None:
    image, volume = tmp_path / "image", tmp_path / "volume"
    image.mkdir()
    (volume / "old").mkdir(parents=True)
    for name in ("old", "good"):
        (image / f"{name}.py").write_text(name)
    serve.bring(image, volume)
    (volume / "old" / "valves.json").write_text("{}")
    (volume / "uploaded.py").write_text("an administrator's")

    (image / "old.py").unlink()
    (image / "good.py").write_text("better")
    serve.bring(image, volume)
    assert (volume / "good.py").read_text() == "better"
    assert not (volume / "old.py").exists()
    assert (volume / "old" / "valves.json").exists()
    assert (volume / "uploaded.py").exists()


def test_own_pipelines_take_the_place_of_the_example(
    serve: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "HERE", tmp_path)
    assert serve.shipped() == tmp_path / "example"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "Dockerfile").touch()
    assert serve.shipped() == tmp_path / "example"
    (tmp_path / "own" / "mine.py").touch()
    assert serve.shipped() == tmp_path / "own"


def test_the_example_answers_and_finds_the_projects_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = load(FOLDER / "pipelines" / "example_pipeline.py").Pipeline()
    asyncio.run(pipeline.on_startup())
    said = "".join(pipeline.pipe("hello", "example_pipeline", [], {}))
    assert said.endswith("UTC. You said: hello")

    (tmp_path / "repo_src").mkdir()
    (tmp_path / "repo_src" / "lab.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    pipeline.valves = type(pipeline.valves)(prefix="I heard")
    said = "".join(pipeline.pipe("hello", "example_pipeline", [], {}))
    sys.modules.pop("repo_src", None)
    assert "I heard: hello" in said
    assert said.endswith("import: lab")
