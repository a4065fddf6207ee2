"""The tasks of this project, which is a project of its own tool: ``invoke --list`` shows them."""

from container_manager.tasks import namespace

__all__ = ["namespace"]
