"""What a manager's headline figures would be after sending: everything is stored and counted as it will be, and then not kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from access import disclosure, hiding_plans, rules
from access.intake import Received
from domain.types import Event, ReleasedRow, Scope, Viewer
from metrics.registry import FAMILIES, METRICS
from warehouse import queries
from warehouse import store as writes
from warehouse.connect import Store

SHOWN = ("reliable-improvement", "reliable-deterioration", "recovery", "first-score-rate", "follow-up-rate")  # proportions over everybody who ended or started


@dataclass(frozen=True)
class Figure:
    """One figure of one service, as it is and as it would be. None where nobody is counted yet."""

    service: str
    metric: str
    title: str
    before: ReleasedRow | None
    after: ReleasedRow | None

    @property
    def moves(self) -> bool:
        return self._said(self.before) != self._said(self.after)

    @staticmethod
    def _said(row: ReleasedRow | None) -> tuple[int | None, int | None]:
        return (row.numerator, row.denominator) if row and row.denominator else (None, None)


def figures(store: Store, received: Received, viewer: Viewer) -> list[Figure]:
    """The headline figures before and after, exact, of the manager's own services that these files speak of. Nobody else has a view of them here: empty.

    Raises Refused where the viewer may not upload.
    """
    rules.check_uploads(viewer)
    if viewer.role != "manager" or not received.sendable:
        return []
    before: dict[tuple[str, str], ReleasedRow | None] = {}
    made: list[Figure] = []
    event = Event("upload", viewer.user, viewer.role, datetime.now())
    with store.lock:
        own = {code for code, provider in writes.known_services(store).items() if provider in viewer.providers}
        with store.reading() as cursor:
            spoken = sorted(own & _services(received))
            for service in spoken:
                for metric in SHOWN:
                    before[service, metric] = _one(store, cursor, service, metric)
        with writes.rehearsed(store, received.tables, event, received.complete, received.waiting) as cursor:
            provider_of = writes.services_of(cursor)
            for service in sorted(code for code in _services(received) if provider_of.get(code) in viewer.providers):
                for metric in SHOWN:
                    figure = Figure(service, metric, METRICS[metric].title, before.get((service, metric)), _one(store, cursor, service, metric))
                    made.append(figure)
    return [figure for figure in made if figure.before or figure.after]


def _services(received: Received) -> set[str]:
    return {code for table in received.tables.values() for code in table["service_code"].unique().to_pylist() if code}


def _one(store: Store, cursor, service: str, metric_id: str) -> ReleasedRow | None:  # type: ignore[no-untyped-def]
    metric = METRICS[metric_id]
    counts = queries.counts(store, cursor, metric, FAMILIES[metric.family], Scope(services=(service,)), False)
    released = disclosure.release(counts, hiding_plans.plan(counts, "own", store.settings.outside_threshold, None, True), metric)
    row = released.total or next((r for r in released.rows if not r.still_open), None)
    return row if row and row.denominator else None
