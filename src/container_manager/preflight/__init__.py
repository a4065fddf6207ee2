"""What would go wrong, found before anything is touched."""

from container_manager.preflight.checks import Findings, check
from container_manager.preflight.ports import try_bind
from container_manager.preflight.surroundings import Surroundings

__all__ = ["Findings", "Surroundings", "check", "try_bind"]
