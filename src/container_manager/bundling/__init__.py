"""One file that holds a project, its build, its images and ourselves, for who has no internet.

``manifest`` says what such a file holds, ``archive`` writes and reads it, ``contents``, ``images``
and ``wheels`` find what goes in, ``making`` and ``receiving`` are the two verbs.
"""
