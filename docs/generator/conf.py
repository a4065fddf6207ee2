"""The settings of Sphinx; './run docs' builds with them."""

from dataclasses import is_dataclass
from typing import Any

from docutils import nodes
from pygments.lexers.templates import YamlJinjaLexer
from sphinx.application import Sphinx

from container_manager import __version__

project = "Container Manager"
release = version = __version__
language = "en"
highlight_language = "text"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs.generator.filling",
]
exclude_patterns = ["generator", "pictures"]
suppress_warnings = ["ref.python"]  # two verbs return a 'Preview' each, of their own
smartquotes = False  # '--detached' stays as it is typed

myst_heading_anchors = 6  # links to headings, as code hosts name them

add_module_names = False
autodoc_typehints = "signature"
napoleon_use_rtype = False  # what stands before a colon in 'Returns:' is words, no type
autodoc_member_order = "bysource"
python_display_short_literal_types = True
python_use_unqualified_type_names = True
nitpick_ignore_regex = [
    # Their documentation is elsewhere, and a build fetches nothing.
    ("py:.*", r"(?!container_manager\.).*"),
    # Types within what a verb returns.
    ("py:(class|obj)", r"container_manager\..*"),
]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_title = f"{project} {version}"
html_copy_source = False
html_domain_indices = False  # the page of Python names is one
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}


def setup(app: Sphinx) -> None:
    """Examples of YAML are often templates; nobody makes what a verb returns."""
    app.add_lexer("yaml", YamlJinjaLexer)
    app.connect("autodoc-process-signature", _without_fields)
    app.connect("doctree-resolved", _dashes)
    app.connect("html-page-context", _levels, priority=900)  # after the theme


def _without_fields(
    _app: Sphinx, what: str, _name: str, value: object, *_rest: object
) -> tuple[str, str] | None:
    """No signature for data: its attributes say the same, in words."""
    return ("", "") if what == "class" and is_dataclass(value) else None


def _dashes(_app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """What Sphinx puts before the words of a parameter or a result, as a dash."""
    for text in doctree.findall(nodes.Text):
        if text.startswith(" -- "):
            text.parent.replace(text, nodes.Text(f" – {text[4:]}"))


def _levels(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """Captions of the navigation say that they are headings; screen readers ask of which level."""
    for part in ("body", "furo_navigation_tree"):
        if part in context:
            context[part] = context[part].replace('role="heading"', 'role="heading" aria-level="2"')
