"""Files as they are -> tables of the return: which sheet is which, where its table begins and ends, which column and word means what.

What is certain is applied. What is not becomes a question (data_loaders.questions), and the answer, kept per provider, is certain the next time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from data_loaders import national, recognise_beside, recognise_values, recognise_wide
from data_loaders.found import IDENTIFIER_HEADINGS, Found, letters
from data_loaders.headings import blanked, ended, others
from data_loaders.questions import NOTHING, About, Mapping, Question, plain
from data_loaders.read import RawSheet, Workbook
from data_loaders.recognise_sheet import PEOPLE, Reading, read_sheet
from domain import fields
from domain.types import Finding

MOST_MERGES = 1_000  # merged cells of one sheet looked under
OURS = ("read me", "readme", "lists", "what needs you")  # sheets of our own template and marked workbook that hold no data


@dataclass(frozen=True)
class Understood:
    """What the files of one upload hold. `layouts` are the fingerprints of the sheets read; `bare_quarter` is what 2025Q3 means to this provider."""

    found: list[Found] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    layouts: frozenset[str] = frozenset()
    bare_quarter: str = ""


def recognise(workbook: Workbook, mapping: Mapping = NOTHING, about: About | None = None) -> tuple[list[Found], list[Finding]]:
    """The sheets of the return in one workbook, and what a person should know about its layout."""
    made = understand([workbook], mapping, about)
    return made.found, made.findings


def understand(workbooks: list[Workbook], mapping: Mapping = NOTHING, about: About | None = None) -> Understood:
    """The sheets of the return in all files of one upload, read together: scores may stand in one file and the dates they need in another."""
    about = about or About()
    findings: list[Finding] = []
    readings: list[Reading] = []
    sheets: list[tuple[RawSheet, Workbook]] = []
    for workbook in workbooks:
        findings += workbook.findings
        if not workbook.findings or not any(f.severity == "stops" for f in workbook.findings):
            sheets += [(raw, workbook) for raw in workbook.sheets if _visible(raw, workbook.name, findings)]
    nations = national.recognise([(raw, workbook.name) for raw, workbook in sheets], mapping, about)
    findings += nations.findings
    found = list(nations.found)
    for raw, workbook in sheets:
        if id(raw) in nations.used:
            continue
        tables = recognise_beside.parts(_unhidden(raw, workbook.name, findings), workbook.name, findings)
        for table, called in tables:
            reading = read_sheet(table, workbook.name, mapping, about, alone=len(tables) == 1)
            if reading is None:
                findings.append(_unused(raw.name, workbook.name))
            else:
                reading.beside = called
                readings.append(reading)
    questions = list(nations.questions)
    waiting = {id(r) for r in readings if any(q.kind == "sheet" for q in r.questions)}
    for reading in readings:
        reading.raw = _first_table(reading)
        _under_merges(reading)
        reading.raw = _ended(reading)
        if reading.sheet is not None and id(reading) not in waiting:
            one = recognise_values.table(reading, mapping, about)
            found.append(one)
        recognise_values.ahead(reading, mapping, about)
    starts = recognise_wide.Starts.of([f for f in found if f.sheet is PEOPLE])
    for reading in readings:
        if reading.groups:
            found += recognise_wide.tables(reading, mapping, about, starts)
    for reading in readings:
        findings += reading.findings
        questions += reading.questions
    bare = recognise_values.bare_quarter(found, mapping, questions)
    questions = list({q.id: q for q in questions}.values())
    for workbook in workbooks:
        if not workbook.findings and not any(id(raw) in nations.used for raw in workbook.sheets):
            findings += _nothing(workbook, found, questions, findings)
    findings += _to_answer(questions)
    layouts = frozenset(r.layout for r in readings) | nations.layouts
    return Understood(found, findings, questions, layouts, bare)


def _visible(raw: RawSheet, file: str, findings: list[Finding]) -> bool:
    if raw.hidden:
        if plain(raw.name) not in OURS:
            fix = "If you meant to send it, unhide it; otherwise delete it before you send the file to anyone."
            findings.append(Finding("look", "hidden-sheet", f"The sheet '{raw.name}' is hidden and was not read.", fix, sheet=raw.name, file=file))
        return False
    return plain(raw.name) not in OURS and raw.table.num_columns > 0


def _unhidden(raw: RawSheet, file: str, findings: list[Finding]) -> RawSheet:
    """The sheet without its hidden rows, which are said: a filter left on must not decide in silence who is counted.

    Hidden columns are read, because a column that is missing would stop the file and one of names must be seen to be refused; and they are said too.
    """
    _hidden_columns(raw, file, findings)
    rows = [r for r in getattr(raw, "hidden_rows", ()) if raw.first_row <= r < raw.first_row + raw.table.num_rows]
    if not rows:
        return raw
    n = f"{len(rows):,} row{'s' if len(rows) != 1 else ''}"
    message = f"{n} of '{raw.name}' {'are' if len(rows) != 1 else 'is'} hidden (the first is row {rows[0]}) and not read."
    fix = "If they belong to the return, take off the filter or unhide them, save, and send the file again."
    findings.append(Finding("look", "hidden-rows", message, fix, raw.name, rows[0], "", file, len(rows)))
    return blanked(raw, rows)


def _hidden_columns(raw: RawSheet, file: str, findings: list[Finding]) -> None:
    inside = [c for c in raw.hidden_columns if 0 <= c - raw.first_column < raw.table.num_columns]
    columns = [c for c in inside if raw.table.column(c - raw.first_column).null_count < raw.table.num_rows]
    if columns:
        many = len(columns) > 1
        which = f"{', '.join(letters(c) for c in columns[:8])}{' …' if len(columns) > 8 else ''}"
        message = f"Column{'s' if many else ''} {which} of '{raw.name}' {'are' if many else 'is'} hidden and {'were' if many else 'was'} read like the others."
        fix = "Unhide to see what is sent; delete what does not belong to the return."
        findings.append(Finding("look", "hidden-columns", message, fix, raw.name, None, letters(columns[0]), file, len(columns)))


def _first_table(reading: Reading) -> RawSheet:
    """The sheet without a second table below (or a first one above) the one that was recognised, which is said."""
    raw, head = reading.raw, reading.head
    above, below, again = others(raw, head)
    where = f"The sheet '{raw.name}' holds more than one table"
    fix = "Give each table a sheet of its own, save, and send the file again."
    if above is not None:
        reading.tell("look", "second-table", f"{where}: the one from row {reading.header_row} was read, the one from row {above} was not.", fix)
    if below is not None:
        reading.tell("look", "second-table", f"{where}. A second table begins in row {below}; only the first was read.", fix)
        raw = blanked(raw, range(below, raw.first_row + raw.table.num_rows))
    if again:
        rows = f"row{'s' if len(again) > 1 else ''} {', '.join(map(str, again[:5]))}{' …' if len(again) > 5 else ''}"
        reading.tell("look", "headings-again", f"The headings stand again in {rows} of '{raw.name}'; the table was read as one.", "Nothing to do.")
        raw = blanked(raw, again)
    return raw


def _under_merges(reading: Reading) -> None:
    """Says which cells of the table hold something that a merged cell hides from whoever looks at the sheet."""
    raw, found = reading.raw, []
    for first_row, first_column, last_row, last_column in raw.merged[:MOST_MERGES]:
        if last_row <= reading.header_row:
            continue
        top = max(first_row, raw.first_row)
        for column in range(max(first_column, raw.first_column), min(last_column, raw.first_column + raw.table.num_columns - 1) + 1):
            texts = raw.table.column(column - raw.first_column).slice(top - raw.first_row, last_row - top + 1).to_pylist()
            found += [f"{letters(column)}{top + n}" for n, text in enumerate(texts) if text and (top + n, column) != (first_row, first_column)]
    if found:
        many = len(found) > 1
        message = f"Merged cells of '{raw.name}' hide {len(found):,} cell{'s that hold' if many else ' that holds'} something ({', '.join(found[:3])}"
        reading.tell("look", "under-merge", f"{message}{' …' if len(found) > 3 else ''}). It was read.", "Unmerge the cells to see what is sent.")


def _ended(reading: Reading) -> RawSheet:
    """The sheet without totals and notes; what was left out is said."""
    sheet = reading.sheet
    needed = [reading.columns[f.column] for f in sheet.fields if f.required and f.column in reading.columns] if sheet else list(reading.columns.values())
    raw, out = ended(reading.raw, reading.head.row, needed)
    for what, word in (("totals", "total"), ("note", "note")):
        rows = [row for row, kind in out if kind == what]
        if rows:
            many = f"{len(rows)} {word}s" if len(rows) > 1 else f"a {word}"
            where = f"rows {', '.join(map(str, rows[:5]))}{' …' if len(rows) > 5 else ''}" if len(rows) > 1 else f"row {rows[0]}"
            message = f"We took {where} of '{raw.name}' for {many} and left {'them' if len(rows) > 1 else 'it'} out."
            fix = "Nothing to do, unless it is a row of its own: then fill in what every row needs."
            reading.findings.append(Finding("look", f"{word}-left-out", message, fix, raw.name, rows[0], "", reading.file, len(rows)))
    return raw


def _unused(name: str, file: str) -> Finding:
    message = f"We did not recognise the sheet '{name}', so nothing in it was used."
    return Finding("look", "unused-sheet", message, "If it holds part of the return, give it the headings of the template.", sheet=name, file=file)


def _nothing(workbook: Workbook, found: list[Found], questions: list[Question], findings: list[Finding]) -> list[Finding]:
    """Why a file stops of which nothing is used."""
    if workbook.name in {f.file for f in found} | {q.file for q in questions} or any(f.severity == "stops" and f.file == workbook.name for f in findings):
        return []
    if any(f.code == "left-out" and f.file == workbook.name for f in findings):
        return []
    if any(raw.table.num_columns for raw in workbook.sheets):
        names = ", ".join(s.name for s in fields.SHEETS)
        message, fix = "We did not recognise any sheet in this workbook.", f"Name your sheets as in the template ({names}), with its headings."
        return [Finding("stops", "no-sheet", message, fix, file=workbook.name)]
    message, fix = "The workbook has no filled cells that we can read.", "Fill in at least one sheet and save the file."
    return [Finding("stops", "empty-file", message, fix, file=workbook.name)]


def _to_answer(questions: list[Question]) -> list[Finding]:
    """One finding for each sheet that waits for an answer, so that nothing is sent on a guess."""
    told = []
    for file, sheet in dict.fromkeys((q.file, q.sheet) for q in questions if q.needed):
        asked = [q for q in questions if q.needed and (q.file, q.sheet) == (file, sheet)]
        more = f" And {len(asked) - 1} more question{'s' if len(asked) > 2 else ''} like it." if len(asked) > 1 else ""
        fix = "Answer once on the page Upload, or in a mapping (docs/mapping.md); next time nothing is asked."
        told.append(Finding("stops", "to-answer", f"Only you can say this of '{sheet}': {asked[0].ask}{more}", fix, sheet=sheet, file=file))
    return told


__all__ = ["IDENTIFIER_HEADINGS", "About", "Found", "Mapping", "Question", "Understood", "letters", "plain", "recognise", "understand"]
