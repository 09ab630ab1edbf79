"""How long the marts take to build and a figure takes to ask, on generated records of a hundred services, beside the same in plain pandas."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from access import desk
from domain.settings import Settings
from domain.types import Scope, Viewer
from warehouse.connect import Store, build_marts

COMMISSIONER = Viewer("benchmark", "commissioner", session="benchmark")
# People's keys are hashes, as real ones are: running numbers are packed so tightly that reading them takes longer than everything else
PEOPLE = """insert into people (person, service_code, started_on, ended_on, role, gender, age_band, shares_record)
    select md5(i::varchar)::uuid, 'S' || (i % 100), d, case when i % 10 > 0 then d + 120 end, 'person',
        ['female', 'male'][i % 2 + 1], ['18-24', '25-34'][i % 2 + 1], 'yes'
    from (select range as i, date '2023-04-01' + (range % 900)::int as d from range($people))"""
SCORES = """insert into assessments (person, service_code, date, measure, score)
    select p.person, p.service_code, p.started_on + (r.range * 25)::int, ['PHQ-9', 'GAD-7'][m.range + 1], (hash(p.person, r.range, m.range) % 20)::decimal(9, 3)
    from people p, range(5) r, range(2) m"""
SERVICES = """insert into services (service_code, service_name, provider_code, provider_name, service_type, sector, locality, main_result)
    select 'S' || range, 'Service ' || range, 'P' || (range % 24), 'Provider',
    ['counselling', 'residential', 'talking therapies'][range % 3 + 1], 'voluntary', 'North', 'PHQ-9; GAD-7' from range(100)"""


def filled(folder: Path, scores: int) -> tuple[Store, float]:
    """A store with about that many scores, ten for each person, and the seconds its marts took to build."""
    store = Store(folder / "store.duckdb", Settings())
    with store.writing() as cursor:
        cursor.execute(SERVICES)
        cursor.execute(PEOPLE, {"people": scores // 10})
        cursor.execute(SCORES)
    began = time.perf_counter()
    with store.writing() as cursor:
        build_marts(cursor, store.settings, None)
    store.tally()
    return store, time.perf_counter() - began


def in_pandas(store: Store) -> float:
    """Seconds pandas takes for the same rate by service, from scores in memory: first and last, gain, threshold, grouped."""
    with store.reading() as cursor:
        frame = cursor.execute("select service, person, started_on, date, score::double as score from score where measure = 'PHQ-9'").df()
    began = time.perf_counter()
    ordered = frame.sort_values("date").groupby(["service", "person", "started_on"])["score"].agg(["first", "last", "size"])
    paired = ordered[ordered["size"] > 1]
    rate = ((paired["first"] - paired["last"]) >= 6).groupby("service").mean()
    assert len(rate) == 100
    return time.perf_counter() - began


def main(sizes: tuple[int, ...] = (40_000, 1_000_000)) -> None:
    """Prints a line per size: mart build, the median of one metric by service asked cold, and the ratio to pandas."""
    for scores in sizes:
        with tempfile.TemporaryDirectory() as folder:
            store, build = filled(Path(folder), scores)
            told = []
            for by in ("service", "gender", "start_quarter"):
                for metric in ("reliable-improvement", "reliable-recovery", "follow-up-rate"):
                    scope = Scope(by=by, measure="PHQ-9")
                    desk.ask(store, COMMISSIONER, metric, scope)  # the first ask also plans what is hidden
                    began = time.perf_counter()
                    desk.ask(store, COMMISSIONER, metric, scope)
                    told.append(time.perf_counter() - began)
            began = time.perf_counter()
            desk.ask(store, COMMISSIONER, "reliable-improvement", Scope(by="service", measure="GAD-7"))
            first = time.perf_counter() - began
            ask = statistics.median(told)
            pandas = in_pandas(store)
            store.close()
        print(
            f"{scores:>10,} scores: marts built in {build:.2f} s; a figure by group {1000 * ask:.0f} ms (median of 9; {1000 * first:.0f} ms the first time), "
            f"pandas {1000 * pandas:.0f} ms: {pandas / ask:.0f} times faster"
        )


if __name__ == "__main__":
    print(datetime.now().strftime("%Y-%m-%d"))
    main(tuple(int(a) for a in sys.argv[1:]) or (40_000, 1_000_000))
