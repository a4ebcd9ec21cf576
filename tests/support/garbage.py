"""What is left in memory until a garbage collection: cycles, such as an error that its own frames name."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def garbage_of(act: Callable[[], object]) -> int:
    """Return how many objects are left in cycles by something that was done once before."""
    act()  # imports, and what is kept for others
    gc.collect()
    gc.disable()
    try:
        act()
        return gc.collect()
    finally:
        gc.enable()
