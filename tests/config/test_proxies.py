"""Which proxies are used, and who is reached without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container_manager.config.environment import Environment
from container_manager.config.proxies import (
    NAMES,
    SPELLINGS,
    proxy_variables,
    sources,
    spared,
    without_proxies,
)

HOSTS = st.text("abz.-_19", min_size=1, max_size=8)
ENVIRONS = st.dictionaries(st.sampled_from(sorted(SPELLINGS)), st.sampled_from(["", "a", "b"]))


@pytest.mark.parametrize(
    ("process", "dotenv", "expected"),
    [
        ({}, {}, {}),
        ({"HTTP_PROXY": "a"}, {}, {"http_proxy": "a"}),
        ({"http_proxy": "a", "HTTP_PROXY": "b"}, {}, {"http_proxy": "a"}),
        ({"http_proxy": "", "HTTP_PROXY": "b"}, {}, {"http_proxy": "b"}),
        ({"HTTP_PROXY": "a"}, {"http_proxy": "b"}, {"http_proxy": "a"}),
        ({"HTTP_PROXY": ""}, {"http_proxy": "b"}, {}),
        ({}, {"FTP_PROXY": "b"}, {"ftp_proxy": "b"}),
        ({"NO_PROXY": "x"}, {}, {}),
        (
            {"ALL_PROXY": "a", "https_proxy": "b"},
            {},
            {"all_proxy": "a", "http_proxy": "a", "https_proxy": "b"},
        ),
    ],
)
def test_small_letters_win_and_the_shell_wins_over_dotenv(
    process: dict[str, str], dotenv: dict[str, str], expected: dict[str, str]
) -> None:
    found = proxy_variables(process, dotenv)
    assert {name: value for name, value in found.items() if name.islower()} == expected


@given(ENVIRONS, ENVIRONS)
def test_both_spellings_always_agree(process: dict[str, str], dotenv: dict[str, str]) -> None:
    found = proxy_variables(process, dotenv)
    assert all(found[name.lower()] == found[name.upper()] != "" for name in found)
    assert list(sources(process, dotenv)) == [name for name in NAMES if name in found]


@given(st.lists(HOSTS), st.sampled_from([",", ", ", " "]), st.lists(HOSTS))
def test_what_is_spared_stays_first_and_nothing_is_said_twice(
    said: list[str], between: str, further: list[str]
) -> None:
    listed = [one for one in spared(between.join(said), further).split(",") if one]
    assert listed == list(dict.fromkeys([*said, *further]))
    assert spared(",".join(listed), further).split(",") == (listed or [""])


@pytest.mark.parametrize("said", ["*", "lab, *"])
def test_a_star_stays_alone(said: str) -> None:
    assert spared(said, ["web"]) == "*"


def test_the_other_variables() -> None:
    assert without_proxies({"Http_Proxy": "a", "HTTP_PROXY": "b", "PATH": "c"}) == {
        "Http_Proxy": "a",
        "PATH": "c",
    }


@pytest.mark.parametrize(
    "value", ["http://me:pw@proxy:3128", "me:pw@proxy:3128", "http://me@proxy", "me@proxy"]
)
def test_a_proxy_with_a_user_is_a_secret(value: str) -> None:
    environment = Environment(process={"HTTPS_PROXY": value, "NO_PROXY": "me@x"})
    assert environment.is_secret("HTTPS_PROXY")
    assert not environment.is_secret("NO_PROXY")
    assert "HTTPS_PROXY" not in environment.public()
    public = Environment(process={"HTTPS_PROXY": "http://proxy:3128"})
    assert not public.is_secret("HTTPS_PROXY")
