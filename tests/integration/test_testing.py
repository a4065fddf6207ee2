"""The fixture ``stack``: real containers, for the time of a module, beside whatever else runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import Project, meaning
from tests.integration.conftest import Podman

pytestmark = [pytest.mark.podman, pytest.mark.timeout(600)]

WEB = """\
services:
  web:
    build:
      context: ./framework/web
      args: {BASE: IMAGE}
    image: localhost/NAME-web
    container_name: NAME-fixed
    command: [sh, /serve.sh]
    environment:
      WEB_TOKEN: ${WEB_TOKEN}
    ports: ["0.0.0.0:{{ framework.services.web.port }}:8000"]
    volumes: ["data:/data"]
    depends_on: {fill: {condition: service_completed_successfully}}
    healthcheck:
      test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8000/page"]
      interval: 1s
  fill:
    image: IMAGE
    command: [sh, -c, "echo filling; echo hello > /data/page"]
    volumes: ["data:/data"]
volumes:
  data: {name: NAME-data}
"""
SERVE = "trap 'exit 0' TERM\necho ready\nhttpd -f -p 8000 -h /data & wait\n"

TEST = """\
import urllib.request
import pytest

@pytest.fixture(scope="module")
def stack_services():
    return ["framework.web"]

def test_it_answers(service_url):
    with urllib.request.urlopen(service_url("framework.web", "/page"), timeout=10) as answer:
        assert answer.read() == b"hello\\n"
"""

RunPytest = Callable[..., "subprocess.CompletedProcess[str]"]
_INTERRUPTIBLE = """\
import signal, sys, pytest
# Where these tests run in the background of a shell, Ctrl-C is ignored, by children too.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main(sys.argv[1:]))
"""
_ARGUMENTS = ("-p", "container_manager.testing.plugin", "-p", "no:cacheprovider", "-v")


@pytest.fixture
def user(project: Project, project_name: str, sh_image: str) -> Project:
    """A project with a web server, its volume, and a job that fills it."""
    text = WEB.replace("NAME", project_name).replace("IMAGE", sh_image)
    project.deploy(
        "web", text, port=8081, credentials=["WEB_TOKEN"], more={"project_name": project_name}
    )
    project.write("services/framework/web/Dockerfile", "ARG BASE\nFROM ${BASE}\nCOPY serve.sh /\n")
    project.write("services/framework/web/serve.sh", SERVE)
    return project


@pytest.fixture
def run(user: Project) -> RunPytest:
    """Runs pytest in the user's project, in a process of its own."""

    def start(*arguments: str, **tests: str) -> subprocess.CompletedProcess[str]:
        for name, text in tests.items():
            user.write(f"tests/{name}.py", text)
        argv = [sys.executable, "-m", "pytest", *_ARGUMENTS, *arguments]
        environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            argv, cwd=user.root, env=environ, capture_output=True, text=True, check=False
        )

    return start


@pytest.fixture
def left(podman: Podman, project_name: str) -> Callable[[], list[str]]:
    """What there is on this machine under the name of the project."""

    def look() -> list[str]:
        found = podman.lines("ps", "--all", "--format={{.Names}}")
        for kind in ("volume", "network", "secret"):
            found += podman.lines(kind, "ls", "--format={{.Name}}")
        found += podman.lines("images", "--format={{.Repository}}:{{.Tag}}")
        return [name for name in found if project_name in name]

    return look


def test_a_stack_is_up_for_its_module_and_gone_afterwards(
    run: RunPytest, user: Project, left: Callable[[], list[str]], podman: Podman
) -> None:
    """A second run of the same images, names and volumes as the user's own stack."""
    test = TEST + textwrap.dedent("""
        def test_it_is_open_to_this_machine_alone(stack):
            assert stack.address("web")[0] == "127.0.0.1"
            assert stack.address("web", 8000)[1] != 8081

        def test_programs_run_inside(run_in, stack):
            assert run_in("framework.web", "cat", "/data/page").stdout == "hello\\n"
            assert run_in("web", "cat", stdin="typed").stdout == "typed"
            assert run_in("web", "false", check=False).returncode == 1
            with pytest.raises(Exception, match="'ls /nothing' in 'web' ended with exit code 1"):
                run_in("web", "ls", "/nothing")

        def test_what_fails_at_first_may_be_tried_again(run_in):
            second_time = "test -e /tmp/asked || { touch /tmp/asked; exit 1; }"
            run_in("web", "sh", "-c", second_time, retry_for=30)

        def test_credentials_are_known(run_in, stack):
            token = stack.credentials["WEB_TOKEN"]
            assert len(token) == 48
            assert run_in("web", "sh", "-c", "echo $WEB_TOKEN").stdout == f"{token}\\n"
            assert token not in repr(stack.credentials)
            with pytest.raises(KeyError, match="no credential 'TOKEN'; there are: WEB_TOKEN"):
                stack.credentials["TOKEN"]

        def test_jobs_have_done_their_work(stack):
            assert stack.exit_code("fill") == 0
            assert stack.logs("fill") == "filling"
            assert stack.exit_code("web") is None
            assert sorted(stack.services) == ["fill", "web"]

        def test_mistakes_are_told(stack):
            with pytest.raises(Exception, match="no service 'wbe'(.|\\n)*Did you mean 'web'"):
                stack.url("wbe")
            with pytest.raises(Exception, match="'fill' publishes no TCP port"):
                stack.url("fill")
            with pytest.raises(Exception, match="publishes no port 1(.|\\n)*8000"):
                stack.url("web", container_port=1)
    """)
    podman("volume", "create", f"{user.config().project_name}-data")
    user.write("tests/test_web.py", test)
    before, there = user.tree(), left()
    done = run(test_web=test)
    assert done.returncode == 0, done.stdout
    assert "7 passed" in done.stdout
    assert left() == there
    after = {path: seen for path, seen in user.tree().items() if "__pycache__" not in path}
    assert meaning(after) == meaning(before)


MERGED = """\
x-base: &base
  image: IMAGE
  container_name: NAME-fixed
  ports: ["0.0.0.0:{{ framework.services.web.port }}:8000"]
  volumes: [data:/data, bound:/bound, "{{ project_root }}/linked:/linked"]
x-volume: &volume {name: NAME-data}
services:
  web:
    <<: *base
    command:
      - sh
      - -c
      - |
        for folder in /data /bound /linked; do echo test > $$folder/page; done
        exec httpd -f -p 8000 -h /data
    healthcheck:
      test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8000/page"]
      interval: 1s
volumes:
  data: {<<: *volume}
  bound: {driver_opts: {type: none, o: bind, device: OUTSIDE}}
"""


def test_what_templates_share_by_other_means_is_not_met_either(
    run: RunPytest,
    user: Project,
    left: Callable[[], list[str]],
    podman: Podman,
    sh_image: str,
    tmp_path: Path,
) -> None:
    """Merge keys, a volume that is a folder of the host, a link that leads out of the project."""
    name = user.config().project_name
    outside = tmp_path / "theirs"
    outside.mkdir()
    (outside / "page").write_text("theirs", encoding="utf-8")
    (user.root / "linked").symlink_to(outside)
    text = MERGED.replace("NAME", name).replace("IMAGE", sh_image).replace("OUTSIDE", str(outside))
    user.deploy("web", text, port=8081, more={"project_name": name})
    podman("volume", "create", f"{name}-data")
    there = left()
    test = TEST.replace("hello", "test") + textwrap.dedent("""
        def test_it_is_alone(stack, run_in):
            assert stack.address("web")[0] == "127.0.0.1"
            assert stack.address("web")[1] != 8081
            assert "-test-" in stack.state("web").name
            assert run_in("web", "ls", "/bound").stdout == "page\\n"
            assert run_in("web", "cat", "/linked/page").stdout == "theirs"
    """)
    done = run(test_web=test)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert left() == there
    assert (outside / "page").read_text(encoding="utf-8") == "theirs"
    look = ("run", "--rm", "--network=none", f"--volume={name}-data:/data", sh_image, "ls", "/data")
    assert podman.lines(*look) == []


def test_two_stacks_at_once_do_not_meet(
    run: RunPytest, user: Project, left: Callable[[], list[str]], tmp_path: Path
) -> None:
    """Two workers, a module each; each test waits until the stack of the other is up."""
    meet = textwrap.dedent(f"""
        import os, pathlib, time

        def test_the_other_runs_at_the_same_time(stack, service_url):
            folder = pathlib.Path({str(tmp_path)!r}, "met")
            folder.mkdir(exist_ok=True)
            mine = service_url("web")
            (folder / os.environ["PYTEST_XDIST_WORKER"]).write_text(mine)
            deadline = time.monotonic() + 120
            while len(texts := [f.read_text() for f in folder.iterdir()]) < 2 or not all(texts):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert len(set(texts)) == 2
            for url in texts:
                with urllib.request.urlopen(f"{{url}}/page", timeout=10) as answer:
                    assert answer.status == 200
            (folder.parent / os.environ["PYTEST_XDIST_WORKER"]).touch()
            while len(list(folder.parent.glob("gw*"))) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    """)
    done = run("-p", "xdist", "-n", "2", "--dist=loadfile", test_a=TEST + meet, test_b=TEST + meet)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
    assert left() == []


def test_who_does_not_come_up_is_told_with_its_last_words_and_goes(
    run: RunPytest, user: Project, left: Callable[[], list[str]]
) -> None:
    user.write("services/framework/web/serve.sh", "echo no database here\nexit 3\n")
    done = run(test_web=TEST)
    assert done.returncode == 1
    assert "web failed" in done.stdout
    assert "no database here" in done.stdout
    assert "services/framework/web/docker-compose.yml.j2:3" in done.stdout
    assert "Traceback" not in done.stdout
    assert left() == []


def test_a_failing_test_shows_what_the_containers_said(run: RunPytest) -> None:
    done = run(test_web=TEST + "\ndef test_bad(stack):\n    assert False\n")
    assert done.returncode == 1
    report = done.stdout.partition("logs of containers")[2]
    assert "web (running):\n    ready" in report
    assert "fill (exited):\n    filling" in report


def test_other_settings_for_the_stack_of_a_module(
    run: RunPytest, left: Callable[[], list[str]]
) -> None:
    test = TEST + textwrap.dedent("""
        @pytest.fixture(scope="module")
        def stack_project(stack_project):
            stack_project.write("services/framework/web/more.sh", "")
            stack_project.set({"framework.services.web.port": 8099})
            stack_project.env(WEB_TOKEN="for-tests-only-1")
            return stack_project

        def test_it_has_them(stack):
            assert stack.credentials["WEB_TOKEN"] == "for-tests-only-1"
            assert stack.project.config("framework.services.web.port") == 8099
    """)
    done = run(test_web=test)
    assert done.returncode == 0, done.stdout
    assert left() == []


@pytest.fixture
def in_a_long_test(user: Project) -> Iterator[subprocess.Popen[str]]:
    """A run of pytest whose stack is up, in the middle of a test that takes long."""
    user.write(
        "tests/test_web.py",
        TEST + "\n\ndef test_long(stack):\n    import time\n    time.sleep(120)\n",
    )
    with subprocess.Popen(
        [sys.executable, "-u", "-c", _INTERRUPTIBLE, *_ARGUMENTS, "-s"],
        cwd=user.root,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if ("test_it_answers" in line and "PASSED" in line) or line.strip() == "PASSED":
                break
        time.sleep(0.5)
        assert process.poll() is None, lines
        yield process
        process.kill()


@pytest.mark.parametrize(
    "signals",
    [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT, signal.SIGTERM]],
    ids=["ctrl-c", "sigterm", "impatient"],
)
def test_who_is_interrupted_leaves_nothing_behind(
    in_a_long_test: subprocess.Popen[str], left: Callable[[], list[str]], signals: list[int]
) -> None:
    assert any("-test-" in name for name in left())
    for number in signals:
        in_a_long_test.send_signal(number)
        time.sleep(1)
    rest = in_a_long_test.communicate(timeout=120)[0]
    assert in_a_long_test.returncode == 2, rest
    assert "Traceback" not in rest
    assert left() == []


def test_what_a_killed_run_left_is_removed_by_the_next(
    in_a_long_test: subprocess.Popen[str], run: RunPytest, left: Callable[[], list[str]]
) -> None:
    folders = set(Path(tempfile.gettempdir()).glob("container-manager-podman-*"))
    in_a_long_test.kill()
    in_a_long_test.wait()
    assert any("-test-" in name for name in left())
    done = run(test_web=TEST)
    assert done.returncode == 0, done.stdout
    assert left() == []
    # Other test runs, which have folders of their own, may begin meanwhile.
    assert folders - set(Path(tempfile.gettempdir()).glob("container-manager-podman-*"))


def test_images_of_one_run_share_their_layers(
    run: RunPytest, user: Project, left: Callable[[], list[str]]
) -> None:
    """The second module of a run builds nothing that the first has built."""
    slow = "ARG BASE\nFROM ${BASE}\nRUN date +%N > /stamp\nCOPY serve.sh /\n"
    user.write("services/framework/web/Dockerfile", slow)
    stamp = textwrap.dedent("""
        import pathlib

        def test_stamp(run_in):
            file = pathlib.Path(__file__).with_name("stamps")
            with file.open("a") as stamps:
                stamps.write(run_in("web", "cat", "/stamp").stdout)
    """)
    done = run(test_a=TEST + stamp, test_b=TEST + stamp)
    assert done.returncode == 0, done.stdout
    stamps = user.read("tests/stamps").split()
    assert len(stamps) == 2
    assert len(set(stamps)) == 1
    assert left() == []
