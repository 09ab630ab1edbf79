"""Journeys: one line per person of a group, in small, and one opened large. Coded records of real people; who looks is written down."""

from __future__ import annotations

import streamlit as st

from ui import breadcrumbs, empty, journeys, scope_bar, session

viewer = session.page_for("commissioner", "manager")

if not session.services():
    st.title("Journeys", anchor=False)
    empty.portfolio()
asked = session.scope().with_(by="")
breadcrumbs.show(asked, "journeys")  # a questionnaire nobody chose does not narrow the way back
scope = asked.with_(measure=session.measure_of(asked))
st.title("Journeys", anchor=False)
if not scope.measure:
    scope_bar.show("journeys", scope)
    empty.no_scores("A journey is one person's scores on a questionnaire, from when they began. Lines appear here once people have two.")
drawn = journeys.drawn(scope, viewer)
journeys.answer(scope, drawn)
st.caption("Nobody's score tells who they are. Do not try to work it out, and do not note down a line.")
scope_bar.show("journeys", scope)
journeys.code_names(viewer)
journeys.orders(viewer)
journeys.large(drawn, scope, viewer)
journeys.small(drawn, scope, viewer)
