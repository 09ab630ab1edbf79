"""Drafts of the one-page form, and what it begins with. Drafts are kept in the database alone: nothing has been sent, so nothing is in the ledger."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from domain.types import Event
from warehouse import code_names
from warehouse.connect import Store
from warehouse.store import audit

SLOT = "service_code = $service and year = $year and quarter = $quarter"


def read(store: Store, service: str, year: int, quarter: int) -> tuple[dict[str, Any], datetime] | None:
    """(content, when it was saved) of the draft of a service's quarter, or None."""
    with store.reading() as cursor:
        row = cursor.execute(f"select content, saved_at from people_draft where {SLOT}", {"service": service, "year": year, "quarter": quarter}).fetchone()
    return (json.loads(row[0]), row[1]) if row else None


def write(store: Store, service: str, year: int, quarter: int, content: str, event: Event) -> None:
    """Puts a draft in the place of the one before it."""
    slot = {"service": service, "year": year, "quarter": quarter}
    with store.writing() as cursor:
        cursor.execute(f"delete from people_draft where {SLOT}", slot)
        cursor.execute(
            "insert into people_draft values ($service, $year, $quarter, $user, $at, $content)",
            {**slot, "user": event.user, "at": event.happened_at, "content": content},
        )
        audit(cursor, event)


def clear(store: Store, service: str, year: int, quarter: int, event: Event) -> None:
    """Forgets a draft."""
    with store.writing() as cursor:
        cursor.execute(f"delete from people_draft where {SLOT}", {"service": service, "year": year, "quarter": quarter})
        audit(cursor, event)


def stored(
    store: Store, service: str, first: date, last: date, people: Sequence[str], scores: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(one row per time with the service that was open in the period, one per total score of these people in it), with the columns asked for."""
    with store.reading() as cursor:
        cursor.execute(
            f"""select {", ".join(people)} from people where service_code = $service and started_on <= $last
            and coalesce(ended_on, date '9999-12-31') >= $first order by started_on, person""",
            {"service": service, "first": first, "last": last},
        )
        persons = [dict(zip(people, row, strict=True)) for row in cursor.fetchall()]
        cursor.execute(
            f"""select {", ".join(scores)} from assessments where service_code = $service and date between $first and $last
            and subscale is null order by date, person""",
            {"service": service, "first": first, "last": last},
        )
        scored = [dict(zip(scores, row, strict=True)) for row in cursor.fetchall()]
    return [_plain(row) for row in persons], [_plain(row) for row in scored]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    hexed = {c: str(row[c]).replace("-", "") for c in ("person", "cares_for") if row.get(c)}
    return {**row, **hexed} | ({"score": float(row["score"])} if row.get("score") is not None else {})


def names(store: Store, people: Sequence[str]) -> dict[str, str]:
    """Keyed hash -> the code name given, or the one that would be given to whoever has none yet."""
    with store.reading() as cursor:
        given = cursor.execute("select person, name from code_name").fetchall()
    own = {str(person).replace("-", ""): name for person, name in given}
    taken = set(own.values())
    told = {}
    for person in people:
        if person not in own:
            own[person] = code_names.drawn(person, taken)
            taken.add(own[person])
        told[person] = own[person]
    return told
