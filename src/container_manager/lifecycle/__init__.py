"""The verbs: short functions that read like what they do, a module for each."""
