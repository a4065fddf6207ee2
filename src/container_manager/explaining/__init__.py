"""Where a value of the configuration comes from, and what a service uses; secrets stay unseen."""

from container_manager.explaining.keys import explain_key
from container_manager.explaining.services import explain_service
from container_manager.explaining.told import (
    Edit,
    Explanation,
    Import,
    Leaf,
    ServiceExplanation,
    UsedKey,
    Valued,
)

__all__ = [
    "Edit",
    "Explanation",
    "Import",
    "Leaf",
    "ServiceExplanation",
    "UsedKey",
    "Valued",
    "explain_key",
    "explain_service",
]
