"""Titles of charts that say what was found. Only what the protected figures say, and never more than their ranges allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.types import Measure, Released, ReleasedRow
from ui import labels


def shown(rows: Sequence[ReleasedRow]) -> list[ReleasedRow]:
    """The rows with a figure and its range."""
    return [row for row in rows if row.value is not None and row.lower is not None and row.upper is not None and not row.still_open]


def span(rows: Sequence[ReleasedRow], called: Mapping[str, str], did: str, each: str) -> str:
    """From the lowest figure to the highest, named only where their ranges lie apart: `did` is such as `improved clearly`, `each` such as `quarter`."""
    known = shown(rows)
    if not known:
        return f"Who {did}, by {each}"
    low, high = min(known, key=lambda row: row.value or 0.0), max(known, key=lambda row: row.value or 0.0)
    if len(known) == 1:
        return f"{low.value:.0f}% {did} in the one {each} we can show"
    if (low.upper or 0.0) >= (high.lower or 0.0):
        return f"Between {low.value:.0f}% and {high.value:.0f}% {did}, whichever the {each}: too close together to call a change"
    least, most = labels.within(called[low.group]), labels.within(called[high.group])
    return f"From {low.value:.0f}% ({least}) to {high.value:.0f}% ({most}) {did}; those two ranges lie apart"


def between(rows: Sequence[ReleasedRow], did: str, by: str) -> str:
    """The same for groups of people side by side, where no group is named: a difference is a question."""
    known = shown(rows)
    if len(known) < 2:
        return f"Who {did}, by {by}"
    values = sorted(row.value or 0.0 for row in known)
    apart = min(row.upper or 0.0 for row in known) < max(row.lower or 0.0 for row in known)
    end = "some ranges lie apart" if apart else "the ranges overlap, so no group stands out"
    return f"Between {values[0]:.0f}% and {values[-1]:.0f}% {did}, by {by}; {end}"


def services(released: Released) -> str:
    """How many services have the whole within their likely range."""
    total, known = released.total, shown(released.rows)
    if total is None or total.value is None or not known:
        return "People who improved clearly, service by service"
    near = sum((row.lower or 0.0) <= total.value <= (row.upper or 0.0) for row in known)
    if len(known) == 1:
        return f"{known[0].value:.0f}% improved clearly at the one service we can show"
    said = "all of the" if near == len(known) else "none of the" if near == 0 else f"{near} of"
    return f"In {said} {len(known)} services shown, the likely range includes the {total.value:.0f}% of everybody together"


def parts(better: ReleasedRow | None, same: ReleasedRow | None, worse: ReleasedRow | None, code: str) -> str:
    """What became of a hundred people, as far as it may be shown."""
    became = ((better, "clearly better"), (same, "about the same"), (worse, "clearly worse"))
    words = [f"{row.value:.0f} {did}" for row, did in became if row and row.value is not None]
    if not words:
        return f"Better, about the same, worse on the {code}"
    return f"Of every 100 people, {', '.join(words)} on the {code}{'' if len(words) == 3 else '; the rest is hidden'}"


def over_time(weeks: Sequence[float], rows: Sequence[ReleasedRow], measure: Measure) -> str:
    """Where the average began and where it is at the last time shown."""
    known = [(week, row) for week, row in sorted(zip(weeks, rows, strict=True), key=lambda pair: pair[0]) if row.value is not None]
    if len(known) < 2:
        return f"Average {measure.code} by weeks since people began"
    (first, begun), (last, ended) = known[0], known[-1]
    when = "at the start" if first == 0 else f"after {first:.0f} weeks"
    return f"The average {measure.code} was {begun.value:.1f} {when} and {ended.value:.1f} after {last:.0f} weeks; {measure.better} is better"
