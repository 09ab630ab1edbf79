"""A total score that is not the sum of its parts: questionnaires whose subscales add up to the total, every part given on the same day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders.check_columns import Work
from data_loaders.values import Trouble
from domain.types import Measure

SAME = ("person", "service_code", "date", "measure", "perspective", "occasion")


def adds_up(measure: Measure) -> bool:
    """Whether the subscales are the parts of the total: their lowest and highest scores add up to its own. Means and averages do not."""
    parts = measure.subscales
    return len(parts) > 1 and sum(p[1] for p in parts) == measure.lowest and sum(p[2] for p in parts) == measure.highest


def of_subscales(work: Work, known: dict[str, Measure]) -> None:
    """Tells each total beside which all parts stand and add up to something else. Worth a look: nobody can say which of them is right."""
    names = [code for code, measure in known.items() if adds_up(measure)]
    if work.columns["subscale"].null_count == len(work.rows) or not names:
        return
    own = pc.and_(pc.is_in(work.columns["measure"], pa.array(names, pa.string())), work.columns["score"].is_valid())
    own = pc.and_(own, pa.array(work.fine("score") & work.fine("subscale")))
    at = np.flatnonzero(own.fill_null(False).to_numpy(zero_copy_only=False))
    rows = pa.table({c: work.columns[c] for c in (*SAME, "subscale", "score")}).append_column("at", pa.array(np.arange(len(work.rows)))).take(pa.array(at))
    parts = rows.filter(rows["subscale"].is_valid()).group_by([*SAME]).aggregate([("score", "sum"), ("subscale", "count_distinct"), ("subscale", "count")])
    added = {
        tuple(row[c] for c in SAME): row["score_sum"]
        for row in parts.to_pylist()
        if row["subscale_count"] == row["subscale_count_distinct"] == len(known[row["measure"]].subscales)
    }
    wrong: dict[int, tuple[str, float, float]] = {}
    for row in rows.filter(rows["subscale"].is_null()).to_pylist() if added else []:
        total = added.get(tuple(row[c] for c in SAME))
        if total is not None and total != row["score"]:
            wrong[row["at"]] = row["measure"], float(row["score"]), float(total)
    work.tell(np.array(sorted(wrong), dtype=np.int64), "score", lambda i: _said(*wrong[i]))


def _said(measure: str, total: float, added: float) -> Trouble:
    message = f"The total of {measure} here is {total:g}; its parts on that day add up to {added:g}."
    return Trouble("total-differs", message, "Look at the form again, and correct the total or the part.", "look")
