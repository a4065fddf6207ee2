"""``python -m pv_finder.seed``: add the example channels that the database does not have yet."""

from __future__ import annotations

import sys
from importlib.resources import files

from pydantic import TypeAdapter
from pymongo.errors import PyMongoError

from pv_finder import settings
from pv_finder.channels import Channel, ChannelStore


def examples() -> list[Channel]:
    """The channels of an invented light source."""
    text = files("pv_finder").joinpath("channels.json").read_bytes()
    return TypeAdapter(list[Channel]).validate_json(text)


def main() -> None:
    """Add them, say how many, and end."""
    channels = examples()
    try:
        database = settings.database()
        with database.client() as client:
            added = ChannelStore(client[database.name][database.collection]).add_missing(channels)
    except (settings.SettingsError, PyMongoError) as error:
        sys.exit(f"pv_finder.seed: {error}")
    print(f"{added} of {len(channels)} example channels were added; the others were there.")


if __name__ == "__main__":
    main()
