"""``logs`` on real containers: nothing is lost or told twice, whatever happens to them."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import Podman

pytestmark = pytest.mark.podman

COUNTER = "i=0; while :; do echo RUN $$i; i=$$((i+1)); usleep 50000; done"
"""Says its run, which the template fills in, and a number; for ever."""

WEB = """
services:
  web:
    image: IMAGE
    environment: {{WORD: "{{{{ framework.services.web.word }}}}"}}
    command:
      - sh
      - -c
      - r=$$(cat /data/run 2>/dev/null || echo 0); echo $$((r+1)) > /data/run; {counter}
    volumes: [runs:/data]
    stop_grace_period: 1s
  job:
    image: IMAGE
    command: [sh, -c, 'sh /say']
    volumes: ["./web/say:/say:ro"]
  mute:
    image: IMAGE
    logging: {{driver: none}}
    stop_grace_period: 1s
volumes: {{runs: {{}}}}
""".format(counter=COUNTER.replace("RUN", "run $$r.$$WORD"))  # fmt: skip
OTHER = """
services:
  other:
    image: IMAGE
    command: [sh, -c, 'echo other has come; sleep 1000']
    stop_grace_period: 1s
"""
SAY = r"""
printf 'umlaut \303\274, broken \377\376\n'
printf '\033]0;title\007\033[2J\033[31mred\033[0m\n'
head -c 20000 /dev/zero | tr '\0' x; echo
usleep 200000; echo 'to the other pipe' >&2; usleep 200000
echo "the token is $(printf hunt; printf er22)"
printf 'bit '; usleep 200000; printf 'by '; usleep 200000; echo bit
printf 'without an end'
"""
DEADLINE = 60.0


class Lab:
    """A project whose stack runs."""

    def __init__(self, root: Path, name: str, image: str) -> None:
        self.root, self.name = root, name
        self.configure("first")
        for service, text in (("web", WEB), ("other", OTHER)):
            template = root / "services" / service / "docker-compose.yml.j2"
            template.parent.mkdir(parents=True)
            template.write_text(text.replace("IMAGE", image))
        (root / "services/web/say").write_text(SAY)
        (root / "services/docker-compose.yml.j2").write_text("networks: {default: {}}\n")
        (root / ".env").write_text("API_TOKEN=hunter22\n")

    def configure(self, word: str, *more: str) -> None:
        """Write its configuration."""
        text = f"""
            project_name: {self.name}
            deployed_services: [{", ".join(["web", *more])}]
            token: ${{API_TOKEN}}
            framework:
              services:
                web: {{path: services/web, one_shot: [job], word: {word}}}
                other: {{path: services/other}}
        """
        (self.root / "config.yml").write_text(textwrap.dedent(text))

    def command(self, *words: str) -> list[str]:
        """What calls the program."""
        return [sys.executable, "-m", "container_manager", *words]

    def run(self, *words: str, code: int = 0) -> str:
        """Run the program; its standard output, and what it says to people where it fails."""
        ended = subprocess.run(
            self.command(*words),
            cwd=self.root, text=True, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert code == ended.returncode, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stdout + (ended.stderr if code else "")


class Follower:
    """``logs --follow`` in a process; what it says is kept."""

    def __init__(self, lab: Lab, *words: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            lab.command("logs", "--follow", *words),
            cwd=lab.root, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        said = self.process.stdout
        assert said is not None
        self.reader = threading.Thread(
            target=lambda: self.lines.extend(iter(said.readline, "")), daemon=True
        )
        self.reader.start()

    def until(self, true: Callable[[list[str]], bool]) -> None:
        """Wait for what is said some time."""
        end = time.monotonic() + DEADLINE
        while not true(self.lines):
            assert time.monotonic() < end, self.lines[-20:]
            time.sleep(0.1)

    def end(self) -> int:
        """Press Ctrl-C; the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(DEADLINE)
        self.close()
        return code

    def close(self) -> None:
        """End it, if it has not ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join(DEADLINE)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def following(lab: Lab, *words: str) -> Iterator[Follower]:
    """Follow logs within a block."""
    follower = Follower(lab, *words)
    try:
        yield follower
    finally:
        follower.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, podman: Podman, sh_image: str) -> Iterator[Lab]:
    """A stack that runs; its tests leave it running."""
    name = f"cmt-{uuid.uuid4().hex[:10]}"
    made = Lab(tmp_path_factory.mktemp("logs"), name, sh_image)
    podman.introduce(made.root)
    try:
        made.run("up", "--detached")
        yield made
    finally:
        podman.remove_all(name)


def of_run(lines: list[str], run: str) -> list[int]:
    """The numbers that ``web`` has said in a run."""
    return [int(line.split()[-1]) for line in lines if f"run {run} " in line]


def test_all_is_shown_in_the_order_of_time_and_nothing_steers_the_terminal(lab: Lab) -> None:
    every = lab.run("logs").splitlines()
    assert [line for line in every if line.startswith("job")] == [
        "job  | umlaut ü, broken ��",
        "job  | red",
        f"job  | {'x' * 20000}",
        "job  | to the other pipe",
        "job  | the token is ***",
        "job  | bit by bit",
        "job  | without an end",
    ]
    assert not [line for line in every if line.startswith("mute")]
    told = [json.loads(line) for line in lab.run("logs", "--json", "--tail", "20").splitlines()]
    assert {one["service"] for one in told} == {"job", "web"}
    assert [one["time"] for one in told] == sorted(one["time"] for one in told)
    assert lab.run("logs", "job", "--grep", "^RED$", "--ignore-case") == "job | red\n"
    assert "is none" in lab.run("logs", "--grep", "(", code=2)


def test_a_container_that_keeps_no_logs_is_told_and_fails_nothing(lab: Lab) -> None:
    ended = subprocess.run(
        lab.command("logs", "mute"), cwd=lab.root, text=True, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "Podman does not give the logs of" in ended.stderr
    assert "'none' log driver" in ended.stderr


def test_times_limit_what_is_shown(lab: Lab) -> None:
    every = [json.loads(line) for line in lab.run("logs", "job", "--json").splitlines()]
    parting = every[4]["time"]
    later = lab.run("logs", "job", "--timestamps", "--since", parting).splitlines()
    assert later[-1] == f"job | {every[-1]['time']} without an end"
    assert len(later) < len(every)
    assert "web  |" not in lab.run("logs", "--since", "2100-01-01")
    assert lab.run("logs", "job", "--until", "2001-01-01") == ""
    for option in ("--since", "--until"):
        assert f"{option} takes a length of time" in lab.run("logs", option, "soon", code=2)
    assert "one of them" in lab.run("logs", "-f", "--until", "1m", code=2)


def test_on_a_terminal_there_are_colours(lab: Lab) -> None:
    leader, terminal = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    ended = subprocess.run(
        lab.command("logs", "job", "--grep", "red"),
        cwd=lab.root, env={**environ, "TERM": "xterm"},
        stdout=terminal, timeout=DEADLINE, check=True,
    )  # fmt: skip
    os.close(terminal)
    assert ended.returncode == 0
    said = os.read(leader, 65536).decode()
    os.close(leader)
    assert said.startswith("\x1b[")
    assert "mjob |\x1b[0m \x1b[31mred\x1b[0m" in said
    assert "title" not in said


def test_restarted_recreated_and_new_containers_are_followed(lab: Lab, podman: Podman) -> None:
    with following(lab, "--tail", "0") as follower:
        follower.until(lambda lines: len(of_run(lines, "0.first")) > 2)
        lab.run("restart", "web", "--only")
        follower.until(lambda lines: len(of_run(lines, "1.first")) > 2)
        podman("kill", f"{lab.name}_web_1")
        podman("start", f"{lab.name}_web_1")
        follower.until(lambda lines: len(of_run(lines, "2.first")) > 2)
        lab.configure("second", "other")
        lab.run("up", "--detached")
        follower.until(lambda lines: len(of_run(lines, "3.second")) > 2)
        follower.until(lambda lines: any("other has come" in line for line in lines))
        assert follower.end() == 130
    for run in ("0.first", "1.first", "2.first", "3.second"):
        numbers = of_run(follower.lines, run)
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), run
        assert run == "0.first" or numbers[0] == 0
    # What was followed is what Podman has of the last container.
    kept = of_run(podman.lines("logs", f"{lab.name}_web_1"), "3.second")
    assert kept[: len(numbers)] == numbers


def test_stopped_ones_are_followed_when_they_start(lab: Lab) -> None:
    lab.run("stop", "web")
    with following(lab, "web", "--since", "1s", "--grep", "run .* 0$") as follower:
        lab.run("start", "web")
        follower.until(lambda lines: any(line.startswith("web ") for line in lines))
        assert follower.end() == 130


def test_a_closed_pipe_ends_it(lab: Lab) -> None:
    for words in (("logs",), ("logs", "--follow")):
        with subprocess.Popen(
            lab.command(*words, "web"),
            cwd=lab.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            assert " | " in process.stdout.readline()
            process.stdout.close()
            assert process.wait(DEADLINE) == 128 + signal.SIGPIPE
            told = process.stderr.read().splitlines()
            assert all("'none' log driver" in line for line in told)


def test_labels_alone_are_enough(lab: Lab) -> None:
    text = (lab.root / "config.yml").read_text()
    (lab.root / "config.yml").write_text(f"project_name: {lab.name}\nbroken: [\n")
    (lab.root / "build").rename(lab.root / "elsewhere")
    try:
        assert "web  | run " in lab.run("logs", "web", "--tail", "1")
    finally:
        (lab.root / "config.yml").write_text(text)
        (lab.root / "elsewhere").rename(lab.root / "build")
