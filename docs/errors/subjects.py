"""What the messages of a module are about, in the words of users."""

from __future__ import annotations

from collections.abc import Mapping

SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "The command line": (
        "careful", "cli", "environments", "option_values", "places", "report", "shells", "tasks",
        "verbs", "words",
    ),
    "Files of the configuration": ("config", "discovery", "names"),
    "Variables and secrets": (
        "config.dotenv_file", "config.environment", "config.findings", "config.interpolation",
        "config.supplied", "credentials",
    ),
    "Templates": ("render",),
    "The build directory": ("api", "build", "building"),
    "Compose files": ("compose",),
    "Podman and providers": (
        "base_image", "compose.finding", "compose.providers", "debian_tree", "lifecycle.compose",
        "podman", "run", "terminal",
    ),
    "Before a start": ("preflight",),
    "Starting and stopping": ("hooking", "identity", "lifecycle", "started", "verbs.running"),
    "Daily work": ("lifecycle.daily", "verbs.inside", "verbs.watching"),
    "Volumes and backups": (
        "lifecycle.data", "preflight.former", "report.adopting", "verbs.adopting", "verbs.data",
    ),
    "New services and updates": ("scaffold",),
    "Bundles": ("bundling",),
    "Kubernetes": ("cluster", "export.kubernetes", "verbs.cluster_images", "verbs.clusters"),
    "Plugins and other targets": ("export", "plugins"),
    "Starting with the machine": ("boot", "verbs.booting"),
    "What this machine can do": ("doctor",),
    "The picture and the dashboard": ("dashboard", "explaining", "picture", "verbs.picturing",
        "verbs.showing"),
    "Tests of services": ("testing",),
    "Everything else": (),
}  # fmt: skip
"""Title -> modules; the longest name that a module begins with counts."""

_REST = "Everything else"


def subject_of(module: str) -> str:
    """The title under which a module's messages stand."""
    parts = module.split(".")
    by_prefix = {prefix: title for title, prefixes in SUBJECTS.items() for prefix in prefixes}
    for length in range(len(parts), 0, -1):
        title = by_prefix.get(".".join(parts[:length]))
        if title is not None:
            return title
    return _REST
