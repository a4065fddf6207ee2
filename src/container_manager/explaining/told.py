"""What an explanation says: frozen data, in which no value of a secret stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from container_manager.config.variables import Variable
from container_manager.errors import Location, Problem
from container_manager.model import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One step from the configuration that was named to the file that sets a value.

    Attributes:
        file: the file that is read.
        where: the place that asks for it.
        how: ``import``, ``applications`` (the list), ``package``, or ``local``: it is one
            host's, and nobody asks for it.
    """

    file: Path
    where: Location
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """A value and its place.

    Attributes:
        value: a scalar, or a sentence about a mapping or list.
        where: what set it; None: nobody did.
        hidden: whether the value is a secret, and ``value`` says so in its place.
    """

    value: Scalar
    where: Location | None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One value below a mapping or list."""

    key: str
    value: Scalar
    where: Location
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What one place says of ``deployed_services``.

    Attributes:
        action: ``list``, ``add`` or ``remove``; ``replaced`` for a list that another one replaced.
        names: the services.
        where: the place.
    """

    action: str
    names: tuple[str, ...]
    where: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one key of the configuration is, and why.

    Attributes:
        key: the whole path of the key, as it is spelled in the files.
        value: as expanded; a sentence for a mapping or list.
        hidden: whether the value is a secret that stands in the configuration itself.
        written: the text in the file, where the value is another.
        where: what set it; None: nobody did, see ``rule``.
        imports: from the configuration that was named to the file of ``where``.
        package: the installed package that brought it, if one did.
        variables: those of the text.
        replaced: the values that it overrode, the last one first.
        edits: for ``deployed_services``: all that the files say.
        rule: how a value came about that nobody wrote, or not like this.
        meaning: what a key of ours is for.
        leaves: all values below a mapping or list.
    """

    key: str
    value: Scalar
    hidden: bool = False
    written: str | None = None
    where: Location | None = None
    imports: tuple[Import, ...] = ()
    package: str | None = None
    variables: tuple[Variable, ...] = ()
    replaced: tuple[Valued, ...] = ()
    edits: tuple[Edit, ...] = ()
    rule: str | None = None
    meaning: str | None = None
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedKey:
    """A key that templates of a service use.

    Attributes:
        key: its path.
        value: as in :class:`Valued`.
        where: what set it.
        hidden: whether the value is a secret.
        templates: those that use it, what they include counted in.
    """

    key: str
    value: Scalar
    where: Location | None
    hidden: bool
    templates: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceExplanation:
    """Everything that the templates of one service used.

    Attributes:
        name: its canonical name.
        where: the place that defines it.
        template: its compose template.
        keys: keys of the configuration.
        variables: those that its compose file refers to, secrets among them by name.
        images: compose service -> image.
        needs: compose services of others that its own wait for or share something with:
            name -> the service of ours that has it; empty for the root file's.
        ports: published ports, ``ADDRESS:PORT->PORT``.
        problems: why the project as a whole cannot be built.
    """

    name: str
    where: Location | None
    template: str
    keys: tuple[UsedKey, ...]
    variables: tuple[Variable, ...]
    images: tuple[tuple[str, str], ...]
    needs: tuple[tuple[str, str], ...]
    ports: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
