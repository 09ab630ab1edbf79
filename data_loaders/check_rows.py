"""Across the columns of a row: dates in order, parts and wholes, a score within its questionnaire's range, a goal within its scale."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import plan_checks
from data_loaders.check_columns import Known, Work
from data_loaders.check_services import together
from data_loaders.check_totals import totals
from data_loaders.values import Trouble, show
from domain import measures
from domain.types import Measure, Severity

# (sheet, first, last, severity, what to say)
ORDER: tuple[tuple[str, str, str, Severity], ...] = (
    ("people", "started_on", "ended_on", "holds"),
    ("services", "contract_from", "contract_to", "holds"),
    ("indicators", "period_start", "period_end", "holds"),
    ("assessments", "date", "recorded_on", "look"),
    ("stories", "date", "given_on", "look"),
)
GOAL_SCALES: dict[str, tuple[float, float]] = {"GAS": (-2, 2), "GBO": (0, 10), "met": (0, 1)}


def across_columns(work: Work, known: Known) -> None:
    """Everything that takes more than one cell of a row to see."""
    sheet = work.found.sheet
    for table, start, end, severity in ORDER:
        if table == sheet.table and start in work.found.columns and end in work.found.columns:
            early = pc.less(work.columns[end], work.columns[start]).fill_null(False).to_numpy(zero_copy_only=False)
            names = sheet.field(start).name, sheet.field(end).name
            where = np.flatnonzero(early)
            if severity == "holds":
                work.mark(end, where)
            work.tell(where, end, lambda _, n=names, s=severity: Trouble("end-before-start", f"'{n[1]}' lies before '{n[0]}'.", "Check both dates.", s))  # type: ignore[misc]
    totals(work)
    if sheet.table == "milestones":
        plan_checks.lines(work)
    if sheet.table == "assessments":
        _scores(work, known)
    if sheet.table == "goals" and "scale" in work.found.columns:
        for column in ("baseline", "target"):
            _goal_scale(work, column)


def _scores(work: Work, known: Known) -> None:
    """Each score within the range and steps of its measure or subscale; raw totals become metric scores where the measure has a table for it."""
    encoded = {c: work.columns[c].dictionary_encode() for c in ("measure", "subscale")}
    index = {c: e.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) for c, e in encoded.items()}
    n_sub = len(encoded["subscale"].dictionary) + 1
    pair = np.where(index["measure"] < 0, -1, index["measure"] * n_sub + index["subscale"] + 1)
    held, inverse = np.unique(pair, return_inverse=True)
    low, high, step = (np.zeros(len(held), dtype=np.int64) for _ in range(3))
    kept_names: list[str | None] = [None] * len(held)
    unknown: list[int] = []
    by_pair: list[Measure | None] = [None] * len(held)
    for k, value in enumerate(held.tolist()):
        if value < 0:
            low[k], high[k], step[k] = -(10**12), 10**12, 1
            continue
        measure = known.measures[encoded["measure"].dictionary[value // n_sub].as_py()]
        called = encoded["subscale"].dictionary[value % n_sub - 1].as_py() if value % n_sub else ""
        limits = (measure.lowest, measure.highest)
        if called and measures.plain(called) not in ("total", "totalscore", measures.plain(measure.code)):
            match = next((s for s in measure.subscales if measures.plain(s[0]) == measures.plain(called)), None)
            if match is None:
                unknown.append(k)
                limits = (Decimal(-999_999), Decimal(999_999))
            else:
                kept_names[k], limits = match[0], match[1:]
            step[k] = 1
        else:
            step[k] = max(int(measure.step * 1000), 1)
            by_pair[k] = measure
        low[k], high[k] = int(limits[0] * 1000), int(limits[1] * 1000)

    for k in unknown:
        where = np.flatnonzero((inverse == k) & work.fine("subscale"))
        measure = known.measures[encoded["measure"].dictionary[int(held[k]) // n_sub].as_py()]
        allowed = ", ".join(s[0] for s in measure.subscales)
        if len(where):
            called = encoded["subscale"].dictionary[int(held[k]) % n_sub - 1].as_py()
            together(
                work,
                "subscale",
                where,
                Trouble(
                    "unknown-subscale",
                    f"{measure.code} has no subscale {show(called)}.",
                    f"Its subscales are: {allowed}. Leave it blank for the total." if allowed else "Leave it blank: only the total is used.",
                ),
            )

    scores = work.columns["score"]
    thousandths = _thousandths(scores)
    there = scores.is_valid().to_numpy(zero_copy_only=False)
    wrong = there & ((thousandths < low[inverse]) | (thousandths > high[inverse]))
    off = there & ~wrong & ((thousandths - low[inverse]) % step[inverse] != 0)
    for k, m in enumerate(by_pair):  # metric scores of a conversion table are always allowed
        if m and m.conversion and off.any():
            metric = np.array([int(v * 1000) for _, v in m.conversion], dtype=np.int64)
            off &= ~((inverse == k) & np.isin(thousandths, metric))

    def named(i: int) -> str:
        k = int(inverse[i])
        code = encoded["measure"].dictionary[int(held[k]) // n_sub].as_py()
        return f"{code} {kept_names[k]}" if kept_names[k] else str(code)

    def points(value: int) -> str:
        return f"{Decimal(value) / 1000:f}".rstrip("0").rstrip(".") if value % 1000 else str(value // 1000)

    where = np.flatnonzero(wrong)
    work.mark("score", where)
    work.tell(
        where,
        "score",
        lambda i: Trouble(
            "out-of-range",
            f"Score is {points(int(thousandths[i]))}; {named(i)} runs from {points(int(low[inverse[i]]))} to {points(int(high[inverse[i]]))}.",
            "Type the total from the form.",
        ),
    )
    whole = step[inverse] == 1000
    where = np.flatnonzero(off & whole)
    work.mark("score", where)
    work.tell(
        where,
        "score",
        lambda i: Trouble(
            "not-a-whole-number", f"Score is {points(int(thousandths[i]))}; {named(i)} is scored in whole points.", "Type the total from the form."
        ),
    )
    where = np.flatnonzero(off & ~whole)
    work.mark("score", where)
    work.tell(
        where,
        "score",
        lambda i: Trouble(
            "out-of-range",
            f"Score is {points(int(thousandths[i]))}; {named(i)} goes in steps of {points(int(step[inverse[i]]))}.",
            "Type the score from the form.",
        ),
    )

    names = pa.array(kept_names, pa.string())
    work.columns["subscale"] = names.take(pa.array(inverse))
    _converted(work, inverse, by_pair, scores, thousandths, there & ~wrong & ~off)
    _perspective(work, inverse, held, encoded["measure"].dictionary, n_sub, known)


def _thousandths(scores: pa.Array) -> np.ndarray:
    return pc.round(pc.multiply(scores.cast(pa.float64()), 1000.0)).fill_null(0).cast(pa.int64()).to_numpy(zero_copy_only=False)


def _converted(work: Work, inverse: np.ndarray, by_pair: list[Measure | None], scores: pa.Array, thousandths: np.ndarray, good: np.ndarray) -> None:
    """Raw totals of measures with a conversion table replaced by their metric scores (domain.measures.stored_score), and said."""
    for k, measure in enumerate(by_pair):
        if measure is None or not measure.conversion:
            continue
        table = {int(raw * 1000): int(measures.stored_score(measure, raw) * 1000) for raw, _ in measure.conversion}
        rows = good & (inverse == k)
        changed = np.array([table.get(int(v), int(v)) for v in thousandths[rows]], dtype=np.int64)
        n = int((changed != thousandths[rows]).sum())
        if not n:
            continue
        new = thousandths.copy()
        new[rows] = changed
        distinct, where = np.unique(new, return_inverse=True)
        decimals = pa.array([Decimal(int(v)).scaleb(-3) for v in distinct], pa.decimal128(9, 3))
        work.columns["score"] = pc.if_else(pa.array(scores.is_valid()), decimals.take(pa.array(where)), pa.scalar(None, pa.decimal128(9, 3)))
        scores, thousandths = work.columns["score"], new
        first = np.flatnonzero(rows)[:1]
        message = f"{n:,} raw totals of {measure.code} were turned into its metric scores by the published table."
        work.tell(first, "score", lambda _, m=message: Trouble("converted", m, "Nothing to do.", "look"), n)  # type: ignore[misc]


def _perspective(work: Work, inverse: np.ndarray, held: np.ndarray, called: pa.Array, n_sub: int, known: Known) -> None:
    """A blank perspective means the one the measure is made for: the person's for most, the practitioner's for HoNOS."""
    usual = [known.measures[called[value // n_sub].as_py()].headline_perspective if value >= 0 else "person" for value in held.tolist()]
    work.columns["perspective"] = pc.if_else(
        work.columns["perspective"].is_valid(), work.columns["perspective"], pa.array(usual, pa.string()).take(pa.array(inverse))
    ) if work.columns["perspective"].null_count else work.columns["perspective"]  # fmt: skip


def _goal_scale(work: Work, column: str) -> None:
    if column not in work.found.columns:
        return
    level = work.columns[column].to_numpy(zero_copy_only=False)
    for scale, (low, high) in GOAL_SCALES.items():
        of_scale = pc.equal(work.columns["scale"], scale).fill_null(False).to_numpy(zero_copy_only=False)
        where = np.flatnonzero(of_scale & ((level < low) | (level > high)))
        work.mark(column, where)
        name = work.found.sheet.field(column).name
        runs = f"the scale {scale} runs from {low:g} to {high:g}."
        work.tell(
            where,
            column,
            lambda i, n=name, r=runs: Trouble("out-of-range", f"'{n}' is {level[i]:g}; {r}", "Check the level and the scale."),  # type: ignore[misc]
        )
