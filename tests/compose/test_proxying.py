"""Which proxies containers get: what is said for them, and when they are out of date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from container_manager.compose.digest import Files, secret_value, service_parts
from container_manager.compose.overlay import Overlay, secret_name
from container_manager.compose.proxying import with_proxies

if TYPE_CHECKING:
    from tests.conftest import Project

    from container_manager.compose.model import Stack

PROXY = "http://proxy.company.test:3128"
SECRET = "http://me:s3cret@proxy.company.test:3128"
WEB = "services:\n  web:\n    image: localhost/web\n"
BOTH = {"http_proxy": PROXY, "HTTP_PROXY": PROXY}


def read(
    project: Project, template: str = WEB, more: dict[str, Any] | None = None, **environ: str
) -> Stack:
    project.deploy(template=template, more=more)
    return with_proxies(project.prepare(project.config(**environ)).stack)


def values(stack: Stack, service: str = "web") -> dict[str, str]:
    """The secrets of a service, as it gets them."""
    entries = stack.services[service].secret_entries
    return {entry.key: secret_value(entry, stack.environment) for entry in entries}


def said(stack: Stack, service: str = "web") -> dict[str, Any]:
    """The environment of a service in our own compose file."""
    overlay = Overlay(constant={}, secrets={service: values(stack, service)})
    return dict(overlay.document(stack)["services"][service].get("environment", {}))


def parts(stack: Stack, service: str = "web") -> dict[str, str]:
    files = Files(build_dir=Path("/b"), digests={})
    one = stack.services[service]
    return service_parts(one, image_id="i", files=files, secrets=values(stack, service), key=b"k")


def test_without_a_proxy_nothing_is_said(project: Project) -> None:
    assert said(read(project, NO_PROXY="lab")) == {}


def test_containers_get_both_spellings_of_one(project: Project) -> None:
    environment = said(read(project, HTTP_PROXY=PROXY))
    spared = environment.pop("no_proxy")
    assert environment == {**BOTH, "NO_PROXY": spared}


def test_they_reach_each_other_and_this_machine_without_it(project: Project) -> None:
    template = (
        "services:\n  web:\n    image: localhost/web\n    hostname: front\n"
        "    networks: {default: {aliases: [www, web]}}\n"
        "  db: {image: localhost/db, container_name: lab-db}\n"
    )
    stack = read(project, template, http_proxy=PROXY, NO_PROXY=".intern lab.example,web")
    assert said(stack)["no_proxy"].split(",") == [
        *(".intern", "lab.example", "web", "localhost", "127.0.0.1", "::1"),
        *("lab_web_1", "front", "www", "db", "lab-db"),
        *("host.containers.internal", "host.docker.internal"),
    ]
    assert said(stack, "db")["NO_PROXY"] == said(stack)["no_proxy"]


@pytest.mark.parametrize("own", ["HTTP_PROXY: http://mine", "http_proxy: null", "HTTP_PROXY: ''"])
def test_a_template_that_names_a_variable_has_it_as_it_says_in_both_spellings(
    project: Project, own: str
) -> None:
    template = f"{WEB}    environment: {{{own}, NO_PROXY: x}}\n"
    assert said(read(project, template, HTTP_PROXY=PROXY, HTTPS_PROXY=PROXY)) == {
        "https_proxy": PROXY,
        "HTTPS_PROXY": PROXY,
    }


def test_defaults_turn_it_off_for_all(project: Project) -> None:
    more = {"defaults": {"environment": {"HTTP_PROXY": ""}}}
    environment = said(read(project, more=more, http_proxy=PROXY))
    assert environment.pop("HTTP_PROXY") == ""
    assert set(environment) == {"no_proxy", "NO_PROXY"}


def test_a_password_reaches_containers_as_a_secret(project: Project) -> None:
    project.write(".env", f"https_proxy={SECRET}\n")
    stack = read(project)
    assert values(stack) == {"https_proxy": SECRET, "HTTPS_PROXY": SECRET}
    text = Overlay(constant={}, secrets={"web": values(stack)}).text(stack)
    assert "s3cret" not in text
    for name in ("https_proxy", "HTTPS_PROXY"):
        assert secret_name("lab", "web", name) in text


def test_a_changed_proxy_is_told_once_by_its_name(project: Project) -> None:
    for before, after in ((PROXY, f"{PROXY}/"), (SECRET, f"{SECRET}/"), (PROXY, SECRET)):
        old, new = (parts(read(project, http_proxy=one)) for one in (before, after))
        assert {name for name in {**old, **new} if old.get(name) != new.get(name)} == {
            "proxy HTTP_PROXY"
        }
    assert "s3cret" not in str(parts(read(project, http_proxy=SECRET)))


def test_a_further_service_leaves_the_others_as_they_are(project: Project) -> None:
    alone = parts(read(project, http_proxy=PROXY, NO_PROXY="lab"))
    further = f"{WEB}  db: {{image: localhost/db}}\n"
    assert parts(read(project, further, http_proxy=PROXY, NO_PROXY="lab")) == alone
    assert parts(read(project, http_proxy=PROXY, NO_PROXY="other")) != alone
