"""A fresh workbook with the cells of a file that is no .xlsx, and the same marks."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from exports.marking_xml import COLOURS, HEADINGS, MAIN, PACKAGE, REL, SHAPETYPE, VML, WIDTHS, address_of, place_of, shape_of, sheet_of, text_of

OURS = "What needs you"
MOST_NOTES = 2000  # notes of one sheet: a spreadsheet draws each of them


def fresh_book(content: bytes, asked: dict[str, Any]) -> tuple[bytes, int]:
    """The cells of a file that is no .xlsx, as text, in a new workbook with the same marks."""
    from data_loaders import preflight, reader_child

    ole = content.startswith(b"\xd0\xcf\x11\xe0")
    said, tables = reader_child.answer(content, {**asked, "kind": "ole" if ole else "zip" if content.startswith(b"PK") else "text", "mode": "read"})
    if "refused" in said:
        raise preflight.Refusal(said["refused"])
    severities = list(COLOURS)
    visible = [sheet for sheet in said["sheets"] if not sheet["hidden"]]
    sheets, count = [], 0
    for sheet, batch in zip(visible, tables, strict=True):
        columns = [column.to_pylist() for column in batch.columns]
        first = sheet["first_column"]
        marks = {place_of(cell): words for cell, words in asked["marks"].get(sheet["name"], {}).items()}
        marks = {(row, column or first): words for (row, column), words in marks.items()}
        count += len(marks)
        rows = [[None] * (first - 1) + [column[i] for column in columns] for i in range(batch.num_rows)]
        sheets.append((sheet["name"], sheet_of(rows, (), {place: severities.index(words[0]) + 1 for place, words in marks.items()}), marks))
    return _book(sheets, asked["listed"]), count


def _styles() -> str:
    fills = "".join(f'<fill><patternFill patternType="solid"><fgColor rgb="{c}"/></patternFill></fill>' for c in COLOURS.values())
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    coloured = "".join(f'<xf numFmtId="0" fontId="0" fillId="{i}" borderId="0" xfId="0" applyFill="1"/>' for i in range(2, 2 + len(COLOURS)))
    return (
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        f'<fills count="{2 + len(COLOURS)}"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>{fills}</fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{1 + len(COLOURS)}">{plain}{coloured}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _book(sheets: list[tuple[str, bytes, dict[tuple[int, int], list[str]]]], listed: list[list[str]]) -> bytes:
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/styles.xml": _styles(),
    }
    everything = [(OURS, sheet_of([HEADINGS, *listed], WIDTHS), {}), *sheets]
    names: list[str] = []
    kinds, rels = "", ""
    for n, (name, xml, marks) in enumerate(everything, start=1):
        title, again = name, 1
        while title.lower() in (t.lower() for t in names):
            again += 1
            title = f"{name[:26]} ({again})"
        names.append(title)
        kinds += f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        rels += f'<Relationship Id="s{n}" Type="{REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        if marks:
            noted = dict(sorted(marks.items())[:MOST_NOTES])
            body = "".join(
                f'<comment ref="{address_of(p)}" authorId="0"><text><t xml:space="preserve">{text_of(w[1])}</t></text></comment>' for p, w in noted.items()
            )
            parts[f"xl/comments{n}.xml"] = f'<comments xmlns="{MAIN}"><authors><author>So What?</author></authors><commentList>{body}</commentList></comments>'
            parts[f"xl/drawing{n}.vml"] = (VML + SHAPETYPE + "".join(shape_of(p, i) for i, p in enumerate(noted)).encode() + b"</xml>").decode()
            parts[f"xl/worksheets/_rels/sheet{n}.xml.rels"] = (
                f'<Relationships xmlns="{PACKAGE}"><Relationship Id="c" Type="{REL}/comments" Target="../comments{n}.xml"/>'
                f'<Relationship Id="d" Type="{REL}/vmlDrawing" Target="../drawing{n}.vml"/></Relationships>'
            )
            kinds += f'<Override PartName="/xl/comments{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"/>'
            xml = xml.replace(b"</worksheet>", f'<legacyDrawing xmlns:r="{REL}" r:id="d"/></worksheet>'.encode())
        parts[f"xl/worksheets/sheet{n}.xml"] = xml.decode()
    listed_sheets = "".join(f'<sheet name="{text_of(name)}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(names, start=1))
    parts["xl/workbook.xml"] = f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{listed_sheets}</sheets></workbook>'
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACKAGE}">{rels}<Relationship Id="st" Type="{REL}/styles" Target="styles.xml"/></Relationships>'
    )
    parts["[Content_Types].xml"] = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" '
        f'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>{kinds}</Types>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, xml_ in parts.items():
            made.writestr(name, ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' if not name.endswith(".vml") else "") + xml_)
    return out.getvalue()
