"""Answers one by one -> the total of the questionnaire, by its own rule where answers are missing. By column, never by cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import values
from data_loaders.read import RawSheet
from data_loaders.values import Trouble
from data_loaders.wide import ITEMS
from domain.types import Finding, Measure


@dataclass(frozen=True)
class Missing:
    """What a questionnaire's own publisher says of missing answers: how many may be, and where that is written."""

    allowed: int
    source: str


# Only rules that could be found in print. Without one an incomplete questionnaire has no total.
RULES: dict[str, Missing] = {
    "CORE-10": Missing(1, "CORE System Trust, scoring of CORE measures (2023): the average of the others, when not more than a tenth is missing"),
}
# CamCOPS (2026): the question on work may not apply, and the total then runs from 0 to 32. NHS IAPT v2.1 (2022) codes that as 9.
NOT_APPLICABLE: dict[str, tuple[int, tuple[str, ...]]] = {"WSAS": (1, ("9", "n/a", "na", "not applicable", "n.a."))}

_BLANK, _WRONG, _SPARED = -1, -2, -3


@dataclass(frozen=True)
class Totals:
    """The total of each row of the table as text (null: none); rows to hold back, as Excel counts them, with why; what should be said of the sheet."""

    column: pa.Array
    troubles: list[tuple[int, Trouble]]
    findings: list[Finding]


def totals(
    raw: RawSheet, header: int, measure: Measure, answers: dict[int, int], given: int | None, letter: Callable[[int], str], named: str, file: str
) -> Totals:
    """Totals of one questionnaire. `answers` maps a question's number to its column, `given` is the column of the file's own total, which is then kept."""
    n = measure.items or len(answers)
    order = sorted(answers)
    read = np.stack([_answers(raw, answers[number], number, measure) for number in order])
    read[:, : header + 1] = _BLANK
    troubles: list[tuple[int, Trouble]] = []

    wrong = read == _WRONG
    for question, row in np.argwhere(wrong).tolist():
        at = f"{letter(answers[order[question]])}{raw.first_row + row}"
        message = f"Answer {order[question]} of {measure.code} (cell {at}) is not a whole number from 0 to {ITEMS[measure.code]}."
        troubles.append((raw.first_row + row, Trouble("out-of-range", message, "Type the answer from the form, or leave it blank.")))
    spared, there = (read == _SPARED).sum(axis=0), (read >= 0).sum(axis=0)
    missing = n - there - spared
    begun = ((there > 0) | (spared > 0)) & ~wrong.any(axis=0)
    rule = RULES.get(measure.code)
    allowed = rule.allowed if rule else 0
    sums = np.where(read >= 0, read, 0).sum(axis=0)
    good = begun & (missing <= allowed) & (there > 0)
    prorated = good & (missing > 0)
    if given is not None:
        filled = raw.table.column(given).is_valid().to_numpy().copy()
        filled[: header + 1] = False
    else:
        filled = np.zeros(len(good), dtype=bool)

    texts = np.full(len(good), None, dtype=object)
    texts[good] = [str(v) for v in sums[good].tolist()]
    texts[prorated] = [
        f"{total * n / answered:.3f}".rstrip("0").rstrip(".") for total, answered in zip(sums[prorated].tolist(), there[prorated].tolist(), strict=True)
    ]
    may = (
        f"; one may be missing at most{'' if allowed == 1 else f' ({allowed})'}"
        if allowed
        else ", and no rule of its publisher says what to do about the others"
    )
    for row in np.flatnonzero(begun & ~good & ~filled).tolist():
        message = f"{int(there[row])} of the {n} answers of {measure.code} are here{may}: there is no total."
        troubles.append((raw.first_row + row, Trouble("items-missing", message, "Fill in the answers from the form, or leave all of them blank.")))

    made = pa.array(texts.tolist(), pa.string())
    findings = _said(
        measure,
        int((good & ~filled).sum()),
        int((prorated & ~filled).sum()),
        int((good & ~filled & (spared > 0)).sum()),
        letter(answers[order[0]]),
        named,
        file,
    )
    if given is not None:
        for row, said, added in _differing(raw, given, sums, good & ~prorated & filled):
            message = f"The total of {measure.code} here is {said:g}; its answers add up to {added}."
            troubles.append((raw.first_row + row, Trouble("total-differs", message, "Correct the total or the answers.")))
        made = pc.if_else(pa.array(filled), raw.table.column(given).combine_chunks(), made)
    return Totals(made, troubles, findings)


def _answers(raw: RawSheet, index: int, number: int, measure: Measure) -> np.ndarray:
    """The answers of one question: 0 and more, or why there is none."""
    encoded = raw.table.column(index).combine_chunks().dictionary_encode()
    question, words = NOT_APPLICABLE.get(measure.code, (0, ()))
    known = []
    for text in encoded.dictionary.to_pylist():
        text = text.strip().casefold()
        value = values.number(text) if text else None
        if not text:
            known.append(_BLANK)
        elif number == question and text in words:
            known.append(_SPARED)
        elif value is None or value != value.to_integral_value() or not 0 <= value <= ITEMS[measure.code]:
            known.append(_WRONG)
        else:
            known.append(int(value))
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.array([*known, _BLANK], dtype=np.int64)[codes]


def _said(measure: Measure, n_good: int, n_prorated: int, n_spared: int, column: str, named: str, file: str) -> list[Finding]:
    def rows(n: int) -> str:
        return f"{n:,} row{'s' if n != 1 else ''}"

    told = []
    if n_good:
        told.append(("items-totalled", f"The answers of {measure.code} were added up in {rows(n_good)}."))
    if n_prorated:
        rule = RULES[measure.code].source
        told.append(("items-prorated", f"In {rows(n_prorated)} an answer of {measure.code} is missing; the average of the others stands in for it ({rule})."))
    if n_spared:
        told.append(
            ("items-not-applicable", f"In {rows(n_spared)} the question on work of {measure.code} does not apply; the total is that of the other four.")
        )
    return [Finding("look", code, message, "Nothing to do.", named, None, column, file) for code, message in told]


def _differing(raw: RawSheet, given: int, sums: np.ndarray, comparable: np.ndarray) -> list[tuple[int, float, int]]:
    """(row of the table, the total given, the sum of the answers) where they are not the same."""
    encoded = raw.table.column(given).combine_chunks().dictionary_encode()
    numbers = [values.number((t or "").strip()) for t in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    said = np.array([*(float(v) if v is not None else np.nan for v in numbers), np.nan])[codes]
    return [(row, float(said[row]), int(sums[row])) for row in np.flatnonzero(comparable & ~np.isnan(said) & (said != sums)).tolist()]
