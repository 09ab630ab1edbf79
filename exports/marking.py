"""The process that marks one file and then ends: `python -m exports.marking`, one line of JSON and the file on stdin, one line of JSON and the workbook out."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import zipfile
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from exports.marking_fresh import MOST_NOTES, OURS, fresh_book
from exports.marking_xml import (
    HEADINGS,
    MAIN,
    PACKAGE,
    REL,
    SHAPETYPE,
    VML,
    WIDTHS,
    Styles,
    address_of,
    cells_of,
    coloured,
    place_of,
    shape_of,
    sheet_of,
    text_of,
)


def main() -> None:
    source, out = sys.stdin.buffer, sys.stdout.buffer
    asked = json.loads(source.readline())
    from data_loaders import preflight, reader_child

    reader_child._limit(asked["memory_mb"], asked["seconds"])
    content = source.read()
    note = ""
    try:
        if content.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in content:
            content, note = reader_child._decrypted(content, asked["password"]), "The copy is not protected by the password."
        kind, sheets = "", []
        if content.startswith(b"PK\x03\x04"):
            package, kind, sheets, _ = preflight.open_package(content, asked["unpacked_mb"] << 20)
        if kind == "xlsx":
            made, cells = Book(package, sheets).marked(asked["marks"], asked["listed"])
            extension = "xlsm" if any("vbaproject" in name for name in package.names) else "xlsx"
        else:
            made, cells = fresh_book(content, asked)
            extension, note = "xlsx", "It is a fresh workbook with the same cells."
        out.write(json.dumps({"extension": extension, "cells": cells, "note": note}).encode() + b"\n" + made)
    except (preflight.Refusal, expat.ExpatError, KeyError, ValueError, IndexError):
        out.write(b"{}\n")
    out.flush()
    os._exit(0)


class Book:
    """A workbook's parts, changed one after another and written again."""

    def __init__(self, package: Any, sheets: list[Any]) -> None:
        self.package, self.sheets = package, sheets
        self.parts: dict[str, bytes] = {}

    def part(self, name: str) -> bytes:
        """A part as it is now; empty where there is none."""
        real = self.package.names.get(name.lower())
        if name not in self.parts:
            self.parts[name] = b"".join(self.package.blocks(real)) if real else b""
        return self.parts[name]

    def marked(self, marks: dict[str, dict[str, list[str]]], listed: list[list[str]]) -> tuple[bytes, int]:
        workbook = self._workbook()
        styles = Styles(self.part(self._target(workbook, "styles") or ""))
        count = 0
        for sheet in self.sheets:
            cells = {place_of(cell): words for cell, words in marks.get(sheet.name, {}).items()}
            changed = self.part(sheet.part).replace(b' tabSelected="1"', b"", 1)
            if cells:
                first = min((column for _, column in cells_of(changed)), default=1)
                cells = {(row, column or first): words for (row, column), words in cells.items()}
                changed = coloured(changed, cells, styles)
                count += len(cells)
            self.parts[sheet.part] = changed
            if cells:
                self._notes(sheet.part, dict(sorted(cells.items())[:MOST_NOTES]))
        self.parts[self._target(workbook, "styles") or ""] = styles.xml()
        self._first_sheet(workbook, listed, styles)
        return self._zip(), count

    def _workbook(self) -> str:
        for kind, part in self._relations("").values():
            if kind == "officeDocument":
                return part
        raise KeyError("officeDocument")

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        from data_loaders import preflight

        folder, _, name = part.rpartition("/")
        if f"{folder}/_rels/{name}.rels".lstrip("/").lower() not in self.package.names:
            return {}
        return preflight._relationships(self.package, part)

    def _target(self, part: str, kind: str) -> str | None:
        return next((target for found, target in self._relations(part).values() if found == kind), None)

    def _relate(self, part: str, kind: str, target: str) -> str:
        """A new relationship of a part; returns its id."""
        folder, _, name = part.rpartition("/")
        rels = f"{folder}/_rels/{name}.rels".lstrip("/")
        xml = self.part(rels) or f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="{PACKAGE}"></Relationships>'.encode()
        xml = re.sub(rb"(<(?:\w+:)?Relationships\b[^>]*?)/>", rb"\1></Relationships>", xml)
        n = 1
        while f'"soWhat{n}"'.encode() in xml:
            n += 1
        close = xml.rfind(b"</")
        prefix = xml[close + 2 : xml.find(b">", close)].decode().rpartition(":")[0]
        tag = f"{prefix}:Relationship" if prefix else "Relationship"
        made = f'<{tag} Id="soWhat{n}" Type="{REL}/{kind}" Target="/{escape(target)}"/>'.encode()
        self.parts[rels] = xml[:close] + made + xml[close:]
        return f"soWhat{n}"

    def _type(self, part: str, kind: str) -> None:
        types = self.part("[Content_Types].xml")
        close = types.rfind(b"</")
        made = f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
        if b'Extension="vml"' not in types:
            made += '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        self.parts["[Content_Types].xml"] = types[:close] + made.encode() + types[close:]

    def _new(self, stem: str, ending: str) -> str:
        n = 1
        while f"xl/{stem}{n}.{ending}".lower() in self.package.names or f"xl/{stem}{n}.{ending}" in self.parts:
            n += 1
        return f"xl/{stem}{n}.{ending}"

    def _notes(self, part: str, cells: dict[tuple[int, int], list[str]]) -> None:
        """A note beside each cell that has none yet. A sheet's own notes stay."""
        comments, drawing = self._target(part, "comments"), self._target(part, "vmlDrawing")
        existing = self.part(comments) if comments else b""
        had = {place_of(ref.decode()) for ref in re.findall(rb'<(?:\w+:)?comment\b[^>]*?\bref="([A-Z]+\d+)"', existing)}
        cells = {place: words for place, words in cells.items() if place not in had}
        prefix = "x:" if b"<x:comments" in existing else ""
        authors = existing.count(b"</author>") + existing.count(b"<author/>")
        made = "".join(
            f'<#comment ref="{address_of(place)}" authorId="{authors}"><#text><#t xml:space="preserve">'.replace("#", prefix)
            + text_of(words[1])
            + "</#t></#text></#comment>".replace("#", prefix)
            for place, words in cells.items()
        ).encode()
        if existing and b"</commentList>" in existing and b"</authors>" in existing:
            xml = existing.replace(b"</authors>", b"<author>So What?</author></authors>").replace(b"</commentList>", made + b"</commentList>")
            self.parts[comments] = xml
        elif existing:
            return  # an unusual layout: the colours and the first sheet must do
        else:
            comments = self._new("soWhatComments", "xml")
            head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><comments xmlns="{MAIN}"><authors><author>So What?</author></authors><commentList>'
            self.parts[comments] = head.encode() + made + b"</commentList></comments>"
            self._relate(part, "comments", comments)
            self._type(comments, "comments")
        shapes = "".join(shape_of(place, i) for i, place in enumerate(cells)).encode()
        if drawing and b"</xml>" in self.part(drawing):
            xml = self.part(drawing)
            self.parts[drawing] = xml[: xml.rfind(b"</xml>")] + SHAPETYPE + shapes + b"</xml>"
            return
        drawing = self._new("soWhatDrawing", "vml")
        self.parts[drawing] = VML + SHAPETYPE + shapes + b"</xml>"
        rid = self._relate(part, "vmlDrawing", drawing)
        sheet = self.parts[part]
        tag = re.search(rb"<(\w+:)?worksheet\b", sheet)
        own = tag[1].decode() if tag and tag[1] else ""
        later = rb"<(?:\w+:)?(?:legacyDrawingHF|drawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst)\b"
        tail = max(sheet.rfind(b"</" + own.encode() + b"sheetData>"), sheet.rfind(b"<" + own.encode() + b"sheetData/>"), 0)
        at = re.compile(later).search(sheet, tail)
        place = at.start() if at else sheet.rfind(b"</")
        self.parts[part] = sheet[:place] + f'<{own}legacyDrawing xmlns:r="{REL}" r:id="{rid}"/>'.encode() + sheet[place:]

    def _first_sheet(self, workbook: str, listed: list[list[str]], styles: Styles) -> None:
        part = self._new("worksheets/soWhatFindings", "xml")
        self.parts[part] = sheet_of([HEADINGS, *listed], WIDTHS)
        rid = self._relate(workbook, "worksheet", part)
        self._type(part, "worksheet")
        xml = self.part(workbook)
        names = [name.lower() for name in re.findall(r'<(?:\w+:)?sheet\b[^>]*?\bname="([^"]*)"', xml.decode())]
        title, n = OURS, 1
        while title.lower() in names:
            n += 1
            title = f"{OURS} ({n})"
        ids = [int(i) for i in re.findall(rb'\bsheetId="(\d+)"', xml)]
        found = re.search(rb"<((?:\w+:)?)sheets\b[^>]*>", xml)
        if not found:
            raise KeyError("sheets")
        tag = f'<{found[1].decode()}sheet xmlns:r="{REL}" name="{title}" sheetId="{max(ids, default=0) + 1}" r:id="{rid}"/>'.encode()
        xml = xml[: found.end()] + tag + xml[found.end() :]
        xml = re.sub(rb'\blocalSheetId="(\d+)"', lambda m: b'localSheetId="%d"' % (int(m[1]) + 1), xml)
        self.parts[workbook] = re.sub(rb'\s(?:activeTab|firstSheet)="\d+"', b"", xml)

    def _zip(self) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for info in self.package.zip.infolist():
                name = next((n for n in self.parts if n.lower() == info.filename.lower()), None)
                made.writestr(info.filename, self.parts.pop(name) if name else b"".join(self.package.blocks(info.filename)))
            for name, content in self.parts.items():
                if name and content:
                    made.writestr(name, content)
        return out.getvalue()


if __name__ == "__main__":
    main()
