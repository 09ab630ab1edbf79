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
MOST_STRINGS = 5_000_000
BLOCK = 4 << 20

MAIN_TYPE = re.compile(r"spreadsheetml\.(sheet|template)\.main\+xml|vnd\.ms-excel\.(sheet|template|addin)\.macroEnabled\.main\+xml|sheet\.binary", re.I)
MACROS = re.compile(r"macroEnabled|vbaProject|macrosheet", re.I)
UNSAFE_NAME = re.compile(r"(^|/)\.\.(/|$)|^/|^[A-Za-z]:|[\\\x00-\x1f]")


class Refusal(Exception):
    """The workbook is not to be parsed. `code` is a finding code, `detail` fills the blanks of its message."""

    def __init__(self, code: str, **detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass
class SheetPart:
    """One worksheet of the workbook, and after `sheet_xml.survey` what its XML says that the parser does not. Rows and columns count from 1."""

    name: str
    part: str
    hidden: bool
    first_column: int = 1  # where the used range begins
    written: int = 0  # cells that hold a value, an error or an empty text
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    uncalculated: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row, first column, last row, last column


class Package:
    """The zip of one workbook: checked as it is opened, its parts unpacked in blocks and never beyond the limit."""

    def __init__(self, content: bytes, largest_unpacked: int) -> None:
        self.left = largest_unpacked
        self.counted: set[str] = set()
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
            raise Refusal("password", why="zip")
        if sum(info.file_size for info in self.zip.infolist()) > 4 * largest_unpacked:
            raise Refusal("too-large", why="unpacked")

    def blocks(self, part: str) -> Iterator[bytes]:
        """The part unpacked, in blocks that end where a row ends. Counts every byte against the limit; CRC checked at the end."""
        name = self.names.get(part.lower())
        if name is None:
            raise Refusal("damaged", why="part-missing")
        again = part in self.counted
        self.counted.add(part)
        carry: list[bytes] = []
        try:
            with self.zip.open(name) as stream:
                while block := stream.read(BLOCK):
                    self.left -= 0 if again else len(block)
                    if self.left < 0:
                        raise Refusal("too-large", why="unpacked")
                    cut = max(block.rfind(b"</row>") + 6, block.rfind(b":row>") + 5)
                    if cut < 7:
                        carry.append(block)
                        continue
                    yield b"".join([*carry, block[:cut]])
                    carry = [block[cut:]]
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Refusal("damaged") from error
        if any(carry):
            yield b"".join(carry)

    def text(self, part: str, largest: int = 8 << 20) -> bytes:
        """A small part whole."""
        found = b""
        for block in self.blocks(part):
            found += block
            if len(found) > largest:
                raise Refusal("too-large", why="unpacked")
        prolog(found)
        return found

    def tree(self, part: str) -> ElementTree.Element:
        try:
            return ElementTree.fromstring(self.text(part))
        except ElementTree.ParseError as error:
            raise Refusal("damaged") from error


def prolog(start: bytes) -> None:
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


def open_package(content: bytes, largest_unpacked: int) -> tuple[Package, str, list[SheetPart], list[str]]:
    """(package, kind: xlsx, xlsb or ods; its worksheets in order when it is xlsx; codes of what else should be said).

    Raises Refusal for anything that is not to be parsed.
    """
    package = Package(content, largest_unpacked)
    if "[content_types].xml" not in package.names:
        if "content.xml" in package.names and "mimetype" in package.names and b"opendocument.spreadsheet" in package.text("mimetype"):
            return package, "ods", [], _open_document(package)
        raise Refusal("not-a-workbook", **({"what": "an OpenDocument file, but no spreadsheet"} if "mimetype" in package.names else {"why": "zip"}))
    types = package.text("[Content_Types].xml").decode("utf-8", "replace")
    main = MAIN_TYPE.search(types)
    notes = (
        ["macros-not-run"]
        if MACROS.search(types.replace("sheet.binary.macroEnabled", "")) or any("vbaproject" in name or "macrosheets/" in name for name in package.names)
        else []
    )
    if any(name.startswith("xl/externallinks/") for name in package.names):
        notes.append("outside-links")
    if (main and "binary" in main[0].lower()) or "xl/workbook.bin" in package.names:
        for name in package.names:
            for _ in package.blocks(name):
                pass  # counted against the limit, for the parser does not count
        return package, "xlsb", [], notes
    if not main:
        kind = "a Word document" if "wordprocessingml" in types else "a presentation" if "presentationml" in types else "not an Excel workbook"
        raise Refusal("not-a-workbook", what=kind)
    book = next((target for kind, target in _relationships(package, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    parts = _relationships(package, book)
    sheets: list[SheetPart] = []
    listed = 0
    for element in package.tree(book).iter():
        if _local(element) != "sheet":
            continue
        listed += 1
        reference = next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == "id"), "")
        kind, part = parts.get(reference, ("", ""))
        if kind == "worksheet":
            sheets.append(SheetPart(element.get("name", ""), part, element.get("state", "visible") != "visible"))
    if listed > MOST_SHEETS:
        raise Refusal("too-large", why="sheets")
    if not sheets:
        raise Refusal("empty-file")
    for kind, part in parts.values():
        if kind == "sharedStrings" and part.lower() in package.names:
            _strings(package, part)
    return package, "xlsx", sheets, notes


def _open_document(package: Package) -> list[str]:
    if "meta-inf/manifest.xml" in package.names and b"encryption-data" in package.text("META-INF/manifest.xml"):
        raise Refusal("password", why="ods")
    first = True
    for block in package.blocks("content.xml"):
        if first:
            prolog(block)
            first = False
    return ["macros-not-run"] if any(name.startswith("basic/") and name.endswith(".xml") for name in package.names) else []


def _strings(package: Package, part: str) -> None:
    """The shared strings counted, because a parser that believes `uniqueCount` may ask for 100 GB at once."""
    declared, counted, first = 0, 0, True
    for block in package.blocks(part):
        if first:
            prolog(block)
            match = re.search(rb"""<(?:\w+:)?sst\b[^>]*?uniqueCount\s*=\s*["'](\d+)["']""", block[:4096])
            declared, first = int(match[1]) if match else 0, False
        counted += block.count(b"<si") if b":si" not in block[:8192] else block.count(b":si>") + block.count(b"<si")
    if declared > 2 * counted + 1000:
        raise Refusal("damaged", why="strings")
    if counted > MOST_STRINGS:
        raise Refusal("too-large", why="strings")
