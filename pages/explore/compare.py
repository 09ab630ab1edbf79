"""Compare: services of like kind side by side with their ranges, and who came to them. Differences are named only where they are more than chance."""

from __future__ import annotations

import streamlit as st

from ui import compare, empty, scope_bar, session

viewer = session.page_for("commissioner", "manager", "presenter")

cards = session.services()
st.title("Compare", anchor=False)
if not cards:
    empty.portfolio()
st.caption("Only services of like kind are set side by side, by name. Nothing here is for payment or for choosing cuts.")
among = compare.kinds(cards, viewer)
asked = session.scope().with_(cohort=(), by="")
if not among:
    st.markdown("There are no two services of one kind here yet, so there is nothing to compare.")
else:
    scope = compare.at(asked, compare.chosen(asked, cards, among))
    top = st.container()
    with st.container(horizontal=True, gap="small", key="compare-bar", vertical_alignment="bottom"):
        compare.kind(scope, among)
        metric = compare.metric(scope.value)
    scope_bar.show("compare", scope)
    with top:
        released = compare.answer(metric, scope, viewer)
    if released is not None:
        compare.side_by_side(metric, scope, released, viewer)
    compare.casemix(scope)
    compare.evened_out(metric, scope)
