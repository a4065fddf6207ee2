"""The stack as a picture.

``model`` says what is shown, ``reading`` takes that from the compose files, ``cells``, ``routing``,
``channels`` and ``layout`` decide where it stands, ``svg`` and ``mermaid`` write it down. All of it
is pure: the same stack gives the same bytes.
"""
