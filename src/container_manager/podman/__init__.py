"""Podman itself: whether it works on this machine, and with which settings it is called."""
