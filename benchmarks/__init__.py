"""Measures builds of generated projects against rivals, as ratios in one run.

``./run benchmark`` prepares what is missing and runs it; see :mod:`benchmarks.__main__`.
"""
