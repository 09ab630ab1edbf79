"""The parts of Reality check: the finding in a sentence, the chart, every line in a table, the downloads, and how the range is worked out."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from access import plan_beside
from access.plan_beside import Beside
from charts import reality
from domain.quarters import year_name
from domain.types import Scope, Viewer
from exports import files, html, plan_files
from ui import pick, session, tables, words

WHAT = "What a year like these quarters may bring, what last year brought, and what is planned"
BAR = "Bar: the likely range, eight times in ten. ● last year · ◆ proposed · ◇ agreed, where it differs from what is proposed."
Page = tuple[object, dict[str, str]] | None  # the chart and its words, where there is one
EXPLAINED = (
    "The range is worked out from the last 4 to 12 quarters of each line counted anew (running totals as what was new): the 10th to the 90th centile of a "
    "negative binomial distribution with the mean of those quarters, made wider where they vary more than chance alone would. Eight years in ten like these "
    "quarters would fall into it. Percents, averages and positions at quarter end have no such range; last year stands beside them instead."
)


def show(code: str, year: int, viewer: Viewer) -> None:
    """The page for one service and plan year."""
    rows = plan_beside.lines(session.store(), viewer, code, year)
    if not rows:
        st.markdown("There is no plan and no return yet to look back on. Begin on Target plan: a first year's figures are educated guesses, and that is fine.")
        st.page_link(session.PAGES["target-plan"], label="Target plan", icon=":material/flag:", query_params=session.query(Scope(services=(code,))))
        return
    words.lead(finding(rows, year))
    page: Page = None
    view = f"reality-{code}-{year}-{session.state().data_version}"
    lanes = [reality.Lane(r.ref, r.what, r.low, r.high, r.last_actual, r.proposed, r.agreed) for r in rows if r.counted_anew]
    if lanes:
        title = headline(rows)
        subtitle = f"If {year_name(year)} is like the quarters before it. Each line has a scale of its own, from nought"
        figure = reality.reality(lanes, title="", subtitle="", footer="", key="reality-check")
        alt = reality.alt_text(lanes, title=title, subtitle=subtitle)
        page = figure, {"title": title, "subtitle": subtitle, "reading": BAR, "alt": alt}
        with st.container(key="card-reality", gap="small"):
            st.markdown(f"**{words.plain(title)}**")
            st.caption(words.plain(subtitle))
            view = f"{view}-{abs(hash(tuple(lanes))):x}"
            pick.chart(figure, alt, f"chart-{view}", save=f"so-what-reality-check-{code}-{year_name(year)}")
            st.caption(BAR)
    st.subheader("Line by line", anchor=False)
    tables.wide(table(rows), "Every line: last year's plan and figure, the likely range, proposed and agreed")
    for r in rows:
        if r.counted_anew and (r.proposed is not None or r.agreed is not None):
            st.markdown(f"- **{words.plain(f'{r.ref}: {r.what}')}**: {words.plain(r.sentence)}")
    _downloads(rows, code, year, page, view)
    with st.expander("The quarters it is worked out from"):
        st.dataframe(quarters(rows), hide_index=True, alt="What was counted in each of the last quarters, a row per line", height="content")
    with st.expander("Explain this number", key=f"explain-{view}", on_change="rerun") as box:
        if box.open:
            st.markdown(EXPLAINED)
    st.page_link(session.PAGES["target-plan"], label="To the target plan", icon=":material/flag:", query_params=session.query(Scope(services=(code,))))


def _wanted(r: Beside) -> float | None:
    return r.proposed if r.proposed is not None else r.agreed


def _sides(rows: Sequence[Beside]) -> tuple[int, int, int]:
    """How many planned lines lie within, above and below their likely range."""
    pairs = [(_wanted(r), r.low, r.high) for r in rows]
    known = [(w, low, high) for w, low, high in pairs if w is not None and low is not None and high is not None]
    above, below = sum(w > high for w, _, high in known), sum(w < low for w, low, _ in known)
    return len(known) - above - below, above, below


def headline(rows: Sequence[Beside]) -> str:
    """The finding, for the chart's title."""
    within, above, below = _sides(rows)
    if not within + above + below:
        ranges = [f"{_n(r.low)} to {_n(r.high)} ({r.ref})" for r in rows if r.low is not None]
        more = f" and {words.count(len(ranges) - 4, 'more line')}" if len(ranges) > 4 else ""
        return f"A year like the quarters before it would bring {words.joined(ranges[:4])}{more}" if ranges else WHAT
    parts = [f"{within} of {within + above + below} planned figures {'lies' if within == 1 else 'lie'} within the likely range"]
    parts += [f"{above} above it"] if above else []
    parts += [f"{below} below it"] if below else []
    return ", ".join(parts)


def finding(rows: Sequence[Beside], year: int) -> str:
    """The sentence that answers the page's question."""
    within, above, below = _sides(rows)
    ranged = sum(r.low is not None for r in rows)
    if not ranged:
        return "Too few quarters have been returned to say what a year may bring. That is no mark against the service; a first guess is a fine beginning."
    if not within + above + below:
        return f"Nothing is planned for {year_name(year)} yet. {words.capital(words.count(ranged, 'line'))} can say what a year like the last ones would bring."
    if above or below:
        high = [r.ref for r in rows if (w := _wanted(r)) is not None and r.high is not None and w > r.high]
        low = [r.ref for r in rows if (w := _wanted(r)) is not None and r.low is not None and w < r.low]
        parts = [f"{words.joined(refs)} {which} what a year like the last ones would bring" for refs, which in ((high, "above"), (low, "below")) if refs]
        return f"{', '.join(parts)}. That is a question and no mistake: what will be different in {year_name(year)}?"
    return f"If {year_name(year)} is like the quarters before it, this plan will be about right: every planned figure lies within its likely range."


def table(rows: Sequence[Beside]) -> pd.DataFrame:
    """One row per line in words and figures."""
    return pd.DataFrame(
        {
            "Line": [f"{r.ref}: {r.what}" for r in rows],
            "Last year's plan": [_n(r.last_plan) for r in rows],
            "Last year": [_n(r.last_actual) for r in rows],
            "Likely": ["no range" if not r.counted_anew else "too few quarters" if r.low is None else f"{_n(r.low)} to {_n(r.high)}" for r in rows],
            "Proposed": [_yet(r.proposed) for r in rows],
            "Agreed": [_yet(r.agreed) for r in rows],
            "Past projections": ["; ".join(r.past) for r in rows],
        }
    )


def quarters(rows: Sequence[Beside]) -> pd.DataFrame:
    """One row per line, one column per quarter that any line was returned for."""
    every = sorted({q for r in rows for q, _ in r.quarters})
    told = [{q: a for q, a in r.quarters} for r in rows]
    return pd.DataFrame({"Line": [f"{r.ref}: {r.what}" for r in rows]} | {str(q): [_n(t.get(q)) if q in t else "" for t in told] for q in every})


def _n(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.1f}".removesuffix(".0")


def _yet(value: float | None) -> str:
    return "not yet" if value is None else _n(value)


def _downloads(rows: Sequence[Beside], code: str, year: int, page: Page, view: str) -> None:
    now = session.state()
    about = plan_files.reality_about(session.names()[code], year, now.data_date, now.data_version)
    stem = f"reality-check-{code}-{year_name(year)}"
    with st.container(horizontal=True, gap="small"):
        made = [("CSV", plan_files.reality_csv(rows, about), "text/csv"), ("Excel", plan_files.reality_xlsx(rows, about), None)]
        for kind, content, mime in made:
            name = files.file_name(stem, content, "csv" if kind == "CSV" else "xlsx")
            st.download_button(f"Download {kind}", content, name, mime, on_click="ignore", key=f"{'csv' if kind == 'CSV' else 'xlsx'}-{view}")
        if page:
            figure, said = page
            name = f"{stem}-version-{now.data_version}.html"
            st.download_button(
                "Download page (HTML)", lambda: html.page_bytes(figure, table(rows), about, **said), name, "text/html",
                on_click="ignore", key=f"html-{view}",
            )  # fmt: skip
