"""Where every filled cell of every sheet ended: stored, held back, said before, nothing one can see, or no part of the return. The counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from data_loaders.check import Checked
from data_loaders.found import Found, on_sheet
from data_loaders.read import Workbook


@dataclass(frozen=True)
class Cells:
    """The filled cells of one sheet of one file. `outside` are headings, titles, notes, totals and columns that are no part of the return."""

    file: str
    sheet: str
    filled: int
    stored: int = 0
    held: int = 0
    repeated: int = 0  # in rows that say the same as an earlier one
    blank: int = 0  # holding only spaces or characters nobody can see
    outside: int = 0


def counted(
    workbooks: Iterable[Workbook], found: Iterable[Found], checked: Checked, ready: Mapping[str, pa.Table], waiting: Mapping[str, pa.Table], stopped: set[str]
) -> tuple[Cells, ...]:
    """One count for each visible sheet that holds anything. Of a file that stops, every cell of its tables is held back."""
    stored, held = _by_sheet(ready), _by_sheet(waiting)
    own: dict[tuple[str, str], int] = {}
    for one in found:
        if one.file in stopped:
            at = (one.file, on_sheet(one.named))
            own[at] = own.get(at, 0) + _body(one)
    counts = []
    for workbook in workbooks:
        for raw in workbook.sheets:
            at = (workbook.name, on_sheet(raw.name))
            filled = raw.filled or sum(raw.table.num_rows - column.null_count for column in raw.table.columns)
            if not filled or raw.hidden:
                continue
            if workbook.name in stopped:
                counts.append(Cells(workbook.name, raw.name, filled, held=own.get(at, 0), outside=filled - own.get(at, 0)))
                continue
            parts = stored.get(at, 0), held.get(at, 0), checked.repeated.get(at, 0), checked.blank.get(at, 0)
            counts.append(Cells(workbook.name, raw.name, filled, *parts, outside=filled - sum(parts)))
    return tuple(counts)


def _by_sheet(tables: Mapping[str, pa.Table]) -> dict[tuple[str, str], int]:
    total: dict[tuple[str, str], int] = {}
    for table in tables.values():
        for row in table.select(["file", "sheet", "cells"]).group_by(["file", "sheet"]).aggregate([("cells", "sum")]).to_pylist():
            at = (row["file"], on_sheet(row["sheet"]))
            total[at] = total.get(at, 0) + (row["cells_sum"] or 0)
    return total


def _body(found: Found) -> int:
    """The filled cells below the headings in the columns of the return."""
    body = found.raw.table.slice(found.header_row - found.raw.first_row + 1)
    columns = [index for column, index in found.columns.items() if column not in found.made]
    within = {found.raw.first_column + index for index in columns}
    cells = [*((r, c) for r, c, _ in found.raw.error_cells), *found.raw.uncalculated]
    unread = {(r, c) for r, c in cells if r > found.header_row and c in within}
    unread = {(r, c) for r, c in unread if _blank(found, r, c)}
    return sum(pc.sum(pc.is_valid(body.column(index))).as_py() or 0 for index in columns) + len(unread)


def _blank(found: Found, row: int, column: int) -> bool:
    at = row - found.raw.first_row
    return not 0 <= at < found.raw.table.num_rows or found.raw.table.column(column - found.raw.first_column)[at].as_py() is None
