"""Released figures as files: CSV and Excel, each with the words about its figures, and none with anything a spreadsheet would run.

A file leaves the app and is read without it, so every one says what is counted, for whom, when, how, from which data, and what hidden means.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from domain import quarters
from domain.excel import letters
from domain.types import Metric, Policy, Released, ReleasedRow

HIDDEN = "hidden"
TOO_FEW = "too few"
UNKNOWN = "not known"
POLICY_WORDS: dict[Policy, str] = {
    "own": "Exact figures of your own services: nothing is hidden or rounded. Do not pass them on as they are.",
    "inside": "For use inside the commissioning partnership: small numbers are hidden so that nobody can be recognised, here or by subtraction.",
    "outside": "May leave the organisation: small numbers are hidden, counts are rounded to the nearest 5 and rates are worked out from the rounded counts.",
}
STANDING = (
    "Hidden does not mean zero.",
    "These figures do not show that a service alone made the difference.",
    "Never for payment or for choosing cuts.",
)
ABOUT_SHEET = "About these figures"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_DANGEROUS = "=+-@\t\r\n＝＋－＠"
_UNSEEN = " \u00a0\u200b\u200c\u200d\u2060\ufeff\u3000"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file can name


def inert(value: Any) -> Any:
    """The value as a spreadsheet may safely have it: text that would begin a formula gets an apostrophe before it; numbers stay numbers.

    Text counts as beginning with `= + - @`, tab or carriage return (also full-width, and also after spaces or marks that cannot be seen).
    """
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)
    starts = text[:1], text.lstrip(_UNSEEN)[:1]
    return "'" + text if any(start and start in _DANGEROUS for start in starts) else text


def file_name(stem: str, content: bytes, extension: str) -> str:
    """`stem-1a2b3c4d.csv`: eight characters of the content's SHA-256, so that a figure can be traced to its file and a copy can be told from a change."""
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or "figures"
    return f"{safe[:80]}-{hashlib.sha256(content).hexdigest()[:8]}.{extension.lstrip('.')}"


def about(released: Released, metric: Metric, *, names: Mapping[str, str] | None = None, follow_up: str = "") -> list[str]:
    """The lines every file of this figure carries: metric, scope, period, n, follow-up, policy, data date and version, source and method."""
    return [*_what(released, metric, names or {}, follow_up), *_how(released, metric)]


def _what(released: Released, metric: Metric, names: Mapping[str, str], follow_up: str) -> list[str]:
    scope = released.scope
    counted = metric.kind == "proportion"
    lines = [
        f"{metric.title}: {metric.question}",
        f"Counted: {metric.numerator_words}." if counted else f"Value: {metric.numerator_words}, in {metric.unit}.",
        f"Out of: {metric.denominator_words}." if counted else f"People: {metric.denominator_words}.",
        f"Which people: {scope.describe(dict(names))}.",
        f"Period: {quarters.period_name(scope.start, scope.end)}.",
        f"n: {_n_words(released)}.",
    ]
    return [*lines, *([f"Follow-up: {follow_up}"] if follow_up else []), *([released.widened] if released.widened else []), *released.notes]


def _how(released: Released, metric: Metric) -> list[str]:
    data_date = quarters.british(released.data_date) if released.data_date else UNKNOWN
    return [
        POLICY_WORDS[released.policy], f"Data up to {data_date}, data version {released.data_version}.", f"Method: {metric.method}.",
        f"Source of the definition: {metric.source}.", "Data: returns sent by providers.", *STANDING,
    ]  # fmt: skip


def _n_words(released: Released) -> str:
    """How many people the figure rests on; when the total may not be shown that is what is said."""
    total = released.total
    if total is None:
        return "see each row"
    return HIDDEN if total.hidden else UNKNOWN if total.denominator is None else f"{total.denominator:,} people"


def cell(row: ReleasedRow, value: float | int | None) -> float | int | str:
    """A number, or the word that stands for it: never an empty cell and never a zero that was not counted."""
    if row.hidden:
        return HIDDEN
    if value is None:
        return TOO_FEW if row.too_few else UNKNOWN
    return value


def frame(released: Released, metric: Metric, labels: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per group of the released figure and the total last: code, name, counts, value and range, numbers as numbers and words where hidden."""
    labels = labels or {}
    rows = [(row, labels.get(row.group, row.group)) for row in released.rows] + ([(released.total, "All")] if released.total else [])
    columns: dict[str, list[Any]] = {
        "metric": [metric.id] * len(rows),
        "group": [row.group if row is not released.total else "all" for row, _ in rows],
        "name": [name for _, name in rows],
        "people": ["still with the service" if row.still_open else "in scope" for row, _ in rows],
    }
    if metric.kind == "proportion":
        columns["numerator"] = [cell(row, row.numerator) for row, _ in rows]
        columns["denominator"] = [cell(row, row.denominator) for row, _ in rows]
    else:
        columns["n"] = [cell(row, row.denominator) for row, _ in rows]
    for name in ("value", "lower", "upper"):
        columns[name] = [cell(row, getattr(row, name)) for row, _ in rows]
    columns["unit"] = [metric.unit] * len(rows)
    columns["hidden"] = ["yes" if row.hidden else "no" for row, _ in rows]
    return pd.DataFrame(columns, dtype=object)


def csvs_bytes(released: Sequence[tuple[Released, Metric, Mapping[str, str]]], *, names: Mapping[str, str] | None = None, follow_up: str = "") -> bytes:
    """Figures (each with its metric and the words of its groups) as one CSV: one table, `metric` and `period` saying which row is of which, then the lines
    about them. `names` are the words for the codes of services, `follow_up` says how many of those due a second score have one.
    """
    tables = []
    for answer, metric, labels in released:
        made = frame(answer, metric, labels)
        if len({(r.scope.start, r.scope.end) for r, _, _ in released}) > 1:
            made.insert(1, "period", quarters.period_name(answer.scope.start, answer.scope.end))
        if metric.kind != "proportion" and any(m.kind == "proportion" for _, m, _ in released):
            made = made.assign(**{"denominator": made["n"], "numerator": ""}).drop(columns="n")
        tables.append(made)
    lines = list(dict.fromkeys(line for answer, metric, _ in released for line in about(answer, metric, names=names, follow_up=follow_up)))
    return _csv(pd.concat(tables, ignore_index=True)[list(tables[0].columns)], lines)


def table_csv(table: pd.DataFrame, lines: Sequence[str]) -> bytes:
    """A table of protected figures as CSV, then the lines about it."""
    return _csv(table, lines)


def _csv(table: pd.DataFrame, lines: Sequence[str]) -> bytes:
    """UTF-8 with the mark that Excel needs to read £ and – aright.

    Every row has the same number of columns, so that a program can read it; the lines about the figures have `about` in the first.
    """
    out = io.StringIO(newline="")
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(table.columns)
    for row in table.itertuples(index=False):
        write.writerow([_number(inert(value)) for value in row])
    for line in lines:
        write.writerow(["about", inert(line), *[""] * (len(table.columns) - 2)])
    return out.getvalue().encode("utf-8-sig")


def _number(value: Any) -> Any:
    """Whole numbers without a point, others at full length, so that reading the file back gives the same number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def xlsx_bytes(frames: Mapping[str, pd.DataFrame], about: Sequence[str], *, dated: datetime | None = None) -> bytes:
    """A workbook: `About these figures` first, then a sheet per frame, headings in bold and kept in view.

    A row whose `hidden` column says yes or True has `hidden` in place of empty cells. The same content gives the same bytes: the workbook's
    own dates are `dated` (or the earliest there is), so eight characters of its hash name the figures and not the moment of download.
    """
    book = Workbook(write_only=True)
    book.properties.creator = "So What?"
    book.properties.created = book.properties.modified = dated or datetime(*_EARLIEST)  # type: ignore[arg-type]
    page = book.create_sheet(ABOUT_SHEET)
    page.column_dimensions["A"].width = 110
    page.append([_styled(page, "About these figures", bold=True)])
    for line in about:
        page.append([_styled(page, line, wrap=True)])
    titles = {ABOUT_SHEET.lower()}
    for name, table in frames.items():
        sheet = book.create_sheet(_title(name, titles))
        sheet.freeze_panes = "A2"
        columns = [str(c) for c in table.columns]
        for i, column in enumerate(columns):
            longest = max([len(column), *(len(str(v)) for v in table.iloc[:200, i])])
            sheet.column_dimensions[letters(i + 1)].width = min(60, longest + 3)
        sheet.append([_styled(sheet, column, bold=True) for column in columns])
        flag = next((i for i, column in enumerate(columns) if column.lower() == HIDDEN), None)
        for row in table.itertuples(index=False):
            covered = flag is not None and str(row[flag]).lower() in ("yes", "true")
            sheet.append([_styled(sheet, _value(v, covered)) for v in row])
    raw = io.BytesIO()
    book.save(raw)
    return _same_bytes(raw.getvalue())


def _value(value: Any, covered: bool) -> Any:
    if value is None or (isinstance(value, float) and value != value) or value is pd.NA or value is pd.NaT:
        return HIDDEN if covered else None
    return value.item() if hasattr(value, "item") else value


def _styled(sheet: Any, value: Any, *, bold: bool = False, wrap: bool = False) -> Any:
    """A cell that is text when it holds text: whatever it begins with, it is never made a formula."""
    text = inert(value)
    made = WriteOnlyCell(sheet, value=text)
    if isinstance(text, str):
        made.data_type = "s"
    if bold:
        made.font = Font(bold=True)
    if wrap:
        made.alignment = Alignment(wrap_text=True, vertical="top")
    return made


def _title(name: str, taken: set[str]) -> str:
    """A sheet name Excel accepts: no `[]:*?/\\`, at most 31 characters, different from the others."""
    plain = str(inert(re.sub(r"[\[\]:*?/\\]+", " ", name))).strip("' ")[:31] or "Figures"
    title, n = plain, 2
    while title.lower() in taken:
        title = f"{plain[: 31 - len(str(n)) - 1]} {n}"
        n += 1
    taken.add(title.lower())
    return title


def _same_bytes(content: bytes) -> bytes:
    """The same workbook without the moment it was written: openpyxl puts the clock into the zip directory and the document's properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in _sorted(source.infolist()):
            made = zipfile.ZipInfo(entry.filename, _EARLIEST)
            made.compress_type = zipfile.ZIP_DEFLATED
            body = source.read(entry)
            if entry.filename == "docProps/core.xml":  # openpyxl sets `modified` to now as it saves, whatever it was told
                created = re.search(rb"<dcterms:created[^>]*>([^<]*)<", body)
                if created:
                    body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*(<)", rb"\g<1>" + created[1] + rb"\g<2>", body)
            target.writestr(made, body)
    return out.getvalue()


def _sorted(entries: Iterable[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    return sorted(entries, key=lambda entry: (entry.filename != "[Content_Types].xml", entry.filename))
