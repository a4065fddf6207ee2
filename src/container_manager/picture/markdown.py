"""A diagram inside a Markdown page: between two remarks, so that the rest of the page stays."""

from __future__ import annotations

BEGIN = "<!-- container-manager graph: written by a command, changes are lost -->"
END = "<!-- container-manager graph: end -->"


def with_diagram(page: str | None, diagram: str) -> str | None:
    r"""A page with a Mermaid diagram in its place.

    Args:
        page: what is there; None: nothing is, and the page will hold the diagram alone.
        diagram: the text of the diagram.

    Returns:
        The page; None where it does not say, or says several times, where the diagram belongs.

    >>> page = with_diagram(f"# Lab\n{BEGIN}\nold\n{END}\nmore\n", "flowchart LR\n")
    >>> page.splitlines()[2:5]
    ['```mermaid', 'flowchart LR', '```']
    """
    block = f"{BEGIN}\n```mermaid\n{diagram}```\n{END}"
    if page is None:
        return f"{block}\n"
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest:
        return None
    return f"{before}{block}{after}"
