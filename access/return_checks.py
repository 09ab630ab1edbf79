"""A return beside its plan, before anything is stored: findings, each with a way forward. Nothing here takes anything away from what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from domain import codes
from domain.quarters import Quarter, year_name
from domain.types import Finding
from warehouse import plan_queries
from warehouse.connect import Store

FLOW, TOTAL, STOCK, PERCENT, AVERAGE = codes.COUNTED_AS
PEOPLE = (FLOW, TOTAL, STOCK)
Lines = dict[tuple[str, int, int, str], dict[str, Any]]  # by service, plan year, quarter and ref
Wait = Callable[[dict[str, pa.Table], dict[str, pa.Table], str, Any, Any], None]
TABLE = "quarterly_return"
MOST = 200  # findings that hold nothing back, told one by one


def look(store: Store, tables: dict[str, pa.Table], found: Sequence[Any]) -> list[Finding]:
    """What the rows of *Quarterly return* say that their plan does not bear: no plan, a ref that is not in it, a quarter out of contract, people in
    fractions, a percent over 100, a percent of nobody knows how many. The plan is the stored one with what the same files say of it.
    """
    table = tables.get(TABLE)
    if table is None or not table.num_rows:
        return []
    rows = table.to_pylist()
    lines = _lines(store, tables, sorted({r["service_code"] for r in rows}))
    planned = {(service, year) for service, year, _, _ in lines}
    told: list[Finding] = []
    gone: set[tuple[str, ...]] = set()  # what is said once for a whole return
    unknown: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for r in rows:
        service, year, number, ref = r["service_code"], r["year"], r["quarter"], r["ref"]
        if year is None or number is None:
            continue
        quarter = Quarter(year, number)
        for code, finding in _of_quarter(r, quarter, planned, lines, found):
            if (code, service, str(quarter)) not in gone:
                gone.add((code, service, str(quarter)))
                told.append(finding)
        if (service, year) not in planned:
            continue
        counted = lines.get((service, year, number, ref))
        if counted is None:
            if not any((service, year, n, ref) in lines for n in (1, 2, 3, 4)):
                told.append(_addition(r, quarter, found))
            continue
        told += _of_figure(r, counted["counted_as"], found)
        if counted["counted_as"] == PERCENT and not r["out_of"] and not counted["out_of"]:
            unknown.setdefault((service, year), []).append(r)
    holds, looks = [f for f in told if f.severity == "holds"], [f for f in told if f.severity != "holds"]
    return [*holds, *looks[:MOST], *_more(looks[MOST:]), *(_of_how_many(those, found) for those in unknown.values())]


def told(store: Store, ready: dict[str, pa.Table], waiting: dict[str, pa.Table], found: Sequence[Any], wait: Wait) -> list[Finding]:
    """The findings of `look`; rows that one of them holds are moved from those that are ready to those that wait, by `wait`."""
    said = look(store, ready, found)
    held = {(f.file, f.sheet, f.row): f.code for f in said if f.severity == "holds"}
    if held:
        rows = ready[TABLE].select(["file", "sheet", "row"]).to_pylist()
        codes_ = np.array([held.get((r["file"], r["sheet"], r["row"]), "") for r in rows], dtype=object)
        wait(ready, waiting, TABLE, codes_, np.full(len(rows), "", dtype=object))
    return said


def _lines(store: Store, tables: dict[str, pa.Table], services: Sequence[str]) -> Lines:
    """(service, year, quarter, ref) -> how the line is counted, out of how many, and its projection; the same files' plan on top of the stored one."""
    with store.reading() as cursor:
        stored = plan_queries.plan_figures(cursor, services)
    lines: Lines = {
        (r["service"], r["year"], r["quarter"], r["ref"]): {"counted_as": r["counted_as"], "out_of": r["plan_out_of"], "projection": r["projection"]}
        for r in stored
    }
    for m in tables["milestones"].to_pylist() if "milestones" in tables else ():
        for n in range(m["from_quarter"] or 1, 5):
            lines[m["service_code"], m["year"], n, m["ref"]] = {"counted_as": m["counted_as"], "out_of": m["out_of"], "projection": m[f"q{n}"]}
    return lines


def _of_quarter(r: dict[str, Any], quarter: Quarter, planned: set[tuple[str, int]], lines: Lines, found: Sequence[Any]) -> Iterable[tuple[str, Finding]]:
    service, year = r["service_code"], quarter.year
    if (service, year) not in planned:
        message = f"There is no plan of {service} for {year_name(year)}, so these figures have nothing to stand beside. They are kept."
        yield "plan", _finding("look", "no-plan", r, "year", message, "Check the year, or draft the plan on the page Target plan: the figures join it.", found)
    elif not any(line["projection"] is not None for (s, y, n, _), line in lines.items() if (s, y, n) == (service, year, quarter.number)):
        message = f"The plan of {service} projects nothing for {quarter.months()}: not in contract. The figures are kept, and nothing is asked of them."
        fix = "Check the year and the quarter. If the service was at work, propose a version of the plan that says so on the page Target plan."
        yield "closed", _finding("look", "quarter-not-in-contract", r, "quarter", message, fix, found)


def _addition(r: dict[str, Any], quarter: Quarter, found: Sequence[Any]) -> Finding:
    message = f"{r['ref']} is no line of the plan of {r['service_code']} for {year_name(quarter.year)}. Its figure is kept as an addition."
    fix = "If it is a new line, propose it on the page Target plan and the figure joins it. If not, correct the reference."
    return _finding("look", "not-in-the-plan", r, "ref", message, fix, found)


def _of_figure(r: dict[str, Any], counted_as: str, found: Sequence[Any]) -> Iterable[Finding]:
    for column, name in (("actual", "actual"), ("out_of", "out of")):
        value = r[column]
        if value is not None and value % 1 and (counted_as in PEOPLE or (column == "out_of" and counted_as == PERCENT)):
            message = f"'{name}' of {r['ref']} is {value:g}, and people are counted whole."
            fix = "Type the number of people. For a share of people the plan would count the line as 'percent', for the mean of a scale as 'average'."
            yield _finding("holds", "not-a-whole-number", r, column, message, fix, found)
    if counted_as == PERCENT and r["actual"] is not None and r["actual"] > 100:
        message = f"'actual' of {r['ref']} is {r['actual']:g}, and a percentage runs from 0 to 100."
        yield _finding("holds", "out-of-range", r, "actual", message, "Type the percentage, and under 'out of' out of how many people.", found)


def _of_how_many(those: list[dict[str, Any]], found: Sequence[Any]) -> Finding:
    refs = ", ".join(dict.fromkeys(r["ref"] for r in those))
    message = f"{refs} of {those[0]['service_code']}: a percentage, and nothing says out of how many people. It is kept."
    fix = "Type under 'out of' how many were asked, here or in the plan. Until then nobody can tell a difference from chance, and none is asked about."
    return _finding("look", "percent-of-what", those[0], "out_of", message, fix, found, len(those))


def _more(left: list[Finding]) -> list[Finding]:
    """What is not told one by one, told as one of each kind, so that a file that is wrong throughout is wrong in a few lines."""
    kinds = {(f.severity, f.code): f for f in left}
    return [
        Finding(f.severity, f.code, f"And {sum((x.severity, x.code) == kind for x in left):,} more like this: {f.message}", f.fix, f.sheet)
        for kind, f in kinds.items()
    ]


def _finding(severity: Any, code: str, r: dict[str, Any], column: str, message: str, fix: str, found: Sequence[Any], count: int = 1) -> Finding:
    file, named = str(r.get("file") or ""), str(r.get("sheet") or "")
    at = next((f for f in found if (f.file, f.named) == (file, named)), None)
    letter = at.letter(column) if at is not None else ""
    return Finding(severity, code, message, fix, named, r.get("row"), letter, file, count)
