"""Finds control-system channels in a MongoDB collection, for clients of the Model Context Protocol.

``settings`` reads the environment, ``channels`` asks the database, ``server`` offers what it knows
as tools over HTTP. ``python -m pv_finder`` serves, ``python -m pv_finder.seed`` adds the example
channels, ``python -m pv_finder.check`` asks the running server whether it is well.
"""
