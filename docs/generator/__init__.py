"""Makes the documentation site: './run docs'.

``conf`` holds the settings of Sphinx. ``filling`` is its extension: it puts generated parts where a
page says ``<!-- generated: NAME -->``, and knows what links to files outside ``docs/`` become. A
generated part is a module with a function that returns Markdown (``commands``, ``exit_codes`` …).
``checking`` reads the built pages as a browser would, ``outside`` the Markdown files beside them,
``typed`` the commands that pages tell people to type.
"""
