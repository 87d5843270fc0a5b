"""Loads large libraries without looking for garbage: what modules define is none.

The collector would go through the same hundreds of thousands of objects again and again, while they
load and later while requests are served.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Import within this block; what it leaves is never looked at again."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
