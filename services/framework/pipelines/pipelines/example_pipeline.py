"""An example: a model that needs no network. It tells the time and repeats what was said.

A pipeline is a module with a class ``Pipeline``. The server makes one object of it, lists it as a
model, and calls ``pipe`` for every chat. Your own go into a folder of your project (see
docs/services/pipelines.md); code that several of them share goes into ``src/``.
"""

from __future__ import annotations

import importlib.util
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel


class Pipeline:
    """What the server loads."""

    class Valves(BaseModel):
        """Settings that an administrator can change while it runs; they are kept."""

        prefix: str = "You said"

    def __init__(self) -> None:
        self.name = "Example"
        self.valves = self.Valves()

    async def on_startup(self) -> None:
        """Called before the first chat: a place to open connections."""
        print("The example pipeline is ready.")

    async def on_shutdown(self) -> None:
        """Called at the end: a place to close them."""

    def pipe(
        self, user_message: str, model_id: str, messages: list[dict[str, Any]], body: dict[str, Any]
    ) -> Iterator[str]:
        """Answer ``user_message``; what is yielded appears at once, piece by piece."""
        yield f"It is {datetime.now(UTC):%H:%M:%S} UTC. "
        yield f"{self.valves.prefix}: {user_message}"
        if modules := own_modules():
            yield f"\n\nModules of your project that I could import: {', '.join(modules)}"


def own_modules() -> list[str]:
    """The names of what lies in the project's ``src/``, for ``import repo_src.NAME``."""
    package = importlib.util.find_spec("repo_src")
    folders = package.submodule_search_locations if package else None
    return sorted(module.name for module in pkgutil.iter_modules(folders)) if folders else []
