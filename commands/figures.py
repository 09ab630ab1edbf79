"""Figures from the command line: the list of metrics, and one metric asked of the desk."""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import sys
from datetime import date
from typing import Any

from access import desk
from commands import opened
from domain import quarters, types
from domain.types import Metric, Released, ReleasedRow, Scope
from exports.files import inert
from metrics import registry

# A mean's n is kept where a rate keeps its base
NUMBERS = {"proportion": ("numerator", "denominator"), "mean": ("n",), "rate": ("numerator", "denominator"), "curve": ("n",)}


def metrics(asked: argparse.Namespace) -> int:
    """One line per metric with tabs between: id, kind, unit, title, question."""
    for metric in registry.METRICS.values():
        print(metric.id, metric.kind, metric.unit, metric.title, metric.question, sep="\t")
    return 0


def ask(asked: argparse.Namespace) -> int:
    """Prints one metric, one row per group: csv or json. Notes (what is hidden, up to when the data speak) go to stderr."""
    metric, scope = registry.METRICS[asked.metric], scope_of(asked)
    with opened.store(opened.settings_of(asked)) as store:
        released = desk.ask(store, opened.viewer(), metric.id, scope, policy=asked.policy)
    rows = [_row(metric, row) for row in _rows(released)]
    if asked.format == "json":
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _csv(rows, columns(metric))
    for note in (*filter(None, [released.widened]), *released.notes):
        print(note, file=sys.stderr)
    return 0


def scope_of(asked: argparse.Namespace) -> Scope:
    """The scope that the options of `add_scope` name."""
    return Scope(
        services=tuple(sorted(set(asked.service))), start=asked.start, end=asked.end, basis=asked.basis, measure=asked.measure,
        subscale=asked.subscale, perspective=asked.perspective, by=asked.by,
    )  # fmt: skip


def add_scope(made: argparse.ArgumentParser) -> None:
    """Adds the options of a question over stored data: what `scope_of` reads, who the figures are for, and the format."""
    every = [*types.BREAKDOWNS, *types.OWN_BREAKDOWNS]
    made.add_argument("--measure", default="", metavar="CODE", help="one questionnaire, such as PHQ-9 (otherwise the service's main measures together)")
    made.add_argument("--subscale", default="", metavar="NAME", help="one part of that questionnaire (otherwise its total)")
    made.add_argument("--perspective", default="", metavar="WHOSE", help="person, carer or practitioner (otherwise the questionnaire's own)")
    made.add_argument("--by", default="", choices=every, metavar="WHAT", help=f"one row for each: {', '.join(every)}")
    made.add_argument("--from", dest="start", type=first_day, metavar="D", help="first day: 2025-04-01, 2025-26 or '2025-26 Q3'")
    made.add_argument("--to", dest="end", type=last_day, metavar="D", help="last day, likewise")
    made.add_argument("--basis", default="ended", choices=types.BASES, help="who is counted in the period (otherwise those who ended in it)")
    made.add_argument("--service", nargs="+", default=[], metavar="CODE", help="only these services")
    made.add_argument("--policy", default="inside", choices=types.POLICIES, help="who the figures are for (otherwise inside the commissioner)")
    made.add_argument("--format", default="csv", choices=("csv", "json"))


def recompute(asked: argparse.Namespace) -> int:
    """Works out thresholds for questionnaires that have a reliability but no published one, and prints a sentence for each."""
    with opened.store(opened.settings_of(asked)) as store:
        for sentence in desk.recompute_thresholds(store, opened.viewer(), date.today()):
            print(sentence)
    return 0


def columns(metric: Metric) -> list[str]:
    """The columns of a metric's rows, in order."""
    return ["group", *NUMBERS[metric.kind], "value", "lower", "upper", "hidden", "too_few", "still_open"]


def _rows(released: Released) -> list[ReleasedRow]:
    return list(released.rows) or ([released.total] if released.total else [])


def _row(metric: Metric, row: ReleasedRow) -> dict[str, Any]:
    every = {
        "group": row.group, "numerator": row.numerator, "denominator": row.denominator, "n": row.denominator, "value": row.value, "lower": row.lower,
        "upper": row.upper, "hidden": row.hidden, "too_few": row.too_few, "still_open": row.still_open,
    }  # fmt: skip
    return {column: every[column] for column in columns(metric)}


def _csv(rows: list[dict[str, Any]], names: list[str]) -> None:
    writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: Any) -> Any:
    """A value as a CSV cell: true and false in small letters, and text that a spreadsheet would take for a formula made inert."""
    if isinstance(value, bool):
        return str(value).lower()
    return inert(value)


def first_day(text: str) -> date:
    """The day, or the first day of the quarter or plan year, that was typed."""
    return _period(text)[0]


def last_day(text: str) -> date:
    """The day, or the last day of the quarter or plan year, that was typed."""
    return _period(text)[1]


def above_nought(text: str) -> float:
    """The number above 0 that was typed."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError("write a number above 0")
    return value


def _period(text: str) -> tuple[date, date]:
    try:
        day = date.fromisoformat(text)
        return day, day
    except ValueError:
        pass
    if british := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        try:
            day = date(int(british[3]), int(british[2]), int(british[1]))
            return day, day
        except ValueError:
            pass
    if quarter := quarters.quarter_named(text):
        return quarter.start, quarter.end
    if (year := quarters.parse_year(text)) is not None:
        return quarters.year_dates(year)
    raise argparse.ArgumentTypeError("write a day (2025-04-01), a plan year (2025-26) or a quarter ('2025-26 Q3')")
