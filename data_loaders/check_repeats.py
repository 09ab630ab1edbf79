"""The same row twice: identical ones counted once, and those that contradict each other told with the row they disagree with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_loaders.check_columns import LISTED, Work
from domain.types import Finding, Sheet


def table_of(work: Work) -> pa.Table:
    n = len(work.rows)
    columns = {f.column: work.columns[f.column] for f in work.found.sheet.fields}
    columns["row"] = pa.array(work.rows, pa.int32())
    columns["sheet"] = pa.repeat(pa.scalar(work.found.named), n)
    columns["file"] = pa.repeat(pa.scalar(work.found.file), n)
    return pa.table(columns)


def group_of(table: pa.Table, columns: tuple[str, ...] | list[str], extra: np.ndarray | None = None) -> np.ndarray:
    """A number for each row, the same where all the columns are the same (null equals null)."""
    group = np.zeros(table.num_rows, dtype=np.int64) if extra is None else extra.astype(np.int64)
    size = int(group.max()) + 1 if len(group) else 1
    for name in columns:
        encoded = table.column(name).combine_chunks().dictionary_encode()
        width = len(encoded.dictionary) + 1
        if size > 2**62 // width:
            group = np.unique(group, return_inverse=True)[1].astype(np.int64)
            size = int(group.max()) + 1
        group = group * width + encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
        size *= width
    return group


def repeated(group: np.ndarray) -> np.ndarray:
    """Positions whose group occurs more than once."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    same = ordered[1:] == ordered[:-1]
    return np.sort(order[np.concatenate(([False], same)) | np.concatenate((same, [False]))]) if len(group) else order


def _place(rows: list[int], named: list[str], files: list[str], of: int, beside: int) -> str:
    """`row 2`, with the sheet and the file it stands in where they are not those of the row it is told beside."""
    if files[of] != files[beside]:
        return f"row {rows[of]} of '{named[of]}' in {files[of]}"
    return f"row {rows[of]}" if named[of] == named[beside] else f"row {rows[of]} of '{named[of]}'"


def same_rows(sheet: Sheet, table: pa.Table, services: dict[str, str], findings: list[Finding]) -> tuple[np.ndarray, np.ndarray]:
    """(rows that say the same as an earlier one, rows that contradict another), each a mask over the table.

    Identical rows are counted once. Of rows with one natural key and different values every one is held, whichever comes first, and each later one is told
    with the row it disagrees with: which is right only the sender knows.
    """
    repeats, conflicts = np.zeros(table.num_rows, dtype=bool), np.zeros(table.num_rows, dtype=bool)
    conflicting = _two_scores(table, services, findings) if sheet.table == "assessments" else set()
    conflicts[list(conflicting)] = True
    whole = [f.column for f in sheet.fields if f.column in sheet.key and f.required]
    complete = np.ones(table.num_rows, dtype=bool)
    for column in whole:
        complete &= table.column(column).is_valid().to_numpy()
    candidates = np.flatnonzero(complete)
    group = group_of(table, sheet.key)[candidates]
    again = candidates[repeated(group)]
    if not len(again):
        return repeats, conflicts
    subset = table.take(pa.array(again))
    key, everything = group_of(subset, sheet.key), group_of(subset, sheet.columns)
    _, first_of_key, of_key = np.unique(key, return_index=True, return_inverse=True)
    _, first_same, same = np.unique(everything, return_index=True, return_inverse=True)
    merged = np.flatnonzero(first_same[same] != np.arange(len(again)))
    different = np.flatnonzero((everything != everything[first_of_key[of_key]]) & (first_same[same] == np.arange(len(again))))
    rows, named, files = (subset.column(c).to_pylist() for c in ("row", "sheet", "file"))
    if len(merged):
        i = int(merged[0])
        n = f"{len(merged):,} row{'s are' if len(merged) > 1 else ' is'}"
        findings.append(
            Finding(
                "look",
                "duplicate-row",
                f"{n} exactly the same as an earlier row of {sheet.name} and will be counted once. "
                f"The first is row {rows[i]}, the same as {_place(rows, named, files, int(first_same[same[i]]), i)}.",
                "Nothing to do.",
                named[i],
                rows[i],
                "",
                files[i],
                len(merged),
            )
        )
    differing = [int(i) for i in different if int(again[i]) not in conflicting]
    names = ", ".join(sheet.field(c).name for c in sheet.key)
    for i in differing[:LISTED]:
        j = int(first_of_key[of_key[i]])
        where = _place(rows, named, files, j, i)
        findings.append(
            Finding(
                "holds",
                "conflict",
                f"This row and {where} have the same {names} but differ elsewhere.",
                "Keep the one that is right.",
                named[i],
                rows[i],
                "",
                files[i],
            )
        )
    if len(differing) > LISTED:
        rest = len(differing) - LISTED
        findings.append(
            Finding(
                "holds",
                "conflict",
                f"And {rest:,} more rows that disagree with an earlier one.",
                "Keep the ones that are right.",
                named[0],
                None,
                "",
                files[0],
                rest,
            )
        )
    repeats[again[merged]] = True
    conflicts[again[np.isin(of_key, of_key[different])]] = True
    return repeats, conflicts


def _two_scores(table: pa.Table, services: dict[str, str], findings: list[Finding]) -> set[int]:
    """The same person, measure, subscale, perspective and date with different scores, unless one is the start and one the end. Positions told."""
    codes_ = table.column("service_code").combine_chunks().dictionary_encode()
    providers = {provider: i for i, provider in enumerate(sorted(set(services.values())), start=1)}
    of_service = np.array([providers.get(services.get(code, ""), 0) for code in codes_.dictionary.to_pylist()] + [0], dtype=np.int64)
    provider = of_service[codes_.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    complete = np.ones(table.num_rows, dtype=bool)
    for column in ("person", "date", "measure", "score"):
        complete &= table.column(column).is_valid().to_numpy()
    candidates = np.flatnonzero(complete)
    group = group_of(table, ("person", "measure", "subscale", "perspective", "date"), provider)[candidates]
    again = candidates[repeated(group)]
    if not len(again):
        return set()
    subset = table.take(pa.array(again))
    who = np.unique(group_of(subset, ("person", "measure", "subscale", "perspective", "date"), provider[again]), return_inverse=True)[1]
    scores = group_of(subset, ("score",))
    occasions = subset.column("occasion").to_pylist()
    end = np.array([{"start": 0, "end": 1}.get(o or "", 2) for o in occasions])
    groups = int(who.max()) + 1
    n_scores = np.bincount(np.unique(np.stack([who, scores]), axis=1)[0], minlength=groups)
    n_by_end = np.bincount(np.unique(np.stack([who, end, scores]), axis=1)[0], minlength=groups)
    n_ends = np.bincount(np.unique(np.stack([who, end]), axis=1)[0], minlength=groups)
    others = np.bincount(who[end == 2], minlength=groups) > 0
    wrong = (n_scores > 1) & (others | (n_by_end > n_ends))
    rows, named, files = (subset.column(c).to_pylist() for c in ("row", "sheet", "file"))
    first = np.unique(who, return_index=True)[1]
    told: set[int] = set()
    listed = 0
    for i in np.flatnonzero(wrong[who]).tolist():
        told.add(int(again[i]))
        j = int(first[who[i]])
        if i == j:
            continue
        listed += 1
        if listed <= LISTED:
            where = _place(rows, named, files, j, i).replace("row", "Row", 1)
            findings.append(
                Finding(
                    "holds",
                    "conflict",
                    f"{where} and this row are for the same person, questionnaire and date, and the scores differ.",
                    "Keep the one that is right; if both are, mark one as start and the other as end.",
                    named[i],
                    rows[i],
                    "",
                    files[i],
                )
            )
    if listed > LISTED:
        findings.append(
            Finding(
                "holds",
                "conflict",
                f"And {listed - LISTED:,} more rows whose scores differ from an earlier row's.",
                "Keep the ones that are right.",
                named[0],
                None,
                "",
                files[0],
                listed - LISTED,
            )
        )
    return told
