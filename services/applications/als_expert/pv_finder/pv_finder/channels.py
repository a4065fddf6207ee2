"""Channels: what we know about one, and how a person's words become a query.

Nothing that a client writes reaches the database as a pattern or an operator of its own: the words
are escaped, and become part of filters that are written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pymongo.collection import Collection
from pymongo.database import Database

from pv_finder.settings import DATABASE_PATIENCE_MS

MAX_RESULTS = 200
MAX_PATTERN = 100
MAX_WORDS = 8

Filter: TypeAlias = dict[str, Any]
"""A filter of MongoDB's."""

_SEARCHED = ("name", "description", "area", "device")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not contain control characters")
    return text


Words: TypeAlias = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PATTERN),
    AfterValidator(_printable),
]
"""What a client may write: some printable text."""

Limit: TypeAlias = Annotated[int, Field(ge=1, le=MAX_RESULTS)]
"""How many channels a client may ask for."""


class Channel(BaseModel):
    """A control-system channel (process variable)."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="The name that clients of the control system connect to")
    description: str = Field(default="", description="What it measures or sets")
    units: str = Field(default="", description="Engineering units; empty where there are none")
    area: str = Field(default="", description="The part of the facility")
    device: str = Field(default="", description="The kind of device")

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Channel:
        """What is stored, in our words: missing fields are empty, further ones stay behind."""
        known = {key: str(document.get(key) or "") for key in cls.model_fields}
        return cls.model_validate(known)


class ChannelList(BaseModel):
    """Channels that were found, by name."""

    channels: list[Channel]
    more: bool = Field(description="Whether more channels match than were asked for")


def name_filter(pattern: str) -> Filter:
    """Channels whose name matches: as a whole where ``*`` or ``?`` is used, else in part.

    >>> name_filter("bpm")
    {'name': {'$regex': 'bpm', '$options': 'i'}}
    >>> name_filter("SR01C:*:X?")["name"]["$regex"]
    '^SR01C:.*:X.$'
    """
    glob = "*" in pattern or "?" in pattern
    return {"name": _matching(_glob(pattern) if glob else re.escape(pattern))}


def text_filter(text: str) -> Filter:
    """Channels that have every word somewhere in their name, description, area or device.

    Raises:
        ValueError: there are too many words.
    """
    words = text.split()
    if len(words) > MAX_WORDS:
        raise ValueError(f"at most {MAX_WORDS} words can be looked for")
    return {
        "$and": [
            {"$or": [{key: _matching(re.escape(word))} for key in _SEARCHED]} for word in words
        ]
    }


def _matching(regex: str) -> Filter:
    return {"$regex": regex, "$options": "i"}


def _glob(pattern: str) -> str:
    """The regular expression of a glob, in time proportional to the name.

    Between two stars only the nearest match counts, so an atomic group keeps the engine from
    trying the others; a chain of plain ``.*`` would make it try them all, for each other star.
    """
    first, *others = [_literal(part) for part in re.split(r"\*+", pattern)]
    if not others:
        return f"^{first}$"
    *middle, last = others
    return f"^{first}" + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}$"


def _literal(part: str) -> str:
    return ".".join(re.escape(piece) for piece in part.split("?"))


class ChannelStore:
    """The channels in the database."""

    def __init__(self, collection: Collection[dict[str, Any]]) -> None:
        self._collection = collection

    def ping(self) -> None:
        """Ask the database whether it is there.

        Raises:
            PyMongoError: it is not, or does not know us.
        """
        database: Database[dict[str, Any]] = self._collection.database
        database.command("ping")

    def find(self, wanted: Filter, limit: int) -> ChannelList:
        """The first channels by name that a filter finds."""
        cursor = self._collection.find(wanted, max_time_ms=DATABASE_PATIENCE_MS)
        # One more than asked for, to know whether there are more.
        documents = list(cursor.sort("name", 1).limit(limit + 1))
        found = [Channel.from_document(document) for document in documents[:limit]]
        return ChannelList(channels=found, more=len(documents) > limit)

    def get(self, name: str) -> Channel | None:
        """The channel of this very name."""
        document = self._collection.find_one(
            {"name": {"$eq": name}}, max_time_ms=DATABASE_PATIENCE_MS
        )
        return None if document is None else Channel.from_document(document)

    def add_missing(self, channels: Iterable[Channel]) -> int:
        """Add the channels whose names are not there yet; returns how many.

        What is there stays as it is: somebody may have changed it.
        """
        self._collection.create_index("name", unique=True)
        added = 0
        for channel in channels:
            done = self._collection.update_one(
                {"name": channel.name}, {"$setOnInsert": channel.model_dump()}, upsert=True
            )
            added += done.upserted_id is not None
        return added
