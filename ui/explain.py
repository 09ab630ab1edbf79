"""What opens under *Explain this number*: out of whom else it could be counted, its usual ups and downs, and which uploads it came from.

Nothing of this is worked out before somebody opens it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from access import sources, statistics
from charts import spc
from domain import quarters
from domain.types import Policy, Released, Scope
from metrics import reading
from metrics.registry import METRICS
from ui import downloads, labels, pick, session, stats, words

OUT_OF = {
    "paired": "People with both scores",
    "not-improved": "Everybody due a second score",
    "bounds": "From the lowest possible to the highest",
    "referred": "Everybody referred",
}
WAY_WORDS = {
    "paired only": "with both scores", "missing as not improved": "everybody due, those unseen as not improved",
    "lowest possible": "if none of those unseen had",
    "highest possible": "if all of those unseen had", "everybody referred": "out of everybody referred",
}  # fmt: skip
QUARTERS = ("end_quarter", "start_quarter")
MOST = 6  # uploads named one by one
DASHED = "Dashed: the limits of the usual ups and downs. A marked quarter says that something changed, not what."


def more(key: str, answers: Sequence[Released]) -> None:
    """Everything for the metrics of a card; `answers` hold one answer per metric."""
    for answer in answers:
        if answer.metric in statistics.OVER_CHANGE:
            _out_of(key, answer)
            break  # the parts of one figure are counted out of the same people
    _followed(answers[0])
    for answer in answers[:1]:
        if answer.scope.by in QUARTERS and METRICS[answer.metric].kind in ("proportion", "mean"):
            chart_in_time(key, answer)
    metric = answers[0].metric if answers[0].metric in METRICS else "reliable-improvement"
    came_from(key, answers[0].scope, answers[0].policy, metric)


def _out_of(key: str, answer: Released) -> None:
    """A switch between the people with both scores, everybody who was due a second, and everybody referred."""
    st.markdown("**Out of whom?**")
    way = st.segmented_control(
        "Count it out of", list(OUT_OF), default="paired", required=True, format_func=OUT_OF.__getitem__, key=f"out-of-{key}", label_visibility="collapsed"
    )
    scope = answer.scope.with_(by="")
    found = stats.told("referred", answer.metric, scope) if way == "referred" else stats.told("missing", answer.metric, scope, way=way)
    if isinstance(found, str):
        st.markdown(words.plain(found))
        return
    for line in ways(found.rows, METRICS[answer.metric].title, answer.policy == "outside"):
        st.markdown(f"- {words.plain(line)}")
    for note in (*(found.said if way == "referred" else ()), *_apart(way)):
        st.caption(words.plain(note))


def ways(rows: pd.DataFrame, title: str, about: bool = False) -> list[str]:
    """A line for each way of counting: `Clearly better, with both scores: 34 of 52, 65% (likely between 52% and 77%)`."""
    said = []
    for row in rows[~rows.get("still_open", pd.Series(False, index=rows.index)).astype(bool)].to_dict("records"):
        how = f"{title}, {WAY_WORDS[row['way']]}"
        if row.get("hidden") or row["value"] is None or pd.isna(row["value"]):
            said.append(f"{how}: {reading.hidden()}")
            continue
        roughly = "about " if about else ""
        counts = f"{roughly}{int(row['numerator']):,} of {roughly}{int(row['denominator']):,}"
        said.append(f"{how}: {counts}, {row['value']:.0f}% (likely between {row['lower']:.0f}% and {row['upper']:.0f}%)")
    return said or ["There is nobody to count yet."]


def _apart(way: str | None) -> tuple[str, ...]:
    if way in ("not-improved", "bounds"):
        return ("People who died or moved away stand apart and are never counted as not improved. We do not know how the others without a second score are.",)
    return ()


def _followed(answer: Released) -> None:
    """How many of those due a second score have one, over the people of the figure."""
    if told := followed(answer):
        st.markdown(f"**Follow-up.** {words.plain(told)}")


def followed(answer: Released) -> str:
    """The same as a sentence; nothing for a figure that is not about an outcome."""
    return followed_later(answer)()


def followed_later(answer: Released) -> Callable[[], str]:
    """The same, worked out when it is called: the file behind a button is made where there is no session."""
    if answer.metric not in METRICS or not METRICS[answer.metric].about_outcome:
        return lambda: ""
    asked = session.later("follow-up-rate", answer.scope.with_(by=""), answer.policy)

    def said() -> str:
        found = asked()
        row = labels.whole(found)
        return reading.follow_up(row.numerator, row.denominator, about=reading.rounded(found)) if row else ""

    return said


def chart_in_time(key: str, answer: Released) -> None:
    """The XmR chart of a series by quarter: its mean, its limits (on trial under 12 quarters), every marked quarter with its reason."""
    metric = METRICS[answer.metric]
    basis = "ended" if answer.scope.by == "end_quarter" else "started"
    found = stats.told("spc", answer.metric, answer.scope.with_(by="", start=None, end=None, basis=basis))
    st.markdown("**Usual ups and downs**")
    if isinstance(found, str) or found.rows.empty:
        st.markdown(words.plain(found if isinstance(found, str) else "There are not enough quarters to show yet."))
        return
    said = words.capital(found.said[0].partition(": ")[2])
    subtitle = f"{metric.title}, by the quarter in which people {basis}"
    figure = spc.spc(found.rows, unit=metric.unit, title="", subtitle="", footer="")
    notes = [words.capital(note.removeprefix("1 series: ")) for note in found.notes]
    with st.container(key=f"card-spc-{key}", gap="small"):
        st.markdown(f"**{words.plain(said)}**")
        st.caption(words.plain(subtitle))
        alt = spc.alt_text(found.rows, unit=metric.unit, title=said, subtitle=subtitle)
        pick.chart(figure, alt, f"chart-spc-{key}", save="so-what-ups-and-downs")
        st.caption(words.plain(" ".join([*notes, DASHED])))
        with st.expander("The figures of this chart"):
            table, about = spc.table(found.rows, unit=metric.unit), [f"{subtitle}: {said}", *notes, DASHED, *downloads.standing(found)]
            st.dataframe(table, hide_index=True, alt=f"{subtitle}: one row per quarter", key=f"table-spc-{key}")
            page = {"title": said, "subtitle": subtitle, "reading": DASHED, "alt": alt}
            downloads.offer(f"spc-{key}", f"so-what-ups-and-downs-version-{answer.data_version}", figure, table, lambda: about, page)


def came_from(key: str, scope: Scope, policy: Policy, metric: str = "reliable-improvement") -> None:
    """Which uploads and sheets the rows came from; for one's own services, down to the cells."""
    st.markdown("**Where the rows came from**")
    found = stats.told("came from", metric, scope, policy=policy)  # with its breakdown: what is hidden of the figure decides what is told
    if isinstance(found, str):
        st.markdown(words.plain(found))
        return
    if not found.parts:
        st.markdown(words.plain(found.why_not or "No upload still in force holds rows of these people."))
        return
    st.markdown(words.plain(uploads(found)))
    if found.policy == "own":
        frame = pd.DataFrame(
            {
                "Upload": [f"{quarters.british(part.day)}: {words.joined(part.files)}" for part in found.parts],
                "Rows": [f"{len(part.rows):,}" for part in found.parts],
                "Cells": [part.cells for part in found.parts],
            }
        )
        st.dataframe(frame, hide_index=True, alt="Uploads of this figure: one row per upload and sheet, with its cells", key=f"came-{key}")


def uploads(found: sources.CameFrom) -> str:
    """`From 3 uploads, on 12 May 2025, …: sheets Assessments and People.`"""
    days = list(dict.fromkeys(part.day for part in found.parts))
    many = len({part.upload_id for part in found.parts})
    sheets = words.joined(sorted({part.sheet for part in found.parts}))
    when = (
        words.joined(quarters.british(day) for day in days) if len(days) <= MOST else f"days from {quarters.british(days[-1])} to {quarters.british(days[0])}"
    )
    return f"From {words.count(many, 'upload')}, on {when}: {'sheets' if ' and ' in sheets else 'sheet'} {sheets}."


def switch(label: str, options: dict[str, str], key: str) -> Any:
    """One of a few ways of looking, the first unless another is chosen; a keyboard reaches it."""
    return st.segmented_control(label, list(options), default=next(iter(options)), required=True, format_func=options.__getitem__, key=key)
