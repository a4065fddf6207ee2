"""The keys of a service that mean something to us; the others are its own."""

from __future__ import annotations

from collections.abc import Mapping

from container_manager.config import credentials, kubernetes, quiesce
from container_manager.config.alternatives import Either, Named, Whole
from container_manager.config.shapes import Fields, KnownKey, ListOf
from container_manager.config.values import FLAG, SECONDS, TEXT, TEXTS, choice

WHOLE_TEXTS = Whole(expected="a list of texts", shape=TEXTS)

_ON_CHANGE = "nothing, restart, recreate, or a command as a list of texts"
_DIRS = "a list of paths and of {src: PATH, dst: PATH}"

SERVICE: Mapping[str, KnownKey] = {
    "path": KnownKey(
        shape=TEXT,
        meaning="its folder, or package:DISTRIBUTION/FOLDER",
        examples=(
            "services/framework/web",
            "package:container-manager/services/framework/jupyter",
        ),
    ),
    "copy_src": KnownKey(
        shape=FLAG, meaning="whether src/ is copied as repo_src/", default=False, examples=(True,)
    ),
    "additional_dirs": KnownKey(
        shape=Whole(
            expected=_DIRS,
            shape=ListOf(
                expected=_DIRS,
                each=Either(
                    expected="a path, or {src: PATH, dst: PATH}",
                    shapes=(
                        TEXT,
                        Fields(
                            expected="{src: PATH, dst: PATH}",
                            required=("src", "dst"),
                            known={
                                "src": KnownKey(
                                    shape=TEXT,
                                    meaning="what is copied, from the project's folder",
                                    examples=("../data",),
                                ),
                                "dst": KnownKey(
                                    shape=TEXT,
                                    meaning="where to, below the service's folder in the build",
                                    examples=("data",),
                                ),
                            },
                        ),
                    ),
                ),
            ),
        ),
        meaning="further folders to copy",
        examples=(["docs", {"src": "../data", "dst": "data"}],),
    ),
    "render_kernel_templates": KnownKey(
        shape=FLAG,
        meaning="whether kernel.json.j2 files are rendered",
        default=False,
        examples=(True,),
    ),
    "no_render": KnownKey(
        shape=WHOLE_TEXTS,
        meaning="globs of .j2 files copied as they are",
        examples=(["app/templates/*.j2"],),
    ),
    "one_shot": KnownKey(
        shape=WHOLE_TEXTS, meaning="compose services that end", examples=(["migrate"],)
    ),
    "on_change": KnownKey(
        shape=Whole(
            expected=_ON_CHANGE,
            shape=Either(
                expected=_ON_CHANGE,
                shapes=(
                    choice("nothing", "restart", "recreate"),
                    ListOf(expected="a command as a list of texts", each=TEXT, at_least=1),
                ),
            ),
        ),
        meaning="what 'watch' does when mounted files change (default: recreate)",
        examples=("restart", ["kill", "-HUP", "1"]),
        more="daily-work.md#watch",
    ),
    "start_timeout": KnownKey(
        shape=SECONDS, meaning="seconds to become ready", default=120, examples=(300,)
    ),
    "quiesce": KnownKey(
        shape=quiesce.SHAPE,
        meaning="commands around a backup of its volumes",
        examples=({"before": ["redis-cli", "save"]},),
        more="backup.md#backup",
    ),
    "credentials": KnownKey(
        shape=credentials.SHAPE,
        meaning="variables that up generates if not set",
        examples=([{"name": "DATABASE_PASSWORD", "volume": "data"}, "DATABASE_API_KEY"],),
        more="configuration.md#credentials",
        told=credentials.told,
    ),
    "kubernetes": KnownKey(
        shape=kubernetes.OF_SERVICE,
        meaning="what compose cannot say of it on a cluster",
        examples=({"replicas": 3},),
        more="kubernetes.md#what-can-be-asked-for",
        told=kubernetes.told,
    ),
}

DEFINED = Named(
    name="service",
    expected="a mapping with a 'path'",
    shape=Fields(known=SERVICE, expected="a mapping with a 'path'", closed=False),
)
"""What defines a service; another file may say its path."""
