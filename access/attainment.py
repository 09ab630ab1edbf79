"""What services counted on their performance targets over what they planned, by sector and by service type: the commissioner's and a manager's own.

Only targets counted in people (anew, running totals, positions) are added up; percents and averages stand on their service's own page. Milestones are
left out, for they count on the way the people whom the targets count at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from access import desk, plan_ladder
from domain.types import Viewer
from metrics import attainment
from warehouse.connect import Store

KINDS = {"sector": "sector", "service_type": "service type"}


@dataclass(frozen=True)
class Attained:
    """A group of services in a plan year so far: what was counted and planned, the ratio, its range (one service: Poisson alone) and the spread."""

    kind: str  # sector, service_type or service
    name: str
    services: int
    actual: float
    projection: float
    ratio: float
    lower: float
    upper: float
    spread: float


@dataclass(frozen=True)
class OfAYear:
    """Attainment of one plan year so far: by group, by service, and how many services have no target counted in people."""

    year: int
    groups: tuple[Attained, ...]
    services: tuple[Attained, ...]
    without: int


def of_year(store: Store, viewer: Viewer, year: int | None = None, services: Sequence[str] = ()) -> OfAYear | None:
    """The plan year so far (no year: the latest with a return), or None where nothing was returned of any plan.

    Raises Refused where the viewer may not look.
    """
    found = plan_ladder.attainment(store, viewer, services, year, None)
    if not found:
        return None
    chosen = max(a.quarter.year for a in found)
    counted = plan_ladder.targets(store, viewer, services, chosen)
    latest: dict[tuple[str, str], plan_ladder.Attainment] = {}
    for span in ("quarter", "year to date"):  # a position has no year to date: its latest quarter stands for it
        newest: dict[tuple[str, str], plan_ladder.Attainment] = {}
        for a in found:
            at = a.service, a.ref
            if a.quarter.year == chosen and a.span == span and at in counted and (at not in newest or a.quarter > newest[at].quarter):
                newest[at] = a
        latest |= newest
    pairs: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (service, _), a in latest.items():
        pairs[service][0] += a.actual
        pairs[service][1] += a.projection
    cards = {card.code: card for card in desk.services(store, viewer)}
    told = {a.service for a in found if a.quarter.year == chosen}
    single = tuple(made for code in sorted(pairs) if (made := _attained("service", code, [(pairs[code][0], pairs[code][1])])))
    groups = []
    for kind in KINDS:
        of: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for code, (actual, projection) in pairs.items():
            of[str(getattr(cards[code], kind))].append((actual, projection))
        groups += [made for name in sorted(of) if (made := _attained(kind, name, of[name]))]
    return OfAYear(chosen, tuple(groups), single, len(told - set(pairs)))


def _attained(kind: str, name: str, pairs: Sequence[tuple[float, float]]) -> Attained | None:
    found = attainment.pooled(pairs)
    if found is None:
        return None
    return Attained(kind, name, len(pairs), sum(a for a, _ in pairs), sum(p for _, p in pairs), *found)
