"""Tables that stand side by side on one sheet, with an empty column between them."""

from __future__ import annotations

from dataclasses import replace

from data_loaders import headings
from data_loaders.found import NAMES, beside, letters
from data_loaders.read import RawSheet
from data_loaders.recognise_sheet import best, complete
from domain import fields
from domain.types import Finding, Sheet

WHOSE = {word for sheet in fields.SHEETS for of in NAMES[sheet.name] for word, column in of.items() if column in ("person", "service_code")}
FEWEST = 5  # columns, the empty one among them, under which two tables cannot stand beside each other
MOST_BLOCKS = 24  # columns that stand together; with more, the empty ones between them are there for the look


def parts(raw: RawSheet, file: str, findings: list[Finding]) -> list[tuple[RawSheet, str]]:
    """The tables of a sheet, from left to right: itself alone, unless each of several has every heading it needs, or the headings of the one before it.
    Those that are read, or not, are said. Beside each stands what its rows are called, where an earlier table of the sheet is of the same kind.
    """
    if raw.table.num_columns < FEWEST:
        return [(raw, "")]
    blocks = _blocks(raw)
    if len(blocks) > MOST_BLOCKS:
        return [(raw, "")]
    found: list[tuple[int, int, Sheet | None]] = []
    left: int | None = None  # where a table begins that is not read, and all to the right of it
    for start, stop in blocks:
        block = _cut(raw, start, stop)
        own = _kind(block)
        before = found[-1] if found else None
        if before is not None and ((own is not None and before[2] is not None) or _headed_alike(block, _cut(raw, before[0], before[1]))):
            found.append((start, stop, own))
        elif before is None or before[2] is None:
            first = before[0] if before else start
            found[-1:] = [(first, stop, own if before is None else _kind(_cut(raw, first, stop)))]
        elif _names_whose(block):
            left = start
            break
        else:
            found[-1] = (before[0], stop, before[2])  # more columns of the same table
    if left is None and len(found) == 1:
        return [(raw, "")]
    tables = [_cut(raw, start, stop) for start, stop, _ in found]
    where = f"The sheet '{raw.name}' holds more than one table side by side"
    at = letters(raw.first_column + left) if left is not None else ""
    if left is not None:
        message = f"{where}. The one from column {at} on was not read."
        fix = "Give each table a sheet of its own, with its headings, save, and send the file again."
    else:
        which = " and ".join(
            f"the one from column {letters(t.first_column)}{f' as {kind.name}' if kind else ''}" for t, (_, _, kind) in zip(tables, found, strict=True)
        )
        message, fix = f"{where}: {which}.", "Nothing to do, if that is right. A sheet for each table is safer."
    findings.append(Finding("look", "second-table", message, fix, raw.name, None, at, file))
    kinds = [kind for _, _, kind in found]
    return [(t, beside(raw.name, letters(t.first_column)) if kinds[n] in kinds[:n] else "") for n, t in enumerate(tables)]


def _blocks(raw: RawSheet) -> list[tuple[int, int]]:
    """(first, one past the last) of the columns that stand together, with nothing but empty columns between."""
    empty = [column.null_count == raw.table.num_rows for column in raw.table.columns]
    found: list[tuple[int, int]] = []
    for i, blank in enumerate(empty):
        if blank:
            continue
        if i and not empty[i - 1] and found:
            found[-1] = (found[-1][0], i + 1)
        else:
            found.append((i, i + 1))
    return found


def _cut(raw: RawSheet, start: int, stop: int) -> RawSheet:
    first, last = raw.first_column + start, raw.first_column + stop - 1
    return replace(
        raw, table=raw.table.select(range(start, stop)), first_column=first,
        error_cells=tuple(cell for cell in raw.error_cells if first <= cell[1] <= last),
        uncalculated=tuple(cell for cell in raw.uncalculated if first <= cell[1] <= last),
    )  # fmt: skip


def _kind(raw: RawSheet) -> Sheet | None:
    """What a table is by its headings alone, where none that it needs is missing."""
    likeliest = best(raw, [h for h in headings.heads(raw) if not h.two_rows], None)
    return likeliest[0] if likeliest is not None and complete(*likeliest) else None


def _headed_alike(raw: RawSheet, other: RawSheet) -> bool:
    """Whether both tables have the same row of headings, one of which says whose each row is."""
    own = {head.plain for head in headings.heads(raw) if not head.two_rows and WHOSE & set(head.plain) and sum(map(bool, head.plain)) > 1}
    return bool(own) and any(head.plain in own for head in headings.heads(other) if not head.two_rows)


def _names_whose(raw: RawSheet) -> bool:
    """Whether one of its rows of headings says again whose each row is: then it is no part of the table beside it."""
    return any(WHOSE & set(head.plain) and sum(map(bool, head.plain)) > 1 for head in headings.heads(raw))
