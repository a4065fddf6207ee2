"""The keys of ``config.yml`` that mean something to us: what they may hold, and what they are for.

These tables are the source of validation, of suggestions, of the JSON Schema for editors and of the
reference documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from container_manager.config import (
    defaults,
    deployed,
    hooks,
    kubernetes,
    templates,
)
from container_manager.config.alternatives import Either, OrNull, Whole
from container_manager.config.service_keys import DEFINED, WHOLE_TEXTS
from container_manager.config.shapes import ByName, Fields, KnownKey, ListOf, Misfit, Schema, Shape
from container_manager.config.telling import told_alone
from container_manager.config.values import COUNT, FOLDER, TEXT, TEXTS, choice
from container_manager.model import KeyPath, Node
from container_manager.places import BUILD_DIR, KEEP_BACKUPS, KEEP_BUILDS
from container_manager.plugins import PROVIDERS, plugins

_PROVIDERS = ("podman-compose", "podman", "docker")
_IMAGES = Whole(
    expected="a mapping of names to texts",
    shape=ByName(expected="a mapping of names to texts", each=TEXT),
)


class _Provider(Shape):
    """What runs compose files; plugins bring further ones, which are looked for late."""

    expected = f"one of {', '.join(_PROVIDERS)}, or what a plugin brings"

    def takes(self, node: Node) -> bool:
        """Whether it is neither a mapping nor a list."""
        return not isinstance(node.value, (dict, list))

    def misfits(self, node: Node, path: KeyPath = ()) -> Iterator[Misfit]:
        """The value itself, if nobody brings it."""
        if node.value not in _PROVIDERS:
            yield from self._brought().misfits(node, path)

    def schema(self) -> Schema:
        """Those that are here now."""
        return self._brought().schema()

    def _brought(self) -> Shape:
        return choice(*_PROVIDERS, *(plugin.name for plugin in plugins(PROVIDERS)))


_SERVICES = ByName(
    expected="a mapping of services",
    each=DEFINED,
)
_FAMILY = Fields(
    expected="a mapping",
    closed=False,
    nullable=True,
    known={
        "services": KnownKey(
            shape=_SERVICES,
            meaning="services by name",
            examples=({"web": {"path": "services/framework/web"}},),
        )
    },
)

TOP_LEVEL: Mapping[str, KnownKey] = {
    "import": KnownKey(
        shape=Either(expected="a path or a list of paths", shapes=(TEXT, TEXTS)),
        meaning="files to read first: a path or a list",
        examples=("base.yml", ["base.yml", "services/*/*/service.yml"]),
        more="configuration.md#import",
        brought=True,
        told=told_alone,
    ),
    "build_dir": KnownKey(
        shape=TEXT,
        meaning="the folder to generate",
        default=BUILD_DIR,
        examples=("./out",),
        more="building.md",
    ),
    "project_name": KnownKey(
        shape=TEXT, meaning="prefix of everything that runs", examples=("lab",)
    ),
    "project_root": KnownKey(
        shape=TEXT, meaning="template context; default: the project", examples=("/srv/lab",)
    ),
    "keep_builds": KnownKey(
        shape=COUNT,
        meaning="how many former builds can be brought back",
        default=KEEP_BUILDS,
        examples=(5,),
        more="building.md#going-back",
    ),
    "keep_backups": KnownKey(
        shape=COUNT,
        meaning="how many automatic backups are kept; 0: all",
        default=KEEP_BACKUPS,
        examples=(0,),
        more="backup.md#what-is-kept",
    ),
    "compose_provider": KnownKey(
        shape=_Provider(),
        meaning="what runs compose files",
        default="podman-compose",
        examples=("podman",),
        more="providers.md",
    ),
    "compose_overrides": KnownKey(
        shape=WHOLE_TEXTS,
        meaning="compose files laid over ours, last",
        examples=(["my-overrides.yml"],),
        more="own-ways.md#compose_overrides",
    ),
    "deployed_services": KnownKey(
        shape=deployed.SHAPE,
        meaning="the services that run",
        examples=(["framework.web", "applications.shop.api"], {"add": ["web"]}),
        more="configuration.md#deployed_services",
    ),
    "framework": KnownKey(
        shape=_FAMILY,
        meaning="holds 'services', the framework's",
        examples=({"services": {"web": {"path": "services/framework/web"}}},),
        brought=True,
        told=told_alone,
    ),
    "applications": KnownKey(
        shape=Either(
            expected="a mapping",
            shapes=(
                ListOf(expected="a list of folders", each=FOLDER),
                ByName(
                    expected="a mapping",
                    each=OrNull(expected="a mapping", shape=_FAMILY),
                    names="APPLICATION",
                ),
            ),
        ),
        meaning="applications, each with its 'services'",
        examples=(
            {"shop": {"services": {"api": {"path": "services/applications/shop/api"}}}},
            ["shop"],
        ),
        brought=True,
        told=told_alone,
    ),
    "services": KnownKey(
        shape=ByName(expected="a mapping", each=DEFINED),
        meaning="services in the deprecated flat form",
        examples=({"web": {"path": "services/web"}},),
        brought=True,
        told=told_alone,
    ),
    "secrets": KnownKey(
        shape=WHOLE_TEXTS,
        meaning="globs of variables that are secret; !GLOB exempts",
        examples=(["LICENCE", "SITE_*", "!SITE_NAME"],),
        more="configuration.md#secrets",
        brought=True,
    ),
    "secrets_command": KnownKey(
        shape=WHOLE_TEXTS,
        meaning="argv that prints further NAME=value lines",
        examples=(["sops", "-d", "secrets.env"],),
        more="own-ways.md#secrets_command",
    ),
    "images": KnownKey(
        shape=_IMAGES,
        meaning="image references by name",
        examples=({"python": "auto"}, {"database": "docker.io/library/postgres:17"}),
        brought=True,
    ),
    "defaults": KnownKey(
        shape=defaults.SHAPE,
        meaning="compose keys that every service gets",
        examples=({"restart": "unless-stopped"},),
        more="configuration.md#defaults",
        told=defaults.told,
    ),
    "hooks": KnownKey(
        shape=hooks.SHAPE,
        meaning="commands around build, up and down",
        examples=({"before_build": ["make", "docs"]},),
        more="own-ways.md#hooks",
        told=hooks.told,
    ),
    "ca_certificates": KnownKey(
        shape=TEXT,
        meaning="a file of certificates to trust, PEM",
        examples=("certificates/company.pem",),
        more="company-networks.md#a-certificate-authority-of-your-own",
    ),
    "templates": KnownKey(
        shape=templates.SHAPE,
        meaning="further Copier sources to scaffold from",
        examples=({"lab": "https://git.example.org/lab/templates.git"},),
        more="scaffolding.md#templates-of-others",
        told=templates.told,
    ),
    "kubernetes": KnownKey(
        shape=kubernetes.OF_PROJECT,
        meaning="registry, namespace and the like, on a cluster",
        examples=({"registry": "registry.example.org/lab", "namespace": "lab"},),
        more="kubernetes.md#what-can-be-asked-for",
        told=kubernetes.told,
    ),
}

CONFIGURATION = Fields(known=TOP_LEVEL, expected="a mapping", closed=False, nullable=True)
"""One file; a key whose content is commented out is as good as absent."""
