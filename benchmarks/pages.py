"""What every page and click costs: processor time of the script, DuckDB's threads included, on generated data of three sizes, beside an empty page.

Run by AppTest, without a browser. Cold: as after an upload: every answer, every figure and all the store remembers is forgotten; modules are loaded, as
they are once the server has started. Cached: the same again. Every click is measured in several rounds; a neighbour on the same machine disturbs one.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from benchmarks import generated
from charts import theme
from ui import session

ROUTER = Path(__file__).resolve().parent.parent / "pages" / "_main.py"
COLD_AT_MOST = {40_000: 150, 1_000_000: 250, 10_000_000: 400}  # milliseconds, 95th percentile
CACHED_AT_MOST = 150
ROUNDS = 3
YEAR = {"from": "2024-04-01", "to": "2025-03-31"}
# What a commissioner clicks through: page, and what the link says afterwards. Then the pages of others.
CLICKS: list[tuple[str, dict[str, str]]] = [
    ("explore/overview.py", {}),
    ("explore/overview.py", YEAR),
    ("explore/overview.py", {"service_type": "counselling"}),
    ("explore/overview.py", {"provider": "P03"}),
    ("explore/overview.py", {"measure": "PHQ-9", **YEAR}),
    ("explore/service.py", {"service": "S001"}),
    ("explore/service.py", {"service": "S001", **YEAR}),
    ("explore/service.py", {"service": "S002", "measure": "GAD-7"}),
    ("explore/compare.py", {"service_type": "counselling"}),
    ("explore/compare.py", {"service_type": "talking therapies", "measure": "PHQ-9", **YEAR}),
    ("explore/cohorts.py", {"service": "S001"}),
    ("explore/cohorts.py", {"by": "gender"}),
    ("explore/cohorts.py", {"measure": "PHQ-9", "by": "age_band", **YEAR}),
    ("explore/cohorts.py", {"measure": "PHQ-9", "is-gender": "female"}),
    ("explore/journeys.py", {"service": "S001", "measure": "PHQ-9"}),
    ("returns/upload.py", {}),
    ("returns/my_returns.py", {}),
    ("returns/my_returns.py", {"service": "S001"}),
    ("returns/target_plan.py", {"service": "S001"}),
    ("returns/reality_check.py", {"service": "S001"}),
    ("about/handbook.py", {}),
]
OTHERS: list[tuple[str, dict[str, str]]] = [("returns/type_it_in.py", {}), ("returns/my_returns.py", {"service": "S002"}), ("about/administration.py", {})]
ROLES = {("returns/type_it_in.py", ""): "manager", ("returns/my_returns.py", "S002"): "manager", ("about/administration.py", ""): "administrator"}


def milliseconds(at: AppTest) -> float:
    """Processor time of one run of the script."""
    began = time.process_time()
    at.run()
    taken = 1000 * (time.process_time() - began)
    if at.exception:
        raise SystemExit(f"A page broke: {at.exception[0].value}")
    return taken


def opened(page: str, query: dict[str, Any]) -> AppTest:
    """The router with a page chosen and a link's words set, not yet run again."""
    at = AppTest.from_file(str(ROUTER), default_timeout=300)
    at.session_state["role"] = ROLES.get((page, query.get("service", "")), "commissioner")
    at.session_state["provider"] = "P02"  # of S002; nobody but a manager is of one
    at.run()
    if page != "explore/overview.py":
        at.switch_page(page)
    for name, value in query.items():
        at.query_params[name] = value
    return at


def empty_page() -> float:
    at = AppTest.from_string("import streamlit as st\nst.title('Empty')")
    at.run()
    return statistics.median(milliseconds(at) for _ in range(5))


def percentile95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, round(0.95 * (len(values) - 1)))]


def main(sizes: tuple[int, ...] = (40_000, 1_000_000, 10_000_000)) -> None:
    """Prints a line per page and click for each size, then the 95th percentiles beside what we promise."""
    empty = empty_page()
    print(f"An empty page: {empty:.1f} ms")
    for scores in sizes:
        with tempfile.TemporaryDirectory() as name:
            store, seconds = generated.filled(Path(name), scores)
            path = store.path
            store.close()
            measured(path, scores, seconds, empty)


def forget(path: Path) -> None:
    """As after an upload: nothing that was worked out before is remembered."""
    st.cache_data.clear()
    with session.opened(str(path)).writing():
        pass
    theme._FIGURES.clear()


def measured(path: Path, scores: int, seconds: float, empty: float) -> None:
    os.environ["SO_WHAT_DATABASE"] = str(path)
    os.environ["SO_WHAT_SAMPLE_DATABASE"] = str(path.with_name("sample.duckdb"))
    print(f"{scores:,} scores (marts built in {seconds:.1f} s)")
    opened("explore/overview.py", {})  # opens the store
    session.opened(str(path)).tally()
    clicks = [*CLICKS, *OTHERS]
    for page, query in clicks:
        opened(page, query).run()
    session.settle()
    times: list[list[tuple[float, float]]] = [[] for _ in clicks]
    for _ in range(ROUNDS):
        for place, (page, query) in enumerate(clicks):
            at = opened(page, query)
            forget(path)
            times[place].append((milliseconds(at), statistics.median(milliseconds(at) for _ in range(3))))
    cold, cached = ([statistics.median(pair[i] for pair in of) for of in times] for i in (0, 1))
    for (page, query), first, again in zip(clicks, cold, cached, strict=True):
        print(f"  {page:28} {' '.join(f'{k}={v}' for k, v in query.items()):52} cold {first:5.0f} ms, cached {again:5.0f} ms", flush=True)
    limit = COLD_AT_MOST.get(scores, 400)
    print(
        f"  95th percentile: cold {percentile95(cold):.0f} ms (promised {limit}; {percentile95(cold) / empty:.0f} empty pages), "
        f"cached {percentile95(cached):.0f} ms (promised {CACHED_AT_MOST}; {percentile95(cached) / empty:.0f} empty pages)",
        flush=True,
    )
    st.cache_resource.clear()


if __name__ == "__main__":
    main(tuple(int(a) for a in sys.argv[1:]) or (40_000, 1_000_000, 10_000_000))
