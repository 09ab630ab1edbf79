"""The formats no library here writes, byte by byte: .xls (BIFF8 in a compound file), .xlsb, .ods; and a workbook under a password."""

from __future__ import annotations

import io
import struct
import zipfile

from benchmarks import intake

Grid = list[list[str | float | None]]


def zipped(*parts: tuple[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


def compound(name: str, stream: bytes) -> bytes:
    """A compound file (MS-CFB, version 3) that holds one stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    n = len(stream) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + n), 0xFFFFFFFE]
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6xIIIIIIIII", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    )
    head += struct.pack("<I", 0) + b"\xff" * 4 * 108

    def entry(called: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = called.encode("utf-16-le")
        return text.ljust(64, b"\0") + struct.pack("<HBBIII36xIII", len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, start, size, 0)

    entries = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, 2, len(stream))
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff")
    return head.ljust(512, b"\xff") + table + entries.ljust(512, b"\0") + stream


def xls(sheet: str, grid: Grid, first: tuple[int, int] = (0, 0)) -> bytes:
    """A workbook of Excel 97 with one sheet, the grid from row and column `first` (from 0). [MS-XLS] records BOF, BOUNDSHEET8, LABEL, NUMBER, BOOLERR."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def begin(what: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, what, 0x0DBB, 0x07CC, 0, 6))

    end = record(0x000A, b"")
    cells = b""
    for r, row in enumerate(grid, first[0]):
        for c, value in enumerate(row, first[1]):
            where = struct.pack("<HHH", r, c, 0)
            if isinstance(value, str) and value.startswith("#"):
                cells += record(0x0205, where + b"\x17\x01")  # #REF!
            elif isinstance(value, str):
                cells += record(0x0204, where + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
            elif value is not None:
                cells += record(0x0203, where + struct.pack("<d", value))
    before = begin(5)
    place = len(before) + 4 + 8 + len(sheet) + len(end)
    return compound("Workbook", before + record(0x0085, struct.pack("<IBBBB", place, 0, 0, len(sheet), 0) + sheet.encode()) + end + begin(16) + cells + end)


def xlsb(sheet: str, grid: Grid) -> bytes:
    """A binary workbook with one sheet. [MS-XLSB] records BrtBundleSh, BrtRowHdr, BrtCellReal, BrtCellSt."""

    def record(kind: int, data: bytes = b"") -> bytes:
        size, length = len(data), b""
        while True:
            size, low = size >> 7, size & 0x7F
            length += bytes([low | (0x80 if size else 0)])
            if not size:
                break
        return (bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])) + length + data

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    rows = b""
    for r, row in enumerate(grid):
        rows += record(0, struct.pack("<IIHHBI", r, 0, 300, 0, 0, 0))
        for c, value in enumerate(row):
            if isinstance(value, str):
                rows += record(6, struct.pack("<II", c, 0) + text(value))
            elif value is not None:
                rows += record(5, struct.pack("<II", c, 0) + struct.pack("<d", value))
    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + text("rId1") + text(sheet)) + record(144) + record(132)
    page = record(129) + record(148, struct.pack("<IIII", 0, len(grid) - 1, 0, 10)) + record(145) + rows + record(146) + record(130)
    types = intake._TYPES.replace("openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "ms-excel.sheet.binary.macroEnabled.main")
    relations = intake._WORKBOOK_RELS.replace("sheet1.xml", "sheet1.bin")
    return zipped(
        ("[Content_Types].xml", types.replace("workbook.xml", "workbook.bin")), ("_rels/.rels", intake._RELS.replace("workbook.xml", "workbook.bin")),
        ("xl/workbook.bin", book), ("xl/_rels/workbook.bin.rels", relations), ("xl/worksheets/sheet1.bin", page),
    )  # fmt: skip


def ods(sheet: str, grid: Grid, attributes: str = "", extra: str = "") -> bytes:
    """An OpenDocument spreadsheet with one sheet; `attributes` go on every row, `extra` before the body."""
    cells = {
        str: lambda v: f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>',
        float: lambda v: f'<table:table-cell office:value-type="float" office:value="{v}"><text:p>{v}</text:p></table:table-cell>',
        int: lambda v: f'<table:table-cell office:value-type="float" office:value="{v}"><text:p>{v}</text:p></table:table-cell>',
        type(None): lambda _: "<table:table-cell/>",
    }
    rows = "".join(f"<table:table-row{attributes}>{''.join(cells[type(v)](v) for v in row)}</table:table-row>" for row in grid)
    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{extra}<office:document-content xmlns:office="{name}:office:1.0" xmlns:table="{name}:table:1.0" '
        f'xmlns:text="{name}:text:1.0"><office:body><office:spreadsheet><table:table table:name="{sheet}">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    return zipped(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content), ("META-INF/manifest.xml", "<manifest/>"))


def protected(content: bytes, password: str) -> bytes:
    """The workbook as Excel saves it under a password ([MS-OFFCRYPTO], agile encryption)."""
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, out)
    return out.getvalue()
