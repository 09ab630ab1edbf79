"""The parts of the Cohorts page: groups side by side, and the mean score of a group over time."""

from __future__ import annotations

import streamlit as st

from access import desk
from charts import trajectory
from domain.types import BREAKDOWNS as WORDS
from domain.types import Scope, Viewer
from metrics import reading
from ui import figure_card, labels, service, session, titles, words

BREAKDOWNS = ("start_quarter", "end_quarter", "age_band", "gender", "ethnic_group", "deprivation_quintile", "main_need")


def answer(scope: Scope, by: str) -> None:
    """The sentence for the group one is in, or for everyone where none is chosen."""
    improved = session.ask("reliable-improvement", scope.with_(by=""))
    row = labels.whole(improved)
    if row is None:
        words.lead("Nobody in this group has two scores yet, so we do not know.")
        return
    words.lead(reading.improvement(row, about=reading.rounded(improved)))


def side_by_side(scope: Scope, by: str, viewer: Viewer) -> None:
    """Better, about the same and worse for every group of the breakdown; a click opens that group's journeys, or narrows where nobody may open them."""
    wide = scope.with_(by=by, cohort=())
    st.header(f"Side by side, by {WORDS[by]}", anchor=False)
    parts = [session.ask(metric, wide) for metric in service.PARTS]
    if not parts[0].rows:
        st.markdown("Nobody here has two scores yet.")
        return
    if len(scope.services) == 1 and not any(row.value is not None for part in parts for row in part.rows):
        kind = next(card.service_type for card in session.services() if card.code == scope.services[0])
        scope = scope.with_(services=(), entry="service_type", value=kind)
        wide = scope.with_(by=by, cohort=())
        parts = [session.ask(metric, wide) for metric in service.PARTS]
        st.info(f"The groups within this service are too small to show, so these are all services of its type ({kind}) together. {reading.NO_MARK}")
    page, label = ("journeys", "Open the journeys of a group") if viewer.role != "presenter" else ("cohorts", "Look at one group")
    called = labels.of(parts[0])
    options = {row.group: called[row.group] for row in labels.ordered(parts[0])}
    opens = (label, options, lambda group: session.go(page, scope.with_(by="", cohort=()).where(by, group)))
    note = "Groups differ in who comes and who is followed up, so a difference is a question."
    service.groups(parts, "groups", titles.between(parts[0].rows, "were clearly better", WORDS[by]), wide, opens, note)


def over_time(scope: Scope) -> None:
    """The mean score by fortnights since people began, with its range, for the group one is in."""
    st.header("Scores over time", anchor=False)
    measure = session.store().measures.get(session.measure_of(scope))
    if measure is None:
        st.markdown("Scores over time need a questionnaire with two scores, and there is none here yet.")
        return
    on = scope.with_(measure=measure.code, by="")
    released = desk.trajectory(session.store(), session.viewer(), on)
    if not any(row.value is not None for row in released.rows):
        st.markdown(words.plain(reading.too_few("in this group", "no curve")))
        return
    weeks = [2.0 * int(row.group) for row in released.rows]
    title = titles.over_time(weeks, released.rows, measure)
    figure_card.show(
        "over-time", trajectory.trajectory(weeks, released.rows, measure, **figure_card.BARE),
        trajectory.alt_text(weeks, released.rows, measure, title=title, subtitle=labels.who(on)), trajectory.table(weeks, released.rows), [released],
        title=title, subtitle=labels.who(on),
        reading="People who stay longer are not the same people as those who leave early, so this is nobody's own course.",
    )  # fmt: skip
