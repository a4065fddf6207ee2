"""Daily work with containers that are there, found by their labels."""
