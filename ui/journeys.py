"""The parts of the Journeys page. What was drawn, and which line is open, live in this session only: never in the link, never in a cache."""

from __future__ import annotations

import secrets
import zlib
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from access import record, rules
from charts import change
from charts import journeys as charts
from domain import errors
from domain.types import Scope, Viewer
from exports import files
from metrics import reading
from ui import downloads, explain, figure_card, labels, pick, session, words

NOT_SAID = ("person", "service", "started_on", "date")
NOT_SAVED = "Lines of people of other organisations are looked at here and saved nowhere: there are no files of them."


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


def small(of: record.Journeys, scope: Scope, viewer: Viewer) -> None:
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
    alt = charts.alt_text(lines, of.measure, title=title, subtitle=labels.who(scope), bands=of.bands)
    with st.container(key=f"card-{key}", gap="small"):
        pick.chart(figure, alt, f"chart-{key}", _open, save=_save(viewer))
        table = st.expander("The same as a table", key=f"table-{key}", on_change="rerun")
        if table.open:
            with table:
                _table(lines, of)
                _files(key, figure, lines, of, scope, viewer, {"title": title, "subtitle": labels.who(scope), "alt": alt})
        with st.expander("Explain this number", key=f"explain-{key}", on_change="rerun") as box:
            if box.open:
                st.markdown("\n".join(f"- {words.plain(line)}" for line in _lines(of, scope)))
                explain.came_from(key, scope, rules.policy_for(viewer))


def _save(viewer: Viewer) -> str:
    """The name under which a picture is saved: the lines of one's own people only."""
    return "so-what-journeys" if viewer.role == "manager" else ""


def _lines(of: record.Journeys, scope: Scope) -> list[str]:
    """What the lines are and who is drawn, a line each."""
    who = "Everybody in this group with two scores." if not of.banded else "People of this group with two scores, drawn by chance."
    clear, cutoff = of.measure.reliable_change, of.measure.cutoff
    where = "; ".join(dict.fromkeys(source for what, source in of.measure.sources))
    told = (
        f"What it is: the scores on the {of.measure.code} of each person, by weeks since they began. {of.sentence}", who,
        f"Which people: {scope.describe(session.names())}.",
        "" if clear is None else f"Grey band: less than {clear:g} points from the first score, too small a change to be sure of.",
        "" if cutoff is None else f"Dashes: the questionnaire's cut-off, {cutoff:g}.",
        "How sure: a line is one person's scores as they were sent, without an interval; it says nothing of other people.",
        f"Where it comes from: assessments of the returns; the questionnaire's numbers from {where}." if where else "",
        "Hidden: exact days and scores." if of.banded else "Hidden: nothing, because these are your own people.",
        *([NOT_SAVED] if of.banded else []), f"As of: {words.day(session.state().data_date)}, data version {session.state().data_version}.",
    )  # fmt: skip
    return [line for line in told if line]


def _files(key: str, figure: object, lines: list[dict[str, Any]], of: record.Journeys, scope: Scope, viewer: Viewer, page: dict[str, str]) -> None:
    """The lines of one's own people as files; for anybody else none, and why."""
    if viewer.role != "manager":
        st.caption(NOT_SAVED)
        return
    about = [page["title"], downloads.OWN_PEOPLE, *_lines(of, scope), *files.STANDING]
    downloads.offer(key, f"so-what-journeys-version-{session.state().data_version}", figure, charts.table(lines, of.bands), lambda: about, page)


def _table(lines: list[dict[str, Any]], of: record.Journeys) -> None:
    """The scores behind the lines. A plain table: the other kind offers itself for download."""
    frame = charts.table(lines, of.bands)
    frame["Weeks since they began"] = [f"{week:.0f}" if of.banded else f"{week:.1f}" for week in frame["Weeks since they began"]]
    if not of.banded:  # every score with as many decimals, so that they stand under each other
        finest = max((len(f"{score:g}".partition(".")[2]) for score in frame["Score"]), default=0)
        frame["Score"] = [f"{score:.{finest}f}" for score in frame["Score"]]
    st.table(frame.map(words.plain).set_index("Code name"))


def _line(journey: record.Journey, of: record.Journeys) -> dict[str, Any]:
    """A journey as the charts take it. Banded scores carry no verdict: it could be wrong, and it would say more than the band."""
    verdict = "" if of.banded else change.verdict(journey.scores[0], journey.scores[-1], of.measure)
    return {"label": journey.label, "weeks": journey.weeks, "scores": journey.scores, "change": verdict, "marks": journey.marks}


def _footer(of: record.Journeys) -> str:
    how = "Fortnights and bands; who is drawn is left to chance." if of.banded else "Days and exact scores."
    return f"{how} Data up to {words.day(session.state().data_date)}."


def large(of: record.Journeys, scope: Scope, viewer: Viewer) -> None:
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
        alt, key = charts.alt_text([line], of.measure, title=title, bands=of.bands), f"journey-{zlib.crc32(journey.label.encode()):x}"
        pick.chart(figure, alt, f"chart-{key}", save=_save(viewer))
        with st.expander("The same as a table"):
            _table([line], of)
            _files(key, figure, [line], of, scope, viewer, {"title": title, "alt": alt})
        with st.expander("Explain this number"):
            st.markdown("\n".join(f"- {words.plain(each)}" for each in _lines(of, scope)))
        if viewer.role == "manager":
            beside(journey)

    opened()


def _close() -> None:
    """Closing also lets go of the mark and the box that opened it, so that the same one can be opened again."""
    st.session_state["opened"] = ""
    st.session_state["closings"] = st.session_state.get("closings", 0) + 1


def beside(journey: record.Journey) -> None:
    """Goals, changes of support, crises and stories of one's own people, next to their line, each with its day."""
    for name, rows in journey.beside.items():
        if rows:
            st.markdown(f"**{words.capital(name.replace('_', ' '))}**")
            for row in rows:
                said = [f"{column.replace('_', ' ')}: {_text(value)}" for column, value in row.items() if value is not None and column not in NOT_SAID]
                st.markdown(f"- {words.day(row['date'])}: {words.plain('; '.join(said))}")


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, Decimal | float) else str(value)


def code_names(viewer: Viewer) -> None:
    """For managers: their own references to code names and back. The answer stands on this run of the page and is kept nowhere."""
    if viewer.role != "manager":
        return
    opened = st.expander("Find somebody: your references to code names, and back", key="code-names", on_change="rerun")
    if not opened.open:
        return
    with opened:
        st.markdown(
            "Type or paste your own references, one on a line. To go back from a code name, put the code name among your references: "
            "only scrambled references are kept here, so the one it belongs to is found among those you paste."
        )
        with st.form("match-names", clear_on_submit=True, border=False):
            typed = st.text_area("Your references, code names, or both", placeholder="C-014\nC-015", height=120)
            asked = st.form_submit_button("Match them")
        if asked:
            _matched(viewer, typed)
        st.caption("Nothing you type here is kept: not in this database, the address, a log, or this session. The table goes with your next click.")


def _matched(viewer: Viewer, typed: str) -> None:
    try:
        found = record.code_names(session.store(), viewer, typed)
    except errors.Shown as shown:
        st.warning(words.plain(shown))
        return
    back = found[0].asked
    rows = [(each.ref or "not among those you pasted", each.code_name or "nobody here has this reference") for each in found]
    frame = pd.DataFrame([pair[::-1] for pair in rows] if back else rows, columns=["Code name", "Your reference"] if back else ["Your reference", "Code name"])
    both = sum(bool(each.ref and each.code_name) for each in found)
    st.markdown(words.plain(f"{both} of {words.count(len(found), 'code name' if back else 'reference')} matched."))
    st.table(frame.map(words.plain).set_index(frame.columns[0]))
