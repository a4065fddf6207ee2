"""Which proxies a project uses, from the variables of the shell, ``.env`` and the like.

Programs disagree: curl reads ``http_proxy`` in small letters alone, Go prefers capital letters, and
few know ``ALL_PROXY``. So what is used is decided here, once, and everybody gets it in both
spellings. Small letters win, as with curl and Python; an empty value counts as none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

ALL = "all_proxy"
NONE = "no_proxy"
WEB = ("http_proxy", "https_proxy")
NAMES = (*WEB, "ftp_proxy", ALL, NONE)
"""The variables, in small letters."""

SPELLINGS = frozenset(spelled for name in NAMES for spelled in (name, name.upper()))

HERE = ("localhost", "127.0.0.1", "::1")
HOSTS = ("host.containers.internal", "host.docker.internal")
"""How containers call the machine that they run on."""


def sources(*places: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Where each variable has its value from.

    Args:
        places: variables, the most important ones first. A variable that is there, even an empty
            one, hides both spellings of it in later places.

    Returns:
        Variable in small letters -> the variable, as it is spelled there, that has its value, and
        the value. Where only ``ALL_PROXY`` is set, it stands for both proxies of the web. Empty
        without any proxy.

    >>> sources({"HTTPS_PROXY": "http://a"}, {"https_proxy": "http://b", "no_proxy": "lab"})
    {'https_proxy': ('HTTPS_PROXY', 'http://a'), 'no_proxy': ('no_proxy', 'lab')}
    >>> sources({"http_proxy": ""}, {"http_proxy": "http://b"})
    {}
    """
    found: dict[str, tuple[str, str]] = {}
    for name in NAMES:
        spellings = (name, name.upper())
        place = next((p for p in places if any(one in p for one in spellings)), {})
        spelled = next((one for one in spellings if place.get(one)), None)
        if spelled is not None:
            found[name] = (spelled, place[spelled])
    if ALL in found:
        found |= {name: found[ALL] for name in WEB if name not in found}
    return {name: found[name] for name in NAMES if name in found} if found.keys() - {NONE} else {}


def proxy_variables(*places: Mapping[str, str], spare: Iterable[str] = ()) -> dict[str, str]:
    """The variables for a program that is to use the proxies, each in both spellings.

    Args:
        places: variables, the most important ones first.
        spare: hosts that it is to reach directly.

    >>> proxy_variables({}, {"https_proxy": "http://a"})
    {'https_proxy': 'http://a', 'HTTPS_PROXY': 'http://a'}
    """
    values = {name: value for name, (_, value) in sources(*places).items()}
    if values and spare:
        values[NONE] = spared(values.get(NONE, ""), spare)
    return {spelled: v for name, v in values.items() for spelled in (name, name.upper())}


def without_proxies(variables: Mapping[str, str]) -> dict[str, str]:
    """The other variables."""
    return {name: value for name, value in variables.items() if name not in SPELLINGS}


def holds_user(name: str, value: str) -> bool:
    """Whether a variable names a proxy together with a user, who has a password or is a token.

    Unlike elsewhere, the scheme of the address may be left out here.

    >>> holds_user("HTTP_PROXY", "me:pw@proxy:3128"), holds_user("MAIL", "me@example.org")
    (True, False)
    """
    return name in SPELLINGS and name.lower() != NONE and "@" in value


def spared(given: str, names: Iterable[str]) -> str:
    """What ``NO_PROXY`` says once further hosts are to be reached directly.

    Args:
        given: what it says, with commas or blanks; a lone ``*`` spares everything.
        names: hosts.

    >>> spared("lab.example .intern", ["web", "lab.example"])
    'lab.example,.intern,web'
    """
    said = [one for one in re.split(r"[,\s]+", given) if one]
    if "*" in said:
        return "*"  # together with others, curl would take it for a name
    return ",".join(dict.fromkeys([*said, *names]))
