"""How configuration values appear inside templates.

A value with a secret in it appears as a :class:`Secret`: it can be written or joined to text, where
it is its placeholder, and asked whether it is set. Anything else would work on the placeholder
instead of the value and be silently wrong, so it is reported.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import yaml
from jinja2 import Undefined
from markupsafe import soft_str

from container_manager.config.auto_ports import AutoPort, represent_port
from container_manager.config.environment import Environment
from container_manager.config.interpolation import Placeholder, Text, tokens

_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON may hold as it is and YAML may not: line breaks of its own, and what cannot be seen."""


class Secret:
    """A text with placeholders of secret variables.

    Args:
        text: the expanded text.
        is_set: whether every secret in it has a value.
        escaped: whether literal dollars are doubled, as compose files need it.
        misused: called with the variable's name and what was tried.
        written: called with the names of the variables each time it is written.
    """

    __slots__ = ("_is_set", "_misused", "_text", "_written", "names")

    def __init__(
        self,
        text: Text,
        *,
        is_set: bool,
        escaped: bool,
        misused: Callable[[str, str], None],
        written: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._text = text.escaped if escaped else str(text)
        self._is_set = is_set
        self._misused = misused
        self._written = written
        self.names = tuple(placeholder.name for placeholder in text.secrets)

    def __str__(self) -> str:
        self._written(self.names)
        return self._text

    def __repr__(self) -> str:
        return repr(str(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __bool__(self) -> bool:
        return self._is_set

    def __add__(self, other: object) -> Secret:
        return self.joined((self, other))

    def __radd__(self, other: object) -> Secret:
        return self.joined((other, self))

    def joined(self, parts: Iterable[object]) -> Secret:
        """A text made of several, one of them this; it is protected, too."""
        result = copy.copy(self)
        texts = [part._text if isinstance(part, Secret) else str(part) for part in parts]
        result._text = "".join(texts)
        return result

    def misuse(self, how: str) -> None:
        """Report that a template did something to it that cannot mean what it says."""
        self._misused(self.names[0], how)

    def __getattr__(self, name: str) -> NoReturn:
        if not name.startswith("__"):
            self.misuse(f"the attribute '{name}'")
        raise AttributeError(name)

    def __eq__(self, other: object) -> bool:
        self.misuse("a comparison")
        return False

    def __hash__(self) -> int:
        self.misuse("use as a key")
        return 0

    def __lt__(self, other: object) -> bool:
        self.misuse("a comparison")
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __len__(self) -> int:
        self.misuse("its length")
        return 0

    def __getitem__(self, key: object) -> str:
        self.misuse("a part of it")
        raise LookupError(key)

    def __contains__(self, other: object) -> bool:
        self.misuse("a search in it")
        return False

    def __int__(self) -> int:
        self.misuse("its number")
        return 0

    def __float__(self) -> float:
        self.misuse("its number")
        return 0.0


def join_texts(parts: Iterable[Any]) -> Any:
    """What Jinja's ``~`` makes: a text, or a secret again where one is in it."""
    parts = list(parts)
    secret = next((part for part in parts if isinstance(part, Secret)), None)
    return secret.joined(parts) if secret is not None else "".join(map(str, parts))


def to_string(value: Any) -> Any:
    """The filter ``string``; a secret stays one."""
    return value if isinstance(value, Secret) else soft_str(value)


def template_values(value: Any, convert: Callable[[Text], Any]) -> Any:
    """A copy of configuration values in which ``convert`` has seen each text with a dollar."""
    if isinstance(value, Mapping):
        return {key: template_values(child, convert) for key, child in value.items()}
    if isinstance(value, list):
        return [template_values(child, convert) for child in value]
    return convert(value) if isinstance(value, Text) else value


def is_set(text: Text, environment: Environment) -> bool:
    """Whether each secret in ``text`` has a value or a default that is not empty."""
    return all(_has_value(placeholder, environment) for placeholder in text.secrets)


def _has_value(placeholder: Placeholder, environment: Environment) -> bool:
    if environment.get(placeholder.name):
        return True
    return any(
        not isinstance(token, str) and token.operator.endswith("-") and bool(token.operand)
        for token in tokens(placeholder.spelled)
    )


def to_json(value: Any, indent: int | None = None) -> str:
    """The filter ``to_json``: any value as JSON, which is also YAML, on one line or indented."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=_plain)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def to_nice_yaml(value: Any, indent: int = 2) -> str:
    """The filter ``to_nice_yaml``: any value as YAML in block style, without a final newline."""
    text = yaml.dump(
        value,
        Dumper=PlainDumper,
        indent=indent,
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        width=10**6,
    )
    return text.removesuffix("...\n").rstrip("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, (Secret, Undefined)):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


class PlainDumper(yaml.SafeDumper):
    """Writes our own texts as the strings that they are."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never write ``&id001``: a reader of the file wants the values."""
        return True


def represent_text(dumper: Any, value: Any) -> yaml.Node:
    """A text as YAML; quoted where PyYAML would write a line break that a reader folds."""
    text = str(value)
    style = '"' if _NOT_YAML.search(text) else None
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


for _type in (str, Text, Secret):
    PlainDumper.add_representer(_type, represent_text)
PlainDumper.add_multi_representer(Undefined, represent_text)
# Mappings that note what is taken out of them are written as what they hold.
PlainDumper.add_multi_representer(dict, PlainDumper.represent_dict)
PlainDumper.add_representer(AutoPort, represent_port)
