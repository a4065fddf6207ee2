"""Measures what this machine can do: every finding with its remedy, all at once.

A check is a function from a :class:`~container_manager.doctor.subject.Subject` to findings, and a
row in :data:`~container_manager.doctor.table.CHECKS`. What it can say besides "all is well" stands
in :data:`~container_manager.doctor.catalogue.ADVICE`, with its remedy.
"""
