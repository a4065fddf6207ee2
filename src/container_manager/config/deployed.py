"""The rules of ``deployed_services`` over all files of a configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from container_manager.errors import Location, Problem, did_you_mean
from container_manager.model import Node


@dataclass(slots=True)
class Deployed:
    """What the files of one configuration say of ``deployed_services``.

    A list replaces the list of what was imported; null or nothing keeps it; ``[]`` is none.
    ``{add: [...], remove: [...]}`` is gathered over all files and applied after the list, in the
    order in which the files are merged.

    Attributes:
        listed: the list that counts.
        edits: ``add`` or ``remove`` with a name, in order.
        former: the lists that it replaced, the first one first.
    """

    listed: Node | None = None
    edits: list[tuple[str, Node]] = field(default_factory=list)
    former: list[Node] = field(default_factory=list)

    def merge(self, over: Deployed) -> None:
        """Let a file that wins over this one have its say."""
        if over.listed is not None:
            self.former += [*([self.listed] if self.listed else []), *over.former]
            self.listed = over.listed
        self.edits.extend(over.edits)

    def final(self, problems: list[Problem]) -> Node | None:
        """The final list: what is listed, then what files add and remove."""
        if self.listed is None and not self.edits:
            return None
        names: dict[str, Node] = {}
        listed = self.listed.value if self.listed else []
        assert isinstance(listed, list)
        for item in listed:
            name = canonical(str(item.value))
            if name in names:
                _problem(
                    problems,
                    f"The service {item.value!r} is listed twice in 'deployed_services'.",
                    item.where,
                    f"It is listed first at {names[name].where}.",
                )
            names.setdefault(name, item)
        for action, item in self.edits:
            name = canonical(str(item.value))
            if action == "add":
                names.setdefault(name, item)
            else:
                names.pop(name, None)
        where = (self.listed or self.edits[0][1]).where
        return Node(value=list(names.values()), where=where)


def read_part(node: Node | None, problems: list[Problem]) -> Deployed:
    """What one file says; what it must not say is added to ``problems``."""
    part = Deployed()
    if node is None or node.value is None:
        return part
    if isinstance(node.value, list):
        if _all_names(node, problems):
            part.listed = node
        return part
    if not isinstance(node.value, dict):
        _problem(
            problems,
            "'deployed_services' must be a list of service names.",
            node.where,
            f"Write it as a list: deployed_services: [{node.value}]",
        )
        return part
    for key, names in node.value.items():
        if key not in ("add", "remove"):
            _problem(
                problems,
                f"'deployed_services' has no part {str(key)!r}; it has 'add' and 'remove'.",
                names.where,
                did_you_mean(str(key), ("add", "remove")),
            )
        elif names.value is not None and _all_names(names, problems):
            assert isinstance(names.value, list)
            part.edits.extend((str(key), name) for name in names.value)
    return part


def _all_names(node: Node, problems: list[Problem]) -> bool:
    if not isinstance(node.value, list):
        _problem(problems, "This must be a list of service names.", node.where)
        return False
    wrong = [item for item in node.value if not isinstance(item.value, str) or not item.value]
    for item in wrong:
        shown = "null" if item.value is None else repr(item.plain())
        _problem(problems, f"A service's name must be text, not {shown}.", item.where)
    return not wrong


def _problem(
    problems: list[Problem], message: str, where: Location, remedy: str | None = None
) -> None:
    problems.append(Problem(message=message, where=where, remedy=remedy))


def canonical(name: str) -> str:
    """A service's name for comparing: ``-`` is ``_``, and ``framework.`` may be left out."""
    return name.replace("-", "_").removeprefix("framework.")
