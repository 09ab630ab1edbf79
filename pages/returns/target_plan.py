"""Target plan: what people will achieve and how many in each quarter, drafted, proposed and agreed, with last year and the likely range beside it."""

from __future__ import annotations

import streamlit as st

from access import target_plans
from ui import conversation, plans, session, words

viewer = session.page_for("commissioner", "manager")

st.title("Target plan", anchor=False)
scope = plans.scope_of(viewer)
if len(scope.services) != 1:
    conversation.done()
    plans.choose(scope, viewer)
code = scope.services[0]
st.subheader(words.plain(session.names()[code]), anchor=False)
conversation.done()
year = plans.year_of(code, viewer)
plan = target_plans.of(session.store(), viewer, code, year)
plans.standing(plan)
plans.worth_a_look(plan)
plans.edit(plan, viewer)
plans.decide(plan, viewer)
plans.begin(plan, viewer)
plans.beside(plan, viewer)
plans.versions(plan)
plans.own(viewer)
