"""Delimited text -> one sheet: UTF-8, UTF-16 or cp1252; comma, semicolon or tab. What the text says decides, never the file's name.

Runs in the child process. Rows are records, counted from 1 as a spreadsheet program shows them.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

from data_loaders.preflight import Refusal

DELIMITERS = ",;\t"
SAMPLE_ROWS = 60  # looked at to find the delimiter and how wide the table is
AT_ONCE = 50_000  # rows
MOST_COLUMNS = 200
MOST_RAGGED = 10_000  # rows listed by number; with more, the file is not cut into cells as its headings say
LONGEST_CELL = 131_072  # characters: four times what Excel can hold in one
_NOT_TEXT = {*range(9), 11, 12, *range(14, 32)} - {26, 28, 29, 30, 31}


def decoded(content: bytes) -> tuple[str, str]:
    """(text, encoding: utf-8, utf-16 or cp1252). Raises Refusal where it is none of them."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            try:
                return content.decode(name), name.removesuffix("-sig")
            except UnicodeDecodeError as error:
                raise Refusal("damaged", why="text") from error
    head = content[:4096]
    if b"\x00" in head:
        for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if len(content) % 2 == 0 and zeros.count(0) > len(zeros) * 0.4:
                try:
                    return content.decode(name), "utf-16"
                except UnicodeDecodeError:
                    break
        raise Refusal("not-a-workbook", what="another kind of file")
    for name in ("utf-8", "cp1252"):
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            continue
    raise Refusal("not-a-workbook", what="another kind of file")


def delimiter_of(text: str) -> str:
    """The delimiter that cuts most of the first rows into the same number of cells, more than one. Empty where none does."""
    sample = text[: 1 << 18]
    best = (0, 0.0, "")
    for delimiter in DELIMITERS:
        try:
            rows = [len(row) for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), SAMPLE_ROWS) if row]
        except csv.Error:
            continue
        widths = Counter(width for width in rows if width > 1)
        if widths:
            width, times = widths.most_common(1)[0]
            best = max(best, (times, width / 1000, delimiter))
    return best[2]


def sheets(content: bytes, stem: str) -> tuple[dict[str, Any], list[Any]]:
    """(what to answer, one batch): one sheet called `stem`. Nothing is guessed cell by cell: every cell arrives as the text it is."""
    text, encoding = decoded(content)
    text = text.removeprefix("\ufeff")
    if "\x00" in text or any(ord(character) in _NOT_TEXT for character in text[:4096]):
        raise Refusal("not-a-workbook", what="another kind of file")
    delimiter = delimiter_of(text)
    if not delimiter:
        raise Refusal("not-a-workbook", what="a text without columns")
    batch, written, ragged, n_rows = _table(text, delimiter)
    notes = ["encoding-guessed"] if encoding == "cp1252" else []
    named = {",": "commas", ";": "semicolons", "\t": "tabs"}[delimiter]
    sheet = {"name": stem or "Text", "hidden": False, "first_column": 1, "written": written, "ragged": ragged}
    return {"kind": "text", "notes": notes, "encoding": encoding, "delimiter": named, "rows": n_rows, "sheets": [sheet]}, [batch]


def _table(text: str, delimiter: str) -> tuple[Any, int, list[tuple[int, int, int]], int]:
    """(batch, written cells, rows with more cells than the table is wide: row, cells, width; how many rows hold anything)."""
    import pyarrow as pa

    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    pieces: list[list[Any]] = []
    widths: list[int] = []
    ragged: list[tuple[int, int, int]] = []
    at, width, written, n_rows = 0, 0, 0, 0
    for rows in _chunks(reader):
        if not widths:
            widths = [len(_trimmed(row)) for row in rows[:SAMPLE_ROWS]]
            usual = Counter(w for w in widths if w > 1).most_common(1)
            width = next((w for w in widths if usual and w >= usual[0][0]), max(widths))  # that of the headings, for titles above are narrower
        for n, row in enumerate(rows, at + 1):
            n_rows += any(row)
            if len(row) > width and len(cells := _trimmed(row)) > width:
                ragged.append((n, len(cells), width))
        at += len(rows)
        columns = list(zip_longest(*rows))
        if len(columns) > MOST_COLUMNS:
            if len(columns) > 100 * MOST_COLUMNS or max(len(_trimmed(row)) for row in rows) > MOST_COLUMNS:
                raise Refusal("far-cell", sheet="", cell="to the right")
            columns = columns[:MOST_COLUMNS]
        made = []
        for column in columns:
            array = pa.array([cell or None for cell in column], pa.string())
            written += len(array) - array.null_count
            made.append(array)
        pieces.append(made)
    wide = max(map(len, pieces), default=0)
    if not wide:
        raise Refusal("empty-file")
    joined = [pa.concat_arrays([made[i] if i < len(made) else pa.nulls(len(made[0]) if made else 0, pa.string()) for made in pieces]) for i in range(wide)]
    return pa.record_batch(joined, names=[str(i) for i in range(wide)]), written, ragged[: MOST_RAGGED + 1], n_rows


def _trimmed(row: list[str]) -> list[str]:
    """Without the empty cells at its end."""
    last = len(row)
    while last and not row[last - 1].strip():
        last -= 1
    return row[:last]


def _chunks(reader: Any) -> Iterator[list[list[str]]]:
    """AT_ONCE records at a time. Raises Refusal, with the row, for a quotation mark that is out of place."""
    before = 0
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row or [""])
            if len(rows) == AT_ONCE:
                yield rows
                before += len(rows)
                rows = []
    except csv.Error:
        raise Refusal("damaged", why="quote", row=str(before + len(rows) + 1)) from None
    if rows:
        yield rows
