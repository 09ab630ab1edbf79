"""Recognised sheets -> typed tables and every problem at once, each with the cell Excel shows. By column, never by cell.

Each column is reduced to its distinct texts first; those are converted and judged (`values`), and the verdicts are spread over the rows with numpy.
One file per kind of check: `check_columns` (one column), `check_rows` (the columns of a row), `check_services` (whose service it is), `check_repeats`
(the same row twice), `check_totals` (a part larger than its whole), `sums` (a total score and its parts).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from data_loaders import sums
from data_loaders.check_columns import Known, Work, typed
from data_loaders.check_repeats import same_rows, table_of
from data_loaders.check_rows import across_columns
from data_loaders.check_services import providers, service_codes
from data_loaders.found import Found, on_sheet
from data_loaders.values import normal_reference
from domain.fields import BY_TABLE
from domain.types import Finding

SEVERITIES = {"stops": 0, "holds": 1, "look": 2}


@dataclass(frozen=True)
class Checked:
    """Typed tables by `Sheet.table` (columns of the sheet, then row, sheet, file) and all findings, worst first. Person references are still bare.

    `held` says for each table which rows wait and why: finding code -> a mask over its rows. `unsound` says which cells nobody should rely on:
    column -> a mask. `filled` counts the cells of each row, `repeated` and `blank` those of each (file, sheet) that say nothing new or nothing at all.
    """

    tables: dict[str, pa.Table]
    findings: list[Finding]
    held: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    unsound: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    filled: dict[str, np.ndarray] = field(default_factory=dict)
    repeated: dict[tuple[str, str], int] = field(default_factory=dict)
    blank: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def blocked(self) -> bool:
        """Whether anything stops a file or holds back a row."""
        return any(f.severity != "look" for f in self.findings)

    def waits(self, table: str) -> np.ndarray:
        """Which rows of a table wait, for whatever reason."""
        return np.logical_or.reduce([np.zeros(self.tables[table].num_rows, dtype=bool), *self.held.get(table, {}).values()])

    def parted(self) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
        """(the rows that are ready, the rows that wait) by table. Both with `cells`, those that wait also with `codes` and `unsound`, joined by semicolons."""
        ready, waiting = {}, {}
        for name, table in self.tables.items():
            waits = self.waits(name)
            counted = table.append_column("cells", pa.array(self.filled[name], pa.int32()))
            ready[name] = counted.filter(pa.array(~waits)) if waits.any() else counted
            if waits.any():
                where = np.flatnonzero(waits)
                held = counted.take(pa.array(where)).append_column("codes", _listed(self.held[name], where))
                waiting[name] = held.append_column("unsound", _listed(self.unsound.get(name, {}), where))
        return ready, waiting


def _listed(masks: dict[str, np.ndarray], where: np.ndarray) -> pa.Array:
    """For each place the names of the masks that hold there: few distinct combinations, so they are spelled once each."""
    names = sorted(masks)
    if not names:
        return pa.array([""] * len(where), pa.string())
    pattern, inverse = np.unique(np.stack([masks[name][where] for name in names], axis=1), axis=0, return_inverse=True)
    spelled = ["; ".join(name for name, on in zip(names, row, strict=True) if on) for row in pattern.tolist()]
    return pa.array(spelled, pa.string()).take(pa.array(inverse.reshape(-1)))


def check(found: list[Found], known: Known) -> Checked:
    """All sheets of all files of one upload, checked together. Never raises for what is in them."""
    findings: list[Finding] = []
    made = Checked({}, findings)
    services = {code.upper(): provider.upper() for code, provider in known.services.items()}
    owners, waiting = dict(services), set[str]()
    first = [typed(one, known, findings) for one in found if one.sheet.table == "services"]
    for work in first:
        across_columns(work, known)
        waiting |= providers(work, owners, known)
        service_codes(work, owners, set(), known)
    if first:
        _put(made, "services", first, owners)
        rows = zip(*(made.tables["services"][c].to_pylist() for c in ("service_code", "provider_code")), made.waits("services").tolist(), strict=True)
        new = list(rows)
        services |= {code: provider for code, provider, waits in new if code and provider and not waits}
        waiting |= {code for code, _, _ in new if code and code not in services}
    others = [typed(one, known, findings) for one in found if one.sheet.table != "services"]
    for work in others:
        service_codes(work, services, waiting, known)
        across_columns(work, known)
    sums.of_subscales(others, known.measures)
    _empty(found, [*first, *others], findings)
    for name in dict.fromkeys(work.found.sheet.table for work in others):
        _put(made, name, [work for work in others if work.found.sheet.table == name], services)
    if any(one.named != on_sheet(one.named) for one in found):  # a cell is told at the sheet as Excel shows it
        findings[:] = [replace(f, sheet=on_sheet(f.sheet)) for f in findings]
    findings.sort(key=lambda f: (SEVERITIES[f.severity], f.file, f.sheet, f.row is None, f.row or 0, len(f.column), f.column))
    return made


def _put(made: Checked, name: str, works: list[Work], services: dict[str, str]) -> None:
    """One table of all the sheets that are this sheet of the return, with what is held in it."""
    table = pa.concat_tables([table_of(work) for work in works])
    held = _spread(works, [work.held for work in works])
    unsound = _spread(works, [work.troubled for work in works])
    filled = np.concatenate([work.filled for work in works])
    repeats, conflicts = same_rows(BY_TABLE[name], table, services, made.findings)
    if conflicts.any():
        held["conflict"] = held.get("conflict", np.zeros(table.num_rows, dtype=bool)) | conflicts
    begins = np.cumsum([0, *(len(work.rows) for work in works)])
    for work, begin in zip(works, begins[:-1].tolist(), strict=True):
        at = (work.found.file, on_sheet(work.found.named))
        here = slice(begin, begin + len(work.rows))
        made.repeated[at] = made.repeated.get(at, 0) + int(filled[here][repeats[here]].sum())
        made.blank[at] = made.blank.get(at, 0) + work.blank
    keep = ~repeats
    made.tables[name] = table.filter(pa.array(keep)) if repeats.any() else table
    made.held[name] = {code: mask[keep] for code, mask in held.items() if mask[keep].any()}
    made.unsound[name] = {column: mask[keep] for column, mask in unsound.items() if mask[keep].any()}
    made.filled[name] = filled[keep]


def _spread(works: list[Work], masks: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One mask over the rows of all the sheets for each name that any of them has."""
    names: Iterable[str] = dict.fromkeys(name for mask in masks for name in mask)
    return {name: np.concatenate([mask.get(name, np.zeros(len(work.rows), dtype=bool)) for work, mask in zip(works, masks, strict=True)]) for name in names}


def _empty(found: list[Found], works: list[Work], findings: list[Finding]) -> None:
    """A file with headings and nothing below them holds no return."""
    for file in dict.fromkeys(one.file for one in found):
        if not any(len(work.rows) for work in works if work.found.file == file):
            message, fix = "There are headings but no rows below them.", "Fill in at least one row and save the file."
            findings.append(Finding("stops", "empty-file", message, fix, file=file))


__all__ = ["Checked", "Known", "check", "normal_reference"]
