"""A total score that is not the sum of its parts: questionnaires whose subscales add up to the total, every part given on the same day.

Totals and parts may stand anywhere in what is sent together: below each other, side by side in one row, on different sheets or in different files.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders.check_columns import Work
from data_loaders.check_repeats import group_of
from data_loaders.found import on_sheet
from data_loaders.values import Trouble
from domain.types import Measure

SAME = ("person", "service_code", "date", "measure", "perspective")


def adds_up(measure: Measure) -> bool:
    """Whether the subscales are the parts of the total: their lowest and highest scores add up to its own. Means and averages do not."""
    parts = measure.subscales
    return len(parts) > 1 and sum(p[1] for p in parts) == measure.lowest and sum(p[2] for p in parts) == measure.highest


def of_subscales(works: Iterable[Work], known: dict[str, Measure]) -> None:
    """Tells each total beside which all parts stand and add up to something else. Worth a look: nobody can say which of them is right."""
    works = [work for work in works if work.found.sheet.table == "assessments"]
    needed = {code: len(measure.subscales) for code, measure in known.items() if adds_up(measure)}
    if not needed or all(work.columns["subscale"].null_count == len(work.rows) for work in works):
        return
    rows = pa.concat_tables([_of(work, n, pa.array(list(needed), pa.string())) for n, work in enumerate(works)]).combine_chunks()
    if rows["subscale"].null_count in (0, len(rows)):
        return
    points = pc.round(pc.multiply(rows["score"].cast(pa.float64()), 1000.0)).cast(pa.int64()).to_numpy()
    day, occasion, subscale = (_numbered(group_of(rows, columns)) for columns in (SAME, ("occasion",), ("subscale",)))
    at_once = _numbered(day * (occasion.max() + 1) + occasion)
    width = int(subscale.max()) + 1
    said = _numbered(at_once * width + subscale) * (points.max() - points.min() + 1) + points - points.min()
    once = np.sort(np.unique(said, return_index=True)[1])  # the same twice is one
    rows, points, day, at_once, subscale = rows.take(pa.array(once)), points[once], day[once], at_once[once], subscale[once]
    part = rows["subscale"].is_valid().to_numpy()
    undated = ~rows["occasion"].is_valid().to_numpy()
    measures = rows["measure"].combine_chunks().dictionary_encode()
    n_parts = np.array([needed[code] for code in measures.dictionary.to_pylist()])[measures.indices.to_numpy(zero_copy_only=False)]
    told = np.zeros(len(part), dtype=bool)
    # First by occasion too: a day may hold a start and an end. Then a total or parts that say none belong to the day's only others.
    for group, blank in ((at_once, False), (day, True)):
        groups = int(group.max()) + 1
        counted = np.bincount(group[part], minlength=groups)
        different = np.unique(group[part] * width + subscale[part]) // width
        added = np.bincount(group[part], weights=points[part], minlength=groups).astype(np.int64)
        own = ~part & ~told & (counted[group] == n_parts) & (np.bincount(different, minlength=groups)[group] == n_parts)
        if blank:
            own &= undated | (np.bincount(group[part & ~undated], minlength=groups) == 0)[group]
        told |= own
        wrong = np.flatnonzero(own & (points != added[group]))
        if len(wrong):
            _tell(works, rows, wrong, points[wrong], added[group[wrong]], _first(group, part)[group[wrong]])


def _numbered(values: np.ndarray) -> np.ndarray:
    """Small numbers, the same where the values are."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _of(work: Work, number: int, names: pa.Array) -> pa.Table:
    """The rows of one sheet whose totals and parts can be compared, with their places: the number of the sheet and the position in it."""
    there = pc.is_in(work.columns["measure"], names)
    for column in ("person", "date", "score"):
        there = pc.and_(there, work.columns[column].is_valid())
    at = np.flatnonzero(there.to_numpy(zero_copy_only=False) & work.fine("score") & work.fine("subscale"))
    rows = pa.table({c: work.columns[c] for c in (*SAME, "occasion", "subscale", "score")}).take(pa.array(at))
    return rows.append_column("at", pa.array(at)).append_column("sheet", pa.repeat(pa.scalar(number, pa.int32()), len(at)))


def _first(group: np.ndarray, part: np.ndarray) -> np.ndarray:
    """The first part of each group: its position."""
    first = np.full(int(group.max()) + 1, -1, dtype=np.int64)
    first[group[part][::-1]] = np.flatnonzero(part)[::-1]
    return first


def _tell(works: list[Work], rows: pa.Table, wrong: np.ndarray, points: np.ndarray, added: np.ndarray, part: np.ndarray) -> None:
    at, sheets, codes = rows["at"].to_numpy(), rows["sheet"].to_numpy(), rows["measure"].to_pylist()
    for number in np.unique(sheets[wrong]).tolist():
        here = np.flatnonzero(sheets[wrong] == number)
        here = here[np.argsort(at[wrong[here]], kind="stable")]
        of = {int(at[wrong[i]]): int(i) for i in here}

        def say(position: int, own: Work = works[number], of: dict[int, int] = of) -> Trouble:
            i = of[position]
            other = works[int(sheets[part[i]])]
            where = _place(own, other, int(other.rows[at[part[i]]]))
            message = f"The total of {codes[wrong[i]]} here is {points[i] / 1000:g}; its parts on that day{where} add up to {added[i] / 1000:g}."
            return Trouble("total-differs", message, "Look at the form again, and correct the total or the part.", "look")

        works[number].tell(at[wrong[here]], "score", say)


def _place(own: Work, other: Work, row: int) -> str:
    """Where the parts stand, if not on the total's own sheet."""
    if (own.found.file, on_sheet(own.found.named)) == (other.found.file, on_sheet(other.found.named)):
        return ""
    file = f" in {other.found.file}" if own.found.file != other.found.file else ""
    return f" (from row {row} of '{on_sheet(other.found.named)}'{file})"
