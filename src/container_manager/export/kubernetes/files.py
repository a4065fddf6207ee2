"""Files that containers mount, as the build will have them: nothing needs to be built before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from container_manager.build.steps import ASSET_STEPS
from container_manager.errors import RuntimeFailure
from container_manager.inputs import note
from container_manager.model import Output


class Files:
    """The files of a build by their paths.

    Args:
        build_dir: where they go.
        outputs: what a build wants, by path below it.
    """

    def __init__(self, build_dir: Path, outputs: Mapping[str, Output]) -> None:
        self._build_dir = build_dir
        self._outputs = outputs
        self._folders: dict[str, list[str]] | None = None

    def below(self, path: Path) -> Mapping[str, bytes] | None:
        """Path below it -> content; of a file, '' -> content. None: it is no part of the build."""
        name = self._name(path)
        if name is None:
            return None
        if name in self._outputs:
            return {"": self._content(self._outputs[name])}
        found = self._in(name)
        prefix = len(name) + 1
        return {one[prefix:]: self._content(self._outputs[one]) for one in found} or None

    def is_code(self, path: Path) -> bool:
        """Whether it is what a build copies of the project's source."""
        name = self._name(path) or ""
        steps = {self._outputs[one].step for one in self._in(name)}
        if name in self._outputs:
            steps.add(self._outputs[name].step)
        return not steps.isdisjoint(ASSET_STEPS)

    def text(self, path: Path) -> str:
        """The text of a file that a Secret is to hold.

        Raises:
            RuntimeFailure: it cannot be read.
        """
        name = self._name(path) or ""
        try:
            if name in self._outputs:
                return self._content(self._outputs[name]).decode()
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuntimeFailure(f"The secret {path} cannot be read as a text.") from error

    def _name(self, path: Path) -> str | None:
        if not path.is_relative_to(self._build_dir):
            return None
        return path.relative_to(self._build_dir).as_posix()

    def _in(self, folder: str) -> list[str]:
        """The files of a folder, found by an index: there may be a thousand services."""
        if self._folders is None:
            self._folders = {}
            for one in self._outputs:
                for parent in Path(one).parents:
                    self._folders.setdefault(parent.as_posix(), []).append(one)
        return self._folders.get(folder, [])

    def _content(self, output: Output) -> bytes:
        if output.text is not None:
            return output.text.encode()
        if output.source is None or output.link is not None:
            return b""
        path = Path(output.source)
        note(path)
        return path.read_bytes()
