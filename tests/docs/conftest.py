"""What the source says, read once: it takes longer than all tests of it."""

from __future__ import annotations

import pytest

from docs.errors.reading import Message, Reading
from docs.errors.source import Package


@pytest.fixture(scope="session")
def reading() -> Reading:
    """The messages of this checkout."""
    return Reading(Package())


@pytest.fixture(scope="session")
def messages(reading: Reading) -> list[Message]:
    return list(reading.messages())
