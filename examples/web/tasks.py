"""``invoke --list`` shows the tasks of this project."""

from container_manager.tasks import namespace

__all__ = ["namespace"]
