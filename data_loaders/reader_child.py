"""The process that reads one file and then ends: `python -m data_loaders.reader_child`, file on stdin, answer on stdout.

A legal 2 KB file can abort the process that parses it, so this process holds nothing but the file, under limits it sets on itself
before it looks. First line of stdin: JSON with the limits, `mode` (read or look), the file's `stem`, and the password if one was given: it goes
no further than this process. Answer: one line of JSON, then one Arrow stream for each visible sheet it lists.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any


def _limit(memory_mb: int, seconds: int) -> None:
    try:
        import resource
        import signal
    except ImportError:  # Windows has no such limits: there only the time limit of the parent holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (2 * seconds, 2 * seconds + 1))  # of two threads
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's records
    with suppress(OSError), open("/proc/self/statm") as told:  # what is held already counts too
        if int(told.read().split()[0]) * resource.getpagesize() > memory_mb << 20:
            raise MemoryError
    signal.alarm(max(1, seconds))  # and by the clock, for when nobody is there any more to stop it


def main() -> None:
    converse()
    os._exit(0)  # the parser may still be at work on a file already refused


def converse() -> None:
    """Reads the question and the file, and answers."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    asked = json.loads(source.readline())
    _limit(asked["memory_mb"], asked["seconds"])
    # No library here needs numpy, and leaving it out saves a tenth of a second and the memory of its threads.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    said, tables = answer(source.read(), asked)
    out.write(json.dumps(said).encode() + b"\n")
    if tables:
        import pyarrow as pa

        for batch in tables:
            with pa.ipc.new_stream(out, batch.schema) as stream:
                stream.write_batch(batch)
    out.flush()


def answer(content: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """(what to say of the file, a batch for each visible sheet). A file that is not to be parsed is said to be `refused`, with the finding code."""
    from data_loaders import preflight

    try:
        if asked["kind"] == "ole":
            content = _decrypted(content, asked["password"])
        if content.startswith(b"PK\x03\x04"):
            return _zipped(content, asked)
        if asked["kind"] == "ole":
            return _by_cells(content, "xls", ["macros-not-run"] if "_VBA_PROJECT".encode("utf-16-le") in content else [])
        from data_loaders import delimited

        return delimited.sheets(content, asked["stem"])
    except preflight.Refusal as refusal:
        return {"refused": refusal.code, "detail": refusal.detail}, []


def _zipped(content: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """(what to answer, a batch for each visible sheet) of a workbook that is a zip."""
    from data_loaders import preflight, sheet_xml

    package, kind, sheets, notes = preflight.open_package(content, asked["unpacked_mb"] << 20)
    if asked["mode"] == "look":
        for sheet in sheets:
            sheet_xml.tag_by_tag(package, sheet)
        raise preflight.Refusal("reader-failed")
    if kind != "xlsx":
        return _by_cells(content, kind, notes)
    import threading

    import fastexcel  # noqa: F401  imported here: two threads importing wait for each other at every step
    import pyarrow.ipc  # noqa: F401

    # The parser works outside Python's lock, so looking costs no time of its own. A file that kills the parser kills only this process, and the
    # parent then starts another that only looks, and says why.
    tables: dict[str, Any] = {}
    parser = threading.Thread(target=_parse, args=(content, [s.name for s in sheets if not s.hidden], tables))
    parser.start()
    for sheet in sheets:
        sheet_xml.survey(package, sheet)
    parser.join()
    if "" in tables:
        raise preflight.Refusal(tables[""])
    batches = [_named(tables.pop(sheet.name)) for sheet in sheets if not sheet.hidden]
    return {"kind": kind, "notes": notes, "sheets": [_said(sheet) for sheet in sheets]}, batches


def _said(sheet: Any) -> dict[str, Any]:
    return {
        "name": sheet.name, "hidden": sheet.hidden, "first_column": sheet.first_column, "written": sheet.written, "errors": sheet.errors,
        "uncalculated": sheet.uncalculated, "hidden_rows": sheet.hidden_rows, "hidden_columns": sheet.hidden_columns, "merged": sheet.merged,
    }  # fmt: skip


def _named(batch: Any) -> Any:
    import pyarrow as pa

    if not batch.num_rows or not batch.num_columns:
        return pa.record_batch([], names=[])
    return pa.RecordBatch.from_arrays(batch.columns, names=[str(i) for i in range(batch.num_columns)])


def _parse(content: bytes, names: list[str], tables: dict[str, Any]) -> None:
    """Every named sheet as an Arrow batch, all columns text, an empty text where a cell holds one; a failure stands under the empty name."""
    try:
        import fastexcel

        reader = fastexcel.read_excel(content)
        for name in names:
            tables[name] = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", eager=True)
    except BaseException as error:  # the Rust parser's panics are not Exceptions
        tables[""] = "damaged" if isinstance(error, Exception) else "reader-failed"


def _by_cells(content: bytes, kind: str, notes: list[str]) -> tuple[dict[str, Any], list[Any]]:
    """The same of the older formats, whose parser gives true addresses but neither errors nor hidden rows."""
    import io

    from data_loaders import preflight

    try:
        import python_calamine
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
        if len(sheets) > preflight.MOST_SHEETS:
            raise preflight.Refusal("too-large", why="sheets")
        listed, batches = [], []
        for meta in sheets:
            hidden = meta.visible != SheetVisibleEnum.Visible
            page = book.get_sheet_by_name(meta.name)
            rows = page.to_python(skip_empty_area=True)
            start = page.start or (0, 0)
            if max((len(row) for row in rows), default=0) + start[1] > 1000:
                raise preflight.Refusal("far-cell", sheet=meta.name, cell="to the right")
            written = sum(1 for row in rows for cell in row if cell != "")
            listed.append({"name": meta.name, "hidden": hidden, "first_row": start[0] + 1, "first_column": start[1] + 1, "written": written})
            if not hidden:
                batches.append(_batch(rows))
        if not sheets:
            raise preflight.Refusal("empty-file")
    except preflight.Refusal:
        raise
    except BaseException as error:  # the Rust parser's panics are not Exceptions
        word = str(error).lower()
        code = "password" if "password" in word or "encrypt" in word else "damaged" if isinstance(error, Exception) else "reader-failed"
        raise preflight.Refusal(code, **({"why": "here"} if code == "password" else {})) from None
    return {"kind": kind, "notes": [*notes, "errors-unseen"], "sheets": listed}, batches


def _batch(rows: list[list[Any]]) -> Any:
    import pyarrow as pa

    if not rows or not rows[0]:
        return pa.record_batch([], names=[])
    columns = [pa.array([_text(cell) for cell in column], pa.string()) for column in zip(*rows, strict=True)]
    return pa.record_batch(columns, names=[str(i) for i in range(len(columns))])


def _text(cell: Any) -> str | None:
    """A cell as the other parser writes it."""
    from datetime import date, datetime, time

    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e16 else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d} 00:00:00"
    if isinstance(cell, time):
        return f"1899-12-31 {cell:%H:%M:%S}"
    return str(cell)


def _decrypted(content: bytes, password: str | None) -> bytes:
    """The workbook inside a protected one; what is not protected comes back as it is. Refuses without the password, or with another one."""
    import io

    from data_loaders import preflight

    protected = "EncryptedPackage".encode("utf-16-le") in content
    try:
        import msoffcrypto
        from msoffcrypto import exceptions

        office = msoffcrypto.OfficeFile(io.BytesIO(content))
        protected = protected or office.is_encrypted()
    except Exception as error:
        if protected:
            raise preflight.Refusal("damaged") from error
        return content  # an older or broken kind: the parser says what it thinks of it
    if not protected:
        return content
    if not password:
        raise preflight.Refusal("password")
    out = io.BytesIO()
    try:
        office.load_key(password=password)
        office.decrypt(out)
    except (exceptions.InvalidKeyError, exceptions.DecryptionError):
        raise preflight.Refusal("password", why="wrong") from None
    except Exception:
        raise preflight.Refusal("damaged") from None
    return out.getvalue()


if __name__ == "__main__":
    main()
