"""What kubectl makes of an overlay is looked at before anybody applies it."""

from __future__ import annotations

from pathlib import Path

import pytest

from container_manager.cluster.contexts import Target
from container_manager.cluster.overlays import overlaid, overlay_folder
from container_manager.errors import ConfigError, UsageError
from container_manager.run import ProcessRunner

LAB = Target(context="prod", namespace="lab")
OLD = "rawResources failed to read Resources: '../base' must be a file (got d='/base')"


def put_together(folder: Path, script: str) -> list[str]:
    """What becomes of an overlay with a kubectl that does this: names of objects."""
    kubectl = folder / "kubectl"
    kubectl.write_text(f"#!/bin/sh\n{script}\n")
    kubectl.chmod(0o755)
    found = overlaid(ProcessRunner(), str(kubectl), folder / "prod", LAB, "my_lab")
    assert {one["metadata"]["labels"]["app.kubernetes.io/part-of"] for one in found} <= {"my_lab"}
    return [one["metadata"]["name"] for one in found]


def test_everything_is_labelled_as_the_projects(tmp_path: Path) -> None:
    one = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, labels: null}}"
    assert put_together(tmp_path, f"echo '{one % 'a'}'; echo ---; echo '{one % 'b'}'") == ["a", "b"]


def test_an_overlay_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert put_together(tmp_path, "echo ---") == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (f'echo "{OLD}" >&2; exit 1', "This kubectl is older than 1.21"),
        ("echo no such thing >&2; exit 1", "cannot be put together: no such thing"),
        ("echo '{a'", "comes to no YAML"),
        ("echo hello", "no object of Kubernetes: it says 'hello'"),
        ("echo '{kind: Pod}'", "no object of Kubernetes"),
        ("echo '{apiVersion: apps/v1, kind: Job, metadata: {name: a}}'", "no object of Kubernetes"),
    ],
    ids=["old", "broken", "no YAML", "a text", "half an object", "a Job of nothing"],
)
def test_what_is_no_overlay_is_told(tmp_path: Path, script: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        put_together(tmp_path, script)
    assert told in str(caught.value)


def test_an_overlay_where_there_are_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no overlay 'prod' .*: nothing was done\. There are none"
    ):
        overlay_folder(tmp_path, "prod")
