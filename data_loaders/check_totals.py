"""A total that does not equal its parts: figures of one row that cannot all be right together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders.check_columns import Work
from data_loaders.values import Trouble

# (sheet, the smaller, the larger): the first counts some of those whom the second counts.
WITHIN = (
    ("activity", "people_started", "people_supported"),
    ("activity", "people_ended", "people_supported"),
    ("indicators", "numerator", "denominator"),
)  # fmt: skip
# A return's figure may be a percentage of its "out of": only the plan can tell, so that is asked in the store (warehouse.crosschecks).


def totals(work: Work) -> None:
    """Rows in which a part is larger than its whole, each told at the part's cell. Worth a look: a service may count differently, and say so."""
    for table, part, whole in WITHIN:
        if table == work.found.sheet.table and part in work.found.columns and whole in work.found.columns:
            over = pc.greater(work.columns[part], work.columns[whole]).fill_null(False).to_numpy(zero_copy_only=False)
            names = work.found.sheet.field(part).name, work.found.sheet.field(whole).name
            work.tell(np.flatnonzero(over), part, _said(names, work.columns[part], work.columns[whole]))


def _said(names: tuple[str, str], part: pa.Array, whole: pa.Array) -> Callable[[int], Trouble]:
    def say(i: int) -> Trouble:
        figures = f"'{names[0]}' ({part[i].as_py():g}) is more than '{names[1]}' ({whole[i].as_py():g})."
        return Trouble("part-over-whole", figures, "Check both figures. If both are right, say why in your explanation.", "look")

    return say
