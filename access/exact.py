"""Exact counts, asked once: what one question tells is kept in memory until the store changes. Nothing here may be shown (`disclosure` releases)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from domain.types import Counts, Family, Metric, Moments, Scope
from metrics.registry import FAMILIES, METRICS
from warehouse import queries
from warehouse.connect import Store

# Breakdowns without a total: one person in several groups, carers, who are never pooled with people, or parts of life, which are never averaged
OVERLAPPING = ("measure", "perspective", "role", "outcome_area")
TOGETHER = ("change", "second score")  # families that a page about one service asks of the same people
MOST_KEPT = 500  # tables whose exact counts stay in memory until the store changes


def counted(store: Store, cursor: Any, metric: Metric, family: Family, scope: Scope, shared_only: bool) -> Counts:
    """`queries.counts`, asked once for all metrics of a family: between two changes of the store the same table has the same counts."""
    what = _what(metric.mart, family, scope, shared_only)
    if found := already(store, "counted", what):
        return replace(found, metric=metric.id)
    if family.id in TOGETHER and not metric.mart and (found := _from_stays(store, scope, shared_only).get(family.id)):
        return replace(found, metric=metric.id)
    at = queries.versions(cursor)  # as this transaction sees it: whoever reads the version before never takes what was counted after
    if family.id in TOGETHER and not metric.mart:
        _together(store, cursor, scope, shared_only, at)
    return replace(kept(store, "counted", (*what, at[0]), lambda: queries.counts(store, cursor, metric, family, scope, shared_only, at)), metric=metric.id)


def _together(store: Store, cursor: Any, scope: Scope, shared_only: bool, at: queries.Version) -> None:
    """One service's pages ask what changed, who was followed up and the mean of the same people: counted with one question, for thinking it through takes
    the database longer than answering it."""
    if len(scope.services) != 1 or scope.basis != "ended" or scope.picked or scope.by in OVERLAPPING or scope.by == "first_band":
        return
    families = [FAMILIES[name] for name in TOGETHER]
    if any(already(store, "counted", _what("", family, scope, shared_only)) for family in families):
        return
    mean = METRICS["mean-change"] if scope.measure else None
    if whole := queries.whole_time(scope):
        kept(store, "stays", (whole, shared_only, at[0]), partial(queries.stays, store, cursor, families, mean, whole, shared_only, at))
        if _from_stays(store, scope, shared_only):
            return
    _keep_together(store, scope, shared_only, families, mean, at[0], *queries.together(store, cursor, families, mean, scope, shared_only, at))


def _from_stays(store: Store, scope: Scope, shared_only: bool) -> dict[str, Any]:
    """What `_together` keeps of a scope whose service's stays are here already, without a question to the database: Counts by family and Moments by
    denominator; empty where there are no such stays."""
    whole = queries.whole_time(scope)
    stays = already(store, "stays", (whole, shared_only)) if whole else None
    if stays is None or stays.rows is None:
        return {}
    families, mean = [FAMILIES[name] for name in TOGETHER], METRICS["mean-change"] if scope.measure else None
    counts, moments = queries.together_from(stays, families, mean, scope)
    _keep_together(store, scope, shared_only, families, mean, stays.version, counts, moments)
    return counts | ({mean.denominator: moments} if mean else {})


def _keep_together(
    store: Store, scope: Scope, shared_only: bool, families: Sequence[Family], mean: Metric | None, version: int, counts: dict[str, Counts],
    moments: Moments | None,
) -> None:  # fmt: skip
    for family in families:
        kept(store, "counted", (*_what("", family, scope, shared_only), version), partial(counts.__getitem__, family.id))
    if mean:
        kept(store, "summed", ("", mean.denominator, scope, shared_only, version), lambda: moments)


def _what(mart: str, family: Family, scope: Scope, shared_only: bool) -> tuple[Any, ...]:
    return mart, family.id, family.base, tuple(family.cells), scope, shared_only


def summed(store: Store, cursor: Any, metric: Metric, scope: Scope, shared_only: bool) -> Moments:
    """`queries.moments`, in the same way."""
    what = (metric.mart, metric.denominator, scope, shared_only)
    if found := already(store, "summed", what):
        return replace(found, metric=metric.id)
    if scope.measure and not metric.mart and (found := _from_stays(store, scope, shared_only).get(metric.denominator)):
        return replace(found, metric=metric.id)
    at = queries.versions(cursor)
    if scope.measure and not metric.mart:
        _together(store, cursor, scope, shared_only, at)
    return replace(kept(store, "summed", (*what, at[0]), lambda: queries.moments(store, cursor, metric, scope, shared_only, at)), metric=metric.id)


def already(store: Store, name: str, what: tuple[Any, ...]) -> Any:
    """What was `kept` of the data as they are, without a question to the database; None where nobody has asked yet."""
    return store.remembered(name, dict).get((*what, store.data_version))


def kept(store: Store, name: str, what: Any, make: Callable[[], Any]) -> Any:
    """What `make` gives, asked once for each `what` until the store changes; the newest few hundred are kept."""
    held: dict[Any, Any] = store.remembered(name, dict)
    found = held.get(what)
    if found is None:
        found = held[what] = make()
        while len(held) > MOST_KEPT:
            held.pop(next(iter(held)), None)
    return found
