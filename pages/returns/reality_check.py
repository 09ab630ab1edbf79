"""Reality check: for each line of a plan what last year brought, what a year like it may bring, and what is proposed and agreed."""

from __future__ import annotations

import streamlit as st

from ui import empty, plans, reality, session, words

viewer = session.page_for("commissioner", "manager")

st.title("Reality check", anchor=False)
scope = plans.scope_of(viewer)
if len(scope.services) != 1:
    empty.choose_service("reality-check", scope)
code = scope.services[0]
st.subheader(words.plain(session.names()[code]), anchor=False)
year = plans.year_of(code, viewer)
reality.show(code, year, viewer)
