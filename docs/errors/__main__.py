"""Writes the catalogue of errors: ``python -m docs.errors``."""

from __future__ import annotations

from docs.errors.page import PAGE, page

PAGE.parent.mkdir(exist_ok=True)
PAGE.write_text(page(), encoding="utf-8")
