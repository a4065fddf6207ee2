"""What people and programs see of addresses, processes and images."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from container_manager.report import print_json, table

if TYPE_CHECKING:
    from container_manager.lifecycle.daily.addresses import Address
    from container_manager.lifecycle.daily.handling import UsedImage
    from container_manager.lifecycle.daily.pulling import Pulled

_SHORT_ID = 12


def show_link(link: Address, *, json: bool) -> None:
    """An address; it is opened in a browser where somebody sits before one."""
    from container_manager.lifecycle.daily.addresses import can_browse

    if json:
        print_json(asdict(link))
        return
    print(link.address)
    if can_browse():
        import webbrowser

        sys.stdout.flush()
        if not webbrowser.open(link.address):
            print("No browser could be started.", file=sys.stderr)


def show_addresses(addresses: Sequence[Address], *, json: bool) -> None:
    """Published ports as a table, or as JSON."""
    if json:
        print_json([asdict(one) for one in addresses])
        return
    cells = [
        (one.service, f"{one.container_port}/{one.protocol}", f"{one.host}:{one.host_port}")
        for one in addresses
    ]
    print(table(("SERVICE", "PORT", "PUBLISHED AT"), cells) if cells else "Nothing is published.")


def show_processes(processes: Mapping[str, Sequence[str]], *, json: bool) -> None:
    """A table for each container."""
    if json:
        print_json(processes)
        return
    print("\n\n".join("\n".join((name, *lines)) for name, lines in processes.items()))


def show_images(images: Sequence[UsedImage], *, json: bool) -> None:
    """Images of containers as a table, or as JSON."""
    if json:
        print_json([asdict(one) for one in images])
        return
    cells = [
        (
            one.service,
            one.image,
            one.id[:_SHORT_ID],
            "there is a newer one: 'up' uses it" if one.newer else "-",
        )
        for one in images
    ]
    print(table(("SERVICE", "IMAGE", "ID", "NOTE"), cells))


def show_pulled(pulled: Pulled, *, json: bool) -> None:
    """What was pulled, and what 'up' makes of it."""
    if json:
        print_json(asdict(pulled))
        return
    for image in pulled.new:
        print(f"New: {image}")
    for image in pulled.same:
        print(f"Unchanged: {image}")
    if not pulled.new and not pulled.same:
        print("There was nothing to pull.")
    if pulled.built:
        print(f"Built here: {', '.join(pulled.built)}; 'build --images' builds what has changed.")
    if pulled.local:
        print(f"Of this machine: {', '.join(pulled.local)}")
    if pulled.outdated:
        print(f"The next 'up' makes anew: {', '.join(pulled.outdated)}")


def show_stack(stack: Mapping[str, Any], *, json: bool) -> None:
    """A merged stack as YAML, or as JSON."""
    if json:
        print_json(stack)
        return
    import yaml

    print(yaml.safe_dump(dict(stack), sort_keys=False, allow_unicode=True), end="")
