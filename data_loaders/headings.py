"""Where a table begins and ends on a sheet: its headings under titles, blank rows and merged cells; totals and notes below it.

Only the first rows, the last rows and the distinct texts of a column or two are ever looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders.found import NAMES
from data_loaders.questions import plain
from data_loaders.read import RawSheet

HEADER_WITHIN = 40  # rows searched for the headings
TAIL = 60  # rows at the end in which notes are looked for
MOST_BLOCKS = 500  # parts of a sheet, with blank rows between them, that are looked at for another table


@dataclass(frozen=True)
class Head:
    """One reading of a sheet's headings: `row` counts from the table's first row and is the last of the (one or two) rows they take."""

    row: int
    texts: tuple[str, ...]  # as written, two rows joined by a space
    plain: tuple[str, ...]
    two_rows: bool = False
    lower: tuple[str, ...] = ()  # of two rows, the lower one alone, plain


def heads(raw: RawSheet) -> list[Head]:
    """Every row among the first that may hold the headings, then every two rows together: merged cells above, their parts below."""
    top = raw.table.slice(0, HEADER_WITHIN).to_pydict()
    rows = [[(cell or "").strip() for cell in cells] for cells in zip(*top.values(), strict=True)]
    found = [Head(i, tuple(row), tuple(map(plain, row))) for i, row in enumerate(rows)]
    for i in range(1, len(rows)):
        upper, lower = rows[i - 1], rows[i]
        # Above stands a group, below its parts: fewer filled above than below, and every group begins where something stands below it.
        if sum(map(bool, upper)) < 2 or sum(map(bool, lower)) < 2:
            continue
        at = raw.first_row + i - 1
        spans = [(c1 - raw.first_column, c2 - raw.first_column) for r1, c1, r2, c2 in raw.merged if r1 <= at <= r2 and c2 > c1]
        joined = _joined(upper, lower, spans)
        found.append(Head(i, tuple(joined), tuple(map(plain, joined)), True, tuple(map(plain, lower))))
    return found


def _joined(upper: list[str], lower: list[str], spans: list[tuple[int, int]]) -> list[str]:
    """Two rows of headings as one. A merged cell above holds for all it spans; where nothing is merged, a word above holds to the next one."""
    made, group = [], ""
    reach = dict(spans)
    until = len(upper)
    for i, (above, below) in enumerate(zip(upper, lower, strict=True)):
        if above:
            group, until = above, reach.get(i, i if spans else len(upper))
        elif i > until:
            group = ""
        made.append(f"{group} {below}".strip() if below else above)
    return made


# ---------------------------------------------------------------- below the table

_TOTALS = r"(?i)^\s*(grand |sub[ -]?|overall )?(totals?|averages?|means?|sum|subtotals?)\b( for | of |:|\s*$|\s+\w+\s*:?\s*$)"
_NOTE = re.compile(
    r"^\s*(notes?\b|n\.?b\.?\b|source\b|key\b|\*|†|prepared\b|printed\b|report\b|produced\b|page \d|end of\b|please\b|data as\b|figures\b|these\b"
    r"|excludes?\b|includes?\b|\()",
    re.I,
)


def ended(raw: RawSheet, header: int, columns: list[int]) -> tuple[RawSheet, list[tuple[int, str]]]:
    """The sheet without totals rows and without what stands below its table, and the rows left out: (Excel's row, `totals` or `note`).

    `columns` are those the table uses, the ones every row needs first.
    """
    if not columns:
        return raw, []
    out: dict[int, str] = {}
    body = raw.table.slice(header + 1)
    for index in dict.fromkeys((0, *columns[:2])):
        hit = pc.match_substring_regex(body.column(index), _TOTALS)
        if pc.any(hit).as_py():
            for position in np.flatnonzero(hit.fill_null(False).to_numpy()).tolist():
                if _is_total(body, position, columns):
                    out[position] = "totals"
    first = max(0, body.num_rows - TAIL)
    tail = body.slice(first).to_pydict()
    rows = list(zip(*tail.values(), strict=True))
    for offset in range(len(rows) - 1, -1, -1):
        filled = [cell for cell in rows[offset] if cell and cell.strip()]
        if not filled or first + offset in out:
            continue
        if not _is_note(filled, rows, offset):
            break
        out[first + offset] = "note"
    if not out:
        return raw, []
    keep = np.ones(raw.table.num_rows, dtype=bool)
    keep[[header + 1 + position for position in out]] = False
    made = pa.table({name: _kept(raw.table.column(i), keep) for i, name in enumerate(raw.table.column_names)})
    return replace(raw, table=made), [(raw.first_row + header + 1 + position, what) for position, what in sorted(out.items())]


def _kept(column: pa.ChunkedArray, keep: np.ndarray) -> pa.ChunkedArray:
    return pc.if_else(pa.array(keep), column, pa.scalar(None, column.type))


def blanked(raw: RawSheet, rows: Sequence[int]) -> RawSheet:
    """The sheet with these rows (as Excel counts them) empty."""
    keep = np.ones(raw.table.num_rows, dtype=bool)
    if isinstance(rows, range):
        keep[max(rows.start - raw.first_row, 0) : max(rows.stop - raw.first_row, 0)] = False
    else:
        keep[[r - raw.first_row for r in rows if 0 <= r - raw.first_row < len(keep)]] = False
    return replace(raw, table=pa.table({name: _kept(raw.table.column(i), keep) for i, name in enumerate(raw.table.column_names)}))


def others(raw: RawSheet, head: Head) -> tuple[int | None, int | None, list[int]]:
    """(where another table begins above this one, where one begins below it, rows in which this one's headings stand again), as Excel counts rows.

    Headings of a table are looked for where a row follows a blank one: at least two cells, and half of all, that some sheet of the return would
    understand, and words alone.
    """
    there = np.zeros(raw.table.num_rows, dtype=bool)
    for column in raw.table.columns:
        there |= column.is_valid().to_numpy()
    begins = np.flatnonzero(there & ~np.concatenate(([False], there[:-1])))
    first = head.row - (1 if head.two_rows else 0)
    above: int | None = None
    again: list[int] = []
    for at in begins[:MOST_BLOCKS].tolist():
        if first <= at <= head.row:
            continue
        cells = [column[at].as_py() for column in raw.table.columns]
        words = [plain(cell) if cell else "" for cell in cells]
        if not _like_headings(words):
            continue
        if at < first:
            if np.any(~there[at:first]) and np.any(there[at + 1 : first]):
                above = raw.first_row + at if above is None else above
        elif words == list(head.plain) or (head.lower and words == list(head.lower)):
            again.append(raw.first_row + at)
        else:
            return above, raw.first_row + at, again
    return above, None, again


def _like_headings(words: list[str]) -> bool:
    filled = [w for w in words if w]
    known = max((sum(w in own or w in called for w in filled) for own, called in NAMES.values()), default=0)
    return known >= 2 and known * 2 >= len(filled) and not any(re.fullmatch(r"[\d ]+", w) for w in filled)  # no date, no number


def _is_total(body: pa.Table, position: int, columns: list[int]) -> bool:
    """A row that begins with the word total, or has it where a reference should stand, and lacks something every row needs."""
    cells = [body.column(i)[position].as_py() for i in range(body.num_columns)]
    filled = [cell for cell in cells if cell and cell.strip()]
    needed = [body.column(i)[position].as_py() for i in columns]
    return bool(re.match(_TOTALS, filled[0])) or sum(cell is None for cell in needed) * 2 >= len(needed)


def _is_note(filled: list[str], rows: list[tuple[str | None, ...]], offset: int) -> bool:
    """One or two cells of words below the table: `Note: …`, `Prepared by …`, a sentence; or a little table of its own after a blank row."""
    if len(filled) > 2:
        return False
    text = filled[0]
    return bool(_NOTE.match(text)) or bool(re.match(_TOTALS, text)) or len(re.findall(r"[^\W\d_]{2,}", text)) >= 3
