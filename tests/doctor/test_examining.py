"""Whole looks at a machine: what is told where something is missing, fails, hangs, or is ended."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.podman.test_info import OLD

from container_manager import verbs
from container_manager.doctor.catalogue import fine
from container_manager.doctor.examining import diagnose
from container_manager.doctor.findings import Diagnosis, Finding, Level
from container_manager.doctor.laboratory import LABEL
from container_manager.doctor.subject import Subject
from container_manager.doctor.table import CHECKS, Check
from container_manager.errors import ConfigError, InterruptedByUser
from container_manager.podman import probe
from container_manager.progress import PlainProgress
from container_manager.run import Finished


def told(diagnosis: Diagnosis) -> dict[str, Finding]:
    return {one.code: one for each in diagnosis.outcomes for one in each.findings}


def look(
    checks: Sequence[Check] = CHECKS, runner: FakePodman | None = None, *, offline: bool = True
) -> Diagnosis:
    return diagnose(
        None, PlainProgress(stream=StringIO()), offline=offline, checks=checks, runner=runner
    )


class FakePodman:
    """Answers as Podman 4.3.1 does; what is named in ``fails`` fails.

    Args:
        fails: first words of calls.
        stays: the label's value of a container that cannot be removed.
    """

    def __init__(self, *fails: str, stays: str = "") -> None:
        self.fails = fails
        self.stays = stays
        self.calls: list[tuple[str, ...]] = []

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, **_: object
    ) -> Finished:
        self.calls.append(tuple(argv))
        answers = {"info": json.dumps(OLD), "ps": self._containers()}
        failed = argv[1] in self.fails
        return Finished(
            argv=tuple(argv),
            returncode=125 if failed else 0,
            stdout="" if failed else answers.get(argv[1], ""),
            stderr=f"Error: no {argv[1]} today" if failed else "",
        )

    def _containers(self) -> str:
        if not self.stays:
            return "[]"
        return json.dumps([{"Names": ["old"], "Labels": {LABEL: self.stays}, "State": "running"}])


@pytest.fixture
def without_podman(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    return project


@pytest.fixture
def fake_podman(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on a machine where something called podman can be found."""
    executable = tmp_path / "programs" / "podman"
    executable.parent.mkdir()
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", str(executable.parent))
    return project


# What cannot be asked, and what is wrong


def test_without_a_configuration_only_the_machine_is_looked_at(without_podman: Project) -> None:
    """Podman is missing, too: everything else is told nevertheless, and what was not measured."""
    diagnosis = look()
    found = told(diagnosis)
    assert diagnosis.exit_code == 1
    assert found["no-configuration"].level is Level.NOTE
    assert found["podman-unusable"].message.startswith("Podman is not installed")
    assert "apt-get install podman" in (found["podman-unusable"].remedy or "")
    assert {"clock", "stamps"} <= set(found)
    assert "names and ports" in found["not-measured"].message
    assert "registries" not in found["not-measured"].message  # there is no project to look at
    assert list(without_podman.root.iterdir()) == []


def test_a_broken_configuration_is_one_finding(without_podman: Project) -> None:
    without_podman.write("config.yml", "deployed_services: [web]\nframework: 7\n")
    found = told(look())
    broken = found["configuration-broken"]
    assert broken.level is Level.PROBLEM
    assert "config.yml:2" in broken.message
    assert "podman-unusable" in found
    assert "clock" in found


def test_a_broken_template_is_one_finding_and_the_folders_are_looked_at(
    without_podman: Project,
) -> None:
    without_podman.deploy(template="services: {web: {image: '{{ nothing }}'}}\n")
    without_podman.write(".env", "A=1\n")
    (without_podman.root / ".env").chmod(0o644)
    found = told(look())
    assert "nothing" in found["configuration-broken"].message
    assert "env-open" in found


def test_a_configuration_that_is_not_there_cannot_be_asked(project: Project) -> None:
    with project.refuses(ConfigError):
        verbs.doctor("no.yml")


def test_offline_no_registry_is_asked(
    without_podman: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registries are those of images, and of what images are built from."""
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("asked"))
    folder = without_podman.deploy(
        template="services:\n  web: {image: 'one.example/x:1'}\n  built:\n"
        "    build: {context: ./framework/web, args: {BASE: 'two.example/y:1'}}\n"
        "  here: {image: localhost/z}\n"
    )
    without_podman.write(f"{folder}/Dockerfile", "ARG BASE\nFROM ${BASE}\n")
    finding = told(look())["registries-not-asked"]
    assert finding.facts["registries"] == ["one.example", "two.example"]


# Trials


def test_without_a_static_program_no_container_is_tried(
    fake_podman: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "static_program", lambda: None)
    podman = FakePodman()
    found = told(look(runner=podman))
    assert found["no-trial-program"].level is Level.WARNING
    assert "health checks" in found["not-measured"].message
    assert not [call for call in podman.calls if call[1] in ("run", "import")]


def test_an_image_that_podman_refuses(fake_podman: Project) -> None:
    diagnosis = look((), FakePodman("import"))
    assert told(diagnosis)["container-refused"].message.endswith(
        "'podman import' failed: Error: no import today"
    )
    assert diagnosis.exit_code == 1


def test_a_provider_that_is_not_there(
    fake_podman: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    (check,) = [one for one in CHECKS if one.name == "provider"]
    missing = told(look((check,), FakePodman()))["provider-missing"]
    assert "podman-compose is not installed" in missing.message
    assert "pip install podman-compose" in (missing.remedy or "")


def test_what_a_killed_run_left_is_removed_or_told(fake_podman: Project) -> None:
    podman = FakePodman(stays="1000-abcdef")
    found = told(look((), podman))
    assert [call[-1] for call in podman.calls if call[1] == "rm"] == ["old"] * 5
    assert found["left-behind"].message.endswith("removed: old.")
    # What another run is using at this moment stays as it is.
    busy = FakePodman(stays=f"{int(time.time())}-abcdef")
    assert "left-behind" not in told(look((), busy))
    assert not [call for call in busy.calls if call[1] == "rm"]


def test_folders_of_killed_runs_are_removed(fake_podman: Project) -> None:
    fake_podman.deploy()
    state = fake_podman.root / ".container-manager"
    old, young = (state / f"container-manager-doctor-{name}" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (1000, 1000))
    look((), FakePodman())
    assert (old.exists(), young.exists()) == (False, True)


def test_a_podman_that_ends_in_the_middle_loses_no_finding(fake_podman: Project) -> None:
    found = told(look(CHECKS, FakePodman("ps")))
    assert "no ps today" in found["left-behind"].message
    assert "clock" in found


# Many checks at once


def test_checks_run_at_the_same_time(without_podman: Project) -> None:
    met = threading.Barrier(2)

    def meet(_: Subject) -> list[Finding]:
        met.wait(timeout=10)
        return [fine("met", "Met.")]

    diagnosis = look((Check("one", "A", meet), Check("two", "A", meet)))
    assert [one.check for one in diagnosis.outcomes if one.group == "A"] == ["one", "two"]
    assert {one.findings[0].code for one in diagnosis.outcomes if one.group == "A"} == {"met"}


def test_a_check_that_fails_or_hangs_hides_no_other(without_podman: Project) -> None:
    def fail(_: Subject) -> list[Finding]:
        raise ValueError("odd answer")

    def hang(subject: Subject) -> list[Finding]:
        subject.stop.wait(60)
        return []

    began = time.monotonic()
    diagnosis = look(
        (
            Check("first", "A", fail),
            Check("second", "A", hang, seconds=0.3),
            Check("third", "A", lambda _: [fine("fine", "Fine.")]),
        )
    )
    assert time.monotonic() - began < 10
    messages = [one.findings[0].message for one in diagnosis.outcomes if one.group == "A"]
    assert messages == [
        "first: ValueError: odd answer",
        "second: not done within 0 s, and given up.",
        "Fine.",
    ]
    assert told(diagnosis)["check-failed"].level is Level.WARNING


def test_what_takes_over_a_second_is_told(without_podman: Project) -> None:
    def slow(subject: Subject) -> list[Finding]:
        subject.stop.wait(1.4)
        return [fine("slow", "Slow.")]

    stream = StringIO()
    diagnose(None, PlainProgress(stream=stream), checks=(Check("the slow one", "A", slow),))
    assert "Still measuring: the slow one\n" in stream.getvalue()


def test_breaking_off_clears_away(fake_podman: Project) -> None:
    """Ctrl-C in the middle of a check: what was made is removed, and the signal's handlers stay."""
    podman = FakePodman()
    before = signal.getsignal(signal.SIGINT)

    def interrupted(subject: Subject) -> list[Finding]:
        os.kill(os.getpid(), signal.SIGINT)
        subject.stop.wait(20)
        assert subject.laboratory is not None
        subject.laboratory.call("never")
        return []

    with pytest.raises(InterruptedByUser):
        look((Check("one", "A", interrupted, ("laboratory",)),), podman)
    commands = [call[1] for call in podman.calls]
    assert "never" not in commands
    assert commands.index("ps") > commands.index("import")
    assert signal.getsignal(signal.SIGINT) is before
    names = [path.name for path in fake_podman.root.parent.rglob("*doctor-*")]
    assert names == []


def test_what_stays_after_breaking_off_is_told(fake_podman: Project) -> None:
    def interrupted(subject: Subject) -> list[Finding]:
        os.kill(os.getpid(), signal.SIGINT)
        subject.stop.wait(20)
        return []

    with pytest.raises(InterruptedByUser, match=r"measure could not be removed: old\."):
        look((Check("one", "A", interrupted, ("laboratory",)),), FakePodman(stays="1-1-a"))


def test_all_labels_of_a_run_are_one(fake_podman: Project) -> None:
    podman = FakePodman()
    look((), podman)
    labels = {
        found[1]
        for call in podman.calls
        if call[1] in ("import", "run") and "--rootfs" not in call
        for found in re.finditer(rf"{re.escape(LABEL)}=(\d+-\d+-[0-9a-f]+)", " ".join(call))
    }
    assert len(labels) == 1
    assert labels.pop().split("-")[1] == str(os.getpid())
