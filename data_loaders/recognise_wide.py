"""Scores side by side -> tables of assessments, one for each score, once the sender has confirmed it. Rows stay, so addresses are Excel's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data_loaders import items, matching
from data_loaders.found import IDENTIFIER_HEADINGS, Found
from data_loaders.questions import LEAVE_OUT, About, Mapping
from data_loaders.read import RawSheet
from data_loaders.recognise_sheet import ASSESSMENTS, PEOPLE, Reading
from data_loaders.recognise_values import constant_column, dates, with_column
from data_loaders.values import Trouble
from data_loaders.wide import Group

STARTED, ENDED = "started_on", "ended_on"
SHARED = ("person", "service_code", "perspective")


@dataclass(frozen=True)
class Starts:
    """When people started and ended, by their reference: from all People sheets of the upload. Somebody there twice has no one answer."""

    people: pa.Array
    days: dict[str, pa.Array]

    @staticmethod
    def of(found: list[Found]) -> Starts:
        people: list[pa.Array] = []
        days: dict[str, list[pa.Array]] = {STARTED: [], ENDED: []}
        for one in found:
            if "person" not in one.columns:
                continue
            begin = one.header_row - one.raw.first_row + 1
            refs = _text(one.raw, one.columns["person"]).slice(begin)
            people.append(refs)
            for column, held in days.items():
                held.append(_text(one.raw, one.columns[column]).slice(begin) if column in one.columns else pa.nulls(len(refs), pa.string()))
        whole = pa.concat_arrays(people) if people else pa.array([], pa.string())
        if len(whole):
            counted = whole.value_counts()
            once = counted.field("values").filter(pc.equal(counted.field("counts"), 1))
            keep = pc.is_in(whole, value_set=once)
        else:
            keep = pa.array([], pa.bool_())
        return Starts(whole.filter(keep), {c: pa.concat_arrays(held).filter(keep) if held else pa.array([], pa.string()) for c, held in days.items()})

    def day(self, refs: pa.Array, column: str) -> pa.Array:
        """The start or end of each person, null where it is not known."""
        return self.days[column].take(pc.index_in(refs, value_set=self.people))


def tables(reading: Reading, mapping: Mapping, about: About, starts: Starts) -> list[Found]:
    """One table of assessments for each score of a sheet; none until the sender has said that they are what they seem."""
    raw, groups, layout = reading.raw, reading.groups, reading.layout
    said = mapping.get("wide", "", layout, raw.name)
    if said == "no":
        reading.tell("look", "left-out", f"The scores side by side on '{raw.name}' were left out, as you asked.", "Nothing to do.")
        return []
    _ask_dates(reading, mapping, about, starts)
    if said is None:
        _ask(reading)
    if "person" not in reading.columns or any(q.needed for q in reading.questions):
        return []
    header = reading.head.row
    for index in {g.date for g in groups if g.date is not None}:
        raw = dates(reading, raw, index, mapping, "score")
    if any(q.needed for q in reading.questions):
        return []
    columns = {c: i for c, i in reading.columns.items() if c in SHARED}
    if "service_code" in reading.constants and "service_code" not in columns:
        raw, columns["service_code"] = constant_column(raw, header, [reading.columns["person"]], reading.constants["service_code"])
    found = []
    counted = set(reading.columns.values()) if reading.sheet is not None else set()  # cells that another table of this sheet has already
    for group in groups:
        made = _one(reading, raw, group, columns, mapping, about, starts, counted)
        if made is not None:
            found.append(made)
    return found


def _ask(reading: Reading) -> None:
    called = [g.called for g in reading.groups]
    listed = ", ".join(called[:6]) + (f" and {len(called) - 6} more" if len(called) > 6 else "")
    reading.ask(
        "wide", "", f"Each row of '{reading.raw.name}' holds several scores of one person. Read each of them as a score of its own?",
        [("yes", f"Yes: {listed}"), ("no", "No, leave these scores out")],
        suggested="yes", why="The headings name a questionnaire and a point in time, or a day.", needed=True,
    )  # fmt: skip


def _occasions(reading: Reading) -> dict[str, list[Group]]:
    """The scores that have no date beside them, by their point in time."""
    undated: dict[str, list[Group]] = {}
    for g in reading.groups:
        if g.date is None and not g.day and "date" not in reading.columns:
            undated.setdefault(f"{g.occasion}{f' {g.number}' if g.number else ''}".strip() or "score", []).append(g)
    return undated


def _holds_dates(reading: Reading, index: int, about: About) -> bool:
    if IDENTIFIER_HEADINGS.search(reading.head.plain[index]):
        return False
    texts = matching.distinct(reading.raw.table.column(index).slice(reading.head.row + 1))
    return bool(texts) and matching.fits(ASSESSMENTS.field("date"), texts, about) >= 0.8


def _ask_dates(reading: Reading, mapping: Mapping, about: About, starts: Starts) -> None:
    """Which day a score without a date belongs to, asked once for each point in time."""
    for occasion, groups in _occasions(reading).items():
        if mapping.get("wide-date", occasion, reading.layout, reading.raw.name) is not None:
            continue
        sides = {i for g in reading.groups for i in (g.score, g.date, *g.answers.values()) if i is not None}
        options = []
        if reading.sheet is PEOPLE or STARTED in reading.columns or len(starts.people):
            options += [(STARTED, "The day the person started"), (ENDED, "The day the person ended")]
        options += [
            (reading.head.plain[i], f"Column {reading.letter(i)}: {reading.shown(i)}")
            for i in range(len(reading.head.plain))
            if reading.head.plain[i] and i not in sides and i not in reading.columns.values() and _holds_dates(reading, i, about)
        ]
        suggested = {"start": STARTED, "end": ENDED}.get(occasion, "")
        listed = ", ".join(g.called for g in groups[:4])
        reading.ask(
            "wide-date", occasion, f"On which day was {listed} taken? There is no date beside it.",
            [*options, (LEAVE_OUT, "We do not know: leave these scores out")],
            suggested=suggested if any(value == suggested for value, _ in options) else "", needed=True,
            why="A first score is usually taken on the first day, a last one on the last." if suggested else "",
        )  # fmt: skip


def _one(
    reading: Reading, raw: RawSheet, group: Group, shared: dict[str, int], mapping: Mapping, about: About, starts: Starts, counted: set[int]
) -> Found | None:  # fmt: skip
    header, width = reading.head.row, reading.raw.table.num_columns
    measure = about.measures[group.measure]
    columns = dict(shared)
    source = {column: index for column, index in shared.items() if index < width}
    troubles: list[tuple[int, str, Trouble]] = []
    made = {"measure", "occasion", "subscale"} | {column for column, index in shared.items() if index >= width}
    if group.answers:
        added = items.totals(raw, header, measure, group.answers, group.score, reading.letter, raw.name, reading.file)
        raw, columns["score"] = with_column(raw, added.column)
        source["score"] = min(group.answers.values()) if group.score is None else group.score
        troubles = [(row, "score", trouble) for row, trouble in added.troubles]
        reading.findings += added.findings
    elif group.score is not None:
        columns["score"] = group.score
    else:
        return None
    dated = _dated(reading, raw, group, mapping, starts, columns)
    if dated is None:
        return None
    raw, columns["date"], at = dated
    if at is not None:
        source["date"] = at
    made |= {column for column in (*SHARED, "date") if columns.get(column, width) in counted or columns.get(column, width) >= width}
    counted |= {columns[column] for column in (*SHARED, "date") if column in columns}
    there = raw.table.column(columns["score"]).is_valid().to_numpy().copy()
    there[: header + 1] = False
    there[[row - raw.first_row for row, _, _ in troubles]] = True
    there[[r - raw.first_row for r, c, _ in raw.error_cells if c - raw.first_column == columns["score"] and r - raw.first_row < len(there)]] = True
    for column, word in (("measure", measure.code), ("subscale", group.subscale), ("occasion", group.occasion)):
        if word:
            raw, columns[column] = with_column(raw, pc.if_else(pa.array(there), pa.scalar(word), pa.scalar(None, pa.string())))
    raw = _only(raw, set(columns.values()), there, header)
    own = {columns["score"]} | {columns[column] for column in (*SHARED, "date") if column in columns and column not in made}
    raw = replace(
        raw,
        error_cells=tuple(e for e in raw.error_cells if e[1] - raw.first_column in own),
        uncalculated=tuple(u for u in raw.uncalculated if u[1] - raw.first_column in own),
    )
    return Found(ASSESSMENTS, reading.named, reading.file, reading.header_row, columns, raw, source, frozenset(made), tuple(troubles), group.called)


def _dated(reading: Reading, raw: RawSheet, group: Group, mapping: Mapping, starts: Starts, columns: dict[str, int]) -> tuple[RawSheet, int, int | None] | None:
    """(the sheet, the column of the dates, the column of the file they are told at). None where the scores are left out."""
    if group.date is not None:
        return raw, group.date, group.date
    if group.day:
        index = group.score if group.score is not None else min(group.answers.values())
        raw, at = constant_column(raw, reading.head.row, [index, *group.answers.values()], group.day)
        return raw, at, index
    if "date" in reading.columns:
        return raw, reading.columns["date"], reading.columns["date"]
    occasion = f"{group.occasion}{f' {group.number}' if group.number else ''}".strip() or "score"
    answer = mapping.get("wide-date", occasion, reading.layout, raw.name) or LEAVE_OUT
    if answer == LEAVE_OUT:
        return None
    if answer in (STARTED, ENDED):
        if answer in reading.columns:
            return raw, reading.columns[answer], reading.columns[answer]
        refs = _text(raw, columns["person"])
        raw, at = with_column(raw, starts.day(refs, answer))
        return raw, at, None
    there = reading.place(answer.replace("_", " "))
    return None if there is None else (raw, there, there)


def _only(raw: RawSheet, used: set[int], there: np.ndarray, header: int) -> RawSheet:
    """The sheet with the rows that hold no such score empty in the columns used; headings stay."""
    keep = there.copy()
    keep[: header + 1] = True
    if keep.all():
        return raw
    mask = pa.array(keep)
    table = raw.table
    for index in used:
        table = table.set_column(index, table.column_names[index], pc.if_else(mask, table.column(index), pa.scalar(None, pa.string())))
    return replace(raw, table=table)


def _text(raw: RawSheet, index: int) -> pa.Array:
    column = pc.utf8_upper(pc.utf8_trim_whitespace(raw.table.column(index).cast(pa.string())))
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


__all__ = ["PEOPLE", "Starts", "tables"]
