"""Checks that need containers: names and ports on a network, health checks, folders, the time."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from container_manager.doctor.catalogue import fine, found
from container_manager.doctor.findings import Finding
from container_manager.doctor.laboratory import Laboratory
from container_manager.doctor.subject import Subject
from container_manager.errors import RuntimeFailure

HEALTH_WAIT = 4.0
"""Seconds in which a health check of one second's interval must have been made several times."""

SEVERAL = 2
"""Checks that show that somebody makes them: the first might belong to the start itself."""

APART = 5.0
"""Seconds that two clocks may be apart: beyond, times of files and logs mislead."""

_SERVED = 8080
_HTTP_TIMEOUT = 5.0
_PORT_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What became of two containers on one network.

    Attributes:
        refused: what Podman said, where no network or container came to be.
        looked_up: what the one said about the other's name.
        address: the other's real address.
        by_name: what it got through the name.
        by_address: what it got through the address.
        from_host: what the machine got through the published port.
        expected: what each of the three should be.
        port: the published port.
    """

    refused: str = ""
    looked_up: str = ""
    address: str = ""
    by_name: str = ""
    by_address: str = ""
    from_host: str = ""
    expected: str = ""
    port: int = 0


def network(subject: Subject) -> list[Finding]:
    """Whether containers find and reach each other, and the machine a published port."""
    assert subject.laboratory is not None
    assert subject.info is not None
    return judge_meeting(measure_meeting(subject.laboratory), remote=subject.info.remote)


def measure_meeting(laboratory: Laboratory) -> Meeting:
    """Have one container serve a file, and another one and ourselves ask for it."""
    try:
        network_name = laboratory.make_network("net")
        joined = f"--network={network_name}"
        published = f"--publish=127.0.0.1::{_SERVED}"
        serve = ("httpd", "-f", "-p", str(_SERVED), "-h", "/www")
        options = (joined, "--network-alias=server", published)
        server = laboratory.start("server", *serve, options=options)
        said = laboratory.order("container", "inspect", server).stdout
        address, port = _address_and_port(json.loads(said)[0])
        from_host = _ask(port)
        url = f":{_SERVED}/token"
        # With its own -T, the wget of some static busyboxes crashes.
        # With its own -T, the wget of some static busyboxes crashes.
        script = (
            "nslookup server 2>&1; echo; echo =name; timeout 5 wget -qO- http://server"
            f"{url}; echo; echo =address; timeout 5 wget -qO- http://{address}{url}"
        )
        asked = laboratory.run("sh", "-c", script, options=(joined,)).stdout
    except RuntimeFailure as error:
        return Meeting(refused=str(error))
    looked_up, _, rest = asked.partition("\n=name\n")
    by_name, _, by_address = rest.partition("\n=address\n")
    return Meeting(
        looked_up=looked_up.strip(),
        address=address,
        by_name=by_name.strip(),
        by_address=by_address.strip(),
        from_host=from_host,
        expected=laboratory.token,
        port=port,
    )


def _address_and_port(inspected: dict[str, object]) -> tuple[str, int]:
    settings = inspected.get("NetworkSettings")
    assert isinstance(settings, dict)
    networks = settings.get("Networks") or {}
    address = next((str(one.get("IPAddress") or "") for one in networks.values()), "")
    bound = (settings.get("Ports") or {}).get(f"{_SERVED}/tcp") or [{}]
    return address, int(bound[0].get("HostPort") or 0)


def _ask(port: int) -> str:
    """What a published port answers; the reason in words where it does not."""
    # Never through a proxy: this is about this machine alone.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    said = ""
    for _ in range(_PORT_TRIES):
        try:
            with opener.open(f"http://127.0.0.1:{port}/token", timeout=_HTTP_TIMEOUT) as answer:
                return str(answer.read().decode(errors="replace")).strip()
        except (OSError, urllib.error.URLError, ValueError) as error:
            said = str(getattr(error, "reason", error))
        time.sleep(0.2)  # the server may have started this moment
    return said


def judge_meeting(meeting: Meeting, *, remote: bool = False) -> list[Finding]:
    """The findings about names, connections and the published port.

    Args:
        meeting: what was measured.
        remote: whether ports are published on another machine.
    """
    if meeting.refused:
        said = f"A network cannot be used: {meeting.refused}"
        return [found("network-refused", said)]
    findings = [_judge_name(meeting)]
    if not meeting.address or meeting.by_address != meeting.expected:
        shown = meeting.address or "an address that Podman does not tell"
        said = f"A container does not reach another one at {shown}."
        findings.append(found("containers-apart", said, address=meeting.address))
    if meeting.from_host == meeting.expected:
        said = "A port published on 127.0.0.1 answers on this machine."
        findings.append(fine("port", said, port=meeting.port))
    elif not remote:
        said = f"A port published on 127.0.0.1 does not answer on this machine: {meeting.from_host}"
        findings.append(found("port-silent", said.rstrip(": "), port=meeting.port))
    return findings


def _judge_name(meeting: Meeting) -> Finding:
    # Answered by busybox itself: a static C library may be unable to look up names.
    known = bool(meeting.address) and bool(
        re.search(rf"(?<![\d.]){re.escape(meeting.address)}(?![\d.:])", meeting.looked_up)
    )
    if known or meeting.by_name == meeting.expected:
        return fine("names", "A container finds another one on its network by name.")
    last = meeting.looked_up.splitlines()[-1:] or ["it got no answer"]
    said = f"A container does not find another one on its network by name: {last[0]}"
    return found("names-unresolved", said, said=meeting.looked_up)


def health(subject: Subject) -> list[Finding]:
    """Whether anybody runs health checks without us."""
    assert subject.laboratory is not None
    return judge_health(*measure_health(subject.laboratory))


def measure_health(laboratory: Laboratory, wait: float = HEALTH_WAIT) -> tuple[int, float]:
    """Start a container with a check a second; how many were made by themselves, in what time."""
    options = ("--network=none", "--health-cmd=true", "--health-interval=1s")
    name = laboratory.start("health", "sleep", "60", options=options)
    started = time.monotonic()
    made = 0
    while made < SEVERAL and (spent := time.monotonic() - started) < wait:
        if laboratory.stop.wait(0.5):
            break
        inspected = json.loads(laboratory.order("container", "inspect", name).stdout)[0]
        state = inspected.get("State") or {}
        # Podman 3 called it Healthcheck.
        record = state.get("Health") or state.get("Healthcheck") or {}
        made = len(record.get("Log") or ())
    return made, spent


def judge_health(made: int, seconds: float) -> list[Finding]:
    """The finding about health checks."""
    if made >= SEVERAL:
        said = f"Health checks run by themselves ({made} within {seconds:.1f} s)."
        return [fine("health", said, checks=made)]
    count = "one alone" if made else "none"
    said = f"Nobody runs health checks here: of one a second, {count} was made in {seconds:.0f} s."
    return [found("health-not-by-itself", said, checks=made)]


def container_clock(subject: Subject) -> list[Finding]:
    """Whether containers have this machine's time, and see this project's folders."""
    assert subject.laboratory is not None
    assert subject.info is not None
    laboratory = subject.laboratory
    shared = subject.folder / "seen"
    shared.mkdir(exist_ok=True)
    (shared / "token").write_text(laboratory.token, encoding="ascii")
    options = ["--network=none", "--security-opt=label=disable", f"--volume={shared}:/seen:ro"]
    before = time.time()
    finished = laboratory.run("sh", "-c", "date +%s; cat /seen/token", options=options)
    after = time.time()
    told = finished.stdout.split()
    findings = judge_container_clock(told[0] if told else "", before, after)
    sees = laboratory.token in told[1:]
    return [*findings, judge_folder(sees, finished.last_lines, remote=subject.info.remote)]


def judge_container_clock(told: str, before: float, after: float) -> list[Finding]:
    """Compare the time that a container told with that before and after it was asked."""
    if not told.isdigit():
        return []
    apart = max(before - int(told) - 1, int(told) - after, 0.0)
    if apart > APART:
        said = f"Containers have another time than this machine, by {apart:.0f} s."
        return [found("clock-of-containers", said, seconds=round(apart))]
    return [fine("clock-of-containers", "Containers have this machine's time.")]


def judge_folder(sees: bool, said: str, *, remote: bool) -> Finding:
    """Whether a container saw a file of a mounted folder of this project."""
    if sees:
        return fine("folders", "A container sees a folder of this machine that it mounts.")
    whose = "The remote Podman" if remote else "A container"
    return found("podman-apart", f"{whose} does not see this machine's folders:\n{said}")
