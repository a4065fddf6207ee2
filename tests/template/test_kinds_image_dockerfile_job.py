"""Services of the kinds ``image``, ``dockerfile`` and ``job``: what a build makes of them."""

from __future__ import annotations

import http.server
import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import Project
from tests.template.scaffolds import PROJECT, put_service

from container_manager.compose.model import ComposeService

NGINX = "docker.io/library/nginx:1.29.3"
LONG = "a23456789-123456789-123456789-1234567890"
PLACES = (
    "services/framework/run-log",
    "services/applications/als_expert/run_log",
    "services/web",
    f"services/framework/{LONG}",
)
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "image": {"kind": "image"},
    "image with a volume": {"kind": "image", "volume": "/data", "port": 0},
    "image with a command": {"kind": "image", "command": "python3 -m my.server"},
    "foreign image": {"kind": "image", "image": NGINX, "container_port": 80},
    "foreign image with a volume": {"kind": "image", "image": NGINX, "volume": "/data", "port": 0},
    "dockerfile": {"kind": "dockerfile"},
    "dockerfile with a volume": {"kind": "dockerfile", "volume": "/data", "port": 0},
    "job": {"kind": "job"},
    "job with a volume": {"kind": "job", "volume": "/data", "copy_src": True},
    "scheduled job": {"kind": "job", "schedule": "15m"},
    "scheduled job with a volume": {"kind": "job", "schedule": "1d", "volume": "/data"},
}
OURS = [what for what in ANSWERS if not what.startswith("foreign")]


class Scaffold:
    """A project into which services are put."""

    def __init__(self, project: Project, template: Path) -> None:
        self.project = project
        self._template = template
        project.files(PROJECT)
        project.write("src/mine/__init__.py", "")

    def put(self, place: str = PLACES[0], **answers: object) -> Path:
        """Copy a service; returns its folder."""
        return put_service(self._template, self.project.root, place, **answers)

    def service(self, place: str = PLACES[0], **answers: object) -> ComposeService:
        """Copy a service, and build; returns what its compose file means."""
        self.put(place, **answers)
        return self.meaning(place)

    def meaning(self, place: str = PLACES[0]) -> ComposeService:
        """Build; returns what a service's compose file means."""
        prepared = self.project.prepare()
        self.project.build()
        return prepared.stack.services[Path(place).name]


@pytest.fixture
def scaffold(project: Project, template_folder: Path) -> Scaffold:
    return Scaffold(project, template_folder)


@pytest.mark.parametrize("what", ANSWERS)
def test_is_built_without_an_edit_wherever_it_belongs(scaffold: Scaffold, what: str) -> None:
    for place in PLACES:
        scaffold.put(place, **ANSWERS[what])

    prepared = scaffold.project.prepare()
    scaffold.project.build(prepared.config)

    built = scaffold.project.root / "build/services"
    assert sorted(service.shown for service in prepared.services) == sorted(PLACES)
    for place in PLACES:
        service = prepared.stack.services[Path(place).name]
        folder = built / place.removeprefix("services/")
        assert service.definition["networks"] == ["stack"]
        assert service.build is None or service.build.context == folder
        assert all(bind.source == folder / "files" for bind in service.binds)
        assert all(bind.source.is_dir() for bind in service.binds)


@pytest.mark.parametrize("name", ["web", LONG])
def test_its_python_is_clean_and_formatted(scaffold: Scaffold, name: str) -> None:
    for number, answers in enumerate(ANSWERS.values()):
        scaffold.put(f"services/applications/app{number}/{name}", **answers)

    for arguments in (("check", "--select=E,F,W,I,UP,B,SIM,PTH"), ("format", "--check", "--diff")):
        # The files alone: no settings of anybody's take part.
        command = (sys.executable, "-m", "ruff", *arguments, "--isolated", "--line-length=100")
        done = subprocess.run(
            [*command, scaffold.project.root / "services"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("what", ANSWERS)
def test_no_line_is_too_long_to_read(scaffold: Scaffold, what: str) -> None:
    for path in scaffold.put(**ANSWERS[what]).rglob("*"):
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        assert [line for line in lines if len(line) > 105] == [], path


@pytest.mark.parametrize("what", OURS)
def test_what_is_ours_has_no_rights(scaffold: Scaffold, what: str) -> None:
    meant = scaffold.service(**ANSWERS[what]).definition

    assert meant["user"] == "1000:1000"
    assert meant["read_only"] is True
    assert meant["cap_drop"] == ["ALL"]
    assert meant["security_opt"] == ["no-new-privileges:true"]
    assert meant["mem_limit"]
    assert meant["pids_limit"]


@pytest.mark.parametrize("kind", ["image", "dockerfile"])
def test_publishes_a_port_on_this_machine_or_none(scaffold: Scaffold, kind: str) -> None:
    published = scaffold.service(kind=kind, port=8123).definition["ports"]
    hidden = scaffold.service("services/other", kind=kind, port=0).definition

    assert published == ["127.0.0.1:8123:8000"]
    assert "ports" not in hidden


def _context(service: ComposeService) -> Path:
    """What its image is built from."""
    assert service.build is not None
    assert service.build.context is not None
    return service.build.context


class TestImage:
    """The kind ``image``."""

    def test_the_projects_own_serves_a_folder(self, scaffold: Scaffold) -> None:
        service = scaffold.service(kind="image", container_port=9000)

        images = scaffold.project.config().values["images"]
        assert service.image == images["python"]
        assert service.definition["command"] == "python3 -m http.server 9000 --directory /srv"
        (bind,) = service.binds
        assert bind.target == "/srv"
        assert service.definition["volumes"] == ["./framework/run-log/files:/srv:ro,z"]
        assert "run-log" in (bind.source / "index.html").read_text("utf-8")

    def test_one_of_others_is_named_in_the_configuration(self, scaffold: Scaffold) -> None:
        service = scaffold.service(kind="image", image=NGINX)

        assert service.image == NGINX
        assert scaffold.project.config().values["images"]["run-log"] == NGINX
        assert not (scaffold.project.root / PLACES[0] / "files").exists()

    def test_one_of_others_is_locked_up_no_further_than_is_safe(self, scaffold: Scaffold) -> None:
        meant = scaffold.service(kind="image", image=NGINX).definition

        assert meant["security_opt"] == ["no-new-privileges:true"]
        assert meant["mem_limit"]
        assert {"user", "read_only", "cap_drop", "command"}.isdisjoint(meant)

    def test_a_service_called_python_leaves_the_base_image_alone(self, scaffold: Scaffold) -> None:
        service = scaffold.service("services/python", kind="image", image=NGINX)

        assert service.image == NGINX
        assert scaffold.project.config().values["images"]["python"] != NGINX

    @pytest.mark.parametrize("image", ["python", NGINX])
    @pytest.mark.parametrize(
        "said",
        [
            'sh -c "echo $HOME ${MISSING:-x} $$"',
            "say '{{ name }} {% if %} {# no #}'",
            "say '[[ name ]] [% if %]'",
            "printf '%s: é 🙂 \\\\n' # @ & * ! | > %",
            "true && : \"a: b\" 'c, d' - x",
        ],
    )
    def test_a_command_and_a_check_stay_as_they_are(
        self, scaffold: Scaffold, image: str, said: str
    ) -> None:
        meant = scaffold.service(kind="image", image=image, command=said, health=said).definition

        assert meant["command"] == said
        assert meant["healthcheck"]["test"] == ["CMD-SHELL", said]

    def test_both_are_settings(self, scaffold: Scaffold) -> None:
        scaffold.put(kind="image")
        overruled = {"run-log": {"command": "other", "health": "true"}}
        scaffold.project.write(
            "config.yml",
            scaffold.project.read("config.yml")
            + f"framework: {json.dumps({'services': overruled})}\n",
        )

        meant = scaffold.meaning().definition

        assert meant["command"] == "other"
        assert meant["healthcheck"]["test"] == ["CMD-SHELL", "true"]


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the server is to have."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def server() -> Iterator[http.server.HTTPServer]:
    """A server on a free port; its ``status`` is what it answers."""
    with http.server.HTTPServer(("127.0.0.1", 0), Answering) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


class TestAskingAnImageOfOthers:
    """The health check where the owner gives none; it runs here as it would in the container."""

    @pytest.fixture(params=[tool for tool in ("wget", "curl", "python3") if shutil.which(tool)])
    def only(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        """A folder of programs, with one that can ask."""
        folder = tmp_path / "bin"
        folder.mkdir()
        for name in ("grep", request.param):
            program = sys.executable if name == "python3" else shutil.which(name)
            (folder / name).write_text(f'#!/bin/sh\nexec {program} "$@"\n', encoding="utf-8")
            (folder / name).chmod(0o755)
        return folder

    def ask(self, scaffold: Scaffold, tools: Path, port: int) -> int:
        place = f"services/asked-{port}"
        if not (scaffold.project.root / place).exists():
            scaffold.put(place, kind="image", image=NGINX, container_port=port)
        _, text = scaffold.meaning(place).definition["healthcheck"]["test"]
        # A proxy for the network outside is none for the container itself.
        environ = {"PATH": str(tools), "http_proxy": "http://127.0.0.1:9", "HOME": str(tools)}
        done = subprocess.run(
            ["/bin/sh", "-c", text], env=environ, capture_output=True, check=False
        )
        return done.returncode

    @pytest.mark.parametrize(("status", "well"), [(200, True), (404, True), (500, False)])
    def test_any_answer_is_good_but_an_error_of_the_server(
        self,
        scaffold: Scaffold,
        only: Path,
        server: http.server.HTTPServer,
        status: int,
        well: bool,
    ) -> None:
        server.status = status  # type: ignore[attr-defined]

        assert (self.ask(scaffold, only, server.server_port) == 0) is well

    def test_no_answer_is_not(self, scaffold: Scaffold, only: Path) -> None:
        assert self.ask(scaffold, only, 1) != 0

    def test_nothing_to_ask_with_is_not(self, scaffold: Scaffold, tmp_path: Path) -> None:
        assert self.ask(scaffold, tmp_path, 1) != 0


class TestDockerfile:
    """The kind ``dockerfile``."""

    def test_builds_on_the_projects_image(self, scaffold: Scaffold) -> None:
        text = scaffold.project.read("config.yml").replace("images: {python: auto}", "")
        scaffold.project.write("config.yml", text)

        service = scaffold.service(kind="dockerfile", base_image="registry.example.org/py:3.13")

        assert service.definition["build"]["args"]["BASE"] == "registry.example.org/py:3.13"
        assert (_context(service) / "app/pages/index.html").is_file()

    def test_a_volume_belongs_to_its_user(self, scaffold: Scaffold) -> None:
        folder = scaffold.put(kind="dockerfile", volume="/var/lib/things")

        made = "mkdir -p /var/lib/things && chown 1000:1000 /var/lib/things"
        assert made in (folder / "Dockerfile").read_text("utf-8")


class TestOneShotJob:
    """The kind ``job`` without a schedule."""

    def test_is_meant_to_end(self, scaffold: Scaffold) -> None:
        service = scaffold.service(kind="job")

        assert service.one_shot
        assert service.restart == "no"
        assert "healthcheck" not in service.definition
        assert not (scaffold.project.root / PLACES[0] / "src/every.py").exists()

    def test_takes_the_projects_code_along(self, scaffold: Scaffold) -> None:
        service = scaffold.service(kind="job", copy_src=True)

        assert (_context(service) / "repo_src/mine/__init__.py").is_file()

    def test_counts_its_runs_where_it_keeps_something(
        self, scaffold: Scaffold, tmp_path: Path
    ) -> None:
        job = scaffold.put(kind="job", volume="/data") / "src/job.py"

        said = [_say(job, RESULTS=str(tmp_path)) for _ in range(2)] + [_say(job)]

        kept = tmp_path / "result.json"
        assert [line.partition(", ")[0] for line in said] == [
            'done: {"runs": 1',
            'done: {"runs": 2',
            'done: {"runs": 1',
        ]
        assert said[0].strip().endswith(f"kept in {kept}")
        assert json.loads(kept.read_text("utf-8"))["runs"] == 2


def _say(program: Path, **environ: str) -> str:
    """What a program prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, program], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout


class TestScheduledJob:
    """The kind ``job`` with a schedule; the loop runs here as it would in the container."""

    @pytest.fixture
    def loop(self, scaffold: Scaffold) -> Path:
        """Its program; the job beside it is to be written by the test."""
        return scaffold.put(kind="job", schedule="15m") / "src/every.py"

    @pytest.fixture
    def every(self, loop: Path, tmp_path: Path) -> ModuleType:
        """The program as a module that keeps its notes apart."""
        spec = importlib.util.spec_from_file_location("scaffolded_every", loop)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        vars(module)["LAST_RUN"] = tmp_path / "last_run.json"
        return module

    @pytest.fixture
    def start(self, loop: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
        """Starts the loop with a job of this text."""
        with_notes: list[subprocess.Popen[str]] = []

        def begin(job: str, interval: str = "1s") -> subprocess.Popen[str]:
            loop.with_name("job.py").write_text(job, encoding="utf-8")
            process = subprocess.Popen(
                [sys.executable, "-u", loop],
                env={"EVERY": interval, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            with_notes.append(process)
            return process

        yield begin
        for process in with_notes:
            with process:
                process.kill()

    def check(self, loop: Path, folder: Path, interval: str = "1s") -> tuple[int, str]:
        """What the health check says."""
        done = subprocess.run(
            [sys.executable, loop, "--check"],
            env={"EVERY": interval, "TMPDIR": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr.strip()

    def test_goes_on_for_ever(self, scaffold: Scaffold) -> None:
        service = scaffold.service(kind="job", schedule="15m")

        assert not service.one_shot
        assert service.restart == "unless-stopped"
        assert service.environment["EVERY"] == "15m"
        assert service.definition["healthcheck"]["test"][-1] == "--check"

    def test_the_interval_is_a_setting(self, scaffold: Scaffold) -> None:
        folder = scaffold.put(kind="job", schedule="15m")
        text = (folder / "service.yml").read_text("utf-8").replace("every: 15m", "every: 2h")
        (folder / "service.yml").write_text(text, encoding="utf-8")

        assert scaffold.meaning().environment["EVERY"] == "2h"

    def test_reads_intervals(self, every: ModuleType) -> None:
        said = {text: every.seconds(text) for text in ("30s", "15m", "6h", "1d", "9999d")}

        assert said == {"30s": 30, "15m": 900, "6h": 21600, "1d": 86400, "9999d": 863913600}

    @pytest.mark.parametrize(
        "text", ["", "m", "0m", "15", "1.5h", "-1s", "15 m", "99999d", "15m\n"]
    )
    def test_says_what_an_interval_is(self, every: ModuleType, text: str) -> None:
        with pytest.raises(SystemExit, match="is no interval: write a number and s, m, h or d"):
            every.seconds(text)

    def test_runs_at_whole_intervals_from_the_start(self, every: ModuleType) -> None:
        due = {now: every.following(100.0, now, 10.0) for now in (100.5, 109.9, 110.0, 137.0)}

        assert due == {100.5: 110.0, 109.9: 110.0, 110.0: 120.0, 137.0: 140.0}

    @pytest.mark.parametrize(
        ("code", "age", "trouble"),
        [
            (0, 1.0, None),
            (0, 79.0, None),
            (0, 81.0, "the last run ended 81 s ago"),
            (3, 1.0, "the last run failed: exit code 3"),
        ],
    )
    def test_is_well_while_the_last_run_was_and_is_recent(
        self, every: ModuleType, code: int, age: float, trouble: str | None
    ) -> None:
        note = {"code": code, "ended": time.monotonic() - age}
        every.LAST_RUN.write_text(json.dumps(note), encoding="utf-8")

        assert every.trouble(10.0) == trouble

    def test_is_not_well_before_its_first_run(self, loop: Path, tmp_path: Path) -> None:
        assert self.check(loop, tmp_path) == (1, "the first run has not ended yet")

    def test_tells_a_failed_run_and_tries_again(
        self, loop: Path, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
    ) -> None:
        output = start("import sys; print('trying'); sys.exit(3)").stdout
        assert output is not None

        lines = [output.readline().strip() for _ in range(3)]

        assert lines == ["trying", "the job failed: exit code 3", "trying"]
        assert self.check(loop, tmp_path) == (1, "the last run failed: exit code 3")

    def test_is_well_after_a_run(
        self, loop: Path, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
    ) -> None:
        output = start("print('done')").stdout
        assert output is not None

        assert [output.readline() for _ in range(2)] == ["done\n", "done\n"]

        assert self.check(loop, tmp_path) == (0, "")

    def test_ends_at_once_when_told(self, start: Callable[..., subprocess.Popen[str]]) -> None:
        process = start("import time; print('working'); time.sleep(60)")
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        began = time.monotonic()

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"kind": "image", "image": "nginx"}, "not 'nginx'"),
        ({"kind": "image", "image": "localhost:5000/web"}, "not 'localhost:5000/web'"),
        ({"kind": "image", "image": "docker.io/a/b:latest"}, "is another image every week"),
        ({"kind": "image", "command": ""}, "the image 'python' has none"),
        ({"kind": "image", "command": "say 'hello"}, "A quotation mark is not closed"),
        ({"kind": "image", "command": "say \\"}, "A quotation mark is not closed"),
        ({"kind": "image", "container_port": 0}, "a number from 1 to 65535, not 0"),
        ({"kind": "image", "volume": "/srv/x"}, "'/srv/x' is the image's"),
        ({"kind": "image", "image": NGINX, "volume": "/etc"}, "'/etc' is the image's"),
        ({"kind": "dockerfile", "port": 65536}, "a number from 1 to 65535, or 0"),
        ({"kind": "dockerfile", "volume": "data"}, "an absolute path, such as /data: not 'data'"),
        ({"kind": "dockerfile", "base_image": ""}, "Write 'auto'"),
        ({"kind": "job", "schedule": "15"}, "not '15'"),
        ({"kind": "job", "schedule": "0m"}, "not '0m'"),
        ({"kind": "job", "schedule": "10000d"}, "not '10000d'"),
        ({"kind": "job", "schedule": "*/5 * * * *"}, "such as 15m"),
    ],
)
def test_a_bad_answer_is_one_line_and_leaves_nothing(
    scaffold: Scaffold, answers: dict[str, Any], said: str
) -> None:
    before = scaffold.project.tree()

    with pytest.raises(ValueError, match="Validation error") as caught:
        scaffold.put(**answers)

    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert scaffold.project.tree() == before


@pytest.mark.parametrize(
    "answers",
    [
        {"image": "localhost:5000/web:1"},
        {"image": f"{NGINX}@sha256:{'a' * 64}"},
        {"image": f"docker.io/library/nginx@sha256:{'a' * 64}", "volume": "/app/data"},
        {"command": "sh -c 'echo \"it\\'\\''s\"'"},
    ],
)
def test_what_is_right_is_not_refused(scaffold: Scaffold, answers: dict[str, Any]) -> None:
    service = scaffold.service(kind="image", **answers)

    assert service.image == answers.get("image", service.image)
    assert service.definition.get("command") == answers.get(
        "command", service.definition.get("command")
    )
