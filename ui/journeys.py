"""The parts of the Journeys page. What was drawn, and which line is open, live in this session only: never in the link, never in a cache."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

from access import record
from charts import change
from charts import journeys as charts
from domain.types import Scope, Viewer
from metrics import reading
from ui import figure_card, labels, pick, session, words

NOT_SAID = ("person", "service", "started_on")


def drawn(scope: Scope, viewer: Viewer) -> record.Journeys:
    """The journeys of this viewing. Opened once and then kept, so that order and labels stay while one looks, and one opening is one event."""
    order = st.session_state.get("journeys-order", "") if viewer.role == "manager" else ""
    key = (session.database(), viewer, scope, order, session.state().data_version)
    if st.session_state.get("journeys", (None, None))[0] != key:
        st.session_state.pop("opened", None)
        st.session_state.pop("journeys", None)
        st.session_state["journeys"] = (key, record.open_journeys(session.store(), viewer, scope, order, seed=secrets.token_hex(8)))
    return st.session_state["journeys"][1]


def answer(scope: Scope, of: record.Journeys) -> None:
    """What became of the group as a whole, then what the lines are: a few courses never stand for everybody's."""
    improved = session.ask("reliable-improvement", scope)
    row = labels.whole(improved)
    if row is not None and row.value is not None:
        said = reading.improvement(row, about=reading.rounded(improved))
        words.lead(f"Of everybody in this group, {said[:1].lower()}{said[1:]}")
    st.markdown(words.plain(of.sentence))


def orders(viewer: Viewer) -> None:
    """Managers may choose the order; for anybody else order is drawn, because an order by result points at people."""
    if viewer.role == "manager":
        options = list(record.ORDERS)
        now = options.index(st.session_state.get("journeys-order", ""))
        st.selectbox("Order", options, now, format_func=lambda order: words.capital(record.ORDERS[order]), key="order-box", on_change=_reorder, width=260)


def _reorder() -> None:
    st.session_state["journeys-order"] = st.session_state["order-box"]


def _open(label: str) -> None:
    st.session_state["opened"] = label


def small(of: record.Journeys, scope: Scope) -> None:
    """Small multiples: one little line per person, the same axes for all; a click opens one large."""
    if not of.journeys:
        st.markdown("Nobody in this group has two scores on this questionnaire.")
        return
    many = words.capital(words.count(len(of.journeys), "person", "people"))
    title = f"{many} on the {of.measure.code}, from when they began"
    st.markdown(f"**{words.plain(title)}**")
    st.caption(words.plain(f"{labels.who(scope)}. {_footer(of)}"))
    key = f"journeys-{abs(hash((of.journeys[0].label, scope))):x}-{st.session_state.get('closings', 0)}"
    pick.box("Open one large", {journey.label: journey.label for journey in of.journeys}, f"box-{key}", _open)
    lines = [_line(journey, of) for journey in of.journeys]
    figure = charts.small_multiples(lines, of.measure, **figure_card.BARE, bands=of.bands)
    pick.chart(figure, charts.alt_text(lines, of.measure, title=title, subtitle=labels.who(scope), bands=of.bands), key, _open)


def _line(journey: record.Journey, of: record.Journeys) -> dict[str, Any]:
    """A journey as the charts take it. Banded scores carry no verdict: it could be wrong, and it would say more than the band."""
    verdict = "" if of.banded else change.verdict(journey.scores[0], journey.scores[-1], of.measure)
    return {"label": journey.label, "weeks": journey.weeks, "scores": journey.scores, "change": verdict}


def _footer(of: record.Journeys) -> str:
    how = "Fortnights and bands; who is drawn is left to chance." if of.banded else "Days and exact scores."
    return f"{how} Data up to {words.day(session.state().data_date)}."


def large(of: record.Journeys, viewer: Viewer) -> None:
    """The one opened line, large, over the page, with what stands beside it for the person's own service."""
    journey = next((journey for journey in of.journeys if journey.label == st.session_state.get("opened")), None)
    if journey is None:
        return

    @st.dialog(words.plain(journey.label), width="large", on_dismiss=_close)
    def opened() -> None:
        if journey.words:
            st.markdown(words.plain(journey.words))
        line, title = _line(journey, of), f"{journey.label} on the {of.measure.code}, from when they began"
        figure = charts.one(line, of.measure, **figure_card.BARE, bands=of.bands)
        pick.chart(figure, charts.alt_text([line], of.measure, title=title, bands=of.bands), f"journey-{journey.label}")
        with st.expander("The same as a table"):
            st.dataframe(charts.table([line], of.bands), hide_index=True, alt=f"The scores of {journey.label} in order")
        if viewer.role == "manager":
            beside(journey)

    opened()


def _close() -> None:
    """Closing also lets go of the mark and the box that opened it, so that the same one can be opened again."""
    st.session_state["opened"] = ""
    st.session_state["closings"] = st.session_state.get("closings", 0) + 1


def beside(journey: record.Journey) -> None:
    """Goals, crises and stories of one's own people, next to their line."""
    for name, rows in journey.beside.items():
        if rows:
            st.markdown(f"**{words.capital(name.replace('_', ' '))}**")
            for row in rows:
                said = [f"{column.replace('_', ' ')}: {value}" for column, value in row.items() if value is not None and column not in NOT_SAID]
                st.markdown(f"- {words.plain('; '.join(said))}")
