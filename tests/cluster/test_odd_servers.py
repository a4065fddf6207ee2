"""Servers that answer as no cluster should: told as such, never taken for an empty cluster."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.odd_servers import CONTEXT, answer, kubectl, status
from tests.conftest import Project
from tests.test_cli import outcome

Run = Callable[..., tuple[int, str]]

_TEMPLATE = """\
services:
  web:
    image: example.org/web:1
    environment: {WEB_API_KEY: "${WEB_API_KEY}"}
    ports: ["127.0.0.1:80:80"]
"""
_SECRET = "hunter-4711"
_DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment"}
_IN_BASE64 = "aHVudGVyLTQ3MTE="


@pytest.fixture
def run(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs a command at a server with these answers: its exit code, and all that it says."""
    project.deploy("web", _TEMPLATE)
    project.write(".env", f"WEB_API_KEY={_SECRET}\n")

    def run(command: str, answers: dict[str, Any], *options: str) -> tuple[int, str]:
        monkeypatch.setenv("PATH", str(kubectl(tmp_path / "bin", answers).parent), prepend=":")
        code = outcome(command, f"--context={CONTEXT}", "--namespace=lab", *options)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


NO_CLUSTER = {
    "a login page": answer("<html><body>Please log in</body></html>"),
    "nothing": answer(""),
    "no text": answer("\udcff\udcfe\x00"),
    "half a text": answer('{"kind": "APIResourceList", "resources": [{"na'),
    "null": answer("null"),
    "a list": answer([]),
    "brackets": answer("[" * 100_000),
    "another program": answer({"hello": "world"}),
    "kinds without names": answer({"kind": "APIResourceList", "resources": [{"name": "pods"}]}),
    "kinds that are null": answer({"kind": "APIResourceList", "resources": [None]}),
    "a redirection": answer("", 302, Location="https://login.example.org/"),
    "a page that is not found": answer("<html>nginx</html>", 404),
    "a broken gateway": answer("<html>" + "Bad gateway. " * 9000 + "</html>", 502),
}


@pytest.mark.parametrize(
    ("what", "command"),
    [
        *((what, "kube.status") for what in NO_CLUSTER),
        *(("a login page", command) for command in ("kube.plan", "kube.up", "kube.down")),
    ],
)
def test_what_is_no_cluster_is_told_in_a_few_lines(run: Run, what: str, command: str) -> None:
    code, said = run(command, {"*": [NO_CLUSTER[what]]})
    assert "The cluster does not answer: " in said
    assert f"kubectl --context='{CONTEXT}' version" in said
    assert code == 2
    assert len(said) < 700


def _pods(**said: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "web"}]}
    return {"kind": "List", "items": [{"metadata": {"name": "a"}, "spec": spec, **said}]}


STRANGE_LISTS: dict[str, Any] = {
    "items of null": {"kind": "List", "items": [None]},
    "items without a name": {"kind": "List", "items": [{"metadata": {}}]},
    "pods without containers": {"kind": "List", "items": [{"metadata": {"name": "a"}, "spec": {}}]},
    "no list": [],
    "a pod whose status is a text": _pods(status="Running"),
    "a pod whose labels are a list": _pods(metadata={"name": "a", "labels": ["web"]}),
    "conditions of null": _pods(status={"conditions": [None]}),
    "a number that is a text": _pods(status={"containerStatuses": [{"restartCount": "many"}]}),
    "no time": _pods(status={"containerStatuses": [{"state": {"running": {"startedAt": "now"}}}]}),
}


@pytest.mark.parametrize("what", STRANGE_LISTS)
def test_lists_of_something_else_are_no_lists(run: Run, what: str) -> None:
    listed = {"GET /api/v1/namespaces/lab/pods": [answer(STRANGE_LISTS[what])]}
    code, said = run("kube.status", listed)
    assert (code, "what answers is no Kubernetes" in said) == (2, True)


def test_what_is_null_is_as_good_as_not_said(run: Run) -> None:
    about = {"name": "web-1", "labels": None, "managedFields": None}
    said = {"conditions": None, "containerStatuses": [{"name": "web", "state": None}]}
    listed = {"GET /api/v1/namespaces/lab/pods": [answer(_pods(metadata=about, status=said))]}
    code, shown = run("kube.status", listed)
    assert (code, "web-1" in shown) == (1, True)


def test_a_list_of_null_is_an_empty_one_as_go_writes_it(run: Run) -> None:
    listed = {"GET /api/v1/namespaces/lab/pods": [answer({"kind": "PodList", "items": None})]}
    code, said = run("kube.status", listed)
    assert (code, "There are no containers" in said) == (1, True)


def test_watching_tells_what_changes_until_the_cluster_refuses(run: Run) -> None:
    def listed(**state: Any) -> dict[str, Any]:
        return answer(_pods(metadata={"name": "web-1"}, status={"containerStatuses": [state]}))

    waiting = listed(name="web", state={"waiting": {"reason": "ImagePullBackOff"}})
    running = listed(name="web", state={"running": {"startedAt": "2026-01-01T00:00:00Z"}})
    refused = status(403, "Forbidden", "no right to list")
    answers = [waiting, waiting, running, refused]
    code, said = run(
        "kube.status", {"GET /api/v1/namespaces/lab/pods": answers}, "--watch", "--json"
    )
    told, refusal = [line for line in said.splitlines() if line[0] == "{"], said.splitlines()[-2:]
    states = [json.loads(line)["containers"][0]["state"] for line in told]
    assert (code, states) == (1, ["waiting", "running"])
    assert "no right to list" in refusal[0]


@pytest.mark.parametrize(
    ("code", "reason", "message", "remedy"),
    [
        (401, "Unauthorized", "Unauthorized", "Log in to the cluster again"),
        (403, "Forbidden", "no right", "Ask the operator of the cluster"),
        (429, "TooManyRequests", "slow down", "Try again in a moment"),
        (500, "InternalError", "etcd leader changed", "Try again in a moment"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(
    run: Run, code: int, reason: str, message: str, remedy: str
) -> None:
    exit_code, said = run("kube.status", {"*": [status(code, reason, message)]})
    assert exit_code == 1
    assert f"The cluster of the context '{CONTEXT}' refuses: {message}\n  {remedy}" in said


def test_a_server_that_is_busy_is_asked_again_when_it_says(run: Run) -> None:
    busy = {"Retry-After": "0"}
    answers = [
        status(429, "TooManyRequests", "slow down", **busy),
        answer("", 503, **busy),
        answer({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}),
    ]
    code, said = run("kube.plan", {"GET /api/v1/namespaces/lab": answers})
    assert (code, "create   Deployment web" in said) == (0, True)


def test_it_is_not_asked_for_ever(run: Run) -> None:
    busy = status(429, "TooManyRequests", "slow down", **{"Retry-After": "0"})
    code, said = run("kube.plan", {"GET /api/v1/namespaces/lab": [busy]})
    assert (code, "refuses: slow down" in said) == (1, True)


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("exceeded quota: small, requested: pods=1", "The namespace has a quota"),
        ("failed quota: small: must specify limits.memory", "wants every pod to say"),
        ("unable to create new content in namespace lab because it is being terminated", "wait"),
        ('admission webhook "a.b" denied the request: no root', "A rule of the cluster's operator"),
        ('failed calling webhook "a.b": timeout', "does not answer that has to"),
        ('admission webhook "a.b" does not support dry run', "sideEffects: None"),
    ],
)
def test_what_is_forbidden_for_a_reason_is_told_with_its_remedy(
    run: Run, message: str, remedy: str
) -> None:
    apply = "PATCH /apis/apps/v1/namespaces/lab/deployments/web"
    code, said = run("kube.plan", {apply: [status(403, "Forbidden", message)]})
    assert code == 1
    assert f"Deployment web is refused by the cluster: {message}" in said
    assert remedy in said


def test_what_stops_while_it_is_applied_says_how_far_it_came(run: Run) -> None:
    pod = {"spec": {"containers": [{"name": "web"}]}}
    deployment = {"metadata": {"name": "web"}, "spec": {"template": pod}, **_DEPLOYMENT}
    answers = [answer(deployment), answer("<html>Bad gateway</html>", 502)]
    apply = "PATCH /apis/apps/v1/namespaces/lab/deployments/web"
    code, said = run("kube.up", {apply: answers})
    assert code == 1
    assert "The cluster does not answer: Bad gateway\n  Applied before it: 2 objects." in said
    assert "What was done until then stays." in said


def test_no_value_of_a_secret_is_shown_whatever_the_server_repeats(run: Run) -> None:
    place = "GET /api/v1/namespaces/lab/secrets/web-environment"
    strange = answer({"data": {"KEY": _IN_BASE64}, "said": _SECRET})
    code, said = run("kube.plan", {place: [strange]})
    assert (code, "what answers is no Kubernetes" in said) == (2, True)
    assert _IN_BASE64 not in said
    assert _SECRET not in said


def test_a_bad_moment_of_the_server_ends_no_rollout(run: Run) -> None:
    pod = {"spec": {"containers": [{"name": "web"}]}}
    ready = {
        **_DEPLOYMENT,
        "metadata": {"name": "web"},
        "spec": {"replicas": 1, "template": pod},
        "status": {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
    }
    none, found = answer({"items": []}), answer({"items": [ready]})
    bad = [status(500, "InternalError", "etcd leader changed"), answer("<html>Bad gateway", 502)]
    code, said = run(
        "kube.up",
        {
            "PATCH /apis/apps/v1/namespaces/lab/deployments/web": [answer(ready)],
            "GET /apis/apps/v1/namespaces/lab/deployments": [none, *bad, found],
        },
    )
    assert (code, "all is ready" in said) == (0, True)


class TestRights:
    """Whoever may do little in a cluster can do what they may."""

    def test_kinds_that_no_stack_has_by_itself_need_not_be_listed(self, run: Run) -> None:
        kind = {"name": "horizontalpodautoscalers", "kind": "HorizontalPodAutoscaler"}
        known = answer({"kind": "APIResourceList", "resources": [{**kind, "namespaced": True}]})
        listed = "GET /apis/autoscaling/v2/namespaces/lab/horizontalpodautoscalers"
        answers = {
            "GET /apis/autoscaling/v2": [known],
            listed: [status(403, "Forbidden", "no right to list")],
        }
        told = "not looked for, without the right to list them: HorizontalPodAutoscaler"
        for command in ("kube.plan", "kube.down"):
            code, said = run(command, answers)
            assert (code, told in said) == (0, True)

    def test_those_that_it_has_must_be(self, run: Run) -> None:
        refused = status(403, "Forbidden", "no right to list services")
        code, said = run("kube.down", {"GET /api/v1/namespaces/lab/services": [refused]})
        assert (code, "refuses: no right to list services" in said) == (1, True)

    def test_a_namespace_need_not_be_looked_at(self, run: Run) -> None:
        refused = status(403, "Forbidden", "namespaces are for operators")
        code, said = run("kube.plan", {"GET /api/v1/namespaces/lab": [refused]})
        assert (code, "create   Deployment web" in said) == (0, True)
        assert "create   Namespace" not in said


def test_a_namespace_that_is_being_deleted_is_told(run: Run) -> None:
    about = {"name": "lab", "deletionTimestamp": "2026-01-31T11:00:00Z"}
    ending = answer({"apiVersion": "v1", "kind": "Namespace", "metadata": about})
    code, said = run("kube.up", {"GET /api/v1/namespaces/lab": [ending]})
    assert (code, "The namespace lab is being deleted." in said) == (1, True)
    assert f"kubectl --context='{CONTEXT}' get namespace lab" in said


def test_what_others_have_written_of_our_secrets_is_not_shown_as_a_difference(run: Run) -> None:
    env = [{"name": "WEB_API_KEY", "value": _SECRET}]
    pod = {"spec": {"containers": [{"name": "web", "image": "a", "env": env}]}}
    there = {**_DEPLOYMENT, "metadata": {"name": "web"}, "spec": {"template": pod}}
    place = "/apis/apps/v1/namespaces/lab/deployments/web"
    for options in ((), ("--json",)):
        code, said = run("kube.plan", {f"GET {place}": [answer(there)]}, *options)
        assert (code, "***" in said, _SECRET in said) == (0, True, False)


@pytest.mark.parametrize(
    "instead",
    [
        "unable to retrieve container logs for containerd://4711",
        'failed to try resolving symlinks in path "/var/log/pods/lab_web/2.log": no such file',
    ],
    ids=["unable", "swept"],
)
def test_what_a_node_writes_instead_of_a_log_is_none(run: Run, instead: str) -> None:
    said = {"containerStatuses": [{"name": "web", "restartCount": 2, "state": {}}]}
    crashing = _pods(metadata={"name": "web-1", "labels": {"pod-template-hash": "a"}}, status=said)
    sets = {"items": [{"metadata": {"name": "web-a", "labels": {"pod-template-hash": "a"}}}]}
    pod = {"spec": {"containers": [{"name": "web"}]}}
    there = {**_DEPLOYMENT, "metadata": {"name": "web"}, "spec": {"template": pod}}
    code, told = run(
        "kube.up",
        {
            "PATCH /apis/apps/v1/namespaces/lab/deployments/web": [answer(there)],
            "GET /apis/apps/v1/namespaces/lab/deployments": [
                answer({"items": []}),
                answer({"items": [there]}),
            ],
            "GET /apis/apps/v1/namespaces/lab/replicasets": [answer(sets)],
            "GET /api/v1/namespaces/lab/pods": [answer(crashing)],
            "GET /api/v1/namespaces/lab/pods/web-1/log": [
                answer(instead),
                answer("the database said no"),
            ],
        },
        "--timeout=1",
    )
    assert code == 1
    assert "The last lines of web-1, container web:\n    the database said no" in told
    assert instead not in told
