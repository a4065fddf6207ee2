"""The benchmarks stand beside the library, in the checkout, where pytest does not look for code."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = str(Path(__file__).parents[2])
if CHECKOUT not in sys.path:
    sys.path.append(CHECKOUT)
