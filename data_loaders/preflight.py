"""A look at the raw parts of a workbook before anything parses it. Runs in the child process; standard library only, so that it starts fast.

Nothing a file says about itself is believed: sizes are counted while unpacking, cell addresses are read from the cells.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

MOST_SHEETS = 100
LAST_COLUMN = 200  # GR
LAST_ROW = 1_048_576
LARGEST_AREA = 25_000_000  # cells in the rectangle the reader would lay out: 32 bytes each
MOST_STRINGS = 5_000_000
MOST_LISTED = 5_000  # error cells and uncalculated formulas remembered per sheet
BLOCK = 4 << 20
SAMPLE = 32 << 10  # bytes
KEEP = 96 << 20  # unpacked sheets up to this size are kept for the second look

MAIN_TYPE = re.compile(r"spreadsheetml\.(sheet|template)\.main\+xml|vnd\.ms-excel\.(sheet|template|addin)\.macroEnabled\.main\+xml|sheet\.binary", re.I)
UNSAFE_NAME = re.compile(r"(^|/)\.\.(/|$)|^/|^[A-Za-z]:|[\\\x00-\x1f]")

# Attribute values of cells never hold "/" or ">", so these stay inside one tag. All begin with a literal, which keeps a 40 MB sheet at a tenth of a second.
_WIDE = re.compile(rb'<c r="[A-Za-z][^0-9]')
_FAR = re.compile(rb'[cC] r="([A-Za-z]{3,}\d+|[H-Z][A-Z]\d+|G[S-Z]\d+|[A-Za-z]{1,2}\d{7,})"')
_ROW = re.compile(rb'<row r="(\d+)"')
_FORMULA = rb"(?:<f(?:[^>]*/>|[^>]*>[^<]*</f>)\s*)?"
_FILLED = rb"(?:[^>/]*>\s*" + _FORMULA + rb'(?:<v(?: [^>]*)?>[^<]|<is[ >])|[^>/]* t="(?:str|e)"[^>/]*>\s*' + _FORMULA + rb"<v)"
_FIRST_FILLED = re.compile(rb'<c r="([A-Z]+)(\d+)"' + _FILLED)
_ERROR = re.compile(rb"""t=["']e["'][^>]*>\s*""" + _FORMULA + rb"<v>([^<]*)</v>")
_NO_VALUE = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_NO_VALUE_SHARED = re.compile(rb"<f[^>]*/>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Za-z]+)(\d+)["']""")
# The same facts from sheets that are not laid out as Excel, LibreOffice and openpyxl do (prefixes, no addresses, rows out of order): every tag in turn.
_TAG = re.compile(rb"<(?:[\w.-]+:)?(row|c)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_VALUE = re.compile(rb"\s*(?:<(?:[\w.-]+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:[\w.-]+:)?f>)\s*)?<(?:[\w.-]+:)?(v|is)\b[^>]*?(/?)>([^<]?)")
_KIND = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")


class Refusal(Exception):
    """The workbook is not to be parsed. `code` is a finding code, `detail` fills the blanks of its message."""

    def __init__(self, code: str, **detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass
class SheetPart:
    """One worksheet of the workbook, and after `look` in which column its used range begins and which cells hold errors or nothing calculated."""

    name: str
    part: str
    hidden: bool
    first_column: int = 1
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    uncalculated: list[tuple[int, int]] = field(default_factory=list)


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


class Package:
    """The zip of one workbook: checked as it is opened, its parts unpacked in blocks and never beyond the limit."""

    def __init__(self, content: bytes, largest_unpacked: int) -> None:
        self.left = largest_unpacked
        self.kept: dict[str, list[bytes]] = {}
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Refusal("damaged") from error
        names = [info.filename for info in self.zip.infolist()]
        self.names = {name.lower(): name for name in names}
        if len(self.names) < len(names) or len(names) > 20_000:
            raise Refusal("damaged", why="parts-twice")
        if any(UNSAFE_NAME.search(name) for name in names):
            raise Refusal("damaged", why="unsafe-name")
        if any(info.flag_bits & 1 for info in self.zip.infolist()):
            raise Refusal("password")
        if "[content_types].xml" not in self.names:
            raise Refusal("not-a-workbook", what=_what_zip(self.names))
        if sum(info.file_size for info in self.zip.infolist()) > 4 * largest_unpacked:
            raise Refusal("too-large", why="unpacked")

    def blocks(self, part: str) -> Iterator[bytes]:
        """The part unpacked, in blocks that end where a row ends. Counts every byte against the limit; CRC checked at the end."""
        if part in self.kept:
            yield from self.kept[part]
            return
        name = self.names.get(part.lower())
        if name is None:
            raise Refusal("damaged", why="part-missing")
        keep: list[bytes] | None = []
        kept = carried = 0
        carry: list[bytes] = []
        try:
            with self.zip.open(name) as stream:
                while block := stream.read(BLOCK):
                    self.left -= len(block)
                    if self.left < 0:
                        raise Refusal("too-large", why="unpacked")
                    cut = block.rfind(b"</row>")
                    if cut < 0:
                        carry.append(block)
                        carried += len(block)
                        continue
                    whole = b"".join([*carry, block[: cut + 6]])
                    carry, carried = [block[cut + 6 :]], len(block) - cut - 6
                    kept += len(whole)
                    keep = None if keep is None or kept > KEEP else [*keep, whole]
                    yield whole
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Refusal("damaged") from error
        if carried:
            last = b"".join(carry)
            keep = None if keep is None or kept + carried > KEEP else [*keep, last]
            yield last
        if keep is not None:
            self.kept[part] = keep

    def text(self, part: str, largest: int = 8 << 20) -> bytes:
        """A small part whole."""
        found = b""
        for block in self.blocks(part):
            found += block
            if len(found) > largest:
                raise Refusal("too-large", why="unpacked")
        _prolog(found)
        return found

    def tree(self, part: str) -> ElementTree.Element:
        try:
            return ElementTree.fromstring(self.text(part))
        except ElementTree.ParseError as error:
            raise Refusal("damaged") from error


def _what_zip(names: dict[str, str]) -> str:
    if "mimetype" in names and "content.xml" in names:
        return "an OpenDocument file"
    return "a zip archive"


def _prolog(start: bytes) -> None:
    """Refuses what may not stand at the head of a part: a DTD, entities, or an encoding other than UTF-8."""
    head = start[:BLOCK]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in head[:8]:
        raise Refusal("damaged", why="encoding")
    declared = re.match(rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([\w-]+)["']""", head)
    if declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise Refusal("damaged", why="encoding")
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise Refusal("damaged", why="dtd")


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _relationships(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """Relationship id -> (kind, part) of one part."""
    folder, _, name = part.rpartition("/")
    found: dict[str, tuple[str, str]] = {}
    for element in package.tree(f"{folder}/_rels/{name}.rels".lstrip("/")):
        kind = element.get("Type", "").rpartition("/")[2]
        target = element.get("Target", "")
        if element.get("TargetMode") == "External":
            if kind in ("worksheet", "sharedStrings", "styles", "officeDocument"):
                raise Refusal("damaged", why="external")
            continue
        found[element.get("Id", "")] = (kind, target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/"))
    return found


def open_package(content: bytes, largest_unpacked: int) -> tuple[Package, list[SheetPart]]:
    """The package and its worksheets in order. Raises Refusal for anything that is not to be parsed."""
    package = Package(content, largest_unpacked)
    types = package.text("[Content_Types].xml").decode("utf-8", "replace")
    main = MAIN_TYPE.search(types)
    if re.search(r"macroEnabled|vbaProject", types, re.I) or any(name.endswith(("vbaproject.bin", "macrosheets/sheet1.xml")) for name in package.names):
        raise Refusal("macros")
    if (main and "binary" in main[0].lower()) or "xl/workbook.bin" in package.names:
        raise Refusal("not-a-workbook", what="a binary workbook (.xlsb)")
    if not main:
        kind = "a Word document" if "wordprocessingml" in types else "a presentation" if "presentationml" in types else "not an Excel workbook"
        raise Refusal("not-a-workbook", what=kind)
    book = next((target for kind, target in _relationships(package, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    parts = _relationships(package, book)
    sheets: list[SheetPart] = []
    for element in package.tree(book).iter():
        if _local(element) != "sheet":
            continue
        reference = next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == "id"), "")
        kind, part = parts.get(reference, ("", ""))
        if kind in ("xlMacrosheet", "xlIntlMacrosheet"):
            raise Refusal("macros")
        if kind == "worksheet":
            sheets.append(SheetPart(element.get("name", ""), part, element.get("state", "visible") != "visible"))
    if len(sheets) > MOST_SHEETS:
        raise Refusal("too-large", why="sheets")
    if not sheets:
        raise Refusal("empty-file")
    for kind, part in parts.values():
        if kind == "sharedStrings" and part.lower() in package.names:
            _strings(package, part)
    return package, sheets


def _strings(package: Package, part: str) -> None:
    """The shared strings counted, because a parser that believes `uniqueCount` may ask for 100 GB at once."""
    declared, counted, first = 0, 0, True
    for block in package.blocks(part):
        if first:
            _prolog(block)
            match = re.search(rb"""<(?:\w+:)?sst\b[^>]*?uniqueCount\s*=\s*["'](\d+)["']""", block[:4096])
            declared, first = int(match[1]) if match else 0, False
        counted += block.count(b"<si") if b":si" not in block[:8192] else block.count(b":si>") + block.count(b"<si")
    package.kept.pop(part, None)
    if declared > 2 * counted + 1000:
        raise Refusal("damaged", why="strings")
    if counted > MOST_STRINGS:
        raise Refusal("too-large", why="strings")


def far_cells(package: Package, sheet: SheetPart) -> None:
    """Refuses a sheet with a cell so far out that laying out the rectangle before it would exhaust any memory."""
    first = True
    for block in package.blocks(sheet.part):
        if first:
            _prolog(block)
            first = False
        last = _ROW.match(block, max(block.rfind(b"<row "), 0))
        if _usual(block) and last and len(last[1]) < 7 and not _WIDE.search(block):
            continue
        for match in _FAR.finditer(block):
            address = match[1].decode().upper()
            letters = address.rstrip("0123456789")
            column, row = column_number(letters), int(address[len(letters) :])
            if column > LAST_COLUMN or row > LAST_ROW or column * row > LARGEST_AREA:
                raise Refusal("far-cell", sheet=sheet.name, cell=address if len(address) < 12 else f"{address[:10]}…")


def _usual(block: bytes) -> bool:
    """Whether rows and cells are written as nearly every program writes them, seen at both ends of the block. A file that mixes two ways is nobody's
    return: at worst its parser dies, and `look` mode then reads it tag by tag."""
    return all(
        part.count(b"<row") == part.count(b'<row r="') and part.count(b"<c ") == part.count(b'<c r="') and b"<c>" not in part and b":c " not in part
        for part in (block[: block.rfind(b">", 0, SAMPLE) + 1], block[block.find(b"<", -SAMPLE) :] if len(block) > SAMPLE else b"")
    )


def look(package: Package, sheet: SheetPart) -> None:
    """Fills in the column where the used range begins, the cells that hold an error such as #REF!, and the formulas without a cached value.

    (The parser leaves out empty columns on the left without saying how many; rows it gives from the first.)
    """
    first_column = 0
    for block in package.blocks(sheet.part):
        if not _usual(block):
            look_at_every_tag(package, sheet)
            return
        if not first_column and (match := _FIRST_FILLED.search(block)):
            first_column = column_number(match[1].decode())
        for earlier in range(1, first_column):
            if re.search(rb'<c r="' + _letters(earlier).encode() + rb'\d+"' + _FILLED, block):
                first_column = earlier
                break
        # Looking for one rare letter first costs a tenth of looking for the word. Every error begins with #.
        if b"#" in block and (b't="e"' in block or b"t='e'" in block):
            sheet.errors += [(*where, error) for where, error in _found(block, _ERROR) if where]
        if b"f" in block and b"<f" in block:
            for pattern in (_NO_VALUE, _NO_VALUE_SHARED):
                sheet.uncalculated += [where for where, _ in _found(block, pattern, formula=True) if where]
        del sheet.errors[MOST_LISTED:], sheet.uncalculated[MOST_LISTED:]
    sheet.first_column = max(first_column, 1)


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _found(block: bytes, pattern: re.Pattern[bytes], formula: bool = False) -> Iterator[tuple[tuple[int, int] | None, str]]:
    """(row, column) and text of each match, looked up in the cell tag before it; a formula that gave an empty text has been calculated."""
    for count, match in enumerate(pattern.finditer(block)):
        if count >= MOST_LISTED:
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


def look_at_every_tag(package: Package, sheet: SheetPart) -> None:
    """The same as `look` for unusual layouts, one tag at a time: cells without an address follow the one before, as in Excel."""
    sheet.errors, sheet.uncalculated = [], []
    row = column = 0
    first_column = 0
    for block in package.blocks(sheet.part):
        for match in _TAG.finditer(block):
            attributes = match[2]
            if match[1] == b"row":
                given = re.search(rb"""\br\s*=\s*["'](\d+)["']""", attributes)
                row, column = int(given[1]) if given else row + 1, 0
                continue
            address = _ADDRESS.search(attributes)
            if address:
                row, column = int(address[2]), column_number(address[1].decode())
            else:
                column += 1
            if column > LAST_COLUMN or row > LAST_ROW or column * row > LARGEST_AREA:
                raise Refusal("far-cell", sheet=sheet.name, cell=f"{_letters(min(column, 99_999))}{row}")
            if attributes.rstrip().endswith(b"/"):
                continue
            kind = _KIND.search(attributes)
            value = _VALUE.match(block, match.end())
            text = kind is not None and kind[1] in (b"str", b"e")
            if value and (value[1] == b"is" or value[3] or (text and not value[2])):
                first_column = min(first_column or column, column)
                if kind and kind[1] == b"e" and len(sheet.errors) < MOST_LISTED:
                    error = re.match(rb"[^<]*", block[value.end() - 1 : value.end() + 12])
                    sheet.errors.append((row, column, error[0].decode("utf-8", "replace") if error else ""))
            elif re.match(rb"\s*<(?:[\w.-]+:)?f\b", block[match.end() : match.end() + 64]) and len(sheet.uncalculated) < MOST_LISTED:
                sheet.uncalculated.append((row, column))
    sheet.first_column = max(first_column, 1)
