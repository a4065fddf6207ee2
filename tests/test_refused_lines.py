"""Command lines that cannot be meant: told before anything is looked at."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.conftest import Project

from container_manager.cli import run


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("unbundle", "'unbundle' needs the file that 'bundle' wrote: unbundle FILE"),
        ("logs --tail many", "--tail takes a whole number, not 'many'."),
        ("exec --service web --service db -- ls", "One service can be meant, not 2: web, db."),
        (
            "kube.plan up",
            "One of 'kube.plan' and 'up' is about a cluster, the other about what runs here: "
            "nothing was done.",
        ),
        (
            "rebuild --volumes --service web",
            "--volumes empties the volumes of the whole stack: nothing was done.",
        ),
        ("up --timeout=", "--timeout has an empty value."),
        ("schema --output= ", "--output has an empty value."),
        ("kube.images --archive gone/images.tar", "gone: nothing was done."),
    ],
)
def test_a_line_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    project.deploy("web")
    with pytest.raises(SystemExit) as ended:
        run(line.split())
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_bundle_takes_no_pipes_or_devices_place(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.deploy("web", "services:\n  web:\n    image: docker.io/library/nginx:1.27\n")
    pipe = project.root / "stack.bundle"
    os.mkfifo(pipe)
    with pytest.raises(SystemExit) as ended:
        run(["bundle", "--output", str(pipe), "--force"])
    assert ended.value.code == 2
    assert "stack.bundle is no file: nothing was done." in capsys.readouterr().err
    assert pipe.is_fifo()


def test_stock_invoke_does_not_mix_a_cluster_with_what_runs_here(project: Project) -> None:
    project.deploy("web", "services:\n  web:\n    image: docker.io/library/nginx:1.27\n")
    project.write("tasks.py", "from container_manager.tasks import namespace\n")
    ended = subprocess.run(
        [sys.executable, "-m", "invoke", "kube.build", "build"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "is about a cluster, and 'build' about what runs here: 'build' was not done." in (
        ended.stderr
    )
