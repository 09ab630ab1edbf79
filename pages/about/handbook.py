"""Handbook: what every number and every word here means, from the same registries the numbers come from."""

from __future__ import annotations

import streamlit as st

from ui import handbook, session, words, worked_plan

session.page_for("commissioner", "manager", "presenter", "administrator")

st.title("Handbook", anchor=False)
st.markdown(
    f"{words.capital(words.count(len(handbook.metrics()), 'figure'))}, {words.count(len(handbook.measures()), 'questionnaire')} and "
    f"{words.count(len(handbook.GLOSSARY), 'word')}: each is said here once, with where it comes from, and used everywhere as said here."
)
figures, statistics, questionnaires, glossary, how, plans = st.tabs(
    ["Figures", "Statistics", "Questionnaires", "Words", "How figures are protected", "A worked plan"], key="handbook", on_change="rerun"
)  # only the tab in sight is made

if figures.open:
    with figures:
        for entry in handbook.metrics():
            with st.container(border=True):
                st.header(entry.title, anchor=False)
                st.markdown(words.plain(entry.question))
                with st.expander("How it is worked out"):
                    st.markdown(handbook.told(entry))

if statistics.open:
    with statistics:
        st.markdown("Every way of working a figure out, with its formula and where it comes from, and how far to trust it.")
        for entry in handbook.statistics():
            with st.container(border=True):
                st.header(entry.title, anchor=False)
                st.markdown(words.plain(entry.question))
                with st.expander("Formula and source"):
                    st.markdown(handbook.told(entry))

if questionnaires.open:
    with questionnaires:
        st.markdown("Facts for reading a score. The questions themselves belong to their authors and are not here. Every number has its source.")
        st.dataframe(handbook.measure_table(), hide_index=True, alt="Every questionnaire: range, which way is better, cut-off and clear change")
        chosen = st.selectbox("One questionnaire, with its sources", list(handbook.measures()), format_func=lambda code: handbook.measures()[code])
        st.table(handbook.measure_facts(chosen), hide_header=True, border="horizontal")

if glossary.open:
    with glossary:
        for word, meaning in sorted(handbook.GLOSSARY.items(), key=lambda pair: pair[0].lower()):
            st.markdown(f"**{words.plain(word)}**  \n{words.plain(meaning)}")

if how.open:
    with how:
        for sentence in handbook.PROTECTION:
            st.markdown(sentence)

if plans.open:
    with plans:
        worked_plan.show("handbook", expanded=True)
