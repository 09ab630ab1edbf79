"""Statistics over stored data, asked of the desk: spc, funnel, survival, equity, casemix; effect sizes and people without a second score."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from access import schemes, statistics
from commands import figures, opened, printed
from domain.errors import Unreadable
from domain.types import Metric
from metrics import spc as charts
from metrics.registry import METRICS
from warehouse.connect import Store

FIRST = "reliable-improvement"
METRIC_OF = {"survival": statistics.TIME, "talking-therapies": ""}  # what a command asks about unless --metric says otherwise
Command = Callable[..., argparse.ArgumentParser]


def add(command: Command) -> None:
    """Adds the commands that only stored data can answer; `command(name, help, run)` makes one."""
    made = command("equity", "each group beside everybody else: difference and ratio, and how many comparisons were made", equity)
    scope(made)
    made = command("casemix", "services' people at the start, side by side: mean first score and main needs", casemix)
    scope(made, metric="")
    made.add_argument(
        "--standardise", metavar="ID", choices=[m.id for m in METRICS.values() if m.kind == "proportion" and not m.mart and m.id != "headline"],
        help="a rate as it would be if every service's people had begun alike, band of first scores by band (--measure)",
    )  # fmt: skip
    made = command(statistics.TIME, "how long did it take half of the people to improve clearly?", survival)
    scope(made, metric="")
    made.add_argument("--interval", default="log-log", choices=("log", "log-log"))
    made.add_argument("--curve", action="store_true", help="the share not yet improved by week, in place of the medians")


def scope(made: argparse.ArgumentParser, metric: str = FIRST) -> None:
    """Adds what a question over stored data takes; without `metric` no metric is asked for."""
    if metric:
        made.add_argument(
            "--metric", default=metric, choices=[*METRICS] if metric in METRICS else [metric, FIRST], metavar="ID", help=f"which figure (otherwise {metric})"
        )
    figures.add_scope(made)
    made.add_argument("--database", type=Path, metavar="PATH", help="the database file (otherwise SO_WHAT_DATABASE, or data/so-what.duckdb)")


def options(made: argparse.ArgumentParser, metric: Metric) -> None:
    """Adds to a metric's own command what only it can be asked: people without a second score, or which standard deviation."""
    if metric.id == "effect-size":
        made.add_argument("--metric", choices=(metric.id,), metavar="ID", default=metric.id, help=argparse.SUPPRESS)
        made.add_argument(
            "--standard", choices=("first", "hedges", "change", "nhs"),
            help="standard deviation of first scores (unless asked), the same without its small-sample excess, that of gains, or England's (--national-sd)",
        )  # fmt: skip
        made.add_argument("--national-sd", type=figures.above_nought, metavar="S", help="England's standard deviation of first scores on the questionnaire")
        made.set_defaults(run=lambda asked: effect_size(asked) if asked.standard or asked.national_sd else figures.ask(asked))
    elif metric.id == "crisis-rate":
        made.add_argument("--early-late", action="store_true", help="the first 90 days against later, of people observed beyond them")
        made.set_defaults(run=lambda asked: early_against_later(asked) if asked.early_late else figures.ask(asked))
    elif metric.id in statistics.UNSEEN:
        made.add_argument("--missing", choices=tuple(statistics.MISSING), help="people without a second score: left out, taken as not improved, or bounds")
        made.set_defaults(run=lambda asked: with_missing(asked) if asked.missing else figures.ask(asked))


def spc(asked: argparse.Namespace) -> int:
    """series, date, value, mean, lower, upper, signal, rule, direction: one row per group and quarter."""
    rebase = [charts.Rebase(asked.rebase, asked.reason)] if asked.rebase else []
    if (asked.rebase is None) != (not asked.reason.strip()):
        raise Unreadable("A re-basing needs both --rebase DAY and --reason WORDS.")

    def ask(store: Store) -> statistics.Figures:
        return statistics.spc_charts(
            store, opened.viewer(), asked.metric, figures.scope_of(asked), asked.policy, screen=asked.screen, baseline=asked.baseline, rebase=rebase,
            target=asked.target,
        )  # fmt: skip

    return _answer(asked, ask, lambda told: told.rows.drop(columns="trial"))


def funnel(asked: argparse.Namespace) -> int:
    """group, numerator, denominator, value, lower95, upper95, lower998, upper998 in percent, outlier: one row per group shown."""

    def ask(store: Store) -> statistics.Figures:
        return statistics.funnels(store, opened.viewer(), asked.metric, figures.scope_of(asked), asked.policy, overdispersion=asked.overdispersion)

    return _answer(asked, ask, lambda told: told.rows.rename(columns={"stands_out": "outlier"}))


def survival(asked: argparse.Namespace) -> int:
    """group, n, events, median, lower, upper in weeks, one_score: one row per group shown; or with --curve group, time, survival, lower, upper."""
    if getattr(asked, "metric", None) not in (None, statistics.TIME, FIRST):
        raise Unreadable(f"Time is told to the first improvement that holds: leave --metric out, or ask {statistics.TIME}.")

    def ask(store: Store) -> statistics.Figures:
        return statistics.time_to_improvement(store, opened.viewer(), figures.scope_of(asked), asked.policy, asked.interval)

    return _answer(asked, ask, lambda told: told.curve if asked.curve else told.rows)


def equity(asked: argparse.Namespace) -> int:
    """One row per group shown: its rate, that of everybody else, difference (percentage points), ratio, and whether it differs by more than chance."""
    return _answer(asked, lambda store: statistics.against_rest(store, opened.viewer(), asked.metric, figures.scope_of(asked), asked.policy))


def casemix(asked: argparse.Namespace) -> int:
    """group, n, mean_first_score, need, people, share in percent: one row per service and main need.

    With --standardise: group, numerator, denominator, crude, value, lower, upper, covered in percent: one row per service.
    """
    if asked.standardise:
        return _answer(asked, lambda store: statistics.standardised(store, opened.viewer(), asked.standardise, figures.scope_of(asked), asked.policy))
    return _answer(asked, lambda store: statistics.casemix(store, opened.viewer(), figures.scope_of(asked), asked.policy))


def talking_therapies(asked: argparse.Namespace) -> int:
    """group, rate, numerator, denominator, value, lower, upper in percent, hidden, still_open: one row per group and rate of the scheme."""
    return _answer(asked, lambda store: schemes.talking_therapies(store, opened.viewer(), figures.scope_of(asked), asked.policy))


def early_against_later(asked: argparse.Namespace) -> int:
    """period, people, events, months, value, lower, upper, lower_by_person, upper_by_person: early, later, and later over early."""
    return _answer(asked, lambda store: schemes.early_against_later(store, opened.viewer(), figures.scope_of(asked), asked.policy))


def effect_size(asked: argparse.Namespace) -> int:
    """group, n, value, lower, upper, hidden, too_few, still_open: one row per group."""

    def ask(store: Store) -> statistics.Figures:
        return statistics.effect_sizes(store, opened.viewer(), figures.scope_of(asked), asked.policy, asked.standard or "first", asked.national_sd)

    return _answer(asked, ask)


def with_missing(asked: argparse.Namespace) -> int:
    """group, way, numerator, denominator, value, lower, upper in percent, hidden, still_open: one row per group and way of counting."""
    return _answer(asked, lambda store: statistics.with_missing(store, opened.viewer(), asked.metric, figures.scope_of(asked), asked.policy, asked.missing))


def _rows(told: statistics.Figures) -> Any:
    return told.rows


def _answer(asked: argparse.Namespace, ask: Callable[[Store], statistics.Figures], rows: Callable[[statistics.Figures], Any] = _rows) -> int:
    with opened.store(opened.settings_of(asked)) as store:
        told = ask(store)
    code = printed.rows(rows(told), asked.format)
    for sentence in (*told.said, *told.notes):
        printed.note(sentence)
    return code
