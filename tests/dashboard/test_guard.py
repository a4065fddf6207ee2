"""Who may ask the page's server: by headers alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container_manager.dashboard.guard import new_token, refusal

PORT = 8123
TOKEN = "the-token-of-this-run"
GOOD = {"host": f"127.0.0.1:{PORT}", "authorization": f"Bearer {TOKEN}"}


def status(method: str = "GET", *, token: str | None = TOKEN, **headers: str | None) -> int | None:
    """The status with which a request is refused; None where it is answered."""
    wanted = {**GOOD, **{name.replace("_", "-"): value for name, value in headers.items()}}
    given = {name: value for name, value in wanted.items() if value is not None}
    refused = refusal(method, given, port=PORT, token=token)
    return None if refused is None else refused.status


def test_the_page_itself_is_answered() -> None:
    assert status() is None
    assert status(host=f"localhost:{PORT}") is None
    assert status(origin=f"http://127.0.0.1:{PORT}", sec_fetch_site="same-origin") is None
    assert status("HEAD") is None


@pytest.mark.parametrize(
    "authorization",
    [None, "", TOKEN, "Bearer ", "Bearer wrong", f"bearer {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"],
    ids=["none", "empty", "no scheme", "no token", "wrong", "other scheme", "longer", "not ASCII"],
)
def test_a_missing_or_wrong_token_is_refused(authorization: str | None) -> None:
    assert status(authorization=authorization) == 403


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        f"127.0.0.1:{PORT}.evil.example",
    ],
    ids=["none", "empty", "foreign", "foreign with our port", "no port", "suffix"],
)
def test_a_foreign_name_that_leads_here_is_refused(host: str | None) -> None:
    assert status(host=host) == 403
    assert status(host=host, token=None) == 403


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", f"https://127.0.0.1:{PORT}", f"http://127.0.0.1:{PORT + 1}"],
    ids=["null", "foreign", "https", "another port"],
)
def test_pages_of_other_origins_are_refused(origin: str) -> None:
    assert status(origin=origin) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_says_comes_from_elsewhere_is_refused(site: str) -> None:
    assert status(sec_fetch_site=site) == 403
    # A link somewhere may lead to the page: its files hold nothing of the stack.
    assert status(sec_fetch_site=site, token=None) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_answered(method: str) -> None:
    assert status(method) == 405


@given(st.text())
def test_no_other_text_is_the_token(text: str) -> None:
    assert (status(authorization=f"Bearer {text}") is None) is (text == TOKEN)


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 40
