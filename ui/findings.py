"""What a person should know about a file: the first thing to do as a sentence, then everything by rule, and the whole list to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from domain.types import Finding
from exports import files
from ui import words

GROUPS = {"stops": "Stops the file", "holds": "Holds back a row", "look": "Please look"}
WAITS = ("waits-for-service", "waits-for-person")  # rows that need nothing themselves
# What each rule is about, in a few words; a code without words is spelled as it is.
RULES = {
    "out-of-range": "A figure outside what is possible", "not-a-number": "Not a number", "not-a-whole-number": "Not a whole number",
    "required": "Something every row needs is blank", "not-a-date": "Not a date", "ambiguous-date": "A date that could be two days",
    "impossible-date": "A date that cannot be", "future-date": "A date that has not come yet", "end-before-start": "The end lies before the start",
    "not-a-time": "Not a time", "not-a-quarter": "Not a quarter", "not-a-year": "Not a year", "not-in-list": "A word that is not on the list",
    "unknown-measure": "A questionnaire we do not know", "unknown-subscale": "A part of a questionnaire we do not know",
    "unknown-service": "A service we do not know", "unknown-person": "Somebody who is not on the sheet People",
    "unknown-goal": "A goal that is not on the sheet Goals", "waits-for-service": "Waiting for the row of its service",
    "waits-for-person": "Waiting for the person's own row", "other-provider": "Another organisation's service",
    "conflict": "Two rows that contradict each other",
    "duplicate-row": "The same row twice", "outside-stay": "A date far outside the person's time with the service",
    "unlikely-change": "An unlikely rise or fall", "part-over-whole": "A part larger than its whole", "more-than-out-of": "More than it is out of",
    "total-not-parts": "A total that does not match the records", "sent-before": "A quarter sent before", "overlapping-period": "Periods that overlap",
    "identifier-in-text": "Personal details in the text", "looks-like-nhs-number": "A number that says who somebody is",
    "identifier-column": "A column of personal details", "excel-changed-id": "A reference changed by Excel", "formula-error": "A formula error",
    "uncalculated": "A formula without its result", "too-long": "Too long", "missing-column": "A column is missing", "duplicate-column": "A column twice",
    "unknown-column": "A column we do not use", "own-words": "Words of your own", "age-banded": "Ages turned into bands", "converted": "Scores converted",
    "hidden-columns": "Hidden columns", "second-table": "More than one table on a sheet", "headings-again": "Headings in the middle",
    "under-merge": "Cells hidden by a merged one",
    "ragged-row": "A row with more cells than headings", "hidden-sheet": "A hidden sheet",
    "hidden-rows": "Hidden rows", "unused-sheet": "A sheet we did not use", "locked-return": "A return that is locked",
    "damaged": "A damaged file", "too-large": "A file too large to read", "not-a-workbook": "Not a workbook", "empty-file": "Nothing in it",
    "far-cell": "Something far outside the table", "reader-failed": "A file we could not read", "no-sheet": "No sheet of the return in it",
    "erased": "People taken out at their request", "agreed-plan": "A plan that is agreed",
    "password": "A password is needed", "to-answer": "A question only you can answer",
}  # fmt: skip

ALT = "Findings of one rule: where it is, what is there, what to do."
SHORT = 12  # findings of one rule shown at once; the list has them all


def show(findings: Sequence[Finding], read: Mapping[str, int], waits: Mapping[str, int] | None = None, stem: str = "", asked: int = 0) -> None:
    """The sentence to start with, then one part per rule, those that need somebody first. `read` is how many rows each sheet has, `waits` how many wait.

    With `stem`, the whole list can be downloaded under that name. `asked` is how many questions are still open above.
    """
    n_rows = sum(read.values())
    need = [f for f in findings if f.severity != "look"]
    if not findings:
        st.markdown(f"We read {words.count(n_rows, 'row')} and found nothing to ask about.")
        return
    if need:
        st.markdown(f"**{_start(need, read, waits)}; start here.**")
        first = next((f for f in need if f.code not in WAITS), need[0])
        st.markdown(" ".join(words.plain(part) for part in (f"{first.cell}:" if first.cell else "", first.message, first.fix) if part))
        if n_rows and waits and 0 < sum(waits.values()) < n_rows:
            st.markdown(f"We read {words.count(n_rows, 'row')}; {n_rows - sum(waits.values()):,} are ready.")
    else:
        stops = "Beside the questions above, nothing stops them" if asked else "Nothing stops them"
        st.markdown(f"We read {words.count(n_rows, 'row')}. {stops}; {words.count(len(findings), 'thing is', 'things are')} worth a look.")
    grouped = by_rule(findings)
    for i, (rule, severity, of_rule) in enumerate(grouped):
        places = sum(f.count for f in of_rule)
        how_often = words.count(len({f.file for f in of_rule}), "file") if not any(f.row for f in of_rule) else words.count(places, "place")
        with st.expander(f"{rule} · {GROUPS[severity].lower()} · {how_often}", expanded=i == 0 and severity != "look"):
            st.table(table(of_rule[:SHORT]).map(words.plain).set_index("Where"), border="horizontal", alt=ALT)
            if len(of_rule) > SHORT:
                st.caption(f"And {len(of_rule) - SHORT:,} more like these: the list has them all.")
    if stem:
        content, named = listed(findings), f"{stem}-findings"
        st.download_button("Download the list", content, file_name=files.file_name(named, content, "csv"), mime="text/csv", on_click="ignore", key="findings")


def _start(need: Sequence[Finding], read: Mapping[str, int], waits: Mapping[str, int] | None) -> str:
    n = sum(waits.values()) if waits is not None else in_need(need, read)
    stopped = len({f.file for f in need if f.severity == "stops"})
    parts = [words.count(stopped, "file") if stopped else "", words.count(n, "row") if n else ""]
    said = words.joined(part for part in parts if part)
    return f"{said} {'needs' if n + stopped == 1 else 'need'} you" if said else "Something needs you first"


def by_rule(findings: Sequence[Finding]) -> list[tuple[str, str, list[Finding]]]:
    """(rule in words, severity, its findings) for each rule, those that stop a file first, rows that only wait for others last among theirs."""
    order = list(GROUPS)
    made: dict[tuple[str, str], list[Finding]] = {}
    for f in findings:
        made.setdefault((f.code, f.severity), []).append(f)
    ranked = sorted(made.items(), key=lambda item: (order.index(item[0][1]), item[0][0] in WAITS))
    return [(rule_in_words(code), severity, of_rule) for (code, severity), of_rule in ranked]


def rule_in_words(code: str) -> str:
    return RULES.get(code) or words.capital(code.replace("-", " "))


def in_need(need: Sequence[Finding], read: Mapping[str, int]) -> int:
    """How many rows are held back: rows told one by one, and those told together as one finding, never more than a sheet has."""
    told: dict[str, set[tuple[str, int]]] = {}
    more: dict[str, int] = {}
    for f in need:
        if f.row:
            told.setdefault(f.sheet, set()).add((f.file, f.row))
            more[f.sheet] = more.get(f.sheet, 0) + f.count - 1
    most = sum(read.values())
    return min(most, sum(min(len(rows) + more[sheet], max(read.get(sheet, most), len(rows))) for sheet, rows in told.items()))


def table(findings: Sequence[Finding]) -> pd.DataFrame:
    """One row per finding."""
    return pd.DataFrame({
        "Where": [f.cell for f in findings],
        "What is there": [f.message for f in findings],
        "What to do": [f.fix for f in findings],
    })  # fmt: skip


def listed(findings: Sequence[Finding]) -> bytes:
    """Every finding as CSV, made so that no spreadsheet runs any of it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["file", "where", "what is there", "what to do", "what it does", "cells"])
    for f in findings:
        writer.writerow([files.inert(value) for value in (f.file, f.cell, f.message, f.fix, GROUPS[f.severity], f.count)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
