"""Makes the pictures of the documentation: './run pictures' starts a stack and looks at it.

The stack is a laboratory whose containers only sleep; it has a project of its own in a temporary
folder, and goes at the end. Written are ``status.svg``, ``graph-live.svg``, ``dashboard.png`` and
``dashboard-dark.png``, beside this file.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright
from rich.console import Console
from tests.integration.conftest import SH_IMAGE, Podman, import_of_sh_image

from container_manager import verbs
from container_manager.cli import run
from container_manager.podman.host import connect
from container_manager.report.status import drawn
from container_manager.run import ProcessRunner

HERE = Path(__file__).parent
NAME = "laboratory"
IMAGES = ("jupyter:4.4", "open-webui:0.6", "pipelines:1.0", "mongo:7", "agent:2.1", "migrate:2.1")
WIDTH = 118
SIZE: ViewportSize = {"width": 1280, "height": 1360}
PATIENCE = 60.0


@contextmanager
def laboratory() -> Iterator[tuple[Path, Podman]]:
    """A stack of six services that runs, one of which was killed, and one configured anew."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pictures-")))
        root = folder / NAME
        shutil.copytree(HERE / "lab", root)
        podman = Podman(connect(ProcessRunner(), folder / "state", os.environ), folder / "found")
        if not podman("image", "exists", SH_IMAGE, check=False).ok:
            podman(*import_of_sh_image(folder / "root.tar"))
        names = [f"localhost/{name}" for name in IMAGES]
        for name in names:
            podman("tag", SH_IMAGE, name)
        stack.callback(podman, "untag", SH_IMAGE, *names, check=False)
        stack.callback(podman.remove_all, NAME)
        command("up", "--detached", "--config", str(root / "config.yml"))
        config = root / "config.yml"
        config.write_text(config.read_text().replace("greeting: hello", "greeting: welcome"))
        podman("kill", f"{NAME}_agent_1")
        yield config, podman


def command(*words: str) -> None:
    """Run a command in this process.

    Raises:
        RuntimeError: it failed.
    """
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            run(words)
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"{words} ended with {ended.code}: {said.getvalue()}") from ended


def picture_of_status(config: Path) -> str:
    """What 'status' shows on a terminal, as an SVG that loads nothing."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print("$ ./run status", markup=False, highlight=False)
    console.print(drawn(replace(verbs.status(config), others=()), WIDTH))
    svg = console.export_svg(title="status")
    svg = re.sub(r"@font-face \{.*?\}\n?", "", svg, flags=re.DOTALL)
    # The folder is another one each time.
    return svg.replace(str(config.parent.parent), "/home/me").replace(
        str(config.parent.parent).replace("/", "&#47;"), "/home/me"
    )


def photograph(config: Path, take: Callable[[Page, str], None]) -> None:
    """Open the page, in light and in dark."""
    argv = [sys.executable, "-m", "container_manager", "dashboard", "--no-open", "--config"]
    process = subprocess.Popen([*argv, str(config)], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        address = next(
            found.group()
            for line in process.stderr
            if (found := re.search(r"http://127\.0\.0\.1:\S+", line))
        )
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for scheme in ("light", "dark"):
                context = browser.new_context(color_scheme=scheme, viewport=SIZE)
                page = context.new_page()
                page.goto(address)
                page.wait_for_selector("#picture [data-service]", timeout=PATIENCE * 1000)
                page.evaluate(
                    "document.querySelector('#config').textContent = '/home/me/config.yml'"
                )
                time.sleep(3)  # for memory, processors and the first log lines
                # The page is about to be photographed, not used: what is of this machine goes.
                page.evaluate("document.querySelector('#others').style.visibility = 'hidden'")
                take(page, scheme)
            browser.close()
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    """Write all pictures."""
    with laboratory() as (config, _):
        (HERE / "status.svg").write_text(picture_of_status(config), encoding="utf-8")
        picture = verbs.graph(config, live=True)
        (HERE / "graph-live.svg").write_text(picture, encoding="utf-8")

        def take(page: Page, scheme: str) -> None:
            name = "dashboard.png" if scheme == "light" else "dashboard-dark.png"
            page.screenshot(path=HERE / name, full_page=False)

        photograph(config, take)
    print(f"Written to {HERE}.")


if __name__ == "__main__":
    main()
