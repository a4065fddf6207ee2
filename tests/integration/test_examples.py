"""The projects of ``examples/``, run as they are, beside other stacks and without a registry.

Each is copied, and gets a ``config.test.yml`` (an environment, see docs/environments.md) that names
it, its ports, and images that stand in for those of registries.
"""

from __future__ import annotations

import json
import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from tests.integration import chat_images, mongo_emulator, postgres_image
from tests.integration.conftest import Podman
from tests.integration.jupyter_api import Server
from tests.integration.program import run_here

from container_manager.verbs.linting import lint

pytestmark = [pytest.mark.podman, pytest.mark.timeout(1200)]

CHECKOUT = Path(__file__).parents[2]
EXAMPLES, SHIPPED = CHECKOUT / "examples", CHECKOUT / "services"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/config.yml"))
MADE = ("build*", "backups", ".container-manager", ".env*", "__pycache__")


class Example:
    """A copy of an example, which runs under a name of its own."""

    def __init__(self, name: str, folder: Path, project: str) -> None:
        self.root, self.project = folder / name, project
        shutil.copytree(EXAMPLES / name, self.root, ignore=shutil.ignore_patterns(*MADE))

    def up(self, **differs: Any) -> None:
        """Bring it up with what differs from its ``config.yml``."""
        settings = {"import": "config.yml", "project_name": self.project, **differs}
        (self.root / "config.test.yml").write_text(json.dumps(settings), encoding="utf-8")
        self.run("up", "--detached")

    def run(self, *arguments: str) -> str:
        """The program in the example's folder; it must succeed."""
        verb, *rest = arguments
        done = run_here((verb, "--env", "test", *rest), self.root)
        assert done.code == 0, done.out + done.said
        return done.out

    def credential(self, name: str) -> str:
        """What ``up`` has put into ``.env``."""
        value = dotenv_values(self.root / ".env.test")[name]
        assert value
        return value

    def runs(self) -> bool:
        """Whether ``status`` finds nothing to complain of."""
        return bool(json.loads(self.run("status", "--json"))["healthy"])


def page(port: int, path: str = "/", **form: str) -> str:
    """What a server of this machine answers."""
    data = urllib.parse.urlencode(form).encode() if form else None
    url = f"http://127.0.0.1:{port}{path}"
    with urllib.request.urlopen(url, data, timeout=20) as answer:
        text: str = answer.read().decode()
    return text


@pytest.fixture(scope="module")
def postgres(podman: Podman, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image that keeps the conventions of the official one."""
    return postgres_image.ensure_image(podman, tmp_path_factory.mktemp("postgres"))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_it(name: str, tmp_path: Path, project_name: str) -> None:
    """But for credentials, which the first ``up`` makes."""
    found = lint(Example(name, tmp_path, project_name).root / "config.yml")
    assert found.errors == ()
    assert {one.message for one in found.warnings if "credential" not in one.message} == set()


def test_web(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
    postgres: str,
    trusting_builds: dict[str, str],
) -> None:
    """The migration runs, then the server; a second one runs alone, and notes stay."""
    notes, port = Example("web", tmp_path, project_name), free_port()
    settings = {
        "images": {"python": python_image, "postgres": postgres},
        "framework": {"services": {"notes": {"port_host": port}}},
    }
    notes.up(**settings)
    assert notes.runs()
    assert "migrated: 002-author.sql" in notes.run("logs", "notes_migrate")
    added = page(port, text="<b>first</b>", author="Ada")
    assert "<li>&lt;b&gt;first&lt;/b&gt; (Ada)" in added

    migrations = notes.root / "services/notes/migrations"
    (migrations / "003-number.sql").write_text("ALTER TABLE notes ADD COLUMN number int;\n")
    notes.up(**settings)
    told = notes.run("logs", "notes_migrate")
    assert "migrated: 003-number.sql" in told
    assert "first" in page(port)
    assert notes.runs()


def test_notebooks(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
    postgres: str,
    podman: Podman,
    trusting_builds: dict[str, str],
) -> None:
    """Real kernels: one side adds measurements, the other reads them and is refused to add."""
    group = Example("notebooks", tmp_path, project_name)
    ports = {"read": free_port(), "write": free_port()}
    containers = {side: {"port_host": port} for side, port in ports.items()}
    group.up(
        images={"python": python_image, "postgres": postgres},
        framework={"services": {"jupyter": {"containers": containers}}},
    )
    podman.keep_layers(f"localhost/{project_name}_jupyter", "example-notebooks")
    assert group.runs()
    read, write = (
        Server(port=ports[side], token=group.credential(f"JUPYTER_{side.upper()}_TOKEN"))
        for side in ("read", "write")
    )
    add = "from repo_src import measurements as m; m.add('current', 1.5)"
    with write.kernel("python3-epics-write") as kernel:
        assert kernel.run(f"{add}; print(m.series('current'))").endswith("[1.5]")
    with read.kernel("python3-epics-readonly") as kernel:
        assert "InsufficientPrivilege" in kernel.run(add)
        assert kernel.run("print(m.series('current'))").endswith("[1.5]")


def test_control_room(
    tmp_path: Path,
    project_name: str,
    free_port: Callable[[], int],
    python_image: str,
    podman: Podman,
    trusting_builds: dict[str, str],
) -> None:
    """All services of both families at once: notebooks, chat, models, channels and handbook."""
    room = Example("control_room", tmp_path, project_name)
    made = tmp_path / "images"
    for folder in ("chat", "mongo"):
        (made / folder).mkdir(parents=True)
    images = chat_images.build(podman, made / "chat", project_name, python_image, trusting_builds)
    images |= {
        "python": python_image,
        "mongo": mongo_emulator.ensure_image(podman, made / "mongo"),
    }
    # The shipped service, but for its template.
    stand_in = room.root / "services/mongo"
    shutil.copytree(SHIPPED / "applications/als_expert/mongo", stand_in)
    (stand_in / "docker-compose.yml.j2").write_text(mongo_emulator.TEMPLATE, encoding="utf-8")
    chat, handbook, finder = free_port(), free_port(), free_port()
    sides = {"read": free_port(), "write": free_port()}
    containers = {side: {"port_host": port} for side, port in sides.items()}
    room.up(
        **{"import": ["services/mongo/service.yml", "config.yml"]},
        images=images,
        framework={
            "services": {
                "jupyter": {"containers": containers},
                "open_webui": {"port_host": chat},
            }
        },
        applications={
            "als_expert": {
                "services": {
                    "mongo": {"path": "services/mongo", "port_host": free_port()},
                    "pv_finder": {"port_host": finder},
                    "handbook": {"port_host": handbook},
                }
            }
        },
    )
    podman.keep_layers(f"localhost/{project_name}_jupyter", "example-control-room")
    podman.keep_layers(f"localhost/{project_name}_pv_finder", "pv_finder")
    assert room.runs()

    assert json.loads(page(chat))["models"] == [["beam_lifetime"]]
    assert page(finder, "/health").strip()
    assert f"127.0.0.1:{chat}" in page(handbook)
    assert "Start of a shift" in page(handbook, "/docs/start-of-shift.md")
    assert "EPU50" in page(handbook, "/data/sectors.csv")
    server = Server(port=sides["read"], token=room.credential("JUPYTER_READ_TOKEN"))
    with server.kernel("python3-epics-readonly") as kernel:
        asked = (
            "from repo_src.als_expert import lifetime; print(f'{lifetime.hours(500, 400, 2):.1f}')"
        )
        assert kernel.run(asked).endswith("9.0")
