"""The tools, as a client sees them, and the door in front of them; the database is a few lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
import pytest
from mcp import Client
from pymongo.errors import ConnectionFailure

from pv_finder import server
from pv_finder.channels import Channel, ChannelList, ChannelStore, Filter, name_filter, text_filter
from pv_finder.seed import examples
from pv_finder.settings import Doors

TOKEN = "t0ken-of-the-tests"
DOORS = Doors(
    token=TOKEN,
    hosts=("127.0.0.1:8051", "pv.example.org"),
    origins=("http://127.0.0.1:8051", "https://pv.example.org"),
)
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
KNOCK = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {TOKEN}"}

WRONG = [
    *(None, "", "Bearer", "Bearer ", "Bearer wrong", "Bearer \xe9"),
    *(TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"),
]

T = TypeVar("T")


class Store(ChannelStore):
    """Remembers what it is asked; answers with one channel, or fails as the database would."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.failure: Exception | None = None

    def _note(self, *what: Any) -> None:
        self.asked.append(what)
        if self.failure:
            raise self.failure

    def ping(self) -> None:
        self._note("ping")

    def find(self, wanted: Filter, limit: int) -> ChannelList:
        self._note(wanted, limit)
        return ChannelList(channels=[Channel(name="SR:DCCT:Current", units="mA")], more=True)

    def get(self, name: str) -> Channel | None:
        self._note(name)
        return Channel(name=name) if name == "SR:DCCT:Current" else None


@pytest.fixture
def store() -> Store:
    return Store()


def asked(store: Store, ask: Callable[[Client], Awaitable[T]]) -> T:
    """Connect a client of the ``mcp`` package to the tools, without a network."""

    async def session() -> T:
        async with Client(server.build(store)) as client:
            return await ask(client)

    return asyncio.run(session())


def call(store: Store, tool: str, **arguments: Any) -> tuple[dict[str, Any] | None, str]:
    """The structured answer of a tool, and the text where it is an error."""
    result = asked(store, lambda client: client.call_tool(tool, arguments))
    text = "".join(getattr(part, "text", "") for part in result.content)
    return result.structured_content, text if result.is_error else ""


def http(store: Store, method: str, path: str, **options: Any) -> httpx2.Response:
    """A request to the whole application, as the web server would hand it on."""

    async def session() -> httpx2.Response:
        app = server.application(store, DOORS)
        transport = httpx2.ASGITransport(app=app)
        async with (
            _running(app),
            httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8051") as client,
        ):
            return await client.request(method, path, **options)

    return asyncio.run(session())


class _running:  # noqa: N801 - used like a function
    """Tells the application that it starts and ends, as the web server does."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._said: asyncio.Queue[Any] = asyncio.Queue()

    async def __aenter__(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._task = asyncio.create_task(self._app(scope, self._told.get, self._said.put))
        await self._told.put({"type": "lifespan.startup"})
        assert (await self._said.get())["type"] == "lifespan.startup.complete"

    async def __aexit__(self, *_: object) -> None:
        await self._told.put({"type": "lifespan.shutdown"})
        await self._task


def test_the_tools_say_what_they_take_and_give(store: Store) -> None:
    tools = {tool.name: tool for tool in asked(store, lambda client: client.list_tools()).tools}
    assert set(tools) == {"find_channels", "search_channels", "describe_channel"}
    limits = tools["find_channels"].input_schema["properties"]["limit"]
    assert (limits["minimum"], limits["maximum"], limits["default"]) == (1, 200, 20)
    for tool in tools.values():
        assert tool.description
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint


def test_answers_are_structured(store: Store) -> None:
    answer, _ = call(store, "find_channels", pattern="SR:*", limit=3)
    assert answer is not None
    assert answer["more"] is True
    assert answer["channels"][0]["units"] == "mA"
    call(store, "search_channels", text=" beam  current ")
    assert store.asked == [(name_filter("SR:*"), 3), (text_filter("beam current"), 20)]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("find_channels", {"pattern": ""}),
        ("find_channels", {"pattern": "   "}),
        ("find_channels", {"pattern": "x" * 101}),
        ("find_channels", {"pattern": "a\x00b"}),
        ("find_channels", {"pattern": {"$ne": ""}}),
        ("find_channels", {"pattern": "x", "limit": 0}),
        ("find_channels", {"pattern": "x", "limit": 201}),
        ("search_channels", {"text": "w " * 9}),
        ("describe_channel", {"name": {"$gt": ""}}),
    ],
)
def test_bad_input_never_reaches_the_database(
    store: Store, tool: str, arguments: dict[str, Any]
) -> None:
    answer, error = call(store, tool, **arguments)
    assert answer is None
    assert error
    assert store.asked == []


def test_an_unknown_channel_is_told(store: Store) -> None:
    assert call(store, "describe_channel", name="SR:DCCT:Current")[1] == ""
    assert "There is no channel 'NOPE'" in call(store, "describe_channel", name="NOPE")[1]


def test_troubles_of_the_database_are_not_for_clients(store: Store) -> None:
    store.failure = ConnectionFailure("mongo:27017: secret details")
    _, error = call(store, "find_channels", pattern="x")
    assert "try again later" in error
    assert "secret details" not in error


@pytest.mark.parametrize("authorization", WRONG)
@pytest.mark.parametrize("path", ["/mcp", "/", "/health/", "/other"])
def test_without_the_token_every_door_is_shut(
    store: Store, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = http(store, "POST", path, headers=headers, json=LIST)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_with_the_token_the_tools_answer(store: Store) -> None:
    answer = http(store, "POST", "/mcp", headers=KNOCK, json=LIST)
    assert answer.status_code == 200
    assert len(answer.json()["result"]["tools"]) == 3


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "rebound.example.org"}, 421),
        ({"Host": "127.0.0.1:9999"}, 421),
        ({"Host": "pv.example.org"}, 200),
        ({"Host": "PV.Example.ORG", "Origin": "HTTPS://PV.Example.ORG"}, 200),
        ({"Origin": "https://rebound.example.org"}, 403),
        ({"Origin": "https://pv.example.org"}, 200),
    ],
)
def test_only_our_own_addresses_are_answered(
    store: Store, headers: dict[str, str], status: int
) -> None:
    assert http(store, "POST", "/mcp", headers=KNOCK | headers, json=LIST).status_code == status


def test_requests_have_a_size(store: Store) -> None:
    large = {**LIST, "params": {"padding": "x" * 100_000}}
    assert http(store, "POST", "/mcp", headers=KNOCK, json=large).status_code == 413


def test_the_health_is_that_of_the_database(store: Store) -> None:
    well = http(store, "GET", "/health")
    assert (well.status_code, well.text) == (200, "ok\n")
    store.failure = ConnectionFailure("mongo:27017: secret details")
    ill = http(store, "GET", "/health")
    assert (ill.status_code, ill.text) == (503, "database\n")


def test_an_empty_token_is_no_token() -> None:
    with pytest.raises(ValueError, match="empty"):
        server.RequireToken(lambda *_: None, "")  # type: ignore[arg-type]


def test_the_examples_are_complete_and_each_is_there_once() -> None:
    channels = examples()
    assert 40 <= len(channels) <= 60
    assert len({channel.name for channel in channels}) == len(channels)
    assert all(channel.description and channel.area and channel.device for channel in channels)
