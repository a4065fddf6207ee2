"""What people do with a stack all day, through the command line and on real containers."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import textwrap
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Podman
from tests.integration.program import run_here

from container_manager.testing.ports import Ports

pytestmark = pytest.mark.podman

TOKEN = "a-secret-token-of-the-daily-lab"

STREAMED = ("exec", "run", "shell")
"""Commands that hand on our own standard streams."""

ROOT = "networks: {lab: {}}\n"
WEB = """
services:
  web:
    image: IMAGE
    command:
      - sh
      - -c
      - "echo web says $$GREETING $$API_TOKEN; trap 'exit 0' TERM; while :; do sleep 0.1; done"
    environment: {GREETING: "{{ word }}", API_TOKEN: "${API_TOKEN}"}
    ports: ["127.0.0.1:PORT:8000"]
    volumes: ["data:/data"]
    healthcheck: {test: "true", interval: 60s}
    networks: [lab]
    stop_grace_period: 1s
  side:
    image: IMAGE
    network_mode: service:web
    stop_grace_period: 1s
volumes: {data: {}}
"""
OTHERS = """
services:
  worker:
    image: IMAGE
    depends_on:
      web: {condition: service_healthy}
      job: {condition: service_completed_successfully}
    networks: [lab]
    stop_grace_period: 1s
  job:
    image: IMAGE
    command: [sh, -c, "echo ran >> /data/runs"]
    volumes: ["log:/data"]
volumes: {log: {}}
"""


class Lab:
    """A project, and the installed program on it."""

    def __init__(self, root: Path, name: str, image: str, port: int, podman: Podman) -> None:
        self.root, self.name, self.port, self.podman = root, name, port, podman
        self.write(
            "config.yml",
            f"""
            project_name: {name}
            word: hello
            deployed_services: [web, others]
            framework:
              services:
                web: {{path: services/web}}
                others: {{path: services/others}}
            """,
        )
        self.write(".env", f"API_TOKEN={TOKEN}\n")
        self.write("services/docker-compose.yml.j2", ROOT)
        for folder, text in (("web", WEB), ("others", OTHERS)):
            told = text.replace("IMAGE", image).replace("PORT", str(port))
            self.write(f"services/{folder}/docker-compose.yml.j2", told)

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8")

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start the program."""
        return subprocess.Popen(
            [sys.executable, "-m", "container_manager", *words],
            cwd=self.root, text=True, start_new_session=True, **options,
        )  # fmt: skip

    def run(self, *words: str, code: int = 0, stdin: str = "") -> str:
        """Run the program to its end; its standard output, or all that it says if it fails."""
        ended, out, said = self._apart(words, stdin) if words[0] in STREAMED else self._here(words)
        assert ended == code, f"{words}: {out}{said}"
        assert TOKEN not in said
        return out + said if code else out

    def _apart(self, words: Sequence[str], stdin: str) -> tuple[int, str, str]:
        process = self.start(
            *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, said = process.communicate(stdin, timeout=120)
        return process.returncode, out, said

    def _here(self, words: Sequence[str]) -> tuple[int, str, str]:
        ended = run_here(words, self.root)
        return ended.code, ended.out, ended.said

    def states(self) -> dict[str, str]:
        """Compose service -> the state of its container, by Podman alone."""
        listed = self.podman.lines("ps", "--all", "--quiet", f"--filter=name=^{self.name}_")
        shown = self.podman.lines("inspect", "--format={{.Name}} {{.State.Status}}", *listed)
        return {line.split()[0].split("_")[1]: line.split()[1] for line in shown}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, podman: Podman, sh_image: str) -> Iterator[Lab]:
    """A stack that runs; its tests leave it running."""
    ports = Ports()
    name = f"cmt-{uuid.uuid4().hex[:10]}"
    made = Lab(tmp_path_factory.mktemp("daily"), name, sh_image, ports.take(), podman)
    try:
        made.run("up", "--detached")
        yield made
    finally:
        podman.remove_all(name)
        ports.close()


@contextlib.contextmanager
def killed_at_the_end(process: subprocess.Popen[str]) -> Iterator[None]:
    """A process that has to have ended at the end of a block, and is not waited for if not."""
    try:
        with process:
            try:
                yield
                process.wait(timeout=30)
            finally:
                process.kill()
    finally:
        process.wait()


def ids(podman: Podman, lab: Lab) -> dict[str, str]:
    """Container -> its id and the time of its start, by Podman alone."""
    shown = podman.lines(
        "ps", "--all", "--format={{.Names}} {{.ID}} {{.StartedAt}}", f"--filter=name=^{lab.name}_"
    )
    return {line.split()[0].split("_")[1]: line for line in shown}


ALL_UP = {"web": "running", "side": "running", "worker": "running", "job": "exited"}


def test_ps_tells_what_podman_knows(lab: Lab, podman: Podman) -> None:
    rows = {one["service"]: one for one in json.loads(lab.run("ps", "--json"))}
    assert {name: row["state"] for name, row in rows.items()} == ALL_UP
    assert (rows["web"]["health"], rows["job"]["exit_code"]) == ("healthy", 0)
    assert rows["web"]["addresses"] == [f"http://127.0.0.1:{lab.port}"]
    assert rows["worker"]["owner"] == "framework.others"
    table = lab.run("ps")
    assert table.splitlines()[0].split()[:4] == ["SERVICE", "CONTAINER", "STATE", "HEALTH"]


def test_stop_and_start_work_although_the_configuration_is_broken(lab: Lab, podman: Podman) -> None:
    good = (lab.root / "config.yml").read_text()
    before = ids(podman, lab)
    lab.write("config.yml", "project_name: [broken")
    (lab.root / "build").rename(lab.root / "build-gone")
    try:
        lab.run("stop")
        assert set(lab.states().values()) == {"exited"}
        told = lab.run("start", "worker", "--json")
        # The job runs again for who waits for it; nobody asked for 'side'.
        started = {one["service"]: one["state"] for one in json.loads(told)["services"]}
        assert started == {"web": "up", "worker": "up", "job": "done"}
        assert lab.states()["side"] == "exited"
        lab.run("restart", "--only")
        assert lab.states() == ALL_UP
    finally:
        (lab.root / "build-gone").rename(lab.root / "build")
        lab.write("config.yml", good)
    now = ids(podman, lab)
    assert {name: line.split()[1] for name, line in now.items()} == {
        name: line.split()[1] for name, line in before.items()
    }


def test_restart_takes_along_who_shares_a_namespace_and_applies_settings(
    lab: Lab, podman: Podman
) -> None:
    before = ids(podman, lab)
    lab.run("restart", "web")
    after = ids(podman, lab)
    assert {name for name in before if before[name] != after[name]} == {"web", "side"}
    assert before["web"].split()[1] == after["web"].split()[1]

    text = (lab.root / "config.yml").read_text()
    lab.write("config.yml", text.replace("word: hello", "word: bonjour"))
    lab.run("restart")
    latest = ids(podman, lab)
    assert latest["web"].split()[1] != after["web"].split()[1]
    assert latest["worker"].split()[1] == after["worker"].split()[1]
    assert latest["worker"] != after["worker"]
    assert latest["job"] == after["job"]
    lab.run("restart", "worker")  # a compose service; 'others' is ours
    assert lab.states() == ALL_UP
    assert "Did you mean 'worker'?" in lab.run("restart", "wroker", code=2)
    assert lab.run("exec", "web", "--", "sh", "-c", "echo $GREETING") == "bonjour\n"


def test_pause_and_kill(lab: Lab, podman: Podman) -> None:
    lab.run("pause", "worker")
    assert lab.states()["worker"] == "paused"
    assert "'unpause worker'" in lab.run("exec", "worker", "--", "true", code=2)
    lab.run("unpause", "worker")
    lab.run("kill", "worker")
    assert lab.states()["worker"] == "exited"
    told = lab.run("exec", "worker", "--", "true", code=2)
    assert "worker does not run: it is exited with exit code 137." in told
    assert "'start worker'" in told
    assert "No service 'wroker'" in lab.run("kill", "wroker", code=2)
    assert "no signal 'HUPP'" in lab.run("kill", "worker", "--signal", "HUPP", code=2)
    lab.run("start")
    assert lab.states() == ALL_UP


def test_the_graph_shows_what_the_containers_do(lab: Lab) -> None:
    lab.run("kill", "worker")
    drawn = lab.run("graph", "--live")
    lab.run("start", "worker")
    shown = dict(re.findall(r'data-service="(\w+)" data-state="(\w+)"', drawn))
    assert shown == {"web": "healthy", "side": "running", "job": "done", "worker": "failed"}
    assert "data-state" not in lab.run("graph")
    assert lab.states() == ALL_UP


def test_exec_hands_on_words_streams_and_exit_codes(lab: Lab) -> None:
    assert lab.run("exec", "web", "--", "printf", "%s|", "a b", "", "-l", "--", "$X") == (
        "a b||-l|--|$X|"
    )
    assert lab.run("exec", "web", "--", "cat", stdin="x\n") == "x\n"
    assert "out" in lab.run("exec", "web", "--", "sh", "-c", "echo out; exit 42", code=42)
    lab.run("exec", "web", "--", "no-such-program", code=127)
    assert lab.run("exec", "--setenv", "A=b c", "web", "--", "sh", "-c", "echo $A") == "b c\n"
    assert lab.run("exec", "worker", "--setenv", "API_TOKEN", "--", "env").count(TOKEN) == 1
    assert "is a secret" in lab.run("exec", "web", "--setenv", "API_TOKEN=x", "--", "env", code=2)
    assert lab.run("shell", "worker", stdin="echo $((6 * 7))\n") == "42\n"
    assert "several containers" in lab.run("exec", "others", "--", "true", code=2)


def test_stock_invoke_hands_on_the_same_words(lab: Lab) -> None:
    lab.write("tasks.py", "from container_manager.tasks import namespace\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "invoke", "exec", "--service", "web", "--"),
            *("sh", "-c", 'echo "$1"; exit 3', "-", "two  words"),
        ],
        cwd=lab.root, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("two  words\n", 3), done.stderr


ATTACHED = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes standard input the terminal that Ctrl-C comes from, as a login does."""


def test_a_shell_gets_the_terminal_and_gives_it_back(lab: Lab) -> None:
    controller, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    process = subprocess.Popen(
        [sys.executable, "-c", ATTACHED, sys.executable, "-m", "container_manager", "shell", "web"],
        cwd=lab.root, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
    )  # fmt: skip
    try:
        answered(controller, b"", b"# ")
        assert termios.tcgetattr(terminal)[3] != before[3]  # keys are the shell's
        said = answered(controller, b"tty; echo $((6 * 7)); sleep 60\n", b"42\r\n")
        assert b"/dev/pts/" in said
        # Ctrl-C ends 'sleep', and nothing else; one that comes before it began is no answer.
        answered(controller, b"\x03", b"# ", again=True)
        os.write(controller, b"exit 9\n")
        assert process.wait(timeout=30) == 9
        assert termios.tcgetattr(terminal) == before
    finally:
        process.kill()
        process.wait()
        os.close(controller)
        os.close(terminal)


def answered(controller: int, keys: bytes, text: bytes, *, again: bool = False) -> bytes:
    """Type something, each second anew if ``again``, and wait for a text; all that was shown."""
    os.write(controller, keys)
    shown, deadline = b"", time.monotonic() + 30
    while text not in shown:
        left = deadline - time.monotonic()
        ready, _, _ = select.select([controller], [], [], max(min(left, 1.0), 0))
        assert ready or left > 0, f"{text!r} was not shown: {shown!r}"
        if ready:
            shown += os.read(controller, 4096)
        elif again:
            os.write(controller, keys)
    return shown


TRAPS = "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done"


def test_ctrl_c_reaches_the_command(lab: Lab) -> None:
    process = lab.start(
        *("exec", "worker", "--", "sh", "-c", TRAPS),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    with killed_at_the_end(process):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "caught\n"
    assert process.returncode == 5
    assert "caught" not in lab.run("top", "worker")


def test_what_is_said_published_and_used(lab: Lab) -> None:
    said = lab.run("logs", "web", "--tail", "1")
    assert said.startswith("web  | web says ")
    assert said.endswith(" ***\n")
    assert lab.run("open", "web") == f"http://127.0.0.1:{lab.port}\n"
    assert "publishes no port" in lab.run("open", "others", code=2)
    assert f"127.0.0.1:{lab.port}" in lab.run("port")
    assert json.loads(lab.run("images", "worker", "--json"))[0]["newer"] is False
    assert "API_TOKEN: ${API_TOKEN}" in lab.run("config", "web")
    lab.podman("exec", "-d", f"{lab.name}_worker_1", "sh", "-c", f"sleep 9; true # {TOKEN}")
    assert "sleep 9; true # ***" in lab.run("top", "worker")
    lab.run("cp", "config.yml", "worker:/tmp/copied")
    lab.run("cp", "worker:/tmp/copied", "back")
    assert (lab.root / "back").read_text() == (lab.root / "config.yml").read_text()
    said = lab.run("cp", "worker:/tmp/no-such-file", ".", code=1)
    assert "no-such-file" in said
    assert not re.search("[0-9a-f]{12}", said)
    assert [one["service"] for one in json.loads(lab.run("ps", "worker", "--json"))] == ["worker"]
    assert "No service 'wroker' has a container here" in lab.run("ps", "wroker", code=2)


def leftovers(podman: Podman, lab: Lab) -> list[str]:
    """Whatever of ``run`` is still there."""
    containers = podman.lines("ps", "--all", "--format={{.Names}}", f"--filter=name=^{lab.name}")
    secrets = podman.lines("secret", "ls", "--format={{.Name}}")
    files = sorted((lab.root / ".container-manager/one-off").iterdir())
    known = {one.partition(".")[2].partition(".")[0] for one in secrets if lab.name in one}
    return [*(n for n in containers if "-run-" in n), *(known - {"APITOKEN"}), *map(str, files)]


def test_run_has_the_services_settings_and_leaves_nothing(lab: Lab, podman: Podman) -> None:
    before = ids(podman, lab)
    word = "bonjour" if "word: bonjour" in (lab.root / "config.yml").read_text() else "hello"
    script = "echo $GREETING $API_TOKEN $A; hostname > /data/host; cat; exit 9"
    told = lab.start(
        *("run", "web", "--setenv", "A=b $c", "--", "sh", "-c", script),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, said = told.communicate("from stdin\n", timeout=60)
    assert (told.returncode, out) == (9, f"{word} {TOKEN} b $c\nfrom stdin\n"), said
    # The volume is the service's own, and the service was not touched.
    host = lab.run("exec", "web", "--", "sh", "-c", "cat /data/host; rm /data/host; hostname")
    assert len(set(host.split())) == 2
    lab.run("run", "web", "--", "no-such-program", code=127)
    assert "would be stored" in lab.run("run", "web", "--setenv", "API_TOKEN", code=2)
    assert ids(podman, lab) == before
    assert leftovers(podman, lab) == []


def test_run_brings_up_what_the_service_needs_and_ctrl_c_reaches_it(
    lab: Lab, podman: Podman
) -> None:
    lab.run("stop")
    process = lab.start(
        *("run", "worker", "--", "sh", "-c", f"wget -qO- web:1; {TRAPS}"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with killed_at_the_end(process):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        states = lab.states()
        assert (states["web"], states["worker"], states["side"]) == (
            "running", "exited", "exited",
        )  # fmt: skip
        assert [name for name in states if name.startswith("worker-run-")]
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "caught\n"
    assert process.returncode == 5
    assert leftovers(podman, lab) == []
    lab.run("start")


def test_logs_are_followed_until_somebody_leaves(lab: Lab, podman: Podman) -> None:
    process = lab.start("logs", "-f", "worker", stdout=subprocess.PIPE)
    with killed_at_the_end(process):
        assert process.stdout is not None
        container = f"{lab.name}_worker_1"
        podman("exec", container, "sh", "-c", "echo from afar > /proc/1/fd/1")
        assert process.stdout.readline() == "worker | from afar\n"
        os.killpg(process.pid, signal.SIGINT)
    assert process.returncode == 130
    assert lab.states()["worker"] == "running"
