"""What ten, a hundred and a thousand services come to on a cluster ('-m tests.cluster.scale').

Generated services: each is a server with a health check, a port, a secret and a configuration
file; every tenth has a volume, and waits for the one before it. Their manifests are applied to a
real API server, twice, by the functions that 'kube.up' calls; nothing is scheduled. Figures of
docs/scale.md come from here.
"""

from __future__ import annotations

import collections
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.server import CONTEXT, program, serving

from container_manager.cluster.api import Api, Object
from container_manager.cluster.applying import apply
from container_manager.cluster.connection import connected
from container_manager.cluster.contexts import Target
from container_manager.cluster.planning import plan
from container_manager.cluster.wanted import Secret, Wanted
from container_manager.config.loader import load
from container_manager.export.kubernetes.yaml_text import yaml_of
from container_manager.run import ProcessRunner
from container_manager.verbs.exporting import manifests_of

SIZES = (10, 100, 1000)
SERVICE = """\
services:
  s{n}:
    image: registry.example/lab/s{n}:1
    environment: {{GREETING: "hello {n}", API_TOKEN: "${{API_TOKEN}}"}}
    ports: ["127.0.0.1:{port}:8000"]
    volumes: ["./s{n}/settings.ini:/etc/settings.ini:ro"{volume}]
    healthcheck: {{test: ["CMD", "true"]}}
{more}"""
"""A tenth of them has ``more``."""


def project(root: Path, count: int) -> Path:
    """Write a project of so many services; its configuration."""
    names = [f"s{number}" for number in range(count)]
    config = [
        f"project_name: scale\ndeployed_services: [{', '.join(names)}]\nframework:\n  services:"
    ]
    for number, name in enumerate(names):
        config.append(f"    {name}: {{path: services/{name}}}")
        folder = root / "services" / name
        folder.mkdir(parents=True)
        tenth = number % 10 == 9
        more = (
            f"    depends_on: {{s{number - 1}: {{condition: service_started}}}}\n" if tenth else ""
        )
        more += f"volumes: {{d{number}: {{}}}}\n" if tenth else ""
        volume = f', "d{number}:/data"' if tenth else ""
        text = SERVICE.format(n=number, port=20000 + number, volume=volume, more=more)
        (folder / "docker-compose.yml.j2").write_text(text)
        (folder / "settings.ini.j2").write_text(f"[server]\nname = {name}\n" + "key = value\n" * 40)
    (root / "services/docker-compose.yml.j2").write_text("networks: {default: {}}\n")
    path = root / "config.yml"
    path.write_text("\n".join(config) + "\n")
    (root / ".env").write_text("API_TOKEN=a-token-that-nobody-guesses\n")
    return path


def measured(folder: Path, count: int) -> Mapping[str, Any]:
    """The figures of one size."""
    loaded = load(project(folder / "project", count))
    began = time.perf_counter()
    manifests = manifests_of(loaded)
    took = time.perf_counter() - began
    texts = [yaml_of([one]) for one in manifests.objects]
    kinds = collections.Counter(one["kind"] for one in manifests.objects)
    return {
        "objects": manifests.objects,
        "kinds": dict(kinds),
        "bytes": sum(map(len, texts)),
        "largest": max(map(len, texts)),
        "build": took,
    }


def applied(api: Api, target: Target, objects: Sequence[Object]) -> list[tuple[float, float]]:
    """Plan and apply, twice: the seconds of each."""
    secret = Secret(name="scale-env", values={"API_TOKEN": "a-token-that-nobody-guesses"})
    wanted = Wanted(project="scale", objects=tuple(objects), secrets=(secret,))
    times = []
    for _ in range(2):
        began = time.perf_counter()
        planned = plan(api, target, wanted)
        between = time.perf_counter()
        apply(api, planned, wanted, force=False, tell=lambda _: None)
        times.append((between - began, time.perf_counter() - between))
    assert not plan(api, target, wanted).pending
    return times


def main() -> None:
    """Print a table."""
    found = [program(name) for name in ("etcd", "kube-apiserver", "kubectl")]
    if None in found:
        raise SystemExit("tests/cluster/build-api-server.sh builds what is missing.")
    for count in SIZES:
        with tempfile.TemporaryDirectory(prefix="scale-") as name:
            folder = Path(name)
            figures = measured(folder, count)
            (folder / "server").mkdir()
            with serving(folder / "server", *map(str, found)) as server:
                environ = {
                    "PATH": os.environ["PATH"],
                    "KUBECONFIG": str(server.kubeconfig),
                    "HOME": name,
                }
                target = Target(context=CONTEXT, namespace="scale")
                with connected(ProcessRunner(), server.kubectl, target, environ) as api:
                    times = applied(api, target, figures["objects"])
                stored = sum(f.stat().st_size for f in folder.rglob("*/snap/db"))
            print(
                f"{count} services: {len(figures['objects'])} objects {figures['kinds']}, "
                f"{figures['bytes'] / 1e6:.2f} MB, the largest {figures['largest']} bytes; "
                f"made in {figures['build']:.1f} s; planned and applied in "
                f"{times[0][0]:.1f} and {times[0][1]:.1f} s, again in {times[1][0]:.1f} and "
                f"{times[1][1]:.1f} s; etcd {stored / 1e6:.1f} MB"
            )


if __name__ == "__main__":
    main()
