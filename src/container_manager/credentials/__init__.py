"""Credentials that services declare: which are needed, which are refused, which opened a volume."""
