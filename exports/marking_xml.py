"""The pieces of a workbook's XML that marking needs: addresses, inert text, notes, coloured styles, and a sheet in which some cells are coloured."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from domain import excel

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
COLOURS = {"stops": "FFF4B183", "holds": "FFFFD9A8", "look": "FFDDEBF7"}  # orange concern, paler orange, blue: never red against green
HEADINGS = ["Where", "What is there", "What to do", "What it does", "Cells"]
WIDTHS = (18, 60, 60, 18, 8)
TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def text_of(value: str) -> str:
    return escape(_CONTROL.sub("", value)[:32_000], {'"': "&quot;"})


def place_of(cell: str) -> tuple[int, int]:
    """(row, column) of `E17`; column 0 where only the row is given."""
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]), excel.column_number(letters)


def address_of(place: tuple[int, int]) -> str:
    row, column = place
    return f"{excel.letters(column)}{row}"


VML = b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">'
SHAPETYPE = (
    b'<v:shapetype id="soWhatNote" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    b'<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def shape_of(place: tuple[int, int], n: int) -> str:
    row, column = place[0] - 1, place[1] - 1
    return (
        f'<v:shape id="soWhatNote{n}" type="#soWhatNote" style="position:absolute;visibility:hidden;width:240pt;height:90pt" '
        'fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


def sheet_of(rows: list[list[str | None]], widths: tuple[int, ...] = (), styled: dict[tuple[int, int], int] | None = None) -> bytes:
    """A sheet of text, whatever the text looks like: an inline string is never a formula. Plain numbers of our own last column too: they are counts."""
    styled = dict(styled or {})
    out = [f'<worksheet xmlns="{MAIN}">']
    if widths:
        columns = "".join(f'<col min="{n}" max="{n}" width="{w}" customWidth="1"/>' for n, w in enumerate(widths, start=1))
        out.append(f'<sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews><cols>{columns}</cols>')
    out.append("<sheetData>")
    last = max([len(rows), *(row for row, _ in styled)]) if rows or styled else 0
    by_row: dict[int, dict[int, int]] = {}
    for (row, column), style in styled.items():
        by_row.setdefault(row, {})[column] = style
    for n in range(1, last + 1):
        values = rows[n - 1] if n <= len(rows) else []
        marks = by_row.get(n, {})
        cells = []
        for column in sorted({i for i, value in enumerate(values, start=1) if value} | marks.keys()):
            value = values[column - 1] if column <= len(values) else None
            style = f' s="{marks[column]}"' if column in marks else ""
            ref = address_of((n, column))
            text = f'<is><t xml:space="preserve">{text_of(value)}</t></is>' if value else ""
            cells.append(f'<c r="{ref}"{style} t="inlineStr">{text}</c>' if value else f'<c r="{ref}"{style}/>')
        if cells:
            out.append(f'<row r="{n}">{"".join(cells)}</row>')
    out.append("</sheetData></worksheet>")
    return "".join(out).encode()


class Styles:
    """The styles of a workbook, with a coloured twin of each that a marked cell has."""

    def __init__(self, xml: bytes) -> None:
        fills = re.search(rb"<((?:\w+:)?)fills\b[^>]*>.*?</(?:\w+:)?fills>", xml, re.S)
        formats = re.search(rb"<(?:\w+:)?cellXfs\b[^>]*>(.*?)</(?:\w+:)?cellXfs>", xml, re.S)
        if not fills or not formats:
            raise KeyError("styles")
        self.own = fills[1]
        self.before, self.fills, self.between, self.formats, self.after = (
            xml[: fills.start()], fills[0], xml[fills.end() : formats.start(1)], formats[1], xml[formats.end(1) :],
        )  # fmt: skip
        self.existing = re.findall(rb"<(?:\w+:)?xf\b[^>]*?/>|<(?:\w+:)?xf\b[^>]*?[^/]>.*?</(?:\w+:)?xf>", self.formats, re.S)
        self.n_fills = len(re.findall(rb"<(?:\w+:)?fill\b", self.fills))
        self.made: dict[tuple[int, str], int] = {}
        self.twins: list[bytes] = []

    def coloured(self, style: int, severity: str) -> int:
        """The number of the style that is like `style`, but coloured."""
        if (style, severity) not in self.made:
            xf = self.existing[style if style < len(self.existing) else 0]
            fill = self.n_fills + list(COLOURS).index(severity)
            head = TAG.match(xf)
            assert head
            tag = re.sub(rb'\s(?:fillId|applyFill)="[^"]*"', b"", head[0])
            tag = re.sub(rb"(/?>)$", b' fillId="%d" applyFill="1"\\1' % fill, tag)
            self.made[style, severity] = len(self.existing) + len(self.twins)
            self.twins.append(tag + xf[head.end() :])
        return self.made[style, severity]

    def xml(self) -> bytes:
        colours = b"".join(
            b'<%sfill><%spatternFill patternType="solid"><%sfgColor rgb="%s"/></%spatternFill></%sfill>'
            % (self.own, self.own, self.own, c.encode(), self.own, self.own)
            for c in COLOURS.values()
        )
        close = self.fills.rfind(b"</")
        fills = re.sub(rb'\bcount="\d+"', b'count="%d"' % (self.n_fills + len(COLOURS)), self.fills[:close], count=1) + colours + self.fills[close:]
        total = b'count="%d"' % (len(self.existing) + len(self.twins))
        start = self.between.rfind(b"<")
        between = self.between[:start] + re.sub(rb'\bcount="\d+"', total, self.between[start:], count=1)
        return self.before + fills + between + self.formats + b"".join(self.twins) + self.after


def cells_of(xml: bytes) -> list[tuple[int, int]]:
    return [place_of(ref.decode()) for ref in re.findall(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]+\d+)"', xml[: 1 << 20])]


def coloured(xml: bytes, cells: dict[tuple[int, int], list[str]], styles: Styles) -> bytes:
    """A sheet's XML in which these cells have a coloured style; cells and rows that are not there are put where they belong."""
    wanted: dict[int, dict[int, str]] = {}
    for (row, column), words in cells.items():
        wanted.setdefault(row, {})[column] = words[0]
    edits: list[tuple[int, int, bytes]] = []
    state: dict[str, Any] = {"row": 0, "column": 0, "own": b"", "left": {}, "data": 0}
    parser = expat.ParserCreate()
    parser.ordered_attributes = False

    def cell(row: int, column: int, severity: str, style: int = 0) -> bytes:
        return b'<%sc r="%s" s="%d"/>' % (state["own"], address_of((row, column)).encode(), styles.coloured(style, severity))

    def start(name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        at = parser.CurrentByteIndex
        if local == "sheetData":
            state["own"] = (prefix + ":").encode() if prefix else b""
            head = TAG.match(xml, at)
            if head and head[0].endswith(b"/>"):
                state["data"] = (head.start(), head.end())
        elif local == "row":
            state["row"] = int(attributes.get("r", state["row"] + 1))
            state["column"] = 0
            missing = sorted(row for row in wanted if row < state["row"])
            for row in missing:
                edits.append((at, at, _row(row, wanted.pop(row))))
            state["left"] = wanted.pop(state["row"], {})
            head = TAG.match(xml, at)
            if state["left"] and head and head[0].endswith(b"/>"):
                inside = b"".join(cell(state["row"], column, severity) for column, severity in sorted(state["left"].items()))
                edits.append((head.start(), head.end(), head[0][:-2] + b">" + inside + b"</" + name.encode() + b">"))
                state["left"] = {}
        elif local == "c" and state["left"]:
            ref = attributes.get("r")
            state["column"] = place_of(ref)[1] if ref else state["column"] + 1
            for column in sorted(c for c in state["left"] if c < state["column"]):
                edits.append((at, at, cell(state["row"], column, state["left"].pop(column))))
            if state["column"] in state["left"]:
                new = styles.coloured(int(attributes.get("s", 0)), state["left"].pop(state["column"]))
                head = TAG.match(xml, at)
                assert head
                tag = re.sub(rb'\ss="\d+"', b"", head[0])
                edits.append((head.start(), head.end(), re.sub(rb"(/?>)$", b' s="%d"\\1' % new, tag)))

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        at = parser.CurrentByteIndex
        if local == "row" and state["left"]:
            edits.append((at, at, b"".join(cell(state["row"], column, severity) for column, severity in sorted(state["left"].items()))))
            state["left"] = {}
        elif local == "sheetData" and wanted:
            rest = b"".join(_row(row, wanted.pop(row)) for row in sorted(wanted))
            if state["data"]:
                first, last = state["data"]
                edits.append((first, last, xml[first : last - 2] + b">" + rest + b"</" + name.encode() + b">"))
            else:
                edits.append((at, at, rest))

    def _row(row: int, columns: dict[int, str]) -> bytes:
        inside = b"".join(cell(row, column, severity) for column, severity in sorted(columns.items()))
        return b'<%srow r="%d">%s</%srow>' % (state["own"], row, inside, state["own"])

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(xml, True)
    made, last = [], 0
    for first, until, text in edits:
        made += [xml[last:first], text]
        last = until
    return b"".join([*made, xml[last:]])
