"""Statistics over an analyst's own plain CSV, printed as CSV or JSON: no database, nothing stored, the functions of metrics/ and nothing else.

The words `spc`, `funnel` and `survival` without --from-csv ask the store instead (commands.statistics).

Numbers are printed in full; a blank is a number that there is none of. What an analyst should know besides goes to stderr.
"""

from __future__ import annotations

import argparse
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from commands import figures, printed, statistics
from domain.errors import Unreadable
from domain.measures import named
from domain.types import Measure
from metrics import change, funnel, gas, intervals, reading, spc, survival, talking_therapies

Command = Callable[..., argparse.ArgumentParser]
Run = Callable[[argparse.Namespace], int]
SPC_NEEDS, FUNNEL_NEEDS, SURVIVAL_NEEDS = ("series", "date", "value", "better"), ("group", "numerator", "denominator"), ("time", "event")
FILE_TOO = ("group", "mixed")  # options that only a file has, and that it can do without
MISSING = {"", "na", "nan", "n/a", "null", "none"}
YES, NO = {"1", "1.0", "true", "yes", "y"}, {"0", "0.0", "false", "no", "n"}
EVERYBODY = "all"


def register(command: Command) -> None:
    """Adds the commands to the command line: `command(name, help, run)` makes one."""

    def over_csv(name: str, help: str, run: Run, stored: Run | None = None, needs: tuple[str, ...] = ()) -> argparse.ArgumentParser:
        made = command(name, help, run)
        made.add_argument("--from-csv", dest="file", type=Path, required=not stored, metavar="FILE", help="a plain CSV file with one line of headings")
        if stored:
            before = _options(made)
            statistics.scope(made, statistics.METRIC_OF.get(name, statistics.FIRST))
            about_store = {name: flag for name, flag in _options(made).items() if name not in before and name != "format"}
            made.set_defaults(run=_either(made, run, stored, needs, about_store))
        else:
            made.add_argument("--format", default="csv", choices=("csv", "json"))
        return made

    made = over_csv("rci", "reliable change of each person between two scores, from the spread of the first scores in the file", rci)
    _columns(made, id="who", pre="first score", post="last score")
    made.add_argument("--better", required=True, choices=("higher", "lower"), help="which scores are better")
    made.add_argument("--reliability", required=True, type=_share, metavar="R", help="of the questionnaire, between 0 and 1")
    made.add_argument("--functional-mean", type=_number, metavar="M", help="mean score of people who do not need help")
    made.add_argument("--functional-sd", type=figures.above_nought, metavar="S", help="their standard deviation")
    made.add_argument("--cutoff", choices=("a", "b", "c"), help="where the clinical range ends (c, where the two numbers above are given)")

    made = over_csv("spc", "XmR charts: is the latest figure more than the usual ups and downs?", spc_charts, statistics.spc, SPC_NEEDS)
    _columns(made, False, series="which series", date="day or month", value="figure")
    made.add_argument("--better", choices=("higher", "lower", "neither"), help="which figures are better")
    made.add_argument("--screen", action="store_true", help="leave very large ranges out of the limits (the NHS template does not)")
    made.add_argument("--baseline", type=_points, metavar="N", help="fix the limits to the first N points")
    made.add_argument("--rebase", type=_day, metavar="DAY", help="start the limits afresh from this day")
    made.add_argument("--reason", default="", metavar="WORDS", help="why the limits start afresh")
    made.add_argument("--target", type=_number, metavar="N", help="say whether it will be met as things are, missed, or either by chance")

    made = over_csv("wilson", "proportions with Wilson's interval", wilson)
    _columns(made, numerator="how many", denominator="out of how many")
    made.add_argument("--confidence", type=_share, default=0.95, metavar="C", help="0.95, or another between 0 and 1")

    made = over_csv("funnel", "which units lie further from the whole than chance would take one of their size", funnels, statistics.funnel, FUNNEL_NEEDS)
    _columns(made, False, group="which unit", numerator="how many", denominator="out of how many")
    made.add_argument("--overdispersion", action="store_true", help="allow for units differing more than by chance")

    made = over_csv("survival", "time until something happens: the median of each group", medians, statistics.survival, SURVIVAL_NEEDS)
    _columns(made, False, time="time until it happened, or until last seen", event="1 where it happened, 0 where not yet")
    made.add_argument("--curve", action="store_true", help="the share to whom it has not happened yet by then, in place of the medians")
    made.add_argument("--group", metavar="COLUMN", help="one row for each")
    made.add_argument("--interval", default="log-log", choices=("log", "log-log"))

    made = over_csv(
        "talking-therapies", "the NHS Talking Therapies scheme: counts of a file in which every line is somebody who finished, or rates of stored data",
        scheme, statistics.talking_therapies, ("id", "pair"),
    )  # fmt: skip
    _columns(made, False, id="who")
    made.add_argument("--pair", action="append", type=_pair, metavar="FIRST,LAST,QUESTIONNAIRE", help="columns of a first and a last score, and whose they are")
    made.add_argument("--group", metavar="COLUMN", help="one row for each")
    made.add_argument("--mixed", default="no change", choices=("no change", "worse"), help="better on one questionnaire and worse on another is …")

    made = over_csv("gas", "Goal Attainment Scaling: T of each person", goals)
    _columns(made, id="who", score="level reached, from -2 to 2")
    made.add_argument("--weight", metavar="COLUMN", help="weight of the goal (otherwise all count the same)")


def rci(asked: argparse.Namespace) -> int:
    """id, pre, post, change, rci, category: one row per person with both scores."""
    table = _read(asked.file)
    frame = pd.DataFrame({"id": _people(table, asked.id), "pre": _numbers(table, asked.pre), "post": _numbers(table, asked.post)})
    both = frame[frame["pre"].notna() & frame["post"].notna()].reset_index(drop=True)
    if len(both) < len(frame):
        printed.note(f"{len(frame) - len(both):,} of {len(frame):,} people have no pair of scores and no row here.")
    mean, sd = both["pre"].mean(), both["pre"].std(ddof=1)
    if not sd > 0:
        raise Unreadable(f"Reliable change cannot be worked out: column {asked.pre} needs at least two people with both scores, and scores that differ.")
    threshold = change.reliable_change_threshold(sd, asked.reliability)
    both["change"] = both["post"] - both["pre"]
    both["rci"] = both["change"] / (threshold / intervals.z())
    cutoff = _cutoff(asked, mean, sd)
    both["category"] = change.categories(both["pre"], both["post"], asked.better, threshold, computed=True, cutoff=cutoff, cutoff_is_clinical=False)
    printed.note(f"A change of more than {threshold:.2f} points is reliable" + (f"; the clinical range ends at {cutoff:.2f}." if cutoff is not None else "."))
    return printed.rows(both, asked.format)


def spc_charts(asked: argparse.Namespace) -> int:
    """series, date, value, mean, lower, upper, signal, rule, direction: one row per line of the file, in its order."""
    table = _read(asked.file)
    frame = pd.DataFrame({"series": _text(table, asked.series), "date": _days(table, asked.date), "value": _numbers(table, asked.value)})
    if (asked.rebase is None) != (not asked.reason.strip()):
        raise Unreadable("A re-basing needs both --rebase DAY and --reason WORDS.")
    rebase = [spc.Rebase(asked.rebase, asked.reason)] if asked.rebase else []
    if frame.duplicated(["series", "date"]).any():
        line = int(np.flatnonzero(frame.duplicated(["series", "date"]))[0]) + 2
        raise Unreadable(f"Line {line}: this series already has a value on that day. Keep one.")
    try:
        charted = spc.charts(frame, asked.better, screen=asked.screen, baseline=asked.baseline, rebase=rebase)
    except ValueError as error:
        raise Unreadable(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    charted["date"] = _text(table, asked.date)
    trial, gaps = charted.loc[charted["trial"], "series"].nunique(), charted.loc[charted["after_gap"], "series"].nunique()
    if trial:
        printed.note(f"{trial:,} series: limits on trial, from fewer than {spc.ENOUGH} points.")
    if asked.target is not None:
        for verdict in spc.verdicts(charted, dict.fromkeys(frame["series"].unique(), asked.target), asked.better).to_dict("records"):
            printed.note(f"{verdict['series']}: {reading.spc(verdict, decimals=1, reason=asked.reason)}")
    for row in spc.before_after(charted).to_dict("records"):
        printed.note(f"{row['series']}: {reading.before_after(row, decimals=1, reason=asked.reason)}")
    if gaps:
        printed.note(f"{gaps:,} series: periods are missing. A run stops there, and the range across is not counted.")
    return printed.rows(charted[["series", "date", "value", "mean", "lower", "upper", "signal", "rule", "direction"]], asked.format)


def wilson(asked: argparse.Namespace) -> int:
    """numerator, denominator, value, lower, upper in percent: one row per line of the file."""
    table = _read(asked.file)
    x, n = _parts(table, asked)
    found = np.array([100 * np.asarray(v) for v in intervals.wilson(x, n, asked.confidence)])
    return printed.rows(pd.DataFrame({"numerator": x, "denominator": n, **dict(zip(("value", "lower", "upper"), found, strict=True))}), asked.format)


def funnels(asked: argparse.Namespace) -> int:
    """group, numerator, denominator, value, lower95, upper95, lower998, upper998 in percent, outlier: one row per unit (lines of one are added)."""
    table = _read(asked.file)
    x, n = _parts(table, asked)
    units = pd.DataFrame({"group": _text(table, asked.group), "x": x, "n": n}).groupby("group", sort=False, as_index=False).sum()
    found = funnel.proportions(units["x"], units["n"], asked.overdispersion, units["group"])
    rows = found.rows.rename(columns={"stands_out": "outlier"})
    for name in ("value", "lower95", "upper95", "lower998", "upper998"):
        rows[name] = 100 * rows[name]
    if asked.overdispersion and not found.estimated:
        printed.note(
            f"Fewer than {funnel.LEAST_UNITS} units: how much more than by chance they differ cannot be estimated, so the limits are those of chance alone."
        )
    elif found.estimated:
        printed.note(f"All units together: {100 * found.centre:.2f}%. Spread between units beyond chance (tau squared): {found.tau2:.3g}.")
    printed.note("A funnel starts a conversation. It shows where to ask, not why units differ.")
    return printed.rows(rows[["group", "numerator", "denominator", "value", "lower95", "upper95", "lower998", "upper998", "outlier"]], asked.format)


def medians(asked: argparse.Namespace) -> int:
    """group, n, events, median, lower, upper: one row per group, in the units of time; blank where it was not reached.

    With --curve: group, time, survival, lower, upper, one row per group and time at which it happened.
    """
    table = _read(asked.file)
    time, event = _numbers(table, asked.time, blanks=False, least=0), _flags(table, asked.event)
    group = _text(table, asked.group) if asked.group else None
    if asked.curve:
        everybody = pd.DataFrame({"group": EVERYBODY if group is None else group, "time": time, "event": event})
        drawn = [survival.curve(of["time"], of["event"], asked.interval).assign(group=name) for name, of in everybody.groupby("group", sort=True)]
        return printed.rows(pd.concat(drawn, ignore_index=True)[["group", "time", "survival", "lower", "upper"]], asked.format)
    rows = survival.medians(time, event, group, asked.interval)
    if group is not None and len(rows) > 1:
        test = survival.log_rank(time, event, group)
        if not math.isnan(test.p):
            printed.note(f"Log-rank test of the {len(rows)} groups: chi-squared {test.chi2:.4g} on {test.df}, p = {test.p:.3g}.")
    return printed.rows(rows, asked.format)


def scheme(asked: argparse.Namespace) -> int:
    """group and the counts of the scheme: one row per group; every line of the file is somebody who finished."""
    table = _read(asked.file)
    _people(table, asked.id)
    pairs = [
        talking_therapies.Pair(_numbers(table, first), _numbers(table, last), float(measure.cutoff), float(measure.reliable_change), measure.better)  # type: ignore[arg-type]
        for first, last, measure in asked.pair
    ]
    group = _text(table, asked.group) if asked.group else None
    return printed.rows(talking_therapies.counts(talking_therapies.people(pairs, asked.mixed), group), asked.format)


def goals(asked: argparse.Namespace) -> int:
    """id, goals, t: one row per person with a level, in order of first appearance."""
    table = _read(asked.file)
    frame = pd.DataFrame({"person": _text(table, asked.id), "level": _numbers(table, asked.score, least=gas.LOWEST, most=gas.HIGHEST)})
    if asked.weight:
        frame["weight"] = _numbers(table, asked.weight, least=0)
    known = frame[frame["level"].notna()]
    if len(known) < len(frame):
        printed.note(f"{len(frame) - len(known):,} of {len(frame):,} goals have no level and do not count.")
    return printed.rows(gas.t_scores(known).rename(columns={"person": "id"}), asked.format)


# ---- what comes in ---------------------------------------------------------------------------------------------------------------------------


def _read(path: Path) -> pd.DataFrame:
    """Every cell as text, blanks as empty text. Raises Unreadable with a sentence."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path.name} could not be opened. Is the name right, and may it be read?") from error
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in content and not utf16:
        raise Unreadable(f"{path.name} is not a text file. Save the sheet as CSV UTF-8 and name that file.")
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
            heading = text.split("\n", 1)[0]
            apart = next((mark for mark in (";", "\t") if mark in heading and "," not in heading), ",")
            table = pd.read_csv(
                io.StringIO(text, newline=""), sep=apart, dtype=str, keep_default_na=False, na_filter=False, skipinitialspace=True, skip_blank_lines=False
            )
        except UnicodeDecodeError:
            continue
        except pd.errors.EmptyDataError as error:
            raise Unreadable(f"{path.name} is empty. It needs one line of headings and at least one line below.") from error
        except (pd.errors.ParserError, ValueError) as error:
            raise Unreadable(f"{path.name} could not be read as CSV: its lines do not all have as many cells as the headings.") from error
        if isinstance(table.index, pd.RangeIndex):
            break
        raise Unreadable(f"{path.name} could not be read as CSV: its lines have more cells than the headings.")
    else:
        raise Unreadable(f"{path.name} could not be read: it is neither UTF-8 nor Windows text. Save it as CSV UTF-8.")
    table.columns = [str(name).strip() for name in table.columns]
    table = table.fillna("")
    table = table[(table.apply(lambda cells: cells.str.strip()) != "").any(axis=1)]  # lines keep their place, so that a cell can be named by its line
    if not len(table):
        raise Unreadable(f"{path.name} has headings and no lines below them.")
    return table


def _cells(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table.columns:
        there = ", ".join(str(name) for name in table.columns[:20])
        raise Unreadable(f"There is no column {column}. The columns are: {there}{' …' if len(table.columns) > 20 else ''}.")
    found = table[column]
    if isinstance(found, pd.DataFrame):
        raise Unreadable(f"There are two columns called {column}. Rename one.")
    return found.str.strip()


def _text(table: pd.DataFrame, column: str) -> pd.Series:
    return _cells(table, column).astype(object).reset_index(drop=True)


def _people(table: pd.DataFrame, column: str) -> pd.Series:
    """Whose each line is. One line is one person: who stands on two counts twice, and that is said."""
    who = _text(table, column)
    if again := int((who[who != ""].duplicated()).sum()):
        printed.note(f"{again:,} line{'s repeat' if again != 1 else ' repeats'} the {column} of an earlier line. Each line counts as a person of its own.")
    return who


def _numbers(table: pd.DataFrame, column: str, *, blanks: bool = True, whole: bool = False, least: float = -math.inf, most: float = math.inf) -> pd.Series:
    """A column of numbers, not-a-number where blank. The cell is named in what is wrong with it, never shown: it may be somebody's."""
    cells = _cells(table, column)
    values = pd.to_numeric(cells, errors="coerce").astype(float)
    blank = cells.str.lower().isin(MISSING)
    if not blanks:
        _refuse(blank, column, "is blank. A number is needed here.")
    _refuse(~blank & ~np.isfinite(values), column, "is not a number.")
    if whole:
        _refuse(values != np.floor(values), column, "is not a whole number.", values.notna())
    _refuse(values < least, column, f"is less than {least:g}.")
    _refuse(values > most, column, f"is more than {most:g}.")
    return values.where(~blank).reset_index(drop=True)


def _flags(table: pd.DataFrame, column: str) -> pd.Series:
    cells = _cells(table, column).str.lower()
    _refuse(~cells.isin(YES | NO), column, "is neither 1 (it happened) nor 0 (not yet).")
    return cells.isin(YES).astype(int).reset_index(drop=True)


def _days(table: pd.DataFrame, column: str) -> pd.Series:
    """Days, from 2025-04-01, 2025-04, 01/04/2025 or April 2025, all cells in one way."""
    cells = _cells(table, column)
    best = pd.Series(pd.NaT, index=cells.index, dtype="datetime64[ns]")
    for form in ("%Y-%m-%d", "%Y-%m", "%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%B %Y", "%b %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        found = pd.to_datetime(cells, format=form, errors="coerce")
        if found.notna().sum() > best.notna().sum():
            best = found
        if found.notna().all():
            break
    _refuse(best.isna(), column, "is not a date. Write 2025-04-01 or 01/04/2025, the same way throughout.")
    return best.reset_index(drop=True)


def _parts(table: pd.DataFrame, asked: argparse.Namespace) -> tuple[pd.Series, pd.Series]:
    x = _numbers(table, asked.numerator, blanks=False, whole=True, least=0)
    n = _numbers(table, asked.denominator, blanks=False, whole=True, least=0)
    _refuse((x > n).set_axis(table.index), asked.numerator, f"is more than its {asked.denominator}.")
    return x, n


def _refuse(wrong: pd.Series, column: str, what: str, among: Any = True) -> None:
    lines = wrong.index[np.asarray(wrong & among, dtype=bool)]
    if len(lines):
        more = f" So {'is' if len(lines) == 2 else 'are'} {len(lines) - 1:,} further." if len(lines) > 1 else ""
        raise Unreadable(f"Line {lines[0] + 2}, column {column}: the cell {what}{more}")


def _cutoff(asked: argparse.Namespace, mean: float, sd: float) -> float | None:
    norms = asked.functional_mean is not None and asked.functional_sd is not None
    kind = asked.cutoff or ("c" if norms else None)
    if kind in ("b", "c") and not norms:
        raise Unreadable(f"The cut-off {kind} needs --functional-mean and --functional-sd.")
    if kind is None and (asked.functional_mean is not None or asked.functional_sd is not None):
        raise Unreadable("--functional-mean and --functional-sd go together.")
    if kind is None:
        return None
    if kind == "a":
        return change.cutoff_a(mean, sd, asked.better)
    if kind == "b":
        return change.cutoff_b(asked.functional_mean, asked.functional_sd, asked.better)
    return change.cutoff_c(mean, sd, asked.functional_mean, asked.functional_sd)


# ---- options ---------------------------------------------------------------------------------------------------------------------------------


def _columns(made: argparse.ArgumentParser, required: bool = True, /, **columns: str) -> None:
    for name, what in columns.items():
        made.add_argument(f"--{name}", required=required, metavar="COLUMN", help=what)


def _options(made: argparse.ArgumentParser) -> dict[str, str]:
    """Name -> flag of the options a command has so far."""
    return {action.dest: action.option_strings[-1] for action in made._actions if action.option_strings}


def _either(made: argparse.ArgumentParser, over_csv: Run, stored: Run, needs: tuple[str, ...], about_store: dict[str, str]) -> Run:
    """The command over a CSV file where one is named, else over stored data. `needs` are the options that a file needs, and only a file has.

    An option that has no bearing is refused: an answer to another question than was asked is worse than none.
    """

    def run(asked: argparse.Namespace) -> int:
        named = [name for name in needs if getattr(asked, name) is not None]
        if asked.file is None:
            named += [name for name in FILE_TOO if getattr(asked, name, None) != made.get_default(name)]
            if named:
                raise Unreadable(f"--{named[0]} is about a CSV file. Name the file (--from-csv FILE), or leave --{named[0]} out to ask about stored data.")
            return stored(asked)
        beside = [flag for name, flag in about_store.items() if getattr(asked, name) != made.get_default(name)]
        if beside:
            raise Unreadable(f"{beside[0]} is about stored data. Leave it out, or leave --from-csv out to ask about stored data.")
        if len(named) < len(needs):
            raise Unreadable(f"A CSV file needs {', '.join(f'--{name}' for name in needs)}; --{next(n for n in needs if n not in named)} is missing.")
        return over_csv(asked)

    return run


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError("write a number, such as 2.91")
    return value


def _share(text: str) -> float:
    value = _number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError("write a number between 0 and 1, such as 0.95")
    return value


def _points(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError("write how many points, 2 or more")
    return int(text)


def _day(text: str) -> Any:
    try:
        return pd.to_datetime(text, format="%Y-%m-%d").date()
    except ValueError:
        raise argparse.ArgumentTypeError("write a day as 2025-04-01") from None


def _pair(text: str) -> tuple[str, str, Measure]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 3 or not all(parts):
        raise argparse.ArgumentTypeError("write the column of the first score, that of the last and the questionnaire: phq9_pre,phq9_post,PHQ-9")
    measure = named(parts[2])
    if measure is None:
        raise argparse.ArgumentTypeError(f"{parts[2]} is not a questionnaire we know. docs/measures.md lists them")
    if measure.cutoff is None or measure.reliable_change is None:
        raise argparse.ArgumentTypeError(f"{measure.code} has no published cut-off and reliable change")
    return parts[0], parts[1], measure
