"""Manifests of Kubernetes from the services of a stack; the same input gives the same bytes."""
