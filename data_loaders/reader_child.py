"""The process that reads one workbook and then ends: `python -m data_loaders.reader_child`, workbook on stdin, answer on stdout.

A legal 2 KB file can abort the process that parses it, so this process holds nothing but the file, under limits it sets on itself
before it looks. First line of stdin: memory limit in MB, seconds, unpacked limit in MB, `read` or `look`. Answer: one line of JSON, then one Arrow
stream for each sheet it lists.
"""

from __future__ import annotations

import sys
from typing import Any


def _limit(memory_mb: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits: there only the time limit of the parent holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's records


def main() -> None:
    source = sys.stdin.buffer
    memory_mb, seconds, unpacked_mb, mode = source.readline().split()
    _limit(int(memory_mb), int(seconds))
    import json

    from data_loaders import preflight

    def answer(**what: Any) -> None:
        sys.stdout.buffer.write(json.dumps(what).encode() + b"\n")

    content = source.read()
    try:
        package, sheets = preflight.open_package(content, int(unpacked_mb) << 20)
        if mode == b"look":
            for sheet in sheets:
                preflight.far_cells(package, sheet)
                preflight.look_at_every_tag(package, sheet)
            answer(refused="reader-failed")
            return
        # Neither library needs numpy here, and leaving it out saves a tenth of a second and the memory of its threads.
        sys.modules["numpy"] = None  # type: ignore[assignment]
        import threading

        import fastexcel  # noqa: F401  imported here: two threads importing wait for each other at every step
        import pyarrow as pa
        import pyarrow.ipc

        # The parser works outside Python's lock, so looking costs no time of its own. A file that kills the parser kills only this process, and the
        # parent then starts another that only looks, and says why.
        tables: dict[str, Any] = {}
        parser = threading.Thread(target=_parse, args=(content, [s.name for s in sheets if not s.hidden], tables))
        parser.start()
        for sheet in sheets:
            preflight.far_cells(package, sheet)
            if not sheet.hidden:
                preflight.look(package, sheet)
        package.kept.clear()
        parser.join()
    except preflight.Refusal as refusal:
        answer(refused=refusal.code, detail=refusal.detail)
        sys.stdout.buffer.flush()
        import os

        os._exit(0)  # the parser may still be at work on a file already refused
    if "" in tables:
        answer(refused=tables[""])
        return
    answer(sheets=[{"name": s.name, "hidden": s.hidden, "first_column": s.first_column, "errors": s.errors, "uncalculated": s.uncalculated} for s in sheets])
    for sheet in sheets:
        if sheet.hidden:
            continue
        loaded = tables.pop(sheet.name)
        batch = pa.record_batch(loaded) if loaded.height and loaded.width else pa.record_batch([], names=[])
        del loaded
        with pyarrow.ipc.new_stream(sys.stdout.buffer, batch.schema) as stream:
            stream.write_batch(batch)


def _parse(content: bytes, names: list[str], tables: dict[str, Any]) -> None:
    """Every named sheet as fastexcel holds it, all columns text; a failure stands under the empty name."""
    try:
        import fastexcel

        reader = fastexcel.read_excel(content)
        for name in names:
            tables[name] = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", whitespace_as_null=True)
    except BaseException as error:  # the Rust parser's panics are not Exceptions
        tables[""] = "password" if "assword" in str(error) else "damaged" if isinstance(error, Exception) else "reader-failed"


if __name__ == "__main__":
    main()
