"""What cannot be right, or should be asked about, in a line of a target plan: across the columns of its row on the sheet Milestones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from data_loaders.check_columns import Work
from data_loaders.values import Trouble
from domain import codes

FLOW, TOTAL, STOCK, PERCENT, AVERAGE = codes.COUNTED_AS
PEOPLE = (FLOW, TOTAL, STOCK)
QUARTERS = ("q1", "q2", "q3", "q4")
NUMBERS = ("out_of", "baseline", *QUARTERS)


def lines(work: Work) -> None:
    """Findings for each line: people in fractions or less than none, percents over 100 or of nobody knows how many, more than *out of*, falling totals."""
    counted = work.columns["counted_as"].to_pylist()
    value = {c: work.columns[c].to_numpy(zero_copy_only=False).astype(float) for c in NUMBERS}  # blank is nan, which no comparison holds for
    people = np.array([c in PEOPLE for c in counted], dtype=bool)
    percent = np.array([c == PERCENT for c in counted], dtype=bool)
    name = {c: work.found.sheet.field(c).name for c in NUMBERS}
    with np.errstate(invalid="ignore"):
        for c in ("baseline", *QUARTERS):
            of = value["out_of"] if c in QUARTERS else np.full(len(counted), np.nan)
            _hold(work, c, people & (value[c] < 0), lambda i, c=c: _less_than_none(name[c], value[c][i]))
            if c in QUARTERS:
                _hold(work, c, people & (value[c] % 1 != 0) & (value[c] >= 0), lambda i, c=c: _fraction(name[c], value[c][i]))
            _hold(work, c, percent & ((value[c] > 100) | (value[c] < 0)), lambda i, c=c: _no_percent(name[c], value[c][i]))
            _hold(work, c, people & (value[c] > of), lambda i, c=c: _more(name[c], value[c][i], value["out_of"][i]))
        _hold(work, "out_of", (people | percent) & (value["out_of"] % 1 != 0) & ~np.isnan(value["out_of"]), lambda i: _fraction("out of", value["out_of"][i]))
        total = np.array([c == TOTAL for c in counted], dtype=bool)
        for earlier, later in pairwise(QUARTERS):
            _look(work, later, total & (value[later] < value[earlier]), lambda i, c=later: _falls(name[c], value[c][i]))
    _of_how_many(work, percent & np.isnan(value["out_of"]) & ~np.all([np.isnan(value[q]) for q in QUARTERS], axis=0))


def _hold(work: Work, column: str, wrong: np.ndarray, say: object) -> None:
    where = np.flatnonzero(wrong & work.fine(column))
    if len(where):
        work.mark(column, where)
        work.tell(where, column, say)  # type: ignore[arg-type]


def _look(work: Work, column: str, odd: np.ndarray, say: object) -> None:
    where = np.flatnonzero(odd & work.fine(column))
    if len(where):
        work.tell(where, column, say)  # type: ignore[arg-type]


def _of_how_many(work: Work, unknown: np.ndarray) -> None:
    """One finding for all lines in percent without *out of*: they may stand, and are asked about once."""
    where = np.flatnonzero(unknown)
    if not len(where):
        return
    refs = list(dict.fromkeys(r for r in (work.columns["ref"][int(i)].as_py() for i in where) if r))
    which = ", ".join(refs[:5]) + (" and others" if len(refs) > 5 else "")
    told = Trouble(
        "percent-of-what", f"{which or 'A line'}: a percentage, and 'out of' is blank.",
        "Say out of how many people, in the plan or with each figure. Until then nobody can tell a difference from chance, and only its size is looked at.",
        "look",
    )  # fmt: skip
    work.tell(where[:1], "out_of", lambda _: told, len(where))


def _less_than_none(name: str, value: float) -> Trouble:
    return Trouble(
        "out-of-range", f"'{name}' is {value:g}, and nobody can be fewer than none.", "Type the number of people, or leave it blank if it is not known."
    )


def _fraction(name: str, value: float) -> Trouble:
    fix = "Type a whole number. For a share of people choose 'percent' under 'counted as'; for the mean of a scale, 'average'."
    return Trouble("not-a-whole-number", f"'{name}' is {value:g}, and people are counted whole.", fix)


def _no_percent(name: str, value: float) -> Trouble:
    return Trouble(
        "out-of-range",
        f"'{name}' is {value:g}, and a percentage runs from 0 to 100.",
        "Type the percentage; for a number of people choose another 'counted as'.",
    )


def _more(name: str, value: float, out_of: float) -> Trouble:
    fix = "Raise 'out of' to the number of people it could be true of, lower the projection, or leave 'out of' blank if no such number is known."
    return Trouble("more-than-out-of", f"'{name}' ({value:g}) is more than 'out of' ({out_of:g}).", fix)


def _falls(name: str, value: float) -> Trouble:
    fix = "If these are the new people of each quarter, choose 'newly in the quarter' under 'counted as'. A total since April does not fall."
    return Trouble("total-falls", f"'{name}' ({value:g}) is less than the quarter before, and this line is a running total.", fix, "look")


__all__ = ["lines"]
