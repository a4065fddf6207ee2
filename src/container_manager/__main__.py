"""``python -m container_manager CONFIG [COMMAND]``."""

from container_manager.cli import run

run()
