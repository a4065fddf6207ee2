"""The pictures of the documentation, and the command that makes them."""
