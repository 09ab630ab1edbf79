"""Returns on time and returns complete: *return-timeliness* and *return-completeness*, of a plan year or of all there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from access import conversation, desk, planned, returns
from domain import quarters
from domain.quarters import Quarter
from domain.types import Scope, Viewer
from metrics.intervals import wilson
from warehouse.connect import Store

SCORES = ("first-score-rate", "follow-up-rate")


@dataclass(frozen=True)
class Rate:
    """A proportion in percent with Wilson's range; all None where nothing was due."""

    metric: str
    numerator: int
    denominator: int
    percent: float | None
    lower: float | None
    upper: float | None
    note: str = ""

    @property
    def words(self) -> str:
        """`456 of 465 returns came on time: 98% (likely between 96% and 99%).`"""
        did = "returns came on time or by a date agreed" if self.metric == "return-timeliness" else "figures and scores that were due are there"
        if self.percent is None or self.lower is None or self.upper is None:
            return f"No {did.split(' ')[0]} were due."
        likely = f"{self.percent:.0f}% (likely between {self.lower:.0f}% and {self.upper:.0f}%)"
        return f"{self.numerator:,} of {self.denominator:,} {did}: {likely}. {self.note}".strip()


def timeliness(found: Sequence[returns.Return]) -> Rate:
    """On time, or by a new date that was agreed, out of those due. What came with the history, on a day not known here, counts in neither."""
    due = [r for r in found if r.timeliness in ("on time", "late", "missing")]
    return _rate("return-timeliness", sum(r.timeliness == "on time" for r in due), len(due))


def completeness(store: Store, viewer: Viewer, today: date, services: Sequence[str] = (), year: int | None = None) -> Rate:
    """Figures returned of those the plans expect in quarters that have ended, with first and second scores present of those due.

    Scores are the released counts: where they are hidden from the viewer the rate is of the figures alone, and says so. Raises Refused where the viewer
    may not look.
    """
    codes = conversation.own_services(store, viewer, services)
    rows = [r for s in planned.read(store, codes) if s is not None for r in s.rows.values()]
    expected = [r for r in rows if r["projection"] is not None and year in (None, r["year"]) and Quarter(r["year"], r["quarter"]).end < today]
    present, due, note = sum(r["actual"] is not None for r in expected), len(expected), ""
    start, end = quarters.year_dates(year) if year is not None else (None, None)
    for metric in SCORES:
        row = next((r for r in desk.ask(store, viewer, metric, Scope(services=tuple(services), start=start, end=end)).rows if not r.still_open), None)
        if row is not None and row.numerator is not None and row.denominator is not None:
            present, due = present + row.numerator, due + row.denominator
        elif row is not None:
            note = "Scores that may not be shown are not among them."
    return _rate("return-completeness", present, due, note)


def _rate(metric: str, numerator: int, denominator: int, note: str = "") -> Rate:
    if not denominator:
        return Rate(metric, 0, 0, None, None, None, note)
    value, lower, upper = (100 * float(v) for v in wilson(numerator, denominator))
    return Rate(metric, numerator, denominator, value, lower, upper, note)
