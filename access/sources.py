"""Where a figure came from: its uploads and sheets, and for one's own services its rows, down to the cells.

Only what one sent oneself is told row by row. Others learn on which days the uploads came and which sheets they held, as everybody concerned may know;
and where a count behind the figure is hidden they learn nothing more, for which upload a hidden person came with would say something about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from access import desk
from domain import fields
from domain.types import Policy, Released, Scope, Viewer
from metrics.registry import METRICS
from warehouse import source_queries
from warehouse.connect import Store

SHEETS = {  # the sheets a figure comes from, by the mart it is counted in
    "": ("people", "assessments"), "goal": ("people", "goals", "goal_reviews"), "attainment": ("people", "goals", "goal_reviews"),
    "course": ("people", "assessments", "contacts"), "contact": ("people", "contacts"), "contact_time": ("people", "contacts"),
}  # fmt: skip
CELL = {"people": ("started_on", "ended_on"), "assessments": ("score",)}  # the columns a figure rests on
HIDDEN = "Some counts behind this figure are hidden, so nothing more is told of the uploads they came with."


@dataclass(frozen=True)
class Part:
    """One sheet of one upload. `rows` (row numbers as Excel shows them) and `files` are told for one's own services alone; `cells` says them in words."""

    upload_id: str
    day: date
    sheet: str
    files: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    cells: str = ""


@dataclass(frozen=True)
class CameFrom:
    """The uploads behind a figure, newest first, and why there are none where there are none."""

    parts: tuple[Part, ...]
    policy: Policy
    why_not: str = ""


def came_from(store: Store, viewer: Viewer, metric_id: str, scope: Scope, policy: Policy | None = None) -> CameFrom:
    """The uploads and sheets a metric's figure over a scope came from. Refused and Shown as `desk.ask`.

    Own: every row, from the live uploads as they stand now. Elsewhere: the day and the sheets of uploads about the scope's services; nothing where a
    count is hidden.
    """
    metric = METRICS[metric_id]
    released = desk.ask(store, viewer, metric.id, scope, policy)
    if released.policy == "own":
        _, narrowed, _, _ = desk.admitted(store, viewer, metric.id, scope, "own")
        with store.reading() as cursor:
            rows = (
                source_queries.rows_of_stays(store, cursor, narrowed, metric.mart, SHEETS[metric.mart])
                if metric.mart
                else source_queries.rows_behind(store, cursor, narrowed)
            )
            return CameFrom(_own(rows, source_queries.uploads(cursor)), "own")
    if hides(released):
        return CameFrom((), released.policy, HIDDEN)
    services = _services(store, viewer, released.scope)
    with store.reading() as cursor:
        sent = source_queries.uploads(cursor)
    parts = [
        Part(u["upload_id"], u["happened_at"].date(), fields.BY_TABLE[table].name)
        for u in sent
        if services & set(u["services"])
        for table in SHEETS[metric.mart]
        if u["row_counts"].get(table)
    ]
    return CameFrom(tuple(parts), released.policy)


def hides(released: Released) -> bool:
    """Whether any count of an answer is hidden or too few to be told."""
    return any(row.hidden or row.too_few for row in (*released.rows, *([released.total] if released.total else [])))


def _services(store: Store, viewer: Viewer, scope: Scope) -> set[str]:
    cards = desk.services(store, viewer)
    return {c.code for c in cards if (not scope.services or c.code in scope.services) and (not scope.entry or str(getattr(c, scope.entry)) == scope.value)}


def _own(rows: list[dict[str, Any]], sent: list[dict[str, Any]]) -> tuple[Part, ...]:
    about = {u["upload_id"]: u for u in sent}
    found: dict[tuple[str, str, str], list[int]] = {}
    for r in rows:
        found.setdefault((r["upload_id"], r["name"], r["sheet"]), []).append(int(r["row"]))
    place = {upload: i for i, upload in enumerate(about)}
    parts = []
    for (upload, table, sheet), numbers in sorted(found.items(), key=lambda item: (place.get(item[0][0], len(place)), item[0][1:])):
        told = about.get(upload)
        if told is None:  # its rows live on in a later change; there is no file to name
            continue
        letters = tuple(filter(None, (((told["detail"].get("columns") or {}).get(sheet) or {}).get(column, "") for column in CELL.get(table, ()))))
        parts.append(Part(upload, told["happened_at"].date(), sheet, tuple(told["files"]), tuple(numbers), cells(sheet, numbers, letters)))
    return tuple(parts)


def cells(sheet: str, rows: list[int], letters: tuple[str, ...] = ()) -> str:
    """`Assessments!E12:E14, E17` where the letters of the columns are known; else `Assessments, rows 12 to 14 and 17`."""
    runs: list[list[int]] = []
    for row in sorted(set(rows)):
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    if letters:
        first, last = (pick(letters, key=lambda letter: (len(letter), letter)) for pick in (min, max))
        return f"{sheet}!" + ", ".join(f"{first}{a}" if a == b and first == last else f"{first}{a}:{last}{b}" for a, b in runs)
    told = [f"{a}" if a == b else f"{a} to {b}" for a, b in runs]
    said = told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return f"{sheet}, {'row' if len(set(rows)) == 1 else 'rows'} {said}"
