"""What a picture shows of compose files."""

from __future__ import annotations

import pytest
from tests.picture.stacks import HERE, ROOT, Body, body_of, five, job, stack_of, web

from container_manager.picture.model import Card, Kind, Picture, State, state_of
from container_manager.picture.reading import Wording, picture_of


def card(picture: Picture, name: str) -> Card:
    return next(one for one in picture.cards if one.name == name)


def drawn(service: Body, **more: Body) -> Card:
    """The card of one service of a stack with others."""
    files = [(None, {"networks": {"lab": {}, "host-only": {"internal": True}}}),
             ("framework.web", body_of({"web": service, **more}))]  # fmt: skip
    return card(picture_of(stack_of(files)), "web")


def test_services_stand_by_family_and_application_the_root_template_last() -> None:
    files = [
        (None, body_of({"proxy": {"image": "localhost/p"}})),
        ("services.old", body_of({"old": {"image": "localhost/o"}})),
        ("applications.lab.db", body_of({"db": {"image": "localhost/d"}})),
        ("framework.web", body_of({"web": {"image": "localhost/w"}})),
        ("applications.lab.api", body_of({"api": {"image": "localhost/a"}})),
    ]
    groups = picture_of(stack_of(files)).groups
    assert [(one.title, one.note, [node.name for node in one.nodes]) for one in groups] == [
        ("framework", "", ["web"]),
        ("lab", "application", ["db", "api"]),
        ("services", "", ["old"]),
        ("root template", "", ["proxy"]),
    ]


def test_lines_say_who_waits_for_what_and_who_shares_a_volume() -> None:
    links = picture_of(stack_of(five())).links
    told = {(link.source, link.target): link.kind for link in links}
    assert told["service:gateway", "service:api"] is Kind.HEALTHY
    assert told["service:worker", "service:api"] is Kind.STARTED
    assert told["service:api", "service:migrate"] is Kind.COMPLETED
    assert told["service:worker", "volume:uploads"] is Kind.MOUNTS


def test_a_volume_of_one_service_stands_on_its_card_and_a_shared_one_by_itself() -> None:
    picture = picture_of(stack_of(five()))
    assert card(picture, "mongo").volumes == ("mongo-data",)
    assert card(picture, "api").volumes == ()
    assert [node.key for node in picture.groups[1].nodes][-1] == "volume:uploads"


def test_a_volume_of_several_groups_belongs_to_none() -> None:
    using = {"image": "localhost/x", "volumes": ["common:/x"]}
    files = [
        (None, {"volumes": {"common": {"external": True}}}),
        ("framework.a", body_of({"a": using})),
        ("applications.lab.b", body_of({"b": using})),
    ]
    last = picture_of(stack_of(files)).groups[-1]
    assert last.title == "shared volumes"
    assert last.nodes[0].name == "common"


def test_a_card_tells_one_shots_images_and_published_ports() -> None:
    ports = ["127.0.0.1:8080:80", "53:53/udp", "[::1]:8443:443", "9000"]
    shown = drawn({"image": "localhost/x", "ports": ports})
    assert (shown.image, shown.built, shown.one_shot) == ("localhost/x", False, False)
    assert shown.ports == (
        *("127.0.0.1:8080 → 80", "*:53 → 53/udp", "[::1]:8443 → 443", "*:auto → 9000"),
    )
    assert card(picture_of(stack_of(five())), "migrate").one_shot


def test_an_image_that_is_built_for_another_service_is_built_here_too() -> None:
    """Its name may hold that of the project, which is a folder's where nothing else is said."""
    mine = {"image": "localhost/lab_mine"}
    for shown in (drawn({**mine, "build": HERE}), drawn(mine, other={**mine, "build": HERE})):
        assert (shown.built, shown.image) == (True, "")


def test_networks_stand_on_cards_only_where_they_tell_services_apart() -> None:
    same = {"image": "localhost/x", "networks": ["lab"]}
    assert drawn(same, other=same).networks == ()
    assert drawn({**same, "networks": ["lab", "host-only"]}, other=same).networks == (
        *("lab", "host-only"),
    )
    assert drawn({"image": "localhost/x", "network_mode": "host"}, other=same).networks == (
        "mode host",
    )


def test_networks_are_listed_with_their_members() -> None:
    files = [
        (None, {"networks": {"lab": {}, "inner": {"internal": True}}}),
        (
            "framework.web",
            body_of({"a": web("localhost/a"), "b": {**job(), "networks": ["inner"]}}),
        ),
    ]
    told = picture_of(stack_of(files)).networks
    assert [(one.name, one.members, one.of_all, one.internal) for one in told] == [
        ("lab", 1, False, False),
        ("inner", 1, False, True),
    ]


def test_what_was_chosen_on_this_machine_is_not_shown() -> None:
    files = [ROOT, ("framework.web", body_of({"web": web("localhost/mine", 20017)}))]
    wording = Wording(chosen_ports={20017}, images={"localhost/mine": "images.python: auto"})
    shown = picture_of(stack_of(files), wording).cards[0]
    assert shown.ports == ("127.0.0.1:auto → 8080",)
    assert shown.image == "images.python: auto"


@pytest.mark.parametrize(
    ("state", "health", "code", "one_shot", "shown"),
    [
        ("running", "healthy", None, False, State.HEALTHY),
        ("running", None, None, False, State.RUNNING),
        ("running", "starting", None, False, State.STARTING),
        ("running", "unhealthy", None, False, State.UNHEALTHY),
        ("created", None, None, False, State.STARTING),
        ("restarting", None, 1, False, State.RESTARTING),
        ("paused", None, None, False, State.PAUSED),
        ("exited", None, 0, True, State.DONE),
        ("exited", None, 0, False, State.STOPPED),
        ("exited", None, 137, True, State.FAILED),
    ],
)
def test_the_state_of_a_container(
    state: str, health: str | None, code: int | None, one_shot: bool, shown: State
) -> None:
    assert state_of(state, health, code, one_shot=one_shot) is shown
