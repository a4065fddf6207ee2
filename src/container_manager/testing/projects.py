"""The isolated copy of a project that tests work with; the project itself is only read."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from container_manager.build import pipeline
from container_manager.config.completing import normalise_name
from container_manager.config.loader import Config, load
from container_manager.environments import local_of
from container_manager.errors import ConfigError, display_path, show_as
from container_manager.testing.copying import TEST_DOTENV, copy_project, variables_for_tests
from container_manager.testing.settings import from_outside, put, refuse_unwritable, value_at

if TYPE_CHECKING:
    from container_manager.testing.rendered import Rendered

TEST_CONFIG = "container-manager-test.yml"
"""The configuration of a copy: it imports the project's own and gives it another name."""

BUILD_DIR = "build"

_WITHOUT: Mapping[str, Any] = {"hooks": None, "secrets_command": []}
"""What reaches beyond the copy: commands of the project's own, and the secrets of a real stack."""


@dataclass(kw_only=True)
class Original:
    """A user's project, and the one clean copy of it that a test run makes.

    Attributes:
        config_path: its configuration, absolute.
        ignore: globs of what copies leave out.
        folder: where copies are made.
        name: the name of copies.
        withheld: the secrets of its ``.env`` that copies do not have.
        overrides: settings that all copies have of their own.
        imports: the files outside of the project that it imports.
    """

    config_path: Path
    ignore: tuple[str, ...]
    folder: Path
    name: str = ""
    withheld: Collection[str] = ()
    overrides: dict[str, Any] = field(default_factory=dict)
    imports: Collection[Path] = ()
    _clean: Path | None = None
    _prepared: pipeline.Prepared | None = None
    _copies: int = 0

    @property
    def root(self) -> Path:
        """The user's folder."""
        return self.config_path.parent

    def clean(self) -> Path:
        """The copy that nobody changes."""
        if self._clean is None:
            self._clean = self._first_copy()
        return self._clean

    def _first_copy(self) -> Path:
        try:
            config = load(self.config_path)
        except ConfigError:
            config = None  # whoever builds the copy is told about its own files
        name = config.project_name if config else normalise_name(self.root.name)
        self.name = f"{name or 'project'}-test"
        text, self.withheld = variables_for_tests(self.root, config)
        target = self.folder / "clean" / self.root.name
        shutil.rmtree(target.parent, ignore_errors=True)  # what a failed try has left
        skipped = {self.folder, *([config.build_dir] if config else [])}
        copy_project(self.root, target, skipped, self.ignore)
        (target / ".env").write_text(text, encoding="utf-8")
        (target / ".env").chmod(0o600)
        if config:
            self.overrides = from_outside(config)
            files = [Path(os.path.normpath(file)) for file in config.imported_from]
            self.imports = [file for file in files if not file.is_relative_to(self.root)]
        self._bring_imports(target)
        self.finish(target, self.name, self.overrides)
        return target

    def copy(self) -> Path:
        """One more copy."""
        self._copies += 1
        target = self.folder / str(self._copies) / self.root.name
        shutil.copytree(self.clean(), target, symlinks=True)
        self._bring_imports(target)
        return target

    def _bring_imports(self, target: Path) -> None:
        """Imported files from beside the project lie beside the copy; from farther, nowhere."""
        for file in self.imports:
            beside = Path(os.path.normpath(target / os.path.relpath(file, self.root)))
            if beside.is_relative_to(self.folder):
                beside.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, beside)

    def finish(self, target: Path, name: str, overrides: Mapping[str, Any]) -> None:
        """Write the configuration of a copy; messages name the files of the project itself."""
        values = {
            "import": [self.config_path.name, *self._local(target)],
            "project_name": name,
            "project_root": str(target).replace("$", "$$"),
            "build_dir": BUILD_DIR,
            **_WITHOUT,
        }
        file = target / TEST_CONFIG
        file.write_text(json.dumps({**values, **overrides}, indent=1), encoding="utf-8")
        show_as(file, "project.set()")
        show_as(target, display_path(self.root))

    def _local(self, target: Path) -> list[str]:
        """What this host lays over the configuration: it counts in copies, as ``.env`` does."""
        local = local_of(self.config_path).name
        return [local] if (target / local).is_file() else []

    def prepared(self) -> pipeline.Prepared:
        """The unchanged project, rendered and checked; once."""
        if self._prepared is None:
            self._prepared = pipeline.prepare(load(self.clean() / TEST_CONFIG))
        return self._prepared


class ProjectCopy:
    """An isolated copy of the project; whatever a test does to it, nobody else sees it.

    Files are copied when they are first asked for, so that a test that only looks at the build
    result costs nothing.

    Args:
        original: the project.
        unique: whether its ``project_name`` is its own, so that it can be started beside others.
    """

    def __init__(self, original: Original, *, unique: bool = False) -> None:
        self.original = original
        self._ending = f"-{secrets.token_hex(3)}" if unique else ""
        self._root: Path | None = None
        self._overrides: dict[str, Any] = {}

    @property
    def root(self) -> Path:
        """The copy's folder."""
        if self._root is None:
            root = self.original.copy()
            self._overrides = json.loads(json.dumps(self.original.overrides))
            self._root = root
            self._finish()
        return self._root

    @property
    def name(self) -> str:
        """Its ``project_name``: never that of the project itself."""
        self.original.clean()
        return f"{self.original.name}{self._ending}"

    def path(self, relative: str) -> Path:
        """A file or folder of the copy."""
        return self.root / relative

    def read(self, path: str) -> str:
        """The text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file, and the folders that it needs; text may be indented as the test is."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = textwrap.dedent(content).lstrip("\n").encode()
        target.write_bytes(content)
        return target

    def set(self, values: Mapping[str, Any] | None = None, **more: Any) -> ProjectCopy:
        """Override settings: ``project.set({"framework.services.web.port": 9000})``.

        Args:
            values: dotted key -> value.
            more: the same for keys at the top.

        Returns:
            The copy itself.

        Raises:
            UsageError: a value cannot stand in a configuration, or a key leads through one that is
                no mapping.
        """
        assert self.root
        for key, value in {**(values or {}), **more}.items():
            refuse_unwritable(key, value)
            put(self._overrides, tuple(key.split(".")), value)
        self._finish()
        return self

    def env(self, **variables: str | None) -> ProjectCopy:
        """Set variables in the copy's ``.env``, or remove them (None)."""
        from container_manager.config.dotenv_file import read_dotenv
        from container_manager.testing.copying import write_variables

        known: dict[str, str | None] = {**read_dotenv(self.root / ".env"), **variables}
        kept = {name: value for name, value in known.items() if value is not None}
        write_variables(self.root / ".env", kept)
        return self

    def config(self, path: str | None = None) -> Any:
        """The flattened configuration, or the value at a dotted path; it knows its place.

        Raises:
            ConfigError: the configuration cannot be used.
            UsageError: there is no such path.
        """
        from container_manager.testing.rendered import flattened

        values = flattened(self.loaded())
        return value_at(values, path) if path else values

    def loaded(self) -> Config:
        """The configuration as the library loads it.

        Raises:
            ConfigError: with every problem found.
        """
        return load(self.config_path)

    @property
    def config_path(self) -> Path:
        """The configuration that the library's own functions take."""
        root = self.original.clean() if self._root is None else self._root
        return root / TEST_CONFIG

    def build(self) -> Rendered:
        """Render and check it as it is now.

        Raises:
            ManagerError: what a build would refuse.
        """
        from container_manager.testing.rendered import Rendered

        changed = self._root is not None
        return Rendered(pipeline.prepare(self.loaded()) if changed else self.original.prepared())

    @property
    def hint(self) -> str:
        """What a person should know when the copy cannot be used; may be empty."""
        withheld = self.original.withheld
        if not withheld:
            return ""
        return (
            f"Tests are not given the secrets of .env ({', '.join(withheld)}); "
            f"values for tests stand in {TEST_DOTENV}."
        )

    def _finish(self) -> None:
        assert self._root is not None
        self.original.finish(self._root, self.name, self._overrides)
