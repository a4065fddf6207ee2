"""What is done to a Kubernetes cluster with manifests: compared, applied, waited for, removed.

Nothing here knows how manifests are made; nothing else talks to a cluster. Kubernetes schedules,
restarts and heals by itself: we apply, wait until it is so, and say why it is not.
"""
