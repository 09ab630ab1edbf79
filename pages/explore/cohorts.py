"""Groups of people: by when they started or by a characteristic, who got better, stayed the same or got worse, and how scores went over time."""

from __future__ import annotations

import streamlit as st

from ui import breadcrumbs, cohorts, empty, scope_bar, session

viewer = session.page_for("commissioner", "manager", "presenter")

if not session.services():
    st.title("Cohorts", anchor=False)
    empty.portfolio()
scope = session.scope()
breadcrumbs.show(scope, "cohorts")
st.title("Cohorts", anchor=False)
st.caption("A cohort is a group of people who share when they began, or a characteristic.")
by = scope.by if scope.by in cohorts.BREAKDOWNS else "start_quarter"
view = cohorts.view(scope, by, viewer)
cohorts.answer(view)
scope_bar.show("cohorts", scope.with_(by=by), breakdowns=cohorts.BREAKDOWNS)
cohorts.selection(view)
cohorts.journeys(view)
cohorts.side_by_side(view)
cohorts.points(view)
cohorts.over_time(view)
cohorts.how_long(view)
cohorts.beside_everybody(view)
