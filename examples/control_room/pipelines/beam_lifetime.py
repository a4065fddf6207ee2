"""A model for the chat: answers '500 400 2' with the lifetime of a beam that fell so in 2 hours."""

from __future__ import annotations

from typing import Any

from repo_src.als_expert import lifetime


class Pipeline:
    """What the pipelines server loads, and lists as a model."""

    def __init__(self) -> None:
        self.name = "Beam lifetime"

    def pipe(
        self, user_message: str, model_id: str, messages: list[dict[str, Any]], body: dict[str, Any]
    ) -> str:
        """Answer one message."""
        try:
            before, after, elapsed = map(float, user_message.split())
            return f"The lifetime is {lifetime.hours(before, after, elapsed):.1f} hours."
        except ValueError:
            return "Tell me two currents in mA, and the hours between them: 500 400 2"
