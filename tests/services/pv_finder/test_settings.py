"""The environment is read once, and every fault in it is told."""

from __future__ import annotations

import pytest

from pv_finder import settings
from pv_finder.settings import SettingsError

DATABASE = {
    "MONGO_HOST": "mongo",
    "MONGO_PORT": "27017",
    "MONGO_DATABASE": "als_expert",
    "MONGO_COLLECTION": "channels",
    "MONGO_USER": "als_expert",
    "MONGO_PASSWORD": "p$1 '\"",
    "MONGO_AUTH_SOURCE": "als_expert",
    "MONGO_TLS": "false",
}
DOORS = {"PV_FINDER_TOKEN": "t0ken", "PV_FINDER_HOSTS": "127.0.0.1:8051, pv_finder:8051"}


def test_the_database_is_what_the_variables_say() -> None:
    database = settings.database(DATABASE)
    assert (database.host, database.port, database.tls) == ("mongo", 27017, False)
    assert database.password == DATABASE["MONGO_PASSWORD"]
    assert settings.database({**DATABASE, "MONGO_TLS": "true"}).tls


def test_secrets_are_not_shown() -> None:
    assert DATABASE["MONGO_PASSWORD"] not in repr(settings.database(DATABASE))
    assert DOORS["PV_FINDER_TOKEN"] not in repr(settings.doors(DOORS))


def test_all_faults_are_told_at_once() -> None:
    wrong = {**DATABASE, "MONGO_PORT": "70000", "MONGO_TLS": "maybe", "MONGO_PASSWORD": ""}
    with pytest.raises(SettingsError) as caught:
        settings.database(wrong)
    assert str(caught.value) == (
        "MONGO_PORT must be a port number; MONGO_PASSWORD is not set; "
        "MONGO_TLS must be true or false"
    )


def test_without_a_token_nothing_starts() -> None:
    with pytest.raises(SettingsError, match="PV_FINDER_TOKEN is not set"):
        settings.doors({**DOORS, "PV_FINDER_TOKEN": ""})


def test_the_public_address_is_one_of_ours() -> None:
    doors = settings.doors({**DOORS, "PV_FINDER_PUBLIC_URL": "https://pv.example.org/tools"})
    assert doors.hosts == ("127.0.0.1:8051", "pv_finder:8051", "pv.example.org")
    assert doors.origins[-1] == "https://pv.example.org"


def test_a_wrong_public_address_is_told_with_the_rest() -> None:
    wrong = {"PV_FINDER_HOSTS": "localhost:8051", "PV_FINDER_PUBLIC_URL": "pv.example.org"}
    with pytest.raises(SettingsError) as caught:
        settings.doors(wrong)
    assert str(caught.value) == (
        "PV_FINDER_TOKEN is not set; PV_FINDER_PUBLIC_URL is 'pv.example.org': "
        "it does not begin with http:// or https://; it must be like https://pv.example.org"
    )


def test_on_the_usual_port_a_client_need_not_name_it() -> None:
    doors = settings.doors({**DOORS, "PV_FINDER_HOSTS": "localhost:80,pv_finder:8051"})
    assert doors.hosts == ("localhost:80", "pv_finder:8051", "localhost")
    assert "http://localhost" in doors.origins


def test_the_client_does_not_show_its_password() -> None:
    with settings.database(DATABASE).client() as client:
        assert DATABASE["MONGO_PASSWORD"] not in repr(client)
