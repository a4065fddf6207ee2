"""From files to a checked configuration in which every value knows its place."""

from container_manager.config.loader import Config, ConfigBuilder, load
from container_manager.places import find_config

__all__ = ["Config", "ConfigBuilder", "find_config", "load"]
