"""One sheet while it is checked, and one column of it at a time: texts -> typed values, with every verdict spread over the rows that hold the value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import read_words, screen, values
from data_loaders.found import Found
from data_loaders.values import Trouble
from domain import codes, quarters
from domain.fields import KINDS
from domain.types import Field, Finding, Measure

LISTED = 200  # findings of one kind told one by one in a column; one more counts the rest

ARROW: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "UUID": pa.string(),  # as hex until it is stored
    "DECIMAL(9,3)": pa.decimal128(9, 3),
    "DECIMAL(14,2)": pa.decimal128(14, 2),
    "DOUBLE": pa.float64(),
    "INTEGER": pa.int32(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
}

# Blank means this, as the help of each field says (perspective: see _perspective).
BLANK_MEANS: dict[tuple[str, str], Any] = {
    ("people", "role"): "person",
    ("target_plan", "from_quarter"): 1,
    ("milestones", "from_quarter"): 1,
    ("quarterly_return", "who_may_read_this"): codes.READERS[0],
    ("learning", "who_may_read_this"): codes.READERS[0],
}

_INVISIBLE = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}\\x{ad}\\x{200b}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2060}\\x{2066}-\\x{2069}\\x{feff}]"


@dataclass(frozen=True)
class Known:
    """What the store knows already, for one upload. `bare_quarter` is what this provider said 2025Q3 means: plan, calendar, or nothing yet."""

    services: dict[str, str]  # service code -> provider code
    measures: dict[str, Measure]
    today: date
    allowed_providers: tuple[str, ...] | None = None  # None = any
    bare_quarter: str = ""


@dataclass
class Work:
    """One sheet of one file while it is checked. All arrays run over its filled rows."""

    found: Found
    rows: np.ndarray  # Excel row of each filled row
    findings: list[Finding]
    columns: dict[str, pa.Array] = field(default_factory=dict)  # typed
    troubled: dict[str, np.ndarray] = field(default_factory=dict)  # rows already told about, so that one slip is told once
    held: dict[str, np.ndarray] = field(default_factory=dict)  # finding code -> rows it holds back
    filled: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int32))  # cells of each row that hold something
    blank: int = 0  # cells of the table that hold nothing one can see

    def letter(self, column: str) -> str:
        return self.found.letter(column)

    def tell(self, where: np.ndarray, column: str, say: Callable[[int], Trouble], count: int | None = None) -> None:
        """A finding for each position in `where`, up to LISTED, then one that counts the rest. `say` gives the words for a position."""
        letter = self.letter(column)
        if len(where) and (first := say(int(where[0]))).severity == "holds":
            self.hold(first.code, where)
        for position in where[:LISTED].tolist():
            t = say(position)
            self.findings.append(Finding(t.severity, t.code, t.message, t.fix, self.found.named, int(self.rows[position]), letter, self.found.file, count or 1))
        if len(where) > LISTED:
            rest = len(where) - LISTED
            t = say(int(where[LISTED]))
            self.findings.append(
                Finding(
                    t.severity,
                    t.code,
                    f"And {rest:,} more cells in this column with the same kind of problem.",
                    t.fix,
                    self.found.named,
                    None,
                    letter,
                    self.found.file,
                    rest,
                )
            )

    def hold(self, code: str, where: np.ndarray) -> None:
        """These rows wait until somebody has looked at them."""
        self.held.setdefault(code, np.zeros(len(self.rows), dtype=bool))[where] = True

    def mark(self, column: str, where: np.ndarray) -> None:
        marked = self.troubled.setdefault(column, np.zeros(len(self.rows), dtype=bool))
        marked[where] = True

    def fine(self, column: str) -> np.ndarray:
        marked = self.troubled.get(column)
        return np.ones(len(self.rows), dtype=bool) if marked is None else ~marked


# ---------------------------------------------------------------- one column at a time


def _distinct(column: pa.ChunkedArray, keep_lines: bool) -> tuple[np.ndarray, list[str], pa.Array]:
    """(code of each row, -1 where blank; distinct texts; the same as an array): invisible characters and outer spaces gone, lines kept in free text."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes_ = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    texts = pc.replace_substring_regex(encoded.dictionary, _INVISIBLE, "")
    if keep_lines:
        texts = pc.replace_substring_regex(texts, "\r\n?", "\n")
    texts = pc.utf8_trim_whitespace(texts)
    again = texts.dictionary_encode()  # ' PHQ-9' and 'PHQ-9' have become one
    if len(again.dictionary) < len(texts) or (len(texts) and pc.any(pc.equal(texts, "")).as_py()):
        mapping = again.indices.to_numpy(zero_copy_only=False)
        distinct = again.dictionary
        blank = pc.index(distinct, "").as_py()
        mapping = np.where(mapping == blank, -1, mapping) if blank >= 0 else mapping
        codes_ = np.where(codes_ < 0, -1, mapping[codes_]) if len(mapping) else codes_
        texts = distinct
    return codes_, texts.to_pylist(), texts


def typed(found: Found, known: Known, findings: list[Finding]) -> Work:
    """One sheet with its columns typed; what cannot be is null and told."""
    raw, sheet = found.raw, found.sheet
    start = found.header_row - raw.first_row + 1
    body = raw.table.slice(start)
    distinct = {f.column: _distinct(body.column(found.columns[f.column]), f.kind == "text") for f in sheet.fields if f.column in found.columns}
    filled = np.zeros(body.num_rows, dtype=bool)
    for codes_, _, _ in distinct.values():
        filled |= codes_ >= 0
    first = found.header_row + 1
    used = {index: column for column, index in found.columns.items()}
    errors = [(r, used[c - raw.first_column], e) for r, c, e in raw.error_cells if r >= first and c - raw.first_column in used]
    stale = [(r, used[c - raw.first_column]) for r, c in raw.uncalculated if r >= first and c - raw.first_column in used]
    for row in [cell[0] for cell in errors] + [cell[0] for cell in stale]:
        if row - first < len(filled):
            filled[row - first] = True
    ragged = {row - first: (cells, width) for row, cells, width in raw.ragged if 0 <= row - first < len(filled) and filled[row - first]}
    keep = np.flatnonzero(filled)
    work = Work(found, (keep + first).astype(np.int32), findings)
    work.filled = _filled(found, distinct, [(r - first, c) for r, c, _ in errors] + [(r - first, c) for r, c in stale], len(filled))[keep]
    own = {column: body.column(found.columns[column]) for column in distinct if column not in found.made}
    work.blank = sum(len(cells) - cells.null_count - int((distinct[column][0] >= 0).sum()) for column, cells in own.items())
    _cells(
        work,
        [
            (r, c, Trouble("formula-error", f"This cell shows the error {e}, so there is no value in it.", "Mend the formula or type the value, and save."))
            for r, c, e in errors
        ],
    )
    _cells(
        work,
        [
            (
                r,
                c,
                Trouble(
                    "uncalculated", "This cell holds a formula whose result was not saved with the file.", "Open the file in Excel, save it, and send it again."
                ),
            )
            for r, c in stale
        ],
    )
    _cells(work, list(found.troubles))
    if ragged:
        _ragged(work, body, ragged, keep, distinct)
    for f in sheet.fields:
        if f.column in distinct:
            codes_, texts, array = distinct[f.column]
            _column(work, f, codes_[keep] if len(keep) < len(codes_) else codes_, texts, array, known)
        else:
            blank = BLANK_MEANS.get((sheet.table, f.column))
            work.columns[f.column] = pa.array([blank] * len(keep), ARROW[KINDS[f.kind]])
    if "quarter" in sheet.columns:
        _quarters(work, known, distinct.get("quarter"), keep)
    return work


def _ragged(
    work: Work, body: pa.Table, ragged: dict[int, tuple[int, int]], keep: np.ndarray, distinct: dict[str, tuple[np.ndarray, list[str], pa.Array]]
) -> None:  # fmt: skip
    """Rows with more cells than headings wait whole: nobody can say which cell belongs where, so none of them is read as anything."""
    position = {int(at): i for i, at in enumerate(keep)}
    told = {position[at]: at for at in sorted(ragged)}
    where = np.array(list(told), dtype=np.int64)
    for column, (codes_, texts, array) in distinct.items():
        codes_ = codes_.copy()
        codes_[list(ragged)] = -1
        distinct[column] = codes_, texts, array
    for f in work.found.sheet.fields:
        work.mark(f.column, where)
    message, fix = read_words.RAGGED
    work.tell(
        where, "", lambda i: Trouble("ragged-row", message.format(row=int(work.rows[i]), cells=ragged[told[i]][0], width=ragged[told[i]][1]), fix),
    )  # fmt: skip
    if not work.found.part:  # of scores side by side each is a table; the cells count in one
        for i, at in told.items():
            work.filled[i] = sum(bool(cell and cell.strip()) for cell in body.slice(at, 1).to_pylist()[0].values())


def _filled(found: Found, distinct: dict[str, tuple[np.ndarray, list[str], pa.Array]], unread: list[tuple[int, str]], rows: int) -> np.ndarray:
    """How many cells of each row hold something: texts that can be seen, and the cells whose value the reader could not have (formula errors)."""
    counted = np.zeros(rows, dtype=np.int32)
    for column, (codes_, _, _) in distinct.items():
        if column not in found.made:
            counted += codes_ >= 0
    for row, column in dict.fromkeys(unread):
        if row < rows and column not in found.made and distinct[column][0][row] < 0:
            counted[row] += 1
    return counted


def _cells(work: Work, cells: list[tuple[int, str, Trouble]]) -> None:
    """Findings for cells given by Excel row and field."""
    position = {int(row): i for i, row in enumerate(work.rows)} if cells else {}
    for column in dict.fromkeys(c for _, c, _ in cells):
        told = {position[r]: t for r, c, t in cells if c == column and r in position}
        where = np.array(sorted(told), dtype=np.int64)
        work.mark(column, where)
        work.tell(where, column, told.__getitem__)
        for row, _, t in [cell for cell in cells if cell[1] == column and cell[0] not in position][:LISTED]:  # below the last row that holds anything
            work.findings.append(Finding(t.severity, t.code, t.message, t.fix, work.found.named, row, work.letter(column), work.found.file))


def _convert(f: Field, texts: list[str], known: Known) -> values.Converted:
    match f.kind:
        case "number" | "integer" | "money" | "score":
            return values.numbers(f, texts)
        case "date":
            return values.dates(f, texts, known.today)
        case "time":
            return values.times(f, texts)
        case "year":
            return values.years(f, texts, known.bare_quarter)
        case "quarter":
            pairs, troubles = values.quarter_values(f, texts, known.today, known.bare_quarter)
            return [pair[1] if pair else None for pair in pairs], troubles
        case "choice" | "category":
            return values.choices(f, texts)
        case "measure":
            return values.measure_codes(f, texts, known.measures)
        case "code" | "person":
            return values.references(f, texts)
        case "list":
            return values.lists(f, texts, known.measures)
        case _:
            return values.words(f, texts)


def _column(work: Work, f: Field, codes_: np.ndarray, texts: list[str], array: pa.Array, known: Known) -> None:
    made, troubles = _convert(f, texts, known)
    if f.kind in ("text", "name", "category", "list", "code"):
        for i, kinds in screen.screen(array).items():
            # Codes may well be long numbers, and an organisation's own words may hold its postcode's first half: only what is certain is held there.
            if f.kind == "code":
                kinds = [kind for kind in kinds if kind not in ("a telephone number", "a postcode", "a date of birth")]
            if kinds:
                troubles[i] = Trouble(
                    "identifier-in-text",
                    f"'{f.name}' seems to hold {' and '.join(kinds)}.",
                    "Take it out, so that nobody can be recognised, and send the file again.",
                )
    bad = np.zeros(len(texts) + 1, dtype=bool)  # the last place stands for blank: code -1
    if troubles:
        bad[list(troubles)] = True
        _troubles(work, f, codes_, troubles)
    missing = codes_ < 0
    if f.required and missing.any() and not (f.kind == "year" and "quarter" in work.found.columns):
        where = np.flatnonzero(missing & work.fine(f.column))
        work.mark(f.column, where)
        work.tell(where, f.column, lambda _: Trouble("required", f"'{f.name}' is blank, and every row needs it.", f.help or "Fill it in."))
    typed = pa.array([None if bad[i] else value for i, value in enumerate(made)], ARROW[KINDS[f.kind]])
    blank = BLANK_MEANS.get((work.found.sheet.table, f.column))
    taken = typed.take(pa.array(codes_, mask=missing)) if missing.any() else typed.take(pa.array(codes_))
    if blank is not None and missing.any():
        taken = pc.if_else(pa.array(missing), pa.scalar(blank, typed.type), taken)
    work.columns[f.column] = taken
    if f.kind == "category":
        _own_words(work, f, codes_, texts, made)


def _troubles(work: Work, f: Field, codes_: np.ndarray, troubles: dict[int, Trouble]) -> None:
    """Verdicts on distinct values, told for the rows that hold them, one kind at a time."""
    for code, severity in dict.fromkeys((t.code, t.severity) for t in troubles.values()):
        concerned = {i: t for i, t in troubles.items() if (t.code, t.severity) == (code, severity)}
        hit = np.zeros((len(codes_) and int(codes_.max()) + 2) or 1, dtype=bool)
        hit[[i for i in concerned if i < len(hit)]] = True
        where = np.flatnonzero(hit[codes_] & (codes_ >= 0))
        if not len(where):
            continue
        work.mark(f.column, where)
        if next(iter(concerned.values())).together:
            _told_together(work, f.column, where, codes_, concerned)
        else:
            work.tell(where, f.column, lambda position, told=concerned: told[int(codes_[position])])  # type: ignore[misc]


def _told_together(work: Work, column: str, where: np.ndarray, codes_: np.ndarray, troubles: dict[int, Trouble]) -> None:
    """One finding for each distinct value, at its first cell, with the number of cells that hold it."""
    held, first, count = np.unique(codes_[where], return_index=True, return_counts=True)
    order = np.argsort(first)
    for t in troubles.values():
        if t.severity == "holds":
            work.hold(t.code, where)
    for i in order[:LISTED].tolist():
        t = troubles[int(held[i])]
        n = int(count[i])
        more = f" ({n:,} cells in this column say so.)" if n > 1 else ""
        work.tell(where[first[i] : first[i] + 1], column, lambda _, t=t, more=more: Trouble(t.code, t.message + more, t.fix, t.severity), n)  # type: ignore[misc]
    if len(held) > LISTED:
        t = next(iter(troubles.values()))
        rest = int(count[order[LISTED:]].sum())
        work.findings.append(
            Finding(
                t.severity,
                t.code,
                f"And {rest:,} more cells in this column with the same kind of problem.",
                t.fix,
                work.found.named,
                None,
                work.letter(column),
                work.found.file,
                rest,
            )
        )


def _own_words(work: Work, f: Field, codes_: np.ndarray, texts: list[str], made: list[Any]) -> None:
    """Words beyond the suggested ones are welcome; say how many, so that a slip of the pen is noticed. Ages in years become bands, and that is said too."""
    own = np.array([value is not None and value not in f.choices for value in made] + [False], dtype=bool)
    banded = np.array(
        [value in f.choices and text.strip().isdigit() and f.column == "age_band" for text, value in zip(texts, made, strict=True)] + [False], dtype=bool
    )
    for which, code, message, fix in (
        (
            own,
            "own-words",
            "holds {n} that are not among the suggested words; each forms a group of its own.",
            f"Suggested: {', '.join(f.choices)}. Nothing to do if yours say it better.",
        ),
        (banded, "age-banded", "holds {n} with an age in years; we keep only the age band.", "Next time send bands, such as 25-34."),
    ):
        where = np.flatnonzero(which[codes_] & work.fine(f.column)) if len(codes_) else np.zeros(0, dtype=np.int64)
        if len(where):
            n = f"{len(where):,} cell{'s' if len(where) > 1 else ''}"
            told = Trouble(code, f"'{f.name}' {message.format(n=n)}", fix, "look")
            work.tell(where[:1], f.column, lambda _, t=told: t, len(where))  # type: ignore[misc]


def _quarters(work: Work, known: Known, distinct: tuple[np.ndarray, list[str], pa.Array] | None, keep: np.ndarray) -> None:
    """The year written in the quarter fills the year column; a quarter without any year, one that disagrees, and one not yet begun are told."""
    if distinct is None:
        return
    codes_, texts, _ = distinct
    codes_ = codes_[keep]
    f = work.found.sheet.field("quarter")
    pairs, _ = values.quarter_values(f, texts, known.today, known.bare_quarter)
    within = np.array([pair[0] if pair and pair[0] is not None else 0 for pair in pairs] + [0], dtype=np.int32)[codes_]
    number = np.array([pair[1] if pair else 0 for pair in pairs] + [0], dtype=np.int32)[codes_]
    year = work.columns["year"].fill_null(0).to_numpy(zero_copy_only=False)
    good = work.fine("year") & work.fine("quarter")
    where = np.flatnonzero(good & (within > 0) & (year > 0) & (within != year))
    work.mark("quarter", where)
    work.tell(
        where,
        "quarter",
        lambda i: Trouble(
            "conflict",
            f"The quarter says {quarters.year_name(int(within[i]))} and the year column says {quarters.year_name(int(year[i]))}.",
            "Make them the same.",
        ),
    )
    year = np.where(year > 0, year, within)
    where = np.flatnonzero(good & (year == 0) & (number > 0))
    work.mark("quarter", where)
    work.tell(
        where,
        "quarter" if "year" not in work.found.columns else "year",
        lambda i: Trouble("required", "The year of this quarter is not given.", "Add a column 'year' such as 2025-26, or write the quarter as 2025-26 Q3."),
    )
    this = quarters.quarter_of(known.today)
    where = np.flatnonzero(work.fine("year") & work.fine("quarter") & (number > 0) & (year * 4 + number > this.year * 4 + this.number))
    work.mark("quarter", where)
    work.tell(
        where,
        "quarter",
        lambda i: Trouble("future-date", f"{quarters.Quarter(int(year[i]), int(number[i])).months()} has not begun.", "Check the year and the quarter."),
    )
    work.columns["year"] = pa.array(year.astype(np.int32), mask=year == 0)
