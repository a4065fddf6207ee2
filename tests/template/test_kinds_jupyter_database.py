"""Services made from the kinds ``jupyter`` and ``database``: what a build makes of them."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.conftest import Project
from tests.template.scaffolds import PROJECT, put_service

from container_manager.config.credentials import declared

KINDS = ("jupyter", "database")
LONG = "a23456789-123456789-123456789-1234567890"
PLACES = (
    "services/framework/run-log",
    "services/applications/als_expert/run_log",
    "services/db",
    f"services/framework/{LONG}",
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A service of a fresh project.

    Attributes:
        place: its folder, relative to the project's.
        project: the project.
    """

    place: str
    project: Project

    @property
    def name(self) -> str:
        """How others reach it."""
        return self.place.rpartition("/")[2]

    @property
    def below(self) -> str:
        """Its folder, from that of the compose files."""
        return f"./{self.place.removeprefix('services/')}"

    @property
    def variable(self) -> str:
        """How the names of its variables begin."""
        return self.name.upper().replace("-", "_")

    def compose(self) -> dict[str, Any]:
        """Its compose file, once built."""
        self.project.build()
        text = self.project.read(f"build/{self.place}/docker-compose.yml")
        document: dict[str, Any] = yaml.safe_load(text)
        return document

    def service(self, suffix: str = "") -> dict[str, Any]:
        """One of its compose services, once built."""
        found: dict[str, Any] = self.compose()["services"][self.name + suffix]
        return found


@pytest.fixture
def make(project: Project, template_folder: Path) -> Callable[..., Made]:
    """Puts a service into the project: ``make("jupyter", PLACE, port=0)``."""
    project.files(PROJECT)

    def put(kind: str, place: str = PLACES[0], **answers: object) -> Made:
        put_service(template_folder, project.root, place, kind=kind, **answers)
        return Made(place=place, project=project)

    return put


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_is_deployed_by_its_own_fragment(make: Callable[..., Made], kind: str, place: str) -> None:
    made = make(kind, place)

    (service,) = made.project.prepare().services

    assert service.shown == place
    assert made.name in made.compose()["services"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_it_mounts_and_builds_is_in_the_build(
    make: Callable[..., Made], kind: str, place: str
) -> None:
    made = make(kind, place)

    compose = made.compose()

    services = made.project.root / "build/services"
    for service in compose["services"].values():
        sources = [volume.partition(":")[0] for volume in service["volumes"]]
        if "build" in service:
            sources.append(service["build"]["context"])
        for source in sources:
            there = (services / source).is_dir()
            assert there if source.startswith("./") else source in compose["volumes"], source


@pytest.mark.parametrize("kind", KINDS)
def test_has_no_rights_and_limits(make: Callable[..., Made], kind: str) -> None:
    for name, service in make(kind).compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].partition(":")[0] != "0", name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert ("healthcheck" in service) != name.endswith("_init"), name


@pytest.mark.parametrize(("kind", "inside"), [("jupyter", 8888), ("database", 5432)])
def test_publishes_a_port_on_this_machine_or_none(
    make: Callable[..., Made], kind: str, inside: int
) -> None:
    assert make(kind, port=8123).service()["ports"] == [f"127.0.0.1:8123:{inside}"]
    assert "ports" not in make(kind, "services/framework/other", port=0).service()


def test_a_database_publishes_no_port_unless_asked(make: Callable[..., Made]) -> None:
    assert "ports" not in make("database").service()


def test_its_python_is_clean_and_formatted(template_folder: Path, tmp_path: Path) -> None:
    """Of both kinds, wherever they lie, with a port and without: all that there can be at once."""
    for kind, place, port in itertools.product(KINDS, PLACES, (0, 8123)):
        put_service(template_folder, tmp_path / f"{kind}-{port}", place, kind=kind, port=port)

    for arguments in (("check", "--select=E,F,W,I,UP,B"), ("format", "--check", "--diff")):
        # The files alone: no settings of anybody's take part.
        command = (sys.executable, "-m", "ruff", *arguments, "--isolated", "--line-length=100")
        done = subprocess.run(
            [*command, "."], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answers", [{"port": 0}, {"port": 8123}])
def test_its_files_are_tidy(
    make: Callable[..., Made], kind: str, answers: dict[str, object]
) -> None:
    made = make(kind, **answers)
    made.compose()

    for path in (made.project.root / made.place).rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert text.endswith("\n"), path
            assert not text.endswith("\n\n"), path
            assert not text.startswith("\n"), path
            assert "\n\n\n\n" not in text, path
            assert all(line == line.rstrip() for line in text.splitlines()), path
            assert "[[" not in text.replace("[[[", ""), path


@pytest.mark.parametrize("kind", KINDS)
def test_needs_neither_a_question_nor_an_edit_where_others_are(
    make: Callable[..., Made], kind: str
) -> None:
    for name in ("one", "two-more"):
        make(kind, f"services/framework/{name}", port=0)
    made = make(kind, "services/applications/als_expert/three", port=0)

    assert len(made.project.prepare().services) == 3
    made.project.build()


class TestJupyter:
    """A Jupyter server with a prepared kernel."""

    def kernel(self, made: Made) -> dict[str, Any]:
        made.project.build()
        path = f"build/{made.place}/kernels/python3-{made.name}/kernel.json"
        found: dict[str, Any] = json.loads(made.project.read(path))
        return found

    def test_its_token_is_generated(self, make: Callable[..., Made]) -> None:
        made = make("jupyter")

        assert made.service()["environment"] == {"JUPYTER_TOKEN": "${RUN_LOG_TOKEN}"}
        (service,) = made.project.prepare().services
        assert [each.name for each in declared(service.settings)] == ["RUN_LOG_TOKEN"]

    def test_its_kernel_gets_texts_whatever_is_configured(self, make: Callable[..., Made]) -> None:
        made = make("jupyter", "services/db")
        made.project.write(
            "config.yml",
            made.project.read("config.yml")
            + "services:\n  db:\n    kernel:\n"
            + "      display_name: 'A \"kernel\"'\n"
            + "      environment: {NUMBER: 3.5, NOTHING: null, TEXT: 'it''s \"quoted\"'}\n",
        )

        kernel = self.kernel(made)

        assert kernel["display_name"] == 'A "kernel"'
        assert kernel["env"] == {
            "GREETING": "Hello from db",
            "NUMBER": "3.5",
            "NOTHING": "",
            "TEXT": 'it\'s "quoted"',
        }

    def test_its_kernel_may_have_no_variables(self, make: Callable[..., Made]) -> None:
        made = make("jupyter", "services/db")
        made.project.write(
            "config.yml",
            made.project.read("config.yml") + "services: {db: {kernel: {environment: null}}}\n",
        )

        assert self.kernel(made)["env"] == {}

    @pytest.mark.parametrize("place", PLACES)
    def test_takes_the_project_along_if_asked(self, make: Callable[..., Made], place: str) -> None:
        made = make("jupyter", place, copy_src=True)
        made.project.write("src/physics.py", "C = 299792458\n")

        assert self.kernel(made)["env"]["PYTHONPATH"] == "/opt/repo/repo_src"
        assert made.project.read(f"build/{place}/repo_src/physics.py")
        assert "COPY repo_src /opt/repo/repo_src" in made.project.read(f"build/{place}/Dockerfile")

    def test_needs_no_src_otherwise(self, make: Callable[..., Made]) -> None:
        made = make("jupyter")

        assert "PYTHONPATH" not in self.kernel(made)["env"]
        assert "repo_src" not in made.project.read(f"build/{made.place}/Dockerfile")


class TestDatabase:
    """A PostgreSQL database with an init job."""

    def test_its_passwords_are_generated_and_the_volume_keeps_one(
        self, make: Callable[..., Made]
    ) -> None:
        made = make("database")

        (service,) = made.project.prepare().services

        assert [(each.name, each.volume) for each in declared(service.settings)] == [
            ("RUN_LOG_PASSWORD", "run-log_data"),
            ("RUN_LOG_APP_PASSWORD", None),
        ]
        assert made.service()["environment"]["POSTGRES_PASSWORD"] == "${RUN_LOG_PASSWORD}"
        assert "RUN_LOG_APP_PASSWORD" not in json.dumps(made.service())

    @pytest.mark.parametrize("place", PLACES)
    def test_its_job_runs_what_init_holds_once_the_server_is_healthy(
        self, make: Callable[..., Made], place: str
    ) -> None:
        made = make("database", place)

        job = made.service("_init")

        assert job["depends_on"] == {made.name: {"condition": "service_healthy"}}
        assert job["volumes"] == [f"{made.below}/init:/init:ro,z"]
        assert job["environment"]["APP_PASSWORD"] == f"${{{made.variable}_APP_PASSWORD}}"
        container = made.project.prepare().stack.services[f"{made.name}_init"]
        assert container.one_shot

    @pytest.mark.parametrize(
        ("image", "user", "data"),
        [
            ("docker.io/library/postgres:17.6-bookworm", "999:999", "/var/lib/postgresql/data"),
            ("docker.io/library/postgres:17.6-alpine", "70:70", "/var/lib/postgresql/data"),
            ("docker.io/library/postgres:18.1", "999:999", "/var/lib/postgresql"),
            (
                f"docker.io/library/postgres@sha256:{'a1' * 32}",
                "999:999",
                "/var/lib/postgresql/data",
            ),
        ],
    )
    def test_user_and_folder_are_those_of_the_image(
        self, make: Callable[..., Made], image: str, user: str, data: str
    ) -> None:
        made = make("database", image=image)

        server, job = made.service(), made.service("_init")

        assert server["volumes"] == [f"run-log_data:{data}"]
        assert {server["image"], job["image"]} == {image}
        assert {server["user"], job["user"]} == {user}
        assert job["tmpfs"] == ["/tmp", data]

    @pytest.mark.parametrize(
        ("answers", "told"),
        [
            ({"image": "postgres"}, "not 'postgres'"),
            ({"image": "docker.io/library/postgres:latest"}, "'latest' is another image"),
            ({"port": 70000}, "1 to 65535, or 0 for none"),
        ],
    )
    def test_a_bad_answer_is_one_line_and_leaves_nothing(
        self, make: Callable[..., Made], project: Project, answers: dict[str, object], told: str
    ) -> None:
        before = project.tree()

        with pytest.raises(ValueError, match=told) as refused:
            make("database", **answers)

        assert "\n" not in str(refused.value).strip()
        assert project.tree() == before
