"""The build result, as tests look at it: parsed, and every value with its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container_manager.build import pipeline
from container_manager.config.loader import Config
from container_manager.errors import Location
from container_manager.model import Output
from container_manager.testing.traced import Origin, TracedDict, TracedStr, traced, with_places

if TYPE_CHECKING:
    from container_manager.compose.model import Stack

_KERNEL = "kernel.json"


class _Services(TracedDict):
    what = "compose service"


class _Kernels(TracedDict):
    what = "kernel"


class Files(Mapping[str, Any]):
    """The generated files: path below the build directory -> its text, or bytes if it is none."""

    def __init__(self, outputs: Mapping[str, Output]) -> None:
        self._outputs = outputs

    def __getitem__(self, path: str) -> Any:
        __tracebackhide__ = True
        output = self._outputs.get(path)
        if output is None:
            near = [one for one in self._outputs if one.endswith(path.rpartition("/")[2])]
            raise KeyError(f"no file {path!r}; near: {', '.join(near) or 'none'}")
        if output.link is not None:
            return output.link
        content: str | bytes = output.text if output.text is not None else _bytes(output)
        if isinstance(content, bytes):
            try:
                content = content.decode()
            except UnicodeDecodeError:
                return content
        text = TracedStr(content)
        text.origin = Origin(file=Path(output.source)) if output.source else None
        return text

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)

    def __repr__(self) -> str:
        return f"<the files {', '.join(self._outputs)}>"


class Rendered:
    """What a build of the project gives.

    Attributes:
        compose: all compose files as one mapping; variables (``${NAME}``) stand as they are.
        services: the compose services in it, by name.
        files: path below the build directory -> text or bytes.
        config: the flattened configuration.
        kernels: the kernel specifications, by the name of their folder.
        prepared: the same as the library has it.
    """

    def __init__(self, prepared: pipeline.Prepared) -> None:
        self.prepared = prepared
        self.compose = _merged(prepared)
        self.services: TracedDict = self.compose["services"]
        self.files = Files(prepared.outputs)
        self._config: Any = None
        self._kernels: TracedDict | None = None
        self._build_dir: Path | None = None

    @property
    def config(self) -> Any:
        """The flattened configuration; secrets are their placeholders."""
        if self._config is None:
            self._config = flattened(self.prepared.config)
        return self._config

    @property
    def kernels(self) -> TracedDict:
        """The kernel specifications: the name of the folder (or, where two share it, the path)."""
        if self._kernels is None:
            self._kernels = _kernels(self.prepared.outputs)
        return self._kernels

    @property
    def warnings(self) -> list[str]:
        """What a build would tell, a text each."""
        return [str(problem) for problem in self.prepared.warnings]

    @property
    def stack(self) -> Stack:
        """What the compose files mean together, with variables filled in."""
        return self.prepared.stack

    @property
    def build_dir(self) -> Path:
        """The build directory, generated now."""
        if self._build_dir is None:
            self._build_dir = pipeline.execute(self.prepared).build_dir
        return self._build_dir


def flattened(config: Config) -> Any:
    """The configuration with variables filled in; every value knows the line that set it."""

    def origin(where: Location) -> Origin:
        return Origin(file=where.file, line=where.line)

    values = {key: value for key, value in config.values.items() if key != "import"}
    return with_places(values, config.tree, origin)


def rendered_origin(prepared: pipeline.Prepared) -> Callable[[Location], Origin]:
    """Tells which template wrote what stands at a place of a generated file."""

    def origin(where: Location) -> Origin:
        template, text = prepared.rendered[where.file]
        return Origin(file=template, line=where.line, rendered=text)

    return origin


def _merged(prepared: pipeline.Prepared) -> TracedDict:
    merged = TracedDict()
    origin = rendered_origin(prepared)
    for file in prepared.compose_files:
        if not isinstance(file.load().value, dict):
            continue
        document = traced(file.load(), origin)
        merged.origin = merged.origin or document.origin
        for key, value in document.items():
            known = merged.get(key)
            if isinstance(known, TracedDict) and isinstance(value, TracedDict):
                known.update(value)
                known.origins.update(value.origins)
            else:
                merged[key] = value
                merged.origins[key] = document.origins[key]
    services = _Services(
        merged.get("services") or {}, getattr(merged.get("services"), "origins", None)
    )
    services.origin = merged.origin
    merged["services"] = services
    return merged


def _kernels(outputs: Mapping[str, Output]) -> TracedDict:
    found = [
        (path, output)
        for path, output in outputs.items()
        if output.step == "kernels" and path.endswith(_KERNEL)
    ]
    names = [path.split("/")[-2] for path, _ in found]
    kernels = _Kernels()
    for name, (path, output) in zip(names, found, strict=True):
        origin = Origin(file=Path(output.source)) if output.source else None
        value = TracedDict(json.loads(output.text or "{}"))
        value.origin = origin
        kernels[name if names.count(name) == 1 else path] = value
    return kernels


def _bytes(output: Output) -> bytes:
    assert output.source is not None
    return Path(output.source).read_bytes()
