"""``kube.build``: the stack as files for a cluster. No cluster is asked, nothing is started."""

from __future__ import annotations

from container_manager.build import pipeline
from container_manager.build.lock import build_lock
from container_manager.config.loader import Config, load
from container_manager.export.kubernetes.building import build
from container_manager.export.kubernetes.model import Manifests
from container_manager.export.kubernetes.writing import Written, files_of, write
from container_manager.places import ConfigPath
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
