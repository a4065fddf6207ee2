"""One local page that shows the stack: it reads, and changes nothing.

``guard`` decides who may ask, ``app`` answers, ``feed`` looks at the stack while somebody watches,
``serving`` opens the port. The page itself lies in ``static/``: no build makes it, and it asks
nothing of any other machine.
"""
