"""A million people classified, every rate by service over them beside straightforward pandas; and a figure asked cold at ten million scores.

Pandas gets its frames in memory and for nothing, and for each rate does what an analyst would write: first and last score of each person, gain, verdict, group.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from access import desk
from benchmarks import rates
from benchmarks.measured import Ratio, seconds
from benchmarks.statistics import R_RCI
from domain.settings import Settings
from domain.types import Scope
from warehouse.connect import Store, build_marts

MILLION = 1_000_000
THRESHOLD, CUTOFF = 6, 10  # PHQ-9
MARTS_BESIDE_R = 8  # times: R is given what the marts are made to find out
TWO_SCORES = """insert into assessments (person, service_code, date, measure, score)
    select p.person, p.service_code, p.started_on + (r.range * 60)::int, 'PHQ-9', (hash(p.person, r.range) % 28)::decimal(9, 3)
    from people p, range(2) r where r.range = 0 or hash(p.person) % 5 > 0"""
BY_SERVICE = ("reliable-improvement", "reliable-deterioration", "no-reliable-change", "recovery", "reliable-recovery", "first-score-rate", "follow-up-rate")


def ratios(people: int = MILLION) -> list[Ratio]:
    """The marts of a million people, and each rate by service over them: the median of all rates, and build and rates together."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.duckdb", Settings())
        with store.writing() as cursor:
            cursor.execute(rates.SERVICES)
            cursor.execute(rates.PEOPLE, {"people": people})
            cursor.execute(TWO_SCORES)
        began = time.perf_counter()
        with store.writing() as cursor:
            build_marts(cursor, store.settings, None)
        store.tally()
        build = time.perf_counter() - began
        with store.reading() as cursor:
            stays = cursor.execute("select service_code, person::varchar as person, started_on, ended_on from people").df()
            scores = cursor.execute("select service_code, person::varchar as person, date, score::double as score from assessments").df()
        ours: dict[str, float] = {}
        theirs: dict[str, float] = {}
        for metric in BY_SERVICE:
            scope = Scope(by="service", measure="PHQ-9")
            began = time.perf_counter()
            desk.ask(store, rates.COMMISSIONER, metric, scope)  # the first of a family also plans what is hidden
            first = time.perf_counter() - began
            ours[metric] = seconds(lambda m=metric, s=scope: desk.ask(store, rates.COMMISSIONER, m, s))  # type: ignore[misc]
            theirs[metric] = seconds(_straight(metric, stays, scores), 1)
            print(
                f"people: {metric} by service: {1000 * ours[metric]:.0f} ms ({1000 * first:.0f} ms the first time), pandas {1000 * theirs[metric]:.0f} ms",
                flush=True,
            )
        _same(store, stays, scores)
        store.close()
    slowest = max(BY_SERVICE, key=lambda m: ours[m] / theirs[m])
    note = f"{people:,} people, {len(scores):,} scores, 100 services; marts built in {build:.1f} s."
    return [
        Ratio(f"a rate by service over built marts (the least favourable: {slowest})", ours[slowest], "pandas from the scores", theirs[slowest], 1 / 20, note),
        Ratio("every rate by service, mart build included", build + sum(ours.values()), "pandas from the scores, each rate", sum(theirs.values()), 1 / 3),
        Ratio(
            "all marts of these people, classification among them", build, "clinicalsignificance, classification alone, recorded", R_RCI * people / MILLION,
            MARTS_BESIDE_R, "Ours also finds each score's stay, pairs, ranges, a headline and what may be seen; R is given the pairs.",
        ),
    ]  # fmt: skip


def _straight(metric: str, stays: pd.DataFrame, scores: pd.DataFrame) -> Callable[[], pd.Series]:
    """The rate of each service as an analyst would write it."""

    def work() -> pd.Series:
        ended = stays[stays["ended_on"].notna()]
        joined = scores.merge(ended[["service_code", "person", "started_on"]], on=["service_code", "person"])
        joined = joined[joined["date"] >= joined["started_on"] - pd.Timedelta(days=28)].sort_values("date")
        found = joined.groupby(["service_code", "person"])["score"].agg(["first", "last", "size"])
        if metric == "first-score-rate":
            return found.groupby("service_code").size() / ended.groupby("service_code").size()
        pairs = found[found["size"] > 1]
        if metric == "follow-up-rate":
            return pairs.groupby("service_code").size() / ended.groupby("service_code").size()
        gain = pairs["first"] - pairs["last"]
        if metric.endswith("recovery"):
            pairs, gain = pairs[pairs["first"] >= CUTOFF], gain[pairs["first"] >= CUTOFF]
            said = (pairs["last"] < CUTOFF) & ((gain >= THRESHOLD) if metric == "reliable-recovery" else True)
        else:
            said = {"reliable-improvement": gain >= THRESHOLD, "reliable-deterioration": gain <= -THRESHOLD}.get(metric, gain.abs() < THRESHOLD)
        return said.groupby("service_code").mean()

    return work


def _same(store: Store, stays: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Both must give the same rates, or the comparison means nothing."""
    for metric in BY_SERVICE:
        told = desk.ask(store, rates.COMMISSIONER, metric, Scope(by="service", measure="PHQ-9"))
        plain = _straight(metric, stays, scores)()
        if any(abs(r.value - 100 * plain[r.group]) > 1e-9 for r in told.rows if not r.hidden and r.value is not None):
            raise SystemExit(f"{metric}: the two do not agree.")


def ten_million(scores: int = 10 * MILLION) -> None:
    """Prints what a figure takes cold, the store just opened, and warm, at ten million scores under the database's own memory limit."""
    with tempfile.TemporaryDirectory() as folder:
        store, build = rates.filled(Path(folder), scores)
        store.close()
        cold: list[str] = []
        for metric, scope in (
            ("reliable-improvement", Scope(by="service", measure="PHQ-9")), ("reliable-improvement", Scope(by="service")),
            ("reliable-recovery", Scope(by="gender", measure="PHQ-9")), ("mean-change", Scope(by="service", measure="PHQ-9")),
            ("time-to-improvement", Scope(measure="PHQ-9")),
        ):  # fmt: skip
            store = Store(Path(folder) / "store.duckdb", Settings())
            began = time.perf_counter()
            desk.ask(store, rates.COMMISSIONER, metric, scope)
            first = time.perf_counter() - began
            warm = seconds(lambda m=metric, s=scope, at=store: desk.ask(at, rates.COMMISSIONER, m, s))  # type: ignore[misc]
            store.close()
            cold.append(
                f"{metric} by {scope.by or 'nothing'}{f' on {scope.measure}' if scope.measure else ''}: {1000 * first:.0f} ms cold, {1000 * warm:.0f} ms warm"
            )
    print(f"{scores:,} scores, {scores // 10:,} people: marts built in {build:.1f} s")
    print("\n".join(cold))


if __name__ == "__main__":
    ten_million(int(sys.argv[1]) if len(sys.argv) > 1 else 10 * MILLION)
