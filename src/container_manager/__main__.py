"""``python -m container_manager CONFIG [COMMAND]``."""

from container_manager.entry import run

run()
