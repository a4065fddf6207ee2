"""``kube.build`` and ``export``: the stack as files. Nobody is asked, nothing is started."""

from __future__ import annotations

from container_manager.build import pipeline
from container_manager.build.leaks import without_leaks
from container_manager.build.lock import build_lock
from container_manager.config.loader import Config, load
from container_manager.export.folder import Exported, write_folder
from container_manager.export.kubernetes.building import build
from container_manager.export.kubernetes.model import Manifests
from container_manager.export.kubernetes.writing import Written, files_of, write
from container_manager.export.targets import target_files
from container_manager.model import Output
from container_manager.places import ConfigPath
from container_manager.plugins import File
from container_manager.report import warn_all


def kube_build(config: ConfigPath = None, *, strict: bool = False) -> Written:
    """Write the manifests of the stack below the build directory.

    Args:
        config: the configuration.
        strict: whether what is not carried over is an error.

    Raises:
        ManagerError: the configuration cannot be used, or something of it cannot be on a cluster;
            nothing is written then.
    """
    loaded = load(config)
    manifests = manifests_of(loaded, strict=strict)
    warn_all(manifests.warnings)
    return write_manifests(loaded, manifests)


def write_manifests(loaded: Config, manifests: Manifests) -> Written:
    """Write manifests below the build directory of a configuration."""
    with build_lock(loaded.build_dir):
        return write(manifests, build_dir=loaded.build_dir, root=loaded.root)


def preview_kube_build(config: ConfigPath = None, *, strict: bool = False) -> dict[str, str]:
    """The files that :func:`kube_build` would write: name -> text."""
    manifests = manifests_of(load(config), strict=strict)
    warn_all(manifests.warnings)
    return files_of(manifests)


def manifests_of(loaded: Config, *, strict: bool = False) -> Manifests:
    """What a stack comes to on a cluster, by a configuration as it is now.

    Args:
        loaded: the configuration.
        strict: whether what is not carried over is an error.
    """
    prepared = pipeline.prepare(loaded)
    warn_all(prepared.warnings)
    return build(prepared, strict=strict)


def export(config: ConfigPath = None, *, target: str = "") -> Exported:
    """Write what an installed export target makes of the stack, below the build directory.

    Args:
        config: the configuration.
        target: the name of the target.

    Raises:
        UsageError: there is no such target.
        ManagerError: the configuration cannot be used, the target refuses it, a secret would be
            written, or something else is in the way; nothing is written then.
    """
    loaded = load(config)
    prepared = pipeline.prepare(loaded)
    warn_all(prepared.warnings)
    files = target_files(target, prepared.stack, loaded.values)
    outputs = {path: _output(path, file, target) for path, file in files.items()}
    without_leaks(loaded, loaded.referenced, outputs, None)
    with build_lock(loaded.build_dir):
        return write_folder(loaded.build_dir / "exports" / target, files)


def _output(path: str, file: File, target: str) -> Output:
    return Output(
        path=path,
        text=file.text,
        source=None,
        mode=0o644,
        reason=f"the export target '{target}'",
        owner=None,
        step="export",
    )
