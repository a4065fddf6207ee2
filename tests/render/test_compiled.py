"""Compiled templates are kept from one command to the next, and old ones are not believed."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from container_manager.render import Renderer
from container_manager.render.compiled import CompiledTemplates


def render(root: Path, text: str, **values: object) -> str:
    """Render a template with what was compiled before, and remember what was compiled now."""
    template = root / "page.j2"
    template.write_text(text)
    compiled = CompiledTemplates(root / "kept/templates.sqlite")
    renderer = Renderer(root, values, compiled=compiled)
    result = renderer.render(template, service_dir=root, compose=False).text
    renderer.remember()
    return result


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "kept").mkdir()
    return tmp_path


def test_a_kept_template_renders_the_same_with_other_values(root: Path) -> None:
    assert render(root, "{{ a }}", a=1) == "1"
    assert render(root, "{{ a }}", a=2) == "2"


def test_a_changed_source_is_compiled_anew(root: Path) -> None:
    assert render(root, "{{ a }}", a=1) == "1"
    assert render(root, "{{ a }}!", a=1) == "1!"


def test_a_changed_include_is_compiled_anew(root: Path) -> None:
    for text in ("one", "two"):
        (root / "part.j2").write_text(text)
        assert render(root, "{% include 'part.j2' %}") == text


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 200])
def test_a_file_that_cannot_be_used_is_replaced(root: Path, content: bytes) -> None:
    file = root / "kept/templates.sqlite"
    file.write_bytes(content)
    assert render(root, "{{ a }}", a=1) == "1"
    assert render(root, "{{ a }}", a=2) == "2"
    assert file.read_bytes().startswith(b"SQLite format 3\0")
    assert file.stat().st_mode & 0o077 == 0


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    assert render(tmp_path, "{{ a }}", a=1) == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["page.j2"]


def test_another_thread_may_clear_it_away(root: Path) -> None:
    """Pytest makes an error of what a finalizer raises."""
    assert render(root, "{{ a }}", a=1) == "1"
    held = [CompiledTemplates(root / "kept/templates.sqlite")]
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    gc.collect()
    assert held == []
