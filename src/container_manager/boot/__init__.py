"""Stacks that start with the machine: a unit of systemd, written, enabled and removed."""
