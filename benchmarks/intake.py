"""How long a large Assessments sheet takes from bytes to checked and masked tables, as a ratio to openpyxl merely reading it.

`python -m benchmarks.intake [rows]` prints one line per step. The workbook is made here, written as raw XML (the shape Excel writes:
shared strings, styled dates), because openpyxl would need minutes for a million rows.
"""

from __future__ import annotations

import io
import random
import resource
import sys
import time
import zipfile
from datetime import date
from itertools import pairwise
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


def _openpyxl(path: Path) -> float:
    """Seconds openpyxl needs merely to read the file, in the way that is fastest for it."""
    import openpyxl

    started = time.perf_counter()
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for _ in book.active.iter_rows(values_only=True):
        pass
    return time.perf_counter() - started


def _processor() -> float:
    """Processor seconds this process and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main(rows: int = 100_000, repeats: int = 3) -> float:
    """Prints the steps, the peaks of memory and the ratio to openpyxl; returns the ratio. The best of a few runs of each, taken in turn."""
    from data_loaders.check import Known, check
    from data_loaders.mask import mask
    from data_loaders.read import read
    from data_loaders.recognise import recognise
    from domain import measures
    from domain.settings import Settings

    content = make_assessments(rows)
    known = Known({f"SVC{n:03d}": f"ORG{n % 24:02d}" for n in range(42)}, measures.all_measures(), date(2026, 1, 31))
    settings = Settings().replaced(largest_file_mb=max(25, (len(content) >> 20) + 1))
    steps: list[tuple[float, ...]] = []
    theirs: list[float] = []
    processor: list[float] = []
    their_processor: list[float] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "assessments.xlsx"
        path.write_bytes(content)
        for _ in range(repeats):
            work = _processor()
            times = [time.perf_counter()]
            workbook = read("assessments.xlsx", content, settings)
            times.append(time.perf_counter())
            found, told = recognise(workbook)
            checked = check(found, known)
            times.append(time.perf_counter())
            masked = mask(checked.tables, known.services, bytes(32))
            times.append(time.perf_counter())
            processor.append(_processor() - work)
            if told or checked.findings or masked["assessments"].num_rows != rows:
                raise SystemExit(f"The benchmark's own file was not read clean: {[*told, *checked.findings][:3]}")
            steps.append(tuple(b - a for a, b in pairwise(times)))
            work = _processor()
            theirs.append(_openpyxl(path))
            their_processor.append(_processor() - work)
        memory = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    best = min(steps, key=sum)
    ratio = sum(best) / min(theirs)
    print(f"{rows:,} rows, {len(content) / 1e6:.1f} MB")
    print(f"read {best[0]:.2f} s   check {best[1]:.2f} s   mask {best[2]:.2f} s   together {sum(best):.2f} s")
    print(f"openpyxl, merely to read: {min(theirs):.2f} s   ratio {ratio:.3f}   (the promise, with the commit: 0.25)")
    # On a busy machine the clock says little; the processor's own time says how much work was done.
    print(f"processor time: {min(processor):.2f} s, openpyxl {min(their_processor):.2f} s, ratio {min(processor) / min(their_processor):.3f}")
    print(f"peak memory: child at most {memory[0]:.0f} MB, this process {memory[1]:.0f} MB   (the promise: 600)")
    return ratio


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
