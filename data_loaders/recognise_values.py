"""What stands in the columns of a recognised sheet: words that mean ours, the order of day and month, a quarter without a plan year; and the finished table."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import matching, values
from data_loaders.found import Found
from data_loaders.questions import ALWAYS, LEAVE_OUT, About, Mapping, Question, identity, plain
from data_loaders.read import RawSheet
from data_loaders.recognise_sheet import Reading
from domain import measures, quarters
from domain.types import Field, Sheet

ASKED = 25  # different words of one column that are asked about; beyond that it is not a coded column
SLIP = 85.0  # per cent alike from which a word of one's own looks like a slip for a suggested one


def table(reading: Reading, mapping: Mapping, about: About) -> Found:
    """The sheet's own table: constants added, words and dates made ours as the provider said."""
    sheet = reading.sheet
    assert sheet is not None
    raw, columns = reading.raw, dict(reading.columns)
    made: set[str] = set()
    for column, constant in reading.constants.items():
        raw, columns[column] = constant_column(raw, reading.head.row, list(reading.columns.values()), constant)
        made.add(column)
    for f in sheet.fields:
        if f.column in columns and f.column not in made:
            raw = _settled(reading, raw, sheet, f, columns[f.column], mapping, about)
    return Found(sheet, reading.named, reading.file, reading.header_row, columns, raw, made=frozenset(made))


def ahead(reading: Reading, mapping: Mapping, about: About) -> None:
    """Asks about the words and dates of columns that are themselves only suggested yet, so that everything is asked on one screen."""
    sheet = reading.sheet
    for question in list(reading.questions):
        table, _, column = question.id.split("|", 2)[2].partition(".")
        if question.kind == "column" and sheet is not None and table == sheet.table and question.suggested in reading.head.plain:
            _settled(reading, reading.raw, sheet, sheet.field(column), reading.head.plain.index(question.suggested), mapping, about)


def constant_column(raw: RawSheet, header: int, filled: list[int], text: str) -> tuple[RawSheet, int]:
    """The sheet with one column more that says the same in every row where one of the `filled` columns holds something, and its place."""
    there = np.zeros(raw.table.num_rows, dtype=bool)
    for index in filled:
        there |= raw.table.column(index).is_valid().to_numpy()
    there[: header + 1] = False
    return with_column(raw, pc.if_else(pa.array(there), pa.scalar(text), pa.scalar(None, pa.string())))


def with_column(raw: RawSheet, column: pa.Array | pa.ChunkedArray) -> tuple[RawSheet, int]:
    return replace(raw, table=raw.table.append_column(str(raw.table.num_columns), column)), raw.table.num_columns


def _replaced(raw: RawSheet, index: int, header: int, words: dict[str, str | None]) -> RawSheet:
    """The sheet with texts of one column exchanged; headings stay."""
    column = raw.table.column(index)
    encoded = column.slice(header + 1).combine_chunks().dictionary_encode()
    kept = pa.array([words.get(text, text) for text in encoded.dictionary.to_pylist()], pa.string())
    whole = pa.chunked_array([*column.slice(0, header + 1).cast(pa.string()).chunks, kept.take(encoded.indices)], pa.string())
    return replace(raw, table=raw.table.set_column(index, raw.table.column_names[index], whole))


def _settled(reading: Reading, raw: RawSheet, sheet: Sheet, f: Field, index: int, mapping: Mapping, about: About) -> RawSheet:
    if f.kind == "date":
        return dates(reading, raw, index, mapping, f.name)
    if f.kind in ("choice", "category", "measure") or (f.column == "service_code" and about.services):
        return _words(reading, raw, sheet, f, index, mapping, about)
    return raw


# ---------------------------------------------------------------- words


def _words(reading: Reading, raw: RawSheet, sheet: Sheet, f: Field, index: int, mapping: Mapping, about: About) -> RawSheet:
    """Words the provider has said the meaning of exchanged for ours; the others that are not ours asked about."""
    texts = [t for t in raw.table.column(index).slice(reading.head.row + 1).unique().to_pylist() if t and t.strip()]
    known = _known_words(f, about)
    strange = _strange(f, texts, known, about)
    if not strange:
        return raw
    exchanged: dict[str, str | None] = {}
    unanswered = []
    for text in strange:
        what = f"{sheet.table}.{f.column}.{plain(text)}"
        answer = mapping.get("value", what, reading.layout, raw.name)
        if answer is not None:
            exchanged[text] = None if answer == LEAVE_OUT else answer.removeprefix(ALWAYS)
        elif f.column == "service_code" and (code := next((c for c, name in about.services.items() if plain(name) == plain(text)), "")):
            exchanged[text] = code
        else:
            unanswered.append((text, what))
    if len(unanswered) <= ASKED:
        for text, what in unanswered:
            _ask_word(reading, f, text.strip(), what, known, about)
    return _replaced(raw, index, reading.head.row, exchanged) if exchanged else raw


def _known_words(f: Field, about: About) -> dict[str, str]:
    if f.kind == "measure":
        return {name: m.code for m in about.measures.values() for name in (m.code, m.name, *m.synonyms)}
    if f.column == "service_code":
        return {word: code for code, name in about.services.items() for word in (code, name)}
    return values.choice_words(f)


def _strange(f: Field, texts: list[str], known: dict[str, str], about: About) -> list[str]:
    """The texts that are none of our words. For a column in which own words are welcome only those that look like a slip."""
    trimmed = [t.strip() for t in texts]
    if f.column == "service_code":
        codes = {plain(code) for code in about.services}
        return [
            t
            for t in texts
            if plain(t) not in codes and (any(plain(n) == plain(t) for n in about.services.values()) or matching.best_word(t, known)[1] >= SLIP)
        ]
    if f.kind == "measure":
        _, troubles = values.measure_codes(f, trimmed, about.measures)
        return [texts[i] for i in troubles]
    made, troubles = values.choices(f, trimmed)
    if f.kind == "choice":
        return [texts[i] for i in troubles]
    return [t for t, value in zip(texts, made, strict=True) if value not in f.choices and matching.best_word(t.strip(), known)[1] >= SLIP]


def _ask_word(reading: Reading, f: Field, text: str, what: str, known: dict[str, str], about: About) -> None:
    shown = matching.word(text)
    if not shown:
        return  # it may say who somebody is; the checker holds the row and says so without repeating it
    like, score = matching.best_word(text, known)
    if f.kind == "measure":
        options = [(m.code, f"{m.code}: {m.name}") for m in about.measures.values()]
    elif f.column == "service_code":
        options = [(code, f"{name} ({code})") for code, name in about.services.items()]
    else:
        options = [(choice, choice) for choice in f.choices]
    if f.kind == "category":
        options.append((f"{ALWAYS}{text}", f"Keep '{shown}' as a group of its own"))
    if not f.required:
        options.append((LEAVE_OUT, "Leave it blank"))
    why = f"It is {score:.0f}% like '{like}'." if like else ""
    reading.ask("value", what, f"What does '{shown}' mean under {f.name}?", options, suggested=like, why=why)


# ---------------------------------------------------------------- dates


def dates(reading: Reading, raw: RawSheet, index: int, mapping: Mapping, name: str) -> RawSheet:
    """A column whose dates have the month first made ISO, when the provider has said so; the order is that of the whole column, never of one cell."""
    column = raw.table.column(index).slice(reading.head.row + 1)
    texts = [t.strip() for t in column.unique().to_pylist() if t]
    order = order_of(texts)
    heading = reading.head.plain[index]
    answer = mapping.get("dates", heading, reading.layout, raw.name)
    if order == "month" and answer is None:
        shown = [t for t in texts if values.NUMERIC_DATE.fullmatch(t)][:3]
        options = [("month", "The month comes first, as in America"), ("day", "The day comes first; some dates are wrong")]
        reading.ask(
            "dates", heading, f"Which comes first in the dates of column {reading.letter(index)} ('{reading.shown(index)}')?", options, suggested="month",
            why=f"Read day first, some have a month after December; none has a day after the 12th in first place ({name}).", samples=tuple(shown),
        )  # fmt: skip
        return raw
    if answer != "month" or order == "day":
        return raw
    exchanged: dict[str, str | None] = {}
    for text in column.unique().to_pylist():
        match = values.NUMERIC_DATE.fullmatch(text.strip()) if text else None
        if match and len(match[3]) == 4:
            exchanged[text] = f"{match[3]}-{int(match[1]):02d}-{int(match[2]):02d}"
        elif match:
            exchanged[text] = f"{match[2]}/{match[1]}/{match[3]}"
    return _replaced(raw, index, reading.head.row, exchanged) if exchanged else raw


def order_of(texts: list[str]) -> str:
    """`day`, `month`, `mixed` (both happen, which no order explains) or `either`, from all dates of a column written in numbers."""
    day = month = False
    for text in texts:
        if match := values.NUMERIC_DATE.fullmatch(text):
            day |= int(match[1]) > 12
            month |= int(match[2]) > 12
    return "mixed" if day and month else "day" if day else "month" if month else "either"


# ---------------------------------------------------------------- quarters


def bare_quarter(found: list[Found], mapping: Mapping, questions: list[Question]) -> str:
    """What 2025Q3 or a bare 2025 means to this provider: plan, calendar, or nothing; asked once where it occurs and nobody has said."""
    answer = mapping.get("bare-quarter")
    if answer:
        return answer
    for one in found:
        for column in ("quarter", "year"):
            if column not in one.columns or one.sheet.field(column).kind not in ("quarter", "year"):
                continue
            body = one.raw.table.column(one.columns[column]).slice(one.header_row - one.raw.first_row + 1)
            for text in body.unique().to_pylist():
                if text and (asked := _bare(column, text.strip())):
                    words, options = asked
                    questions.append(Question(identity("bare-quarter", "*"), "bare-quarter", words, options, sheet=one.named, file=one.file))
                    return ""
    return ""


def _bare(column: str, text: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    if column == "year":
        if not re.fullmatch(r"(?:19|20|21)\d\d(?:\.0)?", text):
            return None
        year = int(text[:4])
        plan = f"The plan year that begins then: {quarters.year_name(year)}"
        return f"What does the year {year} mean?", (("plan", plan), ("calendar", "The calendar year: I will write plan years instead"))
    match = values.BARE_QUARTER.fullmatch(text)
    if not match:
        return None
    year, n = int(match[1] or match[4]), int(match[2] or match[3])
    plan_q, calendar_q = quarters.Quarter(year, n), quarters.quarter_of(date(year, 3 * n - 2, 1))
    return f"What does '{year}Q{n}' mean?", (
        ("plan", f"{plan_q.months()} (plan year {quarters.year_name(year)})"),
        ("calendar", f"{calendar_q.months()} (calendar year)"),
    )


__all__ = ["bare_quarter", "constant_column", "dates", "measures", "order_of", "table", "with_column"]
