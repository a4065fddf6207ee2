"""From templates and a configuration to text, strictly; and from text to files, through Copier."""

from container_manager.render.jinja import Rendered, Renderer

__all__ = ["Rendered", "Renderer"]
