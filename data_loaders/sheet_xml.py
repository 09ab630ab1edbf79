"""What the XML of one worksheet says that its parser leaves out: errors, formulas never calculated, hidden rows, merged cells, how many cells are filled.

Whole blocks are searched, never cell by cell: a 40 MB sheet takes a tenth of a second. Runs in the child process; standard library and domain.excel only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data_loaders.preflight import Package, Refusal, SheetPart, prolog
from domain import excel
from domain.excel import column_number

LAST_COLUMN = 200  # GR
LAST_ROW = 1_048_576
LARGEST_AREA = 25_000_000  # cells in the rectangle the reader would lay out: 32 bytes each
MOST_LISTED = 100_000  # error cells and uncalculated formulas of one sheet, all told by address; beyond, the file is refused
MOST_MERGED = 10_000
SAMPLE = 32 << 10  # bytes

# Attribute values of cells never hold "/" or ">", so these stay inside one tag. All begin with a literal, which is what makes them fast.
_WIDE = re.compile(rb'<c r="[A-Za-z][^0-9]')
_FAR = re.compile(rb'[cC] r="([A-Za-z]{3,}\d+|[H-Z][A-Z]\d+|G[S-Z]\d+|[A-Za-z]{1,2}\d{7,})"[^>/]*>')  # an empty cell (`/>`) is nowhere laid out
_ROW = re.compile(rb'<row r="(\d+)"')
_FORMULA = rb"(?:<f(?:[^>]*/>|[^>]*>[^<]*</f>)\s*)?"
_FILLED = rb"(?:[^>/]*>\s*" + _FORMULA + rb'(?:<v(?: [^>]*[^>/])?>[^<]|<is[ >])|[^>/]* t="(?:str|e)"[^>/]*>\s*' + _FORMULA + rb"<v)"
_FIRST_FILLED = re.compile(rb'<c r="([A-Z]+)(\d+)"' + _FILLED)
_ERROR = re.compile(rb"""t=["']e["'][^>]*>\s*""" + _FORMULA + rb"<v>([^<]*)</v>")
_NO_VALUE = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_NO_VALUE_SHARED = re.compile(rb"<f[^>]*/>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Za-z]+)(\d+)["']""")
_HIDDEN_ROW = re.compile(rb'<row r="(\d+)"[^>]*? hidden="(?:1|true)"')
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']([A-Z]+)(\d+):([A-Z]+)(\d+)["']""")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_IS_HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
# The same facts from sheets that are not laid out as Excel, LibreOffice and openpyxl do (prefixes, no addresses, rows out of order): every tag in turn.
_TAG = re.compile(rb"<(?:[\w.-]+:)?(row|c)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_VALUE = re.compile(rb"\s*(?:<(?:[\w.-]+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:[\w.-]+:)?f>)\s*)?<(?:[\w.-]+:)?(v|is)\b[^>]*?(/?)>([^<]?)")
_KIND = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")


def survey(package: Package, sheet: SheetPart) -> None:
    """Fills in what `sheet` says of its XML, in one pass. Refuses a cell so far out that laying out the rectangle before it would exhaust any memory.

    (The parser leaves out empty columns on the left without saying how many; rows it gives from the first.)
    """
    first_column = 0
    block = b""
    for number, block in enumerate(package.blocks(sheet.part)):
        if number == 0:
            prolog(block)
            _hidden_columns(block, sheet)
        if not _usual(block):
            tag_by_tag(package, sheet)
            return
        last = _ROW.match(block, max(block.rfind(b"<row "), 0))
        if not last or len(last[1]) >= 7 or _WIDE.search(block):
            for match in _FAR.finditer(block):
                address = match[1].decode().upper()
                letters = address.rstrip("0123456789")
                _near(sheet, column_number(letters), int(address[len(letters) :]))
        # Looking for one rare letter first costs a tenth of looking for the word.
        sheet.written += block.count(b"</v>") - block.count(b"<v></v>")
        if b"i" in block:
            sheet.written += block.count(b"<is>") + block.count(b"<is ")
        if b"h" in block and b' hidden="' in block:
            sheet.hidden_rows += [int(match[1]) for match in _HIDDEN_ROW.finditer(block)]
        if sheet.hidden:
            continue
        if not first_column and (filled := _FIRST_FILLED.search(block)):
            first_column = column_number(filled[1].decode())
        for earlier in range(1, first_column):
            if re.search(rb'<c r="' + excel.letters(earlier).encode() + rb'\d+"' + _FILLED, block):
                first_column = earlier
                break
        # Every error begins with #.
        if b"#" in block and (b't="e"' in block or b"t='e'" in block):
            sheet.errors += [(*where, error) for where, error in _found(block, _ERROR) if where]
        if b"f" in block and b"<f" in block:
            for pattern in (_NO_VALUE, _NO_VALUE_SHARED):
                sheet.uncalculated += [where for where, _ in _found(block, pattern, formula=True) if where]
        _not_too_many(sheet)
    sheet.first_column = max(first_column, 1)
    _merged(block, sheet)


def _near(sheet: SheetPart, column: int, row: int) -> None:
    if column > LAST_COLUMN or row > LAST_ROW or column * row > LARGEST_AREA:
        address = f"{excel.letters(min(column, 99_999))}{row}"
        raise Refusal("far-cell", sheet=sheet.name, cell=address if len(address) < 12 else f"{address[:10]}…")


def _not_too_many(sheet: SheetPart) -> None:
    if len(sheet.errors) > MOST_LISTED or len(sheet.uncalculated) > MOST_LISTED:
        raise Refusal("too-many-errors", sheet=sheet.name)


def _hidden_columns(head: bytes, sheet: SheetPart) -> None:
    for match in _COLUMN.finditer(head, 0, max(head.find(b"sheetData"), 0)):
        edges = [re.search(rb"\s" + edge + rb"""\s*=\s*["'](\d+)["']""", b" " + match[1]) for edge in (b"min", b"max")]
        if _IS_HIDDEN.search(b" " + match[1]) and edges[0] and edges[1]:
            # To the last column is how Excel writes "nothing further right is shown": those hold nothing.
            sheet.hidden_columns += range(int(edges[0][1]), min(int(edges[1][1]), LAST_COLUMN) + 1)
        if len(sheet.hidden_columns) > LAST_COLUMN:
            return


def _merged(tail: bytes, sheet: SheetPart) -> None:
    start = max(tail.rfind(b"sheetData>"), tail.rfind(b"<sheetData/>"))
    for match in _MERGED.finditer(tail, max(start, 0)):
        if len(sheet.merged) == MOST_MERGED:
            return
        sheet.merged.append((int(match[2]), column_number(match[1].decode()), int(match[4]), column_number(match[3].decode())))


def _usual(block: bytes) -> bool:
    """Whether rows and cells are written as nearly every program writes them, seen at both ends of the block. A file that mixes two ways is nobody's
    return: at worst its parser dies, and `look` mode then reads it tag by tag."""
    return all(
        part.count(b"<row") == part.count(b'<row r="') and part.count(b"<c ") == part.count(b'<c r="') and b"<c>" not in part and b":c " not in part
        for part in (block[: block.rfind(b">", 0, SAMPLE) + 1], block[block.find(b"<", -SAMPLE) :] if len(block) > SAMPLE else b"")
    )


def _found(block: bytes, pattern: re.Pattern[bytes], formula: bool = False) -> Iterator[tuple[tuple[int, int] | None, str]]:
    """(row, column) and text of each match, looked up in the cell tag before it; a formula that gave an empty text has been calculated."""
    for count, match in enumerate(pattern.finditer(block)):
        if count > MOST_LISTED:
            return
        start = block.rfind(b"<c ", 0, match.start() + 2)
        end = block.find(b">", start)
        tag = block[start:end]
        address = _ADDRESS.search(tag)
        inside = start >= 0 and (end < match.start() if formula else end >= match.start())
        if not inside or not address or (formula and b't="str"' in tag and b"<v" in match[0]):
            yield None, ""
            continue
        yield (int(address[2]), column_number(address[1].decode())), match[1].decode("utf-8", "replace")[:12] if match.groups() else ""


def tag_by_tag(package: Package, sheet: SheetPart) -> None:
    """The same as `survey` for unusual layouts, one tag at a time: cells without an address follow the one before, as in Excel."""
    sheet.errors, sheet.uncalculated, sheet.hidden_rows, sheet.written = [], [], [], 0
    row = column = 0
    first_column = 0
    block = b""
    for block in package.blocks(sheet.part):
        for match in _TAG.finditer(block):
            attributes = match[2]
            if match[1] == b"row":
                given = re.search(rb"""\br\s*=\s*["'](\d+)["']""", attributes)
                row, column = int(given[1]) if given else row + 1, 0
                if _IS_HIDDEN.search(attributes):
                    sheet.hidden_rows.append(row)
                continue
            address = _ADDRESS.search(attributes)
            if address:
                row, column = int(address[2]), column_number(address[1].decode())
            else:
                column += 1
            if attributes.rstrip().endswith(b"/"):
                continue
            _near(sheet, column, row)
            kind = _KIND.search(attributes)
            value = _VALUE.match(block, match.end())
            text = kind is not None and kind[1] in (b"str", b"e")
            if value and (value[1] == b"is" or value[3]):
                sheet.written += 1
            if value and (value[1] == b"is" or value[3] or (text and not value[2])):
                first_column = min(first_column or column, column)
                if kind and kind[1] == b"e":
                    error = re.match(rb"[^<]*", block[value.end() - 1 : value.end() + 12])
                    sheet.errors.append((row, column, error[0].decode("utf-8", "replace") if error else ""))
            elif re.match(rb"\s*<(?:[\w.-]+:)?f\b", block[match.end() : match.end() + 64]):
                sheet.uncalculated.append((row, column))
        _not_too_many(sheet)
    sheet.first_column = max(first_column, 1)
    _merged(block, sheet)
