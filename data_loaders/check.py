"""Recognised sheets -> typed tables and every problem at once, each with the cell Excel shows. By column, never by cell.

Each column is reduced to its distinct texts first; those are converted and judged (`values`), and the verdicts are spread over the rows with numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import screen, values
from data_loaders.recognise import Found, letters
from data_loaders.values import Trouble, normal_reference, show
from domain import codes, measures, quarters
from domain.fields import BY_TABLE, KINDS
from domain.types import Field, Finding, Measure, Severity, Sheet

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
# (sheet, first, last, severity, what to say)
ORDER: tuple[tuple[str, str, str, Severity], ...] = (
    ("people", "started_on", "ended_on", "holds"),
    ("services", "contract_from", "contract_to", "holds"),
    ("indicators", "period_start", "period_end", "holds"),
    ("assessments", "date", "recorded_on", "look"),
    ("stories", "date", "given_on", "look"),
)
GOAL_SCALES: dict[str, tuple[float, float]] = {"GAS": (-2, 2), "GBO": (0, 10), "met": (0, 1)}
# Numbers that cannot both be right: the part and the whole.
PARTS = (("indicators", "numerator", "denominator"),)  # a return's figure may be a percentage of its "out of": only the plan can tell

_INVISIBLE = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}\\x{ad}\\x{200b}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2060}\\x{2066}-\\x{2069}\\x{feff}]"


@dataclass(frozen=True)
class Known:
    """What the store knows already, for one upload. `bare_quarter` is what this provider said 2025Q3 means: plan, calendar, or nothing yet."""

    services: dict[str, str]  # service code -> provider code
    measures: dict[str, Measure]
    today: date
    allowed_providers: tuple[str, ...] | None = None  # None = any
    bare_quarter: str = ""


@dataclass(frozen=True)
class Checked:
    """Typed tables by `Sheet.table` (columns of the sheet, then row, sheet, file) and all findings, worst first. Person references are still bare."""

    tables: dict[str, pa.Table]
    findings: list[Finding]

    @property
    def blocked(self) -> bool:
        """Whether anything stops the file or holds back a row: until intake is widened, then nothing is stored."""
        return any(f.severity != "look" for f in self.findings)


@dataclass
class _Work:
    """One sheet of one file while it is checked. All arrays run over its filled rows."""

    found: Found
    rows: np.ndarray  # Excel row of each filled row
    findings: list[Finding]
    columns: dict[str, pa.Array] = field(default_factory=dict)  # typed
    troubled: dict[str, np.ndarray] = field(default_factory=dict)  # rows already told about, so that one slip is told once

    def letter(self, column: str) -> str:
        index = self.found.columns.get(column)
        return "" if index is None else letters(self.found.raw.first_column + index)

    def tell(self, where: np.ndarray, column: str, say: Callable[[int], Trouble], count: int | None = None) -> None:
        """A finding for each position in `where`, up to LISTED, then one that counts the rest. `say` gives the words for a position."""
        letter = self.letter(column)
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

    def mark(self, column: str, where: np.ndarray) -> None:
        marked = self.troubled.setdefault(column, np.zeros(len(self.rows), dtype=bool))
        marked[where] = True

    def fine(self, column: str) -> np.ndarray:
        marked = self.troubled.get(column)
        return np.ones(len(self.rows), dtype=bool) if marked is None else ~marked


def check(found: list[Found], known: Known) -> Checked:
    """All sheets of all files of one upload, checked together. Never raises for what is in them."""
    findings: list[Finding] = []
    works: list[_Work] = []
    services = {code.upper(): provider.upper() for code, provider in known.services.items()}
    for one in sorted(found, key=lambda f: f.sheet.table != "services"):
        work = _typed(one, known, findings)
        works.append(work)
        if one.sheet.table == "services":
            _providers(work, services, known)
    for work in works:
        _service_codes(work, services, known)
        _across_columns(work, known)
    if found and not any(len(work.rows) for work in works):
        findings.append(
            Finding("stops", "empty-file", "There are headings but no rows below them.", "Fill in at least one row and save the file.", file=found[0].file)
        )
    tables = {}
    for name in dict.fromkeys(work.found.sheet.table for work in works):
        table = pa.concat_tables([_table(work) for work in works if work.found.sheet.table == name])
        tables[name] = _same_rows(BY_TABLE[name], table, services, findings)
    order = {"stops": 0, "holds": 1, "look": 2}
    findings.sort(key=lambda f: (order[f.severity], f.file, f.sheet, f.row is None, f.row or 0, len(f.column), f.column))
    return Checked(tables, findings)


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


def _typed(found: Found, known: Known, findings: list[Finding]) -> _Work:
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
    keep = np.flatnonzero(filled)
    work = _Work(found, (keep + first).astype(np.int32), findings)
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


def _cells(work: _Work, cells: list[tuple[int, str, Trouble]]) -> None:
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


def _column(work: _Work, f: Field, codes_: np.ndarray, texts: list[str], array: pa.Array, known: Known) -> None:
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


def _troubles(work: _Work, f: Field, codes_: np.ndarray, troubles: dict[int, Trouble]) -> None:
    """Verdicts on distinct values, told for the rows that hold them, one kind at a time."""
    for code in dict.fromkeys(t.code for t in troubles.values()):
        concerned = {i: t for i, t in troubles.items() if t.code == code}
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


def _told_together(work: _Work, column: str, where: np.ndarray, codes_: np.ndarray, troubles: dict[int, Trouble]) -> None:
    """One finding for each distinct value, at its first cell, with the number of cells that hold it."""
    held, first, count = np.unique(codes_[where], return_index=True, return_counts=True)
    order = np.argsort(first)
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


def _own_words(work: _Work, f: Field, codes_: np.ndarray, texts: list[str], made: list[Any]) -> None:
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


def _quarters(work: _Work, known: Known, distinct: tuple[np.ndarray, list[str], pa.Array] | None, keep: np.ndarray) -> None:
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


# ---------------------------------------------------------------- services and providers


def _allowed(known: Known, provider: str) -> bool:
    return known.allowed_providers is None or provider in {p.upper() for p in known.allowed_providers}


def _each_code(work: _Work, column: str) -> list[tuple[str, np.ndarray]]:
    """(value, positions) for each distinct value of a text column."""
    encoded = work.columns[column].dictionary_encode()
    codes_ = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.argsort(codes_, kind="stable")
    edges = np.searchsorted(codes_[order], np.arange(len(encoded.dictionary) + 1))
    return [(text, order[edges[i] : edges[i + 1]]) for i, text in enumerate(encoded.dictionary.to_pylist())]


def _together(work: _Work, column: str, where: np.ndarray, trouble: Trouble) -> None:
    more = f" ({len(where):,} rows say so.)" if len(where) > 1 else ""
    work.mark(column, where)
    work.tell(where[:1], column, lambda _: Trouble(trouble.code, trouble.message + more, trouble.fix, trouble.severity), len(where))


def _providers(work: _Work, services: dict[str, str], known: Known) -> None:
    """The Services sheet: nobody takes another provider's code, and everybody speaks for themselves. Adds its services to `services`."""
    providers = work.columns["provider_code"].to_pylist()
    for code, where in _each_code(work, "service_code"):
        claimed = list(dict.fromkeys(providers[i] for i in where if providers[i]))
        owner = services.get(code)
        if owner and any(claim != owner for claim in claimed):
            _together(
                work,
                "service_code",
                where,
                Trouble(
                    "other-provider",
                    f"The service code {show(code)} already belongs to another organisation.",
                    "Check the code; if it is right, ask your commissioner to move the service.",
                ),
            )
        elif len(claimed) > 1:
            _together(
                work,
                "service_code",
                where,
                Trouble("conflict", f"The service code {show(code)} is given for two providers.", "Every service code belongs to one provider."),
            )
        elif claimed:
            if not _allowed(known, claimed[0]):
                _together(
                    work,
                    "provider_code",
                    where,
                    Trouble(
                        "other-provider",
                        f"The provider code {show(claimed[0])} is not one you send returns for.",
                        "Send only your own organisation's services.",
                    ),
                )
            services[code] = claimed[0]


def _service_codes(work: _Work, services: dict[str, str], known: Known) -> None:
    if work.found.sheet.table != "services" and "service_code" in work.found.columns:
        mine = [code for code, provider in services.items() if _allowed(known, provider)]
        for code, where in _each_code(work, "service_code"):
            if code not in services:
                near = get_close_matches(code, mine, 1, 0.75)
                hint = f"Did you mean {near[0]}? " if near else f"Yours are {', '.join(sorted(mine)[:12])}{' …' if len(mine) > 12 else ''}. " if mine else ""
                _together(
                    work,
                    "service_code",
                    where,
                    Trouble("unknown-service", f"The service code {show(code)} is not known.", f"{hint}If the service is new, add it in a sheet Services."),
                )
            elif not _allowed(known, services[code]):
                _together(
                    work,
                    "service_code",
                    where,
                    Trouble(
                        "other-provider",
                        f"The service code {show(code)} belongs to another organisation.",
                        "Send only your own services' rows; check the code.",
                    ),
                )
    if "moved_to_service" in work.found.columns:
        for code, where in _each_code(work, "moved_to_service"):
            if code not in services:
                _together(
                    work,
                    "moved_to_service",
                    where,
                    Trouble(
                        "unknown-service",
                        f"The service code {show(code)} is not known here.",
                        "Nothing to do if that service is not one of ours; otherwise check the code.",
                        "look",
                    ),
                )
    if "continues" in work.found.columns:
        for text, where in _each_code(work, "continues"):
            unknown = [code for code in text.split("; ") if code not in services]
            if unknown:
                _together(
                    work,
                    "continues",
                    where,
                    Trouble(
                        "unknown-service",
                        f"'continues' names {show(unknown[0])}, a service that is not known here.",
                        "Check the code, or send that service too.",
                        "look",
                    ),
                )


# ---------------------------------------------------------------- across the columns of a row


def _across_columns(work: _Work, known: Known) -> None:
    sheet = work.found.sheet
    for table, start, end, severity in ORDER:
        if table == sheet.table and start in work.found.columns and end in work.found.columns:
            early = pc.less(work.columns[end], work.columns[start]).fill_null(False).to_numpy(zero_copy_only=False)
            names = sheet.field(start).name, sheet.field(end).name
            where = np.flatnonzero(early)
            if severity == "holds":
                work.mark(end, where)
            work.tell(where, end, lambda _, n=names, s=severity: Trouble("end-before-start", f"'{n[1]}' lies before '{n[0]}'.", "Check both dates.", s))  # type: ignore[misc]
    for table, part, whole in PARTS:
        if table == sheet.table and part in work.found.columns and whole in work.found.columns:
            over = pc.greater(work.columns[part], work.columns[whole]).fill_null(False).to_numpy(zero_copy_only=False)
            a, b = sheet.field(part).name, sheet.field(whole).name
            counts = work.columns[part], work.columns[whole]
            work.tell(
                np.flatnonzero(over),
                part,
                lambda i, a=a, b=b, c=counts: Trouble(
                    "out-of-range", f"'{a}' ({c[0][i].as_py():g}) is more than '{b}' ({c[1][i].as_py():g}).", "Check both figures.", "look"
                ),  # type: ignore[misc]
            )
    if sheet.table == "assessments":
        _scores(work, known)
    if sheet.table == "goals" and "scale" in work.found.columns:
        for column in ("baseline", "target"):
            _goal_scale(work, column)


def _scores(work: _Work, known: Known) -> None:
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
            _together(
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


def _converted(work: _Work, inverse: np.ndarray, by_pair: list[Measure | None], scores: pa.Array, thousandths: np.ndarray, good: np.ndarray) -> None:
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


def _perspective(work: _Work, inverse: np.ndarray, held: np.ndarray, called: pa.Array, n_sub: int, known: Known) -> None:
    """A blank perspective means the one the measure is made for: the person's for most, the practitioner's for HoNOS."""
    usual = [known.measures[called[value // n_sub].as_py()].headline_perspective if value >= 0 else "person" for value in held.tolist()]
    work.columns["perspective"] = pc.if_else(
        work.columns["perspective"].is_valid(), work.columns["perspective"], pa.array(usual, pa.string()).take(pa.array(inverse))
    ) if work.columns["perspective"].null_count else work.columns["perspective"]  # fmt: skip


def _goal_scale(work: _Work, column: str) -> None:
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


# ---------------------------------------------------------------- the same row twice


def _table(work: _Work) -> pa.Table:
    n = len(work.rows)
    columns = {f.column: work.columns[f.column] for f in work.found.sheet.fields}
    columns["row"] = pa.array(work.rows, pa.int32())
    columns["sheet"] = pa.repeat(pa.scalar(work.found.named), n)
    columns["file"] = pa.repeat(pa.scalar(work.found.file), n)
    return pa.table(columns)


def _group(table: pa.Table, columns: tuple[str, ...] | list[str], extra: np.ndarray | None = None) -> np.ndarray:
    """A number for each row, the same where all the columns are the same (null equals null)."""
    group = np.zeros(table.num_rows, dtype=np.int64) if extra is None else extra.astype(np.int64)
    size = int(group.max()) + 1 if len(group) else 1
    for name in columns:
        encoded = table.column(name).combine_chunks().dictionary_encode()
        width = len(encoded.dictionary) + 1
        if size > 2**62 // width:
            group = np.unique(group, return_inverse=True)[1].astype(np.int64)
            size = int(group.max()) + 1
        group = group * width + encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
        size *= width
    return group


def _repeated(group: np.ndarray) -> np.ndarray:
    """Positions whose group occurs more than once."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    same = ordered[1:] == ordered[:-1]
    return np.sort(order[np.concatenate(([False], same)) | np.concatenate((same, [False]))]) if len(group) else order


def _same_rows(sheet: Sheet, table: pa.Table, services: dict[str, str], findings: list[Finding]) -> pa.Table:
    """Identical rows merged and counted; rows with one natural key and different values told as a conflict, each with the row it disagrees with."""
    conflicting = _two_scores(table, services, findings) if sheet.table == "assessments" else set()
    whole = [f.column for f in sheet.fields if f.column in sheet.key and f.required]
    complete = np.ones(table.num_rows, dtype=bool)
    for column in whole:
        complete &= table.column(column).is_valid().to_numpy()
    candidates = np.flatnonzero(complete)
    group = _group(table, sheet.key)[candidates]
    again = candidates[_repeated(group)]
    if not len(again):
        return table
    subset = table.take(pa.array(again))
    key, everything = _group(subset, sheet.key), _group(subset, sheet.columns)
    _, first_of_key, of_key = np.unique(key, return_index=True, return_inverse=True)
    _, first_same, same = np.unique(everything, return_index=True, return_inverse=True)
    merged = np.flatnonzero(first_same[same] != np.arange(len(again)))
    different = np.flatnonzero((everything != everything[first_of_key[of_key]]) & (first_same[same] == np.arange(len(again))))
    rows, named, files = (subset.column(c).to_pylist() for c in ("row", "sheet", "file"))
    if len(merged):
        i = int(merged[0])
        n = f"{len(merged):,} row{'s are' if len(merged) > 1 else ' is'}"
        findings.append(
            Finding(
                "look",
                "duplicate-row",
                f"{n} exactly the same as an earlier row of {sheet.name} and will be counted once. "
                f"The first is row {rows[i]}, the same as row {rows[int(first_same[same[i]])]}.",
                "Nothing to do.",
                named[i],
                rows[i],
                "",
                files[i],
                len(merged),
            )
        )
    differing = [int(i) for i in different if int(again[i]) not in conflicting]
    names = ", ".join(sheet.field(c).name for c in sheet.key)
    for i in differing[:LISTED]:
        j = int(first_of_key[of_key[i]])
        where = f"row {rows[j]}" if (named[j], files[j]) == (named[i], files[i]) else f"row {rows[j]} of {named[j]} in {files[j]}"
        findings.append(
            Finding(
                "holds",
                "conflict",
                f"This row and {where} have the same {names} but differ elsewhere.",
                "Keep the one that is right.",
                named[i],
                rows[i],
                "",
                files[i],
            )
        )
    if len(differing) > LISTED:
        rest = len(differing) - LISTED
        findings.append(
            Finding(
                "holds",
                "conflict",
                f"And {rest:,} more rows that disagree with an earlier one.",
                "Keep the ones that are right.",
                named[0],
                None,
                "",
                files[0],
                rest,
            )
        )
    keep = np.ones(table.num_rows, dtype=bool)
    keep[again[merged]] = False
    return table.filter(pa.array(keep)) if len(merged) else table


def _two_scores(table: pa.Table, services: dict[str, str], findings: list[Finding]) -> set[int]:
    """The same person, measure, subscale, perspective and date with different scores, unless one is the start and one the end. Positions told."""
    codes_ = table.column("service_code").combine_chunks().dictionary_encode()
    providers = {provider: i for i, provider in enumerate(sorted(set(services.values())), start=1)}
    of_service = np.array([providers.get(services.get(code, ""), 0) for code in codes_.dictionary.to_pylist()] + [0], dtype=np.int64)
    provider = of_service[codes_.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    complete = np.ones(table.num_rows, dtype=bool)
    for column in ("person", "date", "measure", "score"):
        complete &= table.column(column).is_valid().to_numpy()
    candidates = np.flatnonzero(complete)
    group = _group(table, ("person", "measure", "subscale", "perspective", "date"), provider)[candidates]
    again = candidates[_repeated(group)]
    if not len(again):
        return set()
    subset = table.take(pa.array(again))
    who = np.unique(_group(subset, ("person", "measure", "subscale", "perspective", "date"), provider[again]), return_inverse=True)[1]
    scores = _group(subset, ("score",))
    occasions = subset.column("occasion").to_pylist()
    end = np.array([{"start": 0, "end": 1}.get(o or "", 2) for o in occasions])
    groups = int(who.max()) + 1
    n_scores = np.bincount(np.unique(np.stack([who, scores]), axis=1)[0], minlength=groups)
    n_by_end = np.bincount(np.unique(np.stack([who, end, scores]), axis=1)[0], minlength=groups)
    n_ends = np.bincount(np.unique(np.stack([who, end]), axis=1)[0], minlength=groups)
    others = np.bincount(who[end == 2], minlength=groups) > 0
    wrong = (n_scores > 1) & (others | (n_by_end > n_ends))
    rows, named, files = (subset.column(c).to_pylist() for c in ("row", "sheet", "file"))
    first = np.unique(who, return_index=True)[1]
    told: set[int] = set()
    listed = 0
    for i in np.flatnonzero(wrong[who]).tolist():
        told.add(int(again[i]))
        j = int(first[who[i]])
        if i == j:
            continue
        listed += 1
        if listed <= LISTED:
            where = f"Row {rows[j]}" if (named[j], files[j]) == (named[i], files[i]) else f"Row {rows[j]} of {named[j]} in {files[j]}"
            findings.append(
                Finding(
                    "holds",
                    "conflict",
                    f"{where} and this row are for the same person, questionnaire and date, and the scores differ.",
                    "Keep the one that is right; if both are, mark one as start and the other as end.",
                    named[i],
                    rows[i],
                    "",
                    files[i],
                )
            )
    if listed > LISTED:
        findings.append(
            Finding(
                "holds",
                "conflict",
                f"And {listed - LISTED:,} more rows whose scores differ from an earlier row's.",
                "Keep the ones that are right.",
                named[0],
                None,
                "",
                files[0],
                listed - LISTED,
            )
        )
    return told


__all__ = ["Checked", "Known", "check", "normal_reference"]
