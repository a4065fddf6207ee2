"""The page in a real browser: what it shows is what Podman says, and nobody else may ask for it."""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from tests.integration.conftest import Podman
from tests.integration.observed import DEADLINE, Lab, running_lab, until

pytestmark = [pytest.mark.podman, pytest.mark.timeout(600)]

WAIT = DEADLINE * 1000
SERIOUS = ("serious", "critical")


@dataclass(slots=True)
class Server:
    """The server of the page."""

    process: subprocess.Popen[str]
    port: int
    token: str

    @property
    def address(self) -> str:
        """The address that was printed."""
        return f"http://127.0.0.1:{self.port}/#{self.token}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        """One request of somebody else than the page: status and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=named)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


@dataclass(slots=True)
class Shown:
    """The page as a browser shows it, and what it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def cell(self, container: str, number: int) -> str:
        """What a cell of a container's row says."""
        row = f'#rows tr[data-container="{container}"] > :nth-child({number})'
        return self.page.inner_text(row).strip()

    def until(self, script: str, *given: Any) -> None:
        """Wait until JavaScript is true in the page."""
        self.page.wait_for_function(script, arg=list(given), timeout=WAIT, polling=50)


STATE = """([container, state]) => {
    const row = document.querySelector(`#rows tr[data-container="${container}"]`);
    return row?.children[1].innerText.includes(state);
}"""
HEALTH = STATE.replace("children[1]", "children[2]")
WRONG = STATE.replace("children[1]", "children[0]")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, podman: Podman, sh_image: str) -> Iterator[Lab]:
    """A stack that runs; its tests leave it running."""
    with running_lab(tmp_path_factory.mktemp("dashboard"), podman, sh_image) as made:
        yield made


@contextlib.contextmanager
def serving(lab: Lab) -> Iterator[Server]:
    """The server for the time of a block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "container_manager", "dashboard", "--no-open"],
        cwd=lab.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/#([\w-]+)", line):
                yield Server(process=process, port=int(found[1]), token=found[2])
                return
        pytest.fail(f"It ended with exit code {process.wait()}.")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server(lab: Lab) -> Iterator[Server]:
    """The server of the page."""
    with serving(lab) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a screen."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("These tests need Chromium ('apt-get install chromium').", pytrace=False)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield made
        made.close()


@contextlib.contextmanager
def opened(browser: Browser, address: str, **how: Any) -> Iterator[Shown]:
    """The page for the time of a block; what the browser complains about is gathered."""
    context = browser.new_context(**how)
    shown = Shown(page=context.new_page())
    shown.page.on("console", lambda m: shown.complaints.append(f"{m.type}: {m.text}"))
    shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    shown.page.on(
        "request", lambda r: shown.hosts.add(r.url.split("/")[2] if "//" in r.url else "")
    )
    try:
        shown.page.goto(address)
        yield shown
    finally:
        context.close()


@pytest.fixture(scope="module")
def shown(browser: Browser, server: Server) -> Iterator[Shown]:
    """The page, opened at the address that was printed."""
    with opened(browser, server.address) as made:
        made.page.wait_for_selector("#rows tr", timeout=WAIT)
        yield made


def told_within(podman: Podman, shown: Shown, asked: str, container: str, said: str, script: str,
                expected: str) -> float:  # fmt: skip
    """Wait until Podman says something, and then the page: the seconds in between."""
    end = time.monotonic() + DEADLINE
    while said not in podman.lines("inspect", f"--format={asked}", container)[0]:
        assert time.monotonic() < end, f"Podman never said {said}"
    began = time.monotonic()
    shown.until(script, container, expected)
    return time.monotonic() - began


def test_it_shows_what_podman_says_while_things_happen(
    lab: Lab, podman: Podman, shown: Shown, record_property: Callable[[str, object], None]
) -> None:
    """On a machine that is not busy, each of the times that are told is below two seconds."""
    web, flaky = lab.container("web"), lab.container("flaky")
    state, health = "{{.State.Status}}", "{{.State.Health.Status}}"
    shown.until(STATE, web, "running")
    assert shown.cell(web, 8) == f"127.0.0.1:{lab.port}"
    link = shown.page.get_attribute(f'#rows tr[data-container="{web}"] a', "href")
    assert link == f"http://127.0.0.1:{lab.port}"
    assert shown.cell(lab.container("job"), 2).endswith("exited 0")
    took = {}
    podman("kill", web)
    took["killed"] = told_within(podman, shown, state, web, "exited", STATE, "exited 137")
    podman("start", web)
    took["started"] = told_within(podman, shown, state, web, "running", STATE, "running")
    shown.until(HEALTH, web, "healthy")
    podman("exec", web, "touch", "/tmp/sick")
    took["unhealthy"] = told_within(podman, shown, health, web, "unhealthy", HEALTH, "unhealthy")
    shown.until(WRONG, web, "its health check fails")
    podman("exec", web, "rm", "/tmp/sick")
    shown.until(HEALTH, web, "✓")
    podman("exec", flaky, "touch", "/tmp/end")
    took["looping"] = told_within(
        podman, shown, "{{.RestartCount}}", flaky, "4", WRONG, "again and again"
    )
    assert "do not do what they should" in shown.page.inner_text("#summary")
    podman("rm", "--force", "--time=0", flaky)
    shown.until(
        "() => document.querySelector('#notes').innerText.includes('flaky has no container')"
    )
    lab.run("up", "--detached")
    shown.until("() => document.querySelector('#summary').innerText.startsWith('✓ All 3')")
    record_property(
        "dashboard, seconds from Podman to the page",
        ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items()),
    )


def test_logs_are_shown_as_text_whatever_they_say(lab: Lab, podman: Podman, shown: Shown) -> None:
    hostile = r"<img src=x onerror=alert(1)>\033[31m\033]0;title\007 caf\303\251 \377"
    process = podman("inspect", "--format={{.State.Pid}}", lab.container("web")).stdout.strip()
    podman("exec", lab.container("web"), "sh", "-c", f"printf '{hostile}\\n' > /proc/1/fd/1")
    assert process
    shown.until("() => document.querySelector('#lines').innerText.includes('onerror')")
    line = shown.page.inner_text("#lines > div:last-child")
    assert line.replace("\n", " ") == "web<img src=x onerror=alert(1)> café \ufffd"
    assert shown.page.query_selector("#lines img") is None
    shown.page.fill("#log-text", "no such text")
    assert shown.page.inner_text("#lines") == ""
    shown.page.fill("#log-text", "ONERROR")
    assert "café" in shown.page.inner_text("#lines")
    shown.page.fill("#log-text", "")


def test_the_graph_and_the_plan_are_shown(lab: Lab, shown: Shown) -> None:
    shown.page.wait_for_selector('#picture [data-service="web"]', timeout=WAIT)
    lab.configure("bonjour")
    try:
        shown.until(WRONG, lab.container("web"), "differs: 'environment.GREETING' changed")
        shown.page.click("#plan-ask")
        told = "() => document.querySelector('#plan-told').innerText.includes('recreate')"
        shown.until(told)
        assert "framework.services.web.word" in shown.page.inner_text("#plan-told")
    finally:
        lab.configure("hello")
    shown.until("() => !document.querySelector('#rows').innerText.includes('GREETING')")


def test_a_broken_configuration_is_told_and_hides_nothing(lab: Lab, shown: Shown) -> None:
    (lab.root / "config.yml").write_text("project_name: [broken")
    try:
        shown.until("() => document.querySelector('#notes').innerText.includes('config.yml:1:15')")
        assert len(shown.page.query_selector_all("#rows tr")) == 3
    finally:
        lab.configure("hello")
    shown.until("() => document.querySelector('#notes').innerText === ''")


def test_commands_can_be_copied(lab: Lab, shown: Shown) -> None:
    shown.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.page.click(f'#rows tr[data-container="{lab.container("web")}"] button')
    copied = shown.page.evaluate("() => navigator.clipboard.readText()")
    assert copied.endswith(" logs web")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_all(browser: Browser, server: Server, scheme: str) -> None:
    """Checked by axe, at the width of a desk and of a telephone."""
    for width in (1280, 380):
        size = {"width": width, "height": 900}
        with opened(browser, server.address, color_scheme=scheme, viewport=size) as shown:
            shown.page.wait_for_selector("#picture [data-service]", timeout=WAIT)
            found = Axe().run(shown.page).response["violations"]
            assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
            sideways = "() => document.documentElement.scrollWidth > innerWidth"
            assert not shown.page.evaluate(sideways)


def test_it_can_be_used_by_keyboard(browser: Browser, server: Server) -> None:
    with opened(browser, server.address) as shown:
        shown.page.wait_for_selector("#rows tr", timeout=WAIT)
        shown.page.keyboard.press("Tab")
        assert shown.page.evaluate("() => document.activeElement.className") == "skip"
        shown.page.keyboard.press("Enter")
        assert shown.page.evaluate("() => document.activeElement.id") == "status"
        reached = set()
        for _ in range(60):
            shown.page.keyboard.press("Tab")
            reached.add(shown.page.evaluate("() => document.activeElement.id"))
        assert {"picture", "log-service", "log-text", "log-pause", "lines", "plan-ask"} <= reached


def test_nobody_else_may_ask(server: Server, browser: Browser) -> None:
    good = {"Authorization": f"Bearer {server.token}"}
    assert server.ask("/api/about", **good)[0] == 200
    assert server.ask("/api/about")[0] == 403
    assert server.ask("/api/about", Authorization="Bearer wrong")[0] == 403
    assert server.ask("/api/about", **good, Origin="http://evil.example")[0] == 403
    assert server.ask("/api/about", **good, Host="evil.example")[0] == 403
    assert server.ask("/", Host=f"evil.example:{server.port}")[0] == 403
    assert server.ask("/api/plan", method="POST", **good)[0] == 405
    with opened(browser, f"http://127.0.0.1:{server.port}/") as shown:
        shown.page.wait_for_selector("#refused:not([hidden])", timeout=WAIT)
        assert shown.page.query_selector("#rows tr") is None


def test_the_browser_had_nothing_to_complain_about(shown: Shown, server: Server) -> None:
    """Of all that the tests before did with the page."""
    assert shown.complaints == []
    assert shown.hosts == {f"127.0.0.1:{server.port}"}
    assert server.token not in shown.page.url


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_in_order_and_leaves_the_containers_alone(
    lab: Lab, browser: Browser, sign: signal.Signals
) -> None:
    with serving(lab) as server, opened(browser, server.address) as shown:
        shown.page.wait_for_selector("#rows tr", timeout=WAIT)
        shown.until("() => document.querySelector('#lines').childElementCount >= 0")
        followers = children_of(server.process.pid)
        server.process.send_signal(sign)
        assert server.process.wait(timeout=DEADLINE) == 130
        until(lambda: not any(Path(f"/proc/{one}").exists() for one in followers))
        shown.until("() => document.querySelector('#connection').className === 'lost'")
        assert "connection is lost" in shown.page.inner_text("#connection")
    assert lab.states()["web"] == "running"


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, which follow events and logs for it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found
