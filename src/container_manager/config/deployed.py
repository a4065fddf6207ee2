"""The rules of ``deployed_services`` over all files of a configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from container_manager.config.alternatives import Either
from container_manager.config.shapes import Fields, KnownKey, ListOf, Misfit
from container_manager.config.values import TEXT
from container_manager.errors import Location, Problem, did_you_mean
from container_manager.model import Node

_NAMES = ListOf(expected="a list of service names", each=TEXT)
_EDITS = Fields(
    expected="what is added and removed",
    nullable=True,
    known={
        "add": KnownKey(
            shape=_NAMES, meaning="what is deployed besides", examples=(["framework.web"],)
        ),
        "remove": KnownKey(
            shape=_NAMES, meaning="what is not deployed after all", examples=(["web"],)
        ),
    },
)
SHAPE = Either(expected="a list of service names", shapes=(_NAMES, _EDITS))


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
    wrong = [_told(misfit, node) for misfit in SHAPE.misfits(node)]
    problems += wrong
    if isinstance(node.value, list) and not wrong:
        part.listed = node
    if not isinstance(node.value, dict):
        return part
    for key, names in node.value.items():
        if key in _EDITS.known and isinstance(names.value, list) and _NAMES.fits(names):
            part.edits.extend((str(key), name) for name in names.value)
    return part


def _told(misfit: Misfit, node: Node) -> Problem:
    where = misfit.node.where
    if misfit.shape is SHAPE:
        return Problem(
            message=f"'deployed_services' must be {SHAPE.expected}.",
            where=where,
            remedy=f"Write it as a list: deployed_services: [{node.value}]",
        )
    if misfit.key is not None:
        return Problem(
            message=f"'deployed_services' has no part {str(misfit.key)!r}; it has 'add' and "
            "'remove'.",
            where=where,
            remedy=did_you_mean(str(misfit.key), _EDITS.known)
            or "Write a list of names: deployed_services: [NAME].",
        )
    if misfit.shape is _NAMES:
        return Problem(message=f"This must be {_NAMES.expected}.", where=where)
    shown = "null" if misfit.node.value is None else repr(misfit.node.plain())
    return Problem(message=f"A service's name must be text, not {shown}.", where=where)


def _problem(
    problems: list[Problem], message: str, where: Location, remedy: str | None = None
) -> None:
    problems.append(Problem(message=message, where=where, remedy=remedy))


def canonical(name: str) -> str:
    """A service's name for comparing: ``-`` is ``_``, and ``framework.`` may be left out."""
    return name.replace("-", "_").removeprefix("framework.")
