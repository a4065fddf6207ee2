"""The catalogue of errors: every message that the package can give, read from its source.

``python -m docs.errors`` writes ``docs/reference/errors.md``; a test holds the page to the source,
and another one holds the messages to those that tests have seen.
"""
