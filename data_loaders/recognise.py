"""Which sheet of the return each sheet of a file is, in which row its headings stand, and which column holds which field."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from data_loaders.read import RawSheet, Workbook
from domain import fields
from domain.types import Field, Finding, Sheet

HEADER_WITHIN = 40  # rows searched for the headings
OURS = ("read me", "readme", "lists")  # sheets of our own template that hold no data

IDENTIFIER_HEADINGS = re.compile(
    r"^(names?|initials|dob|chi|nino|postcode|post code|address|tel|phone|mobile|telephone|e ?mail|contact details|next of kin)$"
    r"|\b(first|last|sur|fore|middle|given|family|full|preferred|maiden|known as) ?names?\b"
    r"|\b(person|people|client|patient|user|customer|resident|tenant|participant|member|carer|relative)s? names?\b"
    r"|\b(worker|staff|keyworker|practitioner|therapist|gp)s? names?\b"
    r"|\bnames? of (the )?(person|people|client|patient|service user|user|customer|resident|tenant|participant|member|carer|worker|relative)s?\b"
    r"|\bd ?o ?b\b|\bdate of birth\b|\bbirth ?(date|day)\b"
    r"|\bnhs ?(number|no|num|id)\b|\bchi ?(number|no)\b|\bh ?& ?c (number|no)\b|\bhospital (number|no)\b|\b(national insurance|ni) ?(number|no)\b"
    r"|\bpost ?code\b"
    r"|\b(home|postal|email|e mail|street|client|patient) address\b|\baddress line\b|\be ?mail\b|\b(tele)?phone( number| no)?\b|\bmobile (number|no)\b"
)


@dataclass(frozen=True)
class Found:
    """One sheet of the return as found in a file. `header_row` is Excel's row number; `columns` maps field.column to a column of `raw.table`."""

    sheet: Sheet
    named: str
    file: str
    header_row: int
    columns: dict[str, int]
    raw: RawSheet


def letters(column: int) -> str:
    """Excel's letters of a column counted from 1: A, Z, AA."""
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def plain(heading: str) -> str:
    """A heading as compared: without case, asterisks, punctuation, line breaks, unusual spaces."""
    text = unicodedata.normalize("NFKC", heading).casefold().replace("'", "").replace("’", "")
    return re.sub(r"[^\w£%&]+|_+", " ", text).strip()


def _names(sheet: Sheet) -> list[dict[str, str]]:
    """Headings -> field.column, in two strengths: the field's own names first, then what other people call it."""
    own: dict[str, str] = {}
    called: dict[str, str] = {}
    for f in sheet.fields:
        for text in (f.name, f.column, re.sub(r"\(.*?\)", "", f.name)):
            own.setdefault(plain(text), f.column)
        for text in f.synonyms:
            called.setdefault(plain(text), f.column)
    return [own, {text: column for text, column in called.items() if text not in own}]


_NAMES = {sheet.name: _names(sheet) for sheet in fields.SHEETS}
_SHEETS = {key: sheet for sheet in fields.SHEETS for key in (plain(sheet.name), plain(sheet.table))}


def recognise(workbook: Workbook) -> tuple[list[Found], list[Finding]]:
    """The sheets of the return in one workbook, and what a person should know about its layout. `identifier-column` and the like stop the file."""
    found: list[Found] = []
    findings: list[Finding] = list(workbook.findings)
    if findings:
        return found, findings
    unused: list[str] = []
    for raw in workbook.sheets:
        if raw.hidden:
            if plain(raw.name) not in OURS:
                findings.append(
                    Finding(
                        "look",
                        "hidden-sheet",
                        f"The sheet '{raw.name}' is hidden and was not read.",
                        "If you meant to send it, unhide it; otherwise delete it before you send the file to anyone.",
                        sheet=raw.name,
                        file=workbook.name,
                    )
                )
            continue
        if plain(raw.name) in OURS or raw.table.num_columns == 0:
            continue
        sheet, header, headings = _best(raw)
        if sheet is None:
            unused.append(raw.name)
            continue
        one, told = _columns(sheet, raw, header, headings, workbook.name)
        findings += told
        if one is not None:
            found.append(one)
    names = ", ".join(s.name for s in fields.SHEETS)
    if not found and not any(f.severity == "stops" for f in findings):
        filled = any(raw.table.num_columns for raw in workbook.sheets)
        findings.append(
            Finding(
                "stops",
                "no-sheet",
                "We did not recognise any sheet in this workbook.",
                f"Name your sheets as in the template ({names}), with its headings.",
                file=workbook.name,
            )
            if filled
            else Finding(
                "stops", "empty-file", "The workbook has no filled cells that we can read.", "Fill in at least one sheet and save the file.", file=workbook.name
            )
        )
    for name in unused:
        findings.append(
            Finding(
                "look",
                "unused-sheet",
                f"We did not recognise the sheet '{name}', so nothing in it was used.",
                "If it holds part of the return, give it the headings of the template.",
                sheet=name,
                file=workbook.name,
            )
        )
    return found, findings


def _best(raw: RawSheet) -> tuple[Sheet | None, int, list[str]]:
    """(definition, index of the header row in the table, its headings). By the sheet's name where it says, else by the headings alone."""
    top = raw.table.slice(0, HEADER_WITHIN).to_pydict()
    rows = [[plain(cell or "") for cell in cells] for cells in zip(*top.values(), strict=True)]
    name = plain(raw.name)
    named = _SHEETS.get(name) or next((sheet for key, sheet in _SHEETS.items() if name.startswith(f"{key} ")), None)
    best: tuple[float, int, Sheet] | None = None
    for sheet in fields.SHEETS:
        own, called = _NAMES[sheet.name]
        required = {f.column for f in sheet.fields if f.required}
        for index, headings in enumerate(rows):
            matched = {column for h in headings if h and (column := own.get(h) or called.get(h))}
            n_required = len(matched & required)
            if sheet is named:
                fits = len(matched) >= 2 or (len(matched) == 1 and sum(map(bool, headings)) <= 2)
            else:
                fits = n_required == len(required) or (n_required >= 3 and n_required > len(required) / 2)
            exact = sum(1 for h in headings if h in own)
            score = (50 if sheet is named else 0) + 4 * n_required / len(required) + len(matched) + exact / 10 - index / 1000
            if fits and (best is None or score > best[0]):
                best = (score, index, sheet)
    if best is not None:
        return best[2], best[1], rows[best[1]]
    if named is not None:
        first = next((i for i, headings in enumerate(rows) if sum(map(bool, headings)) >= 2), 0)
        return named, first, rows[first]
    return None, 0, []


def _columns(sheet: Sheet, raw: RawSheet, header: int, headings: list[str], file: str) -> tuple[Found | None, list[Finding]]:
    own, called = _NAMES[sheet.name]
    findings: list[Finding] = []
    row = raw.first_row + header
    columns: dict[str, int] = {}
    strong: set[str] = set()

    def letter(index: int) -> str:
        return letters(raw.first_column + index)

    def tell(severity: str, code: str, message: str, fix: str, index: int | None = None) -> None:
        findings.append(Finding(severity, code, message, fix, raw.name, row, "" if index is None else letter(index), file))  # type: ignore[arg-type]

    extra: list[int] = []
    for index, heading in enumerate(headings):
        column = own.get(heading) if heading else None
        if column is None:
            continue
        if column in columns:
            tell(
                "stops",
                "duplicate-column",
                f"Columns {letter(columns[column])} and {letter(index)} are both headed '{sheet.field(column).name}'.",
                "Keep one of them, or give the other a different heading.",
                index,
            )
        else:
            columns[column] = index
            strong.add(column)
    for index, heading in enumerate(headings):
        if not heading:
            if raw.table.column(index).slice(header).null_count < raw.table.num_rows - header:
                extra.append(index)
            continue
        if heading in own:
            continue
        column = called.get(heading)
        if column is None or column in strong:
            extra.append(index)
        elif column in columns:
            tell(
                "stops",
                "duplicate-column",
                f"Columns {letter(columns[column])} and {letter(index)} both look like '{sheet.field(column).name}'.",
                f"Head the one you mean '{sheet.field(column).name}' and rename the other.",
                index,
            )
        else:
            columns[column] = index
    for index in extra:
        heading = headings[index]
        if IDENTIFIER_HEADINGS.search(heading):
            tell(
                "stops",
                "identifier-column",
                f"Column {letter(index)} is headed '{_shown(raw, header, index)}'. "
                "We never take names, dates of birth, NHS numbers, addresses or contact details.",
                "Delete the whole column, keep your own reference for each person, save, and send the file again.",
                index,
            )
        elif not heading:
            tell(
                "look",
                "unknown-column",
                f"Column {letter(index)} has no heading, so it was not read.",
                "If it belongs to the return, give it its heading.",
                index,
            )
        else:
            tell(
                "look",
                "unknown-column",
                f"Column {letter(index)} ('{_shown(raw, header, index)}') is not part of the sheet {sheet.name}, so it was not read.",
                "Nothing to do, unless it is one of ours under another name: then use the template's heading.",
                index,
            )
    for f in sheet.fields:
        # The quarter may hold the year ("2025-26 Q3"); the checker asks row by row.
        if f.required and f.column not in columns and not (f.kind == "year" and "quarter" in columns):
            tell("stops", "missing-column", f"The sheet {sheet.name} needs a column '{f.name}' and we did not find one in row {row}.", _add(f, sheet))
    return Found(sheet, raw.name, file, row, columns, raw), findings


def _add(f: Field, sheet: Sheet) -> str:
    called = f" (we also understand: {', '.join(f.synonyms)})" if f.synonyms else ""
    return f"Head the column that holds it '{f.name}'{called}, or add it. The template has all columns of {sheet.name}."


def _shown(raw: RawSheet, header: int, index: int) -> str:
    text = re.sub(r"\s+", " ", raw.table.column(index)[header].as_py() or "").strip()
    return text if len(text) <= 40 else f"{text[:39]}…"
