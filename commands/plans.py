"""Plan against return from the command line: the same doors as the pages, as csv or json."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from access import plan_ladder, plans
from commands import figures, opened
from domain import quarters
from domain.quarters import Quarter, year_name

HELP = {
    "plan-gaps": "which figures are so far from the plan that they are worth asking about",
    "plan-matches": "how many figures are exactly as planned, or as in the quarter before",
    "plan-realism": "which projections of complete years turned out cautious, about right or ambitious",
    "reality-check": "what a plan year may bring, from the quarters before it",
    "milestone-attainment": "what was counted over what was projected, for the quarter, the year to date and the year",
    "milestone-conversion": "the ladder: each line's year to date over that of the line before",
}
COLUMNS = {
    "plan-gaps": ("service", "ref", "quarter", "projection", "actual", "gap", "probability", "material"),
    "plan-matches": ("service", "year", "figures", "equal_to_plan", "equal_to_last_quarter", "probability", "questioned"),
    "plan-realism": ("service", "ref", "year", "projection", "actual", "ratio", "lower", "upper", "verdict"),
    "reality-check": ("service", "ref", "actual", "low", "high", "projection"),
    "milestone-attainment": ("service", "ref", "quarter", "span", "projection", "actual", "ratio", "lower", "upper"),
    "milestone-conversion": ("service", "ref", "next_ref", "quarter", "actual", "next_actual", "ratio", "planned_ratio", "widens"),
}


def add(command: Callable[..., argparse.ArgumentParser], database: Callable[[argparse.ArgumentParser], argparse.ArgumentParser]) -> None:
    """Adds the commands of HELP; `command` and `database` are those of commands.main."""
    for name, help in HELP.items():
        made = database(command(name, help, ask))
        made.set_defaults(about=name)
        made.add_argument("--service", nargs="+", default=[], metavar="CODE", help="only these services")
        made.add_argument("--year", type=_year, metavar="YEAR", help="one plan year, such as 2025-26")
        made.add_argument("--quarter", nargs="+", default=[], metavar="QUARTER", help="one quarter: '2025-26 Q2', or Q2 of --year or of every year")
        made.add_argument("--format", default="csv", choices=("csv", "json"))


def ask(asked: argparse.Namespace) -> int:
    """Prints one evaluation, a row per line and quarter (or service and year); what it says in words goes to stderr."""
    year, number = _when(asked)
    with opened.store(opened.settings_of(asked)) as store:
        found, notes = _found(asked.about, store, sorted(set(asked.service)), year, number)
    rows = [{column: _value(column, getattr(row, column)) for column in COLUMNS[asked.about]} for row in found]
    if asked.format == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        figures._csv(rows, list(COLUMNS[asked.about]))
    for note in filter(None, notes):
        print(note, file=sys.stderr)
    return 0


def _found(about: str, store: Any, services: Sequence[str], year: int | None, quarter: int | None) -> tuple[Sequence[Any], list[str]]:
    viewer = opened.viewer()
    if about == "plan-gaps":
        gaps = plans.gaps(store, viewer, services, year, quarter)
        named = [f"{g.service} {g.ref} {g.quarter}: {g.question}" for g in gaps if g.asked]
        return gaps, [*named, plans.chance_gaps(gaps)]
    if about == "plan-matches":
        matches = plans.matches(store, viewer, services, year, quarter)
        return matches, [f"{m.service} {year_name(m.year)}: {m.question}" for m in matches if m.questioned]
    if about == "plan-realism":
        return plans.realism(store, viewer, services, year), _whole_years(quarter)
    if about == "reality-check":
        return plans.reality_check(store, viewer, services, year), _whole_years(quarter)
    if about == "milestone-attainment":
        return plan_ladder.attainment(store, viewer, services, year, quarter), []
    return plan_ladder.conversion(store, viewer, services, year, quarter), []


def _whole_years(quarter: int | None) -> list[str]:
    return ["This looks at whole plan years: the quarter chose the year and nothing else."] if quarter else []


def _value(column: str, value: Any) -> Any:
    """Quarters and plan years by name; whole numbers without a decimal point."""
    if isinstance(value, Quarter):
        return str(value)
    if column == "year":
        return year_name(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def _year(text: str) -> int:
    year = quarters.parse_year(text)
    if year is None:
        raise argparse.ArgumentTypeError("write a plan year such as 2025-26")
    return year


def _when(asked: argparse.Namespace) -> tuple[int | None, int | None]:
    """(plan year, quarter number) asked about. Ends with 2, like any words the command line does not know, where they are no quarter."""
    if not asked.quarter:
        return asked.year, None
    found = quarters.parse_quarter(" ".join(asked.quarter))
    if found is None or (found[0] is not None and asked.year not in (None, found[0])):
        print("error: argument --quarter: write a quarter such as '2025-26 Q2', or Q2 beside --year", file=sys.stderr)
        raise SystemExit(2)
    return found[0] if found[0] is not None else asked.year, found[1]
