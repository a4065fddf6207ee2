"""Which Podman is used and how: recorded answers for each case, and the real one at the end."""

from __future__ import annotations

import json
import os
import struct
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from container_manager.errors import PreconditionError
from container_manager.podman import causes, containers_conf, host, probe
from container_manager.podman.causes import Machine
from container_manager.run import Finished, ProcessRunner

RLIMIT = (
    "Error: runc: runc create failed: unable to start container process: error during container "
    "init: error setting rlimits for ready process: error setting rlimit type 7: operation not "
    "permitted: OCI permission denied"
)
CRUN_RLIMIT = (
    "Error: crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied"
)
HYBRID = (
    "Error: OCI runtime error: crun: cgroups in hybrid mode not supported, drop all controllers "
    "from cgroupv2"
)
SYSTEMD = (
    'time="2024-01-01T00:00:00Z" level=warning msg="Failed to add conmon to systemd sandbox cgroup:'
    ' dial unix /run/systemd/private: connect: no such file or directory"\nError: OCI runtime '
    "error: runc: runc create failed: systemd not running on this host, cannot use systemd cgroups "
    "manager"
)
UNKNOWN = "Error: mounting overlay: no space left on device"


class Recorded:
    """Answers ``info`` and ``run`` as Podman did, given the configuration it was told to read."""

    def __init__(self, answer: Callable[[Mapping[str, object]], str], **info: object) -> None:
        self.answer = answer
        self.calls: list[tuple[str, ...]] = []
        self.modes: list[int] = []
        self.info = {
            "host": {
                "security": {"rootless": False},
                "serviceIsRemote": False,
                "ociRuntime": {"name": "crun"},
                "cgroupVersion": "v1",
                **info,
            },
            "version": {"Version": "4.3.1"},
        }

    def run(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None, **_: object
    ) -> Finished:
        self.calls.append(tuple(argv))
        if argv[1] == "info":
            return self._finished(argv, 0, json.dumps(self.info), "")
        path = Path((env or {}).get("CONTAINERS_CONF", ""))
        settings = {}
        if path.name == "containers.conf":
            settings = tomllib.loads(path.read_text())
            self.modes.append(path.stat().st_mode & 0o777)
        error = self.answer(settings)
        return self._finished(argv, 126 if error else 0, "", error)

    @staticmethod
    def _finished(argv: Sequence[str], code: int, stdout: str, stderr: str) -> Finished:
        return Finished(argv=tuple(argv), returncode=code, stdout=stdout, stderr=stderr)


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine with a podman on PATH, a static program, low limits, runc and netavark."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "podman").write_text("")
    (programs / "podman").chmod(0o755)
    (tmp_path / "busybox").write_bytes(b"static")
    program = probe.Program(path=tmp_path / "busybox", argument="true")
    monkeypatch.setattr(probe, "static_program", lambda: program)
    set_machine(monkeypatch)
    mine = tmp_path / "mine.conf"
    mine.write_text('[engine]\nenv = ["A=1"]\n[containers]\ndefault_ulimits = ["core=0:0"]\n')
    return {"PATH": str(programs), "HOME": str(tmp_path), "CONTAINERS_CONF": str(mine)}


def set_machine(
    monkeypatch: pytest.MonkeyPatch, *, runc: bool = True, limits: dict[str, int] | None = None
) -> None:
    machine = Machine(
        limits={"nofile": 20000, "nproc": 4096} if limits is None else limits,
        has_runc=runc,
        has_netavark=True,
    )
    monkeypatch.setattr(host, "examine_machine", lambda _: machine)


def limited(settings: Mapping[str, object]) -> str:
    return "" if "nofile=20000:20000" in json.dumps(settings) else RLIMIT


def test_a_podman_that_works_is_used_as_it_is(tmp_path: Path, environ: dict[str, str]) -> None:
    found = host.connect(Recorded(lambda _: ""), tmp_path / "state", environ)
    assert found.settings == {}
    assert found.reasons == ()
    assert found.version == (4, 3, 1)
    assert found.executable == f"{environ['PATH']}/podman"
    assert not (tmp_path / "state/containers.conf").exists()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert "used with your configuration" in host.explain(found)


def test_the_probe_leaves_nothing_behind(tmp_path: Path, environ: dict[str, str]) -> None:
    runner = Recorded(lambda _: "")
    host.connect(runner, tmp_path / "state", environ)
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["podman.json"]
    assert runner.calls[1][1:4] == ("run", "--rm", "--network=none")


@pytest.mark.parametrize("error", [RLIMIT, CRUN_RLIMIT])
def test_limits_are_lowered_on_top_of_the_users_configuration(
    tmp_path: Path, environ: dict[str, str], error: str
) -> None:
    before = Path(environ["CONTAINERS_CONF"]).read_bytes()
    runner = Recorded(lambda settings: error if limited(settings) else "")
    found = host.connect(runner, tmp_path / "state", environ)
    written = tmp_path / "state/containers.conf"
    assert found.settings == {"CONTAINERS_CONF": str(written)}
    assert found.environment(environ)["CONTAINERS_CONF"] == str(written)
    assert tomllib.loads(written.read_text()) == {
        "containers": {"default_ulimits": ["core=0:0", "nofile=20000:20000", "nproc=4096:4096"]},
        "engine": {"env": ["A=1"]},
        "network": {"network_backend": "netavark"},
    }
    assert runner.modes[-1] == 0o600
    assert found.reasons == (causes.LIMITS.reason,)
    assert Path(environ["CONTAINERS_CONF"]).read_bytes() == before
    told = host.explain(found)
    assert "nofile=20000:20000" in told
    assert f"export CONTAINERS_CONF={written}" in told


def test_several_causes_are_found_one_after_another(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    def answer(settings: Mapping[str, object]) -> str:
        said = json.dumps(settings)
        if '"runtime": "runc"' not in said:
            return HYBRID
        return (SYSTEMD if "cgroupfs" not in said else "") or limited(settings)

    runner = Recorded(answer)
    found = host.connect(runner, tmp_path / "state", environ)
    assert found.reasons == (causes.HYBRID.reason, causes.SYSTEMD.reason, causes.LIMITS.reason)
    assert len(runner.calls) == 5


def test_hybrid_cgroups_without_runc_say_what_to_install(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_machine(monkeypatch, runc=False)
    with pytest.raises(PreconditionError, match="cgroups in hybrid mode") as raised:
        host.connect(Recorded(lambda _: HYBRID), tmp_path / "state", environ)
    assert "apt-get install runc" in str(raised.value)


def test_an_unknown_failure_is_told_and_not_remembered(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(
        PreconditionError, match="cannot start a container here, with your"
    ) as raised:
        host.connect(Recorded(lambda _: UNKNOWN), tmp_path / "state", environ)
    assert "no space left on device" in str(raised.value)
    assert list((tmp_path / "state").iterdir()) == []


def test_settings_that_do_not_help_are_taken_back(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(PreconditionError, match=r"and with .*default_ulimits") as raised:
        host.connect(Recorded(lambda _: RLIMIT), tmp_path / "state", environ)
    assert raised.value.exit_code == 2
    assert "ulimit -Hn" in str(raised.value)
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_absent(tmp_path: Path, path: str) -> None:
    runner = Recorded(lambda _: "")
    with pytest.raises(PreconditionError, match="Podman is not installed") as raised:
        host.connect(runner, tmp_path / "state", {"PATH": path})
    assert "apt-get install podman" in str(raised.value)
    assert runner.calls == []


@pytest.mark.parametrize(
    ("said", "sees"),
    [
        ("", True),
        ("Error: stat STATE/probe-x: no such file or directory", False),
        (UNKNOWN, None),
        ("Error: no such file or directory: conmon", None),
    ],
)
def test_of_a_remote_podman_only_its_folders_are_tried(
    tmp_path: Path, environ: dict[str, str], said: str, sees: bool | None
) -> None:
    """What it lacks is for its own machine to have: no settings of ours would reach it."""
    state = tmp_path / "state"
    runner = Recorded(lambda _: said.replace("STATE", str(state)), serviceIsRemote=True)
    environ["CONTAINER_HOST"] = "ssh://me@far.example/run/podman.sock"
    found = host.connect(runner, state, environ)
    assert (found.remote, found.settings, found.store) == (True, {}, "")
    assert (found.sees_folders, found.address) == (sees, environ["CONTAINER_HOST"])


def test_a_user_without_ids_is_asked_again_each_time(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    before = Recorded(lambda _: "", idMappings={"uidmap": [{"size": 1}]})
    assert host.connect(before, tmp_path / "state", environ).mapped_ids == 1
    after = Recorded(lambda _: "", idMappings={"uidmap": [{"size": 1}, {"size": 65536}]})
    assert host.connect(after, tmp_path / "state", environ).mapped_ids == 65537


def test_a_remote_podman_that_is_remembered_is_asked_whether_it_is_there(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    runner = Recorded(lambda _: "", serviceIsRemote=True)
    first = host.connect(runner, tmp_path / "state", environ)
    runner.calls.clear()
    assert host.connect(runner, tmp_path / "state", environ) == first
    assert [call[1] for call in runner.calls] == ["info"]


def test_without_a_static_program_the_facts_decide(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "static_program", lambda: None)
    monkeypatch.setattr(causes, "_may_raise_limits", lambda: False)
    runner = Recorded(lambda _: UNKNOWN, ociRuntime={"name": "runc"})
    found = host.connect(runner, tmp_path / "state", environ)
    assert found.reasons == (causes.LIMITS.reason,)
    assert len(runner.calls) == 1
    rootless = Recorded(lambda _: "", ociRuntime={"name": "runc"}, security={"rootless": True})
    assert host.connect(rootless, tmp_path / "other", environ).settings == {}


def test_the_answer_is_remembered_until_something_changes(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    state = tmp_path / "state"
    first = host.connect(Recorded(limited), state, environ)
    again = Recorded(limited)
    assert host.connect(again, state, environ) == first
    assert again.calls == []
    Path(environ["CONTAINERS_CONF"]).write_text("[engine]\n")
    changed = Recorded(limited)
    host.connect(changed, state, environ)
    assert len(changed.calls) == 3
    (state / "containers.conf").unlink()
    lost = Recorded(limited)
    assert host.connect(lost, state, environ).settings == first.settings
    assert len(lost.calls) == 3


@pytest.mark.parametrize("text", ["", "[engine\n", "[engine]\n"])
def test_a_configuration_of_ours_that_somebody_changed_is_made_anew(
    tmp_path: Path, environ: dict[str, str], text: str
) -> None:
    state = tmp_path / "state"
    host.connect(Recorded(limited), state, environ)
    ours = state / "containers.conf"
    before = ours.read_text()
    ours.write_text(text)
    host.connect(Recorded(limited), state, environ)
    assert ours.read_text() == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": 1}', "\x00", "[" * 100_000])
def test_a_broken_cache_is_ignored(tmp_path: Path, environ: dict[str, str], text: str) -> None:
    state = tmp_path / "state"
    expected = host.connect(Recorded(limited), state, environ)
    (state / "podman.json").write_text(text)
    assert host.connect(Recorded(limited), state, environ) == expected


def test_a_podman_that_does_not_answer(tmp_path: Path, environ: dict[str, str]) -> None:
    class Broken(Recorded):
        def run(self, argv: Sequence[str], **_: object) -> Finished:
            return self._finished(argv, 125, "", 'Error: default OCI runtime "crun" not found')

    with pytest.raises(PreconditionError, match=r"(?s)does not answer.*\"crun\" not found"):
        host.connect(Broken(lambda _: ""), tmp_path / "state", environ)


def test_a_broken_configuration_of_the_user_is_named(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    Path(environ["CONTAINERS_CONF"]).write_text("[engine\n")
    with pytest.raises(PreconditionError, match=r"mine\.conf: Podman's configuration"):
        host.connect(Recorded(limited), tmp_path / "state", environ)


def test_files_in_podmans_order(tmp_path: Path) -> None:
    place = tmp_path / ".config/containers"
    (place / "containers.conf.d").mkdir(parents=True)
    for name in ("containers.conf", "containers.conf.d/b.conf", "containers.conf.d/a.conf"):
        (place / name).write_text("")
    environ = {"HOME": str(tmp_path)}
    found = containers_conf.files(environ, rootless=True, version=(4, 3))
    assert [path.name for path in found][-3:] == ["containers.conf", "a.conf", "b.conf"]
    assert found[-1].parent.parent == place
    # Before version 5, root's own files were not read.
    assert found[-3] not in containers_conf.files(environ, rootless=False, version=(4, 9))
    assert found[-3] in containers_conf.files(environ, rootless=False, version=(5, 0))


def test_lower_limits_of_the_user_stay() -> None:
    base = {"containers": {"default_ulimits": ["nofile=100:200", "nproc=unlimited"]}}
    ours = {"containers": {"default_ulimits": ["nofile=500:500", "nproc=9:9"]}}
    assert containers_conf.add(base, ours) == {
        "containers": {"default_ulimits": ["nofile=100:200", "nproc=9:9"]}
    }


def elf(*types: int, wide: bool = True, order: str = "<") -> bytes:
    """The beginning of an ELF file with program headers of these types."""
    size, start = (56, 64) if wide else (32, 52)
    header = bytearray(start)
    header[:6] = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2])
    struct.pack_into(order + ("Q" if wide else "I"), header, 32 if wide else 28, start)
    struct.pack_into(order + "HH", header, 54 if wide else 42, size, len(types))
    return bytes(header) + b"".join(
        struct.pack(order + "I", kind).ljust(size, b"\0") for kind in types
    )


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_static_programs_are_recognised(wide: bool, order: str) -> None:
    assert probe.is_static_elf(elf(1, 4, wide=wide, order=order))
    assert not probe.is_static_elf(elf(6, 3, 1, wide=wide, order=order))
    assert not probe.is_static_elf(elf(1, wide=wide, order=order)[: 64 if wide else 52])


@pytest.mark.parametrize(
    "data", [b"", b"\x7fELF", b"#!/bin/sh\n" * 9, b"\x7fELF\x09\x09" + b"\0" * 99]
)
def test_other_files_are_not_static_programs(data: bytes) -> None:
    assert not probe.is_static_elf(data)


@pytest.mark.podman
def test_the_podman_of_this_machine_starts_a_container(tmp_path: Path) -> None:
    runner = ProcessRunner()
    found = host.connect(runner, tmp_path / "state", os.environ)
    program = probe.static_program()
    assert program is not None
    answer = probe.start_container(
        runner, found.executable, found.environment(os.environ), program, tmp_path
    )
    assert answer.works, answer.output
    assert host.explain(found).startswith(found.executable)
