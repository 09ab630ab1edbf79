"""A small, fast writer of .xlsx files: the same tables give the same bytes. Raw XML, because the whole sample is written at the first run."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd

from domain.excel import letters

_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_NS}"><numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_DATE, _TIME, _BOLD = 1, 2, 3
_EPOCH = date(1899, 12, 30)
_STAMP = (2026, 3, 31, 0, 0, 0)  # fixed, so that the same content is the same file
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Error(str):
    """A cell that Excel shows as an error, such as `#REF!`."""


class Bold(str):
    """Text of a heading."""


def letter(index: int) -> str:
    """The column letter of a zero-based index: 0 is A, 26 is AA."""
    return letters(index + 1)


class _Strings:
    """The workbook's shared strings, each kept once."""

    def __init__(self) -> None:
        self.index: dict[str, int] = {}

    def of(self, text: str) -> int:
        return self.index.setdefault(text, len(self.index))

    def xml(self) -> str:
        items = "".join(f'<si><t xml:space="preserve">{escape(_CONTROL.sub("", text))}</t></si>' for text in self.index)
        return f'{_HEAD}<sst xmlns="{_NS}" uniqueCount="{len(self.index)}">{items}</sst>'


def _column(values: pd.Series, at: str, strings: _Strings) -> list[str]:
    """The cells of one column of a frame, from row 2 down; an empty string where the cell is blank."""
    missing = values.isna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days = ((values - pd.Timestamp(_EPOCH)) // pd.Timedelta(days=1)).to_numpy()
        return ["" if gone else f'<c r="{at}{row}" s="1"><v>{int(day)}</v></c>' for row, (day, gone) in enumerate(zip(days, missing, strict=True), 2)]
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=float("nan"))
        return [
            "" if gone else f'<c r="{at}{row}"><v>{number:.12g}</v></c>' for row, (number, gone) in enumerate(zip(numbers.tolist(), missing, strict=True), 2)
        ]
    of = strings.of
    return [
        "" if gone else f'<c r="{at}{row}" t="s"><v>{of(str(text))}</v></c>' for row, (text, gone) in enumerate(zip(values.tolist(), missing, strict=True), 2)
    ]


def _table(frame: pd.DataFrame, strings: _Strings) -> str:
    letters = [letter(i) for i in range(len(frame.columns))]
    head = "".join(f'<c r="{at}1" s="{_BOLD}" t="s"><v>{strings.of(name)}</v></c>' for at, name in zip(letters, frame.columns, strict=True))
    columns = [_column(frame[name], at, strings) for at, name in zip(letters, frame.columns, strict=True)]
    rows = "".join([f'<row r="{row}">{"".join(cells)}</row>' for row, cells in enumerate(zip(*columns, strict=True), 2)])
    return _sheet(f'<row r="1">{head}</row>{rows}', f"A1:{letters[-1]}{len(frame) + 1}", freeze=True)


def _cell(value: Any, at: str, strings: _Strings) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, Error):
        return f'<c r="{at}" t="e"><v>{value}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float | Decimal):
        return f'<c r="{at}"><v>{value}</v></c>'
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f'<c r="{at}" s="{_DATE}"><v>{(value - _EPOCH).days}</v></c>'
    if isinstance(value, time):
        return f'<c r="{at}" s="{_TIME}"><v>{(value.hour * 60 + value.minute) / 1440:.10f}</v></c>'
    return f'<c r="{at}"{f" s={chr(34)}{_BOLD}{chr(34)}" if isinstance(value, Bold) else ""} t="s"><v>{strings.of(value)}</v></c>'


def _grid(rows: Iterable[Sequence[Any]], strings: _Strings) -> str:
    made, widest, last = [], 1, 1
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(value, f"{letter(i)}{number}", strings) for i, value in enumerate(row))
        widest, last = max(widest, len(row)), number
        if cells:
            made.append(f'<row r="{number}">{cells}</row>')
    return _sheet("".join(made), f"A1:{letter(widest - 1)}{last}")


def _sheet(rows: str, where: str, freeze: bool = False) -> str:
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if freeze else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_NS}"><dimension ref="{where}"/><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="40" width="18" customWidth="1"/></cols><sheetData>{rows}</sheetData></worksheet>'
    )


def workbook(sheets: dict[str, pd.DataFrame | list[Sequence[Any]]]) -> bytes:
    """One .xlsx: a frame becomes a table with its headings in row 1; a list of rows is written as it stands (None is a blank cell).

    Datetime columns become Excel dates, numbers numbers, everything else text. The same input gives the same bytes.
    """
    strings = _Strings()
    parts = [_table(content, strings) if isinstance(content, pd.DataFrame) else _grid(content, strings) for content in sheets.values()]
    numbers = range(1, len(parts) + 1)
    names = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, sheets, strict=True))
    files = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in numbers
        )
        + '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_NS}" xmlns:r="{_REL}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
        + f'<Relationship Id="rId{len(parts) + 1}" Type="{_REL}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId{len(parts) + 2}" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": strings.xml(),
    } | {f"xl/worksheets/sheet{n}.xml": part for n, part in zip(numbers, parts, strict=True)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, _STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            archive.writestr(info, text.encode("utf-8"))
    return out.getvalue()
