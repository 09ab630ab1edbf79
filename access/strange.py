"""What the warehouse finds strange about rows (warehouse.crosschecks), in words for the person who sent them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from data_loaders.found import Found
from domain import fields
from domain.quarters import Quarter, british
from domain.types import Finding, Severity
from warehouse.crosschecks import Strange

LISTED = 200  # findings of one kind on one sheet told one by one; one more counts the rest


@dataclass(frozen=True)
class Words:
    """How one kind is told. `message` follows the row's address, unless `whole`; `column` is where to look."""

    severity: Severity
    code: str
    column: str
    message: str
    fix: str
    whole: bool = False


WORDS: dict[str, Words] = {
    "person": Words(
        "holds", "unknown-person", "person", "refers to somebody who is not on a People sheet for this service.",
        "Add the person to the People sheet, or correct the reference.",
    ),
    "waits": Words(
        "holds", "waits-for-person", "person", "is about somebody whose own row on the sheet People needs you first, so it waits with that row.",
        "Mend the row on People; nothing to do here.",
    ),
    "goal": Words(
        "holds", "unknown-goal", "goal_ref", "reviews a goal that is not on a Goals sheet.", "Add the goal to the Goals sheet, or correct its reference.",
    ),
    "more": Words("look", "more-than-out-of", "actual", "has a figure larger than what it is out of.", "Check both figures."),
    "outside": Words(
        "look", "outside-stay", "date", "is dated more than 28 days outside the person's time with the service. It is kept, but counted nowhere.",
        "Check the date, and the person's first and last day.",
    ),
    "leap": Words(
        "look", "unlikely-change", "score",
        "{0} goes from {1} to {2} here: further than this person's earlier scores and the questionnaire's own wobble make likely.",
        "If the form says so, leave it: it counts. Otherwise type the total from the form.", whole=True,
    ),
    "records": Words(
        "look", "total-not-parts", "", "'{0}' says {1}; the records of people say {2}.",
        "If some people have no record, that is fine: say so. Otherwise check the figure and the dates on the sheet People.", whole=True,
    ),
    "again": Words(
        "look", "sent-before", "quarter", "{0} has sent figures for {1} before, and these differ. These would take their place.",
        "Nothing to do if this is the correction. What changes is listed below.", whole=True,
    ),
    "overlap": Words(
        "look", "overlapping-period", "period_start", "This period shares days with another of the same indicator: {0} to {1}.",
        "Check the first and last day; people in both would be told twice.", whole=True,
    ),
}  # fmt: skip


def findings(strange: Strange, table: pa.Table, found: Iterable[Found]) -> list[Finding]:
    """The findings of one kind, each with the cell to look at; beyond LISTED on one sheet, one that counts the rest."""
    words = WORDS[strange.what]
    sheets = {(f.file, f.named): f for f in found if f.sheet.table == strange.table}
    rows = table.select(["file", "sheet", "row"]).take(pa.array(strange.at)).to_pydict()
    told: list[Finding] = []
    seen: dict[tuple[str, str], int] = {}
    for file, named, row, details in zip(rows["file"], rows["sheet"], rows["row"], strange.details, strict=True):
        at = (file, named)
        seen[at] = seen.get(at, 0) + 1
        if seen[at] > LISTED:
            continue
        column = words.column or fields.BY_TABLE[strange.table].fields[0].column
        if strange.what == "records":
            column = str(details[0]).replace(" ", "_")
        letter = sheets[at].letter(column) if at in sheets else ""
        said = words.message.format(*_said(strange, details)) if words.whole else f"{fields.BY_TABLE[strange.table].name} row {row} {words.message}"
        told.append(Finding(words.severity, words.code, said, words.fix, named, row, letter, file))
    for (file, named), count in seen.items():
        if count > LISTED:
            message = f"And {count - LISTED:,} more rows of this kind."
            told.append(Finding(words.severity, words.code, message, words.fix, named, None, "", file, count - LISTED))
    return told


def _said(strange: Strange, details: tuple[Any, ...]) -> tuple[str, ...]:
    if strange.what == "again":
        service, year, quarter = details
        return str(service), Quarter(year, quarter).months()
    return tuple(british(d) if isinstance(d, date) else f"{d:g}" if isinstance(d, (int, float)) else str(d) for d in details)
