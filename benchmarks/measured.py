"""What a benchmark hands back: two numbers taken side by side in one run, because seconds alone say more about the machine than about us."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ratio:
    """One comparison: `ours` over `theirs`, both in `unit`, and the largest ratio we accept."""

    what: str
    ours: float
    beside: str
    theirs: float
    at_most: float
    note: str = ""
    unit: str = "s"

    @property
    def value(self) -> float:
        return self.ours / self.theirs

    @property
    def holds(self) -> bool:
        return self.value <= self.at_most


def seconds(function: Callable[[], Any], times: int = 3) -> float:
    """The median of `times` runs, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
