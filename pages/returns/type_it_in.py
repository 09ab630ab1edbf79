"""Type it in: people and scores of a quarter on one page, saved as one goes, checked and sent like a file."""

from __future__ import annotations

import streamlit as st

from ui import people_form, requests, session

viewer = session.page_for("manager")

st.title("Type people and scores", anchor=False)
st.markdown(
    "No spreadsheet? Type a handful of people and their scores here. **It is saved as you go, and nothing is sent until you say so.** "
    "Use your own reference for each person, never a name. What is kept is scrambled at once, under a code name; "
    "the reference itself stands in this session's memory alone, so that you can note who is who."
)
form = people_form.begin(viewer)
form = people_form.people(viewer, form)
form = people_form.scores(viewer, form)
people_form.saved(viewer, form)
people_form.check_and_send(viewer, form)
with st.expander("Somebody asks what is kept about them"):
    requests.show(viewer)
