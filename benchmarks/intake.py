"""A large Assessments sheet, and how long each step takes from its bytes to committed rows (`benchmarks.load` sets the whole beside openpyxl).

`python -m benchmarks.intake [rows]` prints one line per step. The workbook is made here, written as raw XML (the shape Excel writes:
shared strings, styled dates), because openpyxl would need minutes for a million rows.
"""

from __future__ import annotations

import io
import random
import sys
import zipfile
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

HEADINGS = ("person ref*", "service code*", "date*", "measure*", "score*", "subscale", "perspective", "occasion", "recorded on")
EPOCH = date(1899, 12, 30)

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
_WORKBOOK = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="Assessments" sheetId="1" r:id="rId1"/></sheets></workbook>'
_WORKBOOK_RELS = (
    f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def make_assessments(rows: int, seed: int = 1) -> bytes:
    """A workbook with one clean Assessments sheet of `rows` rows and nine columns: about rows/4 people in 42 services, PHQ-9 and GAD-7 in turn."""
    rng = random.Random(seed)
    strings: dict[str, int] = {}

    def shared(text: str) -> int:
        return strings.setdefault(text, len(strings))

    lines = ['<row r="1">' + "".join(f'<c r="{"ABCDEFGHI"[i]}1" t="s"><v>{shared(heading)}</v></c>' for i, heading in enumerate(HEADINGS)) + "</row>"]
    measures, highest = ("PHQ-9", "GAD-7"), (27, 21)
    first_day = (date(2022, 4, 1) - EPOCH).days
    perspective = shared("person")
    row = 1
    person = 0
    while row <= rows:
        person += 1
        ref, service = shared(f"C{person:07d}"), shared(f"SVC{rng.randrange(42):03d}")
        started = first_day + rng.randrange(1000)
        for visit, occasion in enumerate(("start", "end")):
            for which in (0, 1):
                if row > rows:
                    break
                row += 1
                day = started + 70 * visit
                score = rng.randrange(highest[which] + 1)
                lines.append(
                    f'<row r="{row}"><c r="A{row}" t="s"><v>{ref}</v></c><c r="B{row}" t="s"><v>{service}</v></c><c r="C{row}" s="1"><v>{day}</v></c>'
                    f'<c r="D{row}" t="s"><v>{shared(measures[which])}</v></c><c r="E{row}"><v>{score}</v></c><c r="G{row}" t="s"><v>{perspective}</v></c>'
                    f'<c r="H{row}" t="s"><v>{shared(occasion)}</v></c><c r="I{row}" s="1"><v>{day + 1}</v></c></row>'
                )
    sheet = f'<worksheet xmlns="{_MAIN}"><dimension ref="A1:I{rows + 1}"/><sheetData>' + "".join(lines) + "</sheetData></worksheet>"
    table = f'<sst xmlns="{_MAIN}" count="{6 * rows}" uniqueCount="{len(strings)}">' + "".join(f"<si><t>{text}</t></si>" for text in strings) + "</sst>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in (
            ("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELS), ("xl/workbook.xml", _WORKBOOK), ("xl/_rels/workbook.xml.rels", _WORKBOOK_RELS),
            ("xl/worksheets/sheet1.xml", sheet), ("xl/styles.xml", _STYLES), ("xl/sharedStrings.xml", table),
        ):  # fmt: skip
            archive.writestr(name, text)
    return out.getvalue()


def steps(rows: int = 100_000) -> None:
    """Prints how long each step takes and how much memory the app and its reading process hold meanwhile."""
    from benchmarks import load

    content = make_assessments(rows)
    with TemporaryDirectory() as name:
        folder = Path(name)
        load.prepare(folder, content)
        measured = load.apart("ours", folder)
    print(f"{rows:,} rows, {len(content) / 1e6:.1f} MB")
    for stage, seconds, processor in measured["stages"]:
        print(f"  {seconds:6.2f} s ({processor:5.2f} s of processor)  {stage}")
    print(f"together {measured['seconds']:.2f} s, processor {measured['processor']:.2f} s")
    print(f"peak memory: app {measured['app']:.0f} MB, reading process {measured['reader']:.0f} MB, both at once {measured['both']:.0f} MB")


if __name__ == "__main__":
    steps(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
