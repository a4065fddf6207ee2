"""Code that notebooks and pipelines share: ``from repo_src.als_expert import lifetime``."""
