"""The parts of Target plan: the lines as a table one can edit, the five sections in words, and proposing, agreeing or sending back with a comment."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from access import desk, target_plans
from access.target_plans import QUARTERS, TargetPlan
from domain import codes
from domain.quarters import Quarter, british, quarter_of, year_name
from domain.types import Viewer
from ui import conversation, session, words

SHOWN = (
    "ref", "what_people_will_achieve", *QUARTERS, "counted_as", "kind", "out_of", "direction", "what_changes", "replaces_ref", "baseline", "verification",
)  # fmt: skip
DEVELOPMENTAL = (
    "This is the service's first plan year: its projections are educated guesses. A difference will teach us about the guess; nobody is judged on it."
)
STEPS = {"drafted": "Draft saved", "proposed": "Proposed", "returned": "Sent back", "agreed": "Agreed"}


def year_of(service: str, viewer: Viewer) -> int:
    """The plan year the page is about: at first the one after the latest plan."""
    now = quarter_of(conversation.today())
    known = desk.plan_years(session.store(), viewer, service)
    first = min(known[0] + 1, now.year + 1) if known else now.year
    years = sorted({first, now.year, now.year + 1, *known}, reverse=True)
    return st.selectbox("Plan year", years, years.index(first), format_func=year_name, key=f"plan-year-{service}", width=200)


def standing(plan: TargetPlan) -> None:
    """Where the plan stands, what the last version changed, and the word that went with it."""
    st.markdown(f"**{words.plain(target_plans.state_sentence(plan))}**")
    if plan.developmental:
        st.caption(DEVELOPMENTAL)
    shaped = next((v for v in reversed(plan.versions) if v.step == "proposed"), None)
    if shaped:
        st.markdown(words.plain(f"How people who use the service shaped it: “{shaped.words}”"))
    if changed := target_plans.changes(plan):
        st.markdown("**What changed since the version before:**\n" + "\n".join(f"- {words.plain(line)}" for line in changed[:12]))


def edit(plan: TargetPlan, viewer: Viewer) -> None:
    """The lines as a table and the sections as words; saved as a draft that counts nowhere."""
    if not plan.open:
        show(plan)
        return
    key = f"{plan.service}-{plan.year}"
    options = [1, 2, 3, 4]
    start = st.selectbox(
        "From quarter", options, options.index(plan.from_quarter), key=f"from-{key}", format_func=lambda n: Quarter(plan.year, n).months(), width=240,
        help="A change to an agreed plan begins with a quarter nobody has returned yet. Earlier quarters stay judged by the plan they began with.",
    )  # fmt: skip
    edited = st.data_editor(
        table(plan), num_rows="dynamic", hide_index=True, key=f"lines-{key}-{len(plan.versions)}", column_config=_columns(plan.year),
        alt="The lines of the plan: one row per line",
    )  # fmt: skip
    with st.expander("The plan in words"):
        sections = {s: st.text_area(words.capital(s), plan.sections.get(s, ""), key=f"section-{key}-{s}") for s in codes.SECTIONS}
    if st.button("Save the draft", key=f"save-plan-{key}"):
        lines = edited.astype(object).where(edited.notna(), None).to_dict("records")
        told = "Saved as a draft."
        conversation.attempt(told, target_plans.save, session.store(), viewer, plan.service, plan.year, lines, sections, conversation.today(), start)


def show(plan: TargetPlan) -> None:
    """The lines as they stand, not to be edited."""
    if plan.lines:
        named = table(plan)[["ref", "what_people_will_achieve", "counted_as", *QUARTERS]].astype(object)
        named.columns = ["Line", "What people will achieve", "Counted as", *(Quarter(plan.year, n).months() for n in (1, 2, 3, 4))]
        st.dataframe(named, hide_index=True, alt="The lines of the plan: one row per line")
    for section, text in plan.sections.items():
        st.markdown(f"**{words.capital(section)}.** {words.plain(text)}")


def table(plan: TargetPlan) -> pd.DataFrame:
    """One row per line, a column for each field one may edit."""
    made = pd.DataFrame([{column: line.get(column) for column in SHOWN} for line in plan.lines], columns=list(SHOWN))
    numbers = ["out_of", *QUARTERS, "baseline"]
    return made.astype({column: "float64" if column in numbers else "object" for column in SHOWN})


def _columns(year: int) -> dict[str, Any]:
    pick = st.column_config.SelectboxColumn
    figures = {q: st.column_config.NumberColumn(_short(Quarter(year, n)), min_value=0, width="small") for n, q in enumerate(QUARTERS, start=1)}
    return {
        "ref": st.column_config.TextColumn("Line", help="A short reference, such as M1 or T1"), "replaces_ref": "In place of",
        "kind": pick("Kind", options=list(codes.LINE_KINDS)),
        "what_people_will_achieve": st.column_config.TextColumn("What people will achieve", width="medium"),
        "what_changes": pick("What changes", options=list(codes.WHAT_CHANGES)), "direction": pick("Direction", options=list(codes.DIRECTIONS)),
        "counted_as": pick("Counted as", options=list(codes.COUNTED_AS)),
        "out_of": "Out of", "baseline": "Baseline", "verification": "How to check it", **figures,
    }  # fmt: skip


def _short(quarter: Quarter) -> str:
    """`Apr to Jun` for `April to June 2026`."""
    return " to ".join(month[:3] for month in quarter.months().split(" to "))


def decide(plan: TargetPlan, viewer: Viewer) -> None:
    """Proposing for the service; agreeing or sending back, with a comment, for the commissioner."""
    store, key = session.store(), f"{plan.service}-{plan.year}"
    if plan.state in ("drafted", "returned"):
        with st.form(f"propose-{key}", border=False):
            how = st.text_area("How did people who use the service shape this plan?", key=f"how-{key}", height=80, help="'Not yet' is an honest answer.")
            if st.form_submit_button("Propose this plan", type="primary", key=f"propose-{key}"):
                conversation.attempt("Proposed. Your commissioner sees it now.", target_plans.propose, store, viewer, plan.service, plan.year, how)
    if plan.state == "proposed" and viewer.role == "commissioner":
        with st.form(f"decide-{key}", border=False):
            comment = st.text_area("A comment", key=f"comment-{key}", height=80)
            with st.container(horizontal=True):
                agrees = st.form_submit_button("Agree this plan", type="primary", key=f"agree-plan-{key}")
                returns = st.form_submit_button("Send it back with this comment", key=f"return-plan-{key}")
        if agrees:
            told = "Agreed. Its lines are what the quarters are looked at by from now on."
            conversation.attempt(told, target_plans.agree, store, viewer, plan.service, plan.year, conversation.today(), comment)
        if returns:
            conversation.attempt("Sent back with your comment.", target_plans.send_back, store, viewer, plan.service, plan.year, comment)


def beside(plan: TargetPlan, viewer: Viewer) -> None:
    """Last year, the likely range and this plan, line by line."""
    rows = target_plans.beside(session.store(), viewer, plan.service, plan.year)
    if not rows:
        return
    st.subheader("Beside it: last year and the likely range", anchor=False)
    shown = [
        {
            "Line": f"{r['ref']}: {r['what']}", "Last year": _figure(r["last year"]), "If it goes on like this": _range(r["low"], r["high"]),
            "This plan": _figure(r["this plan"]),
        }
        for r in rows
    ]  # fmt: skip
    st.table(pd.DataFrame(shown).map(words.plain).set_index("Line"), border="horizontal", alt="Last year's figure, the likely range and this plan by line")
    st.caption("The range is where a year like the quarters before it falls eight times in ten. It says nothing about what would be worth trying.")


def _figure(value: float | None) -> str:
    return "not known" if value is None else f"{value:g}"


def _range(low: float | None, high: float | None) -> str:
    return "too few quarters" if low is None or high is None else f"between {low:g} and {high:g}"


def versions(plan: TargetPlan) -> None:
    """Who did what, and when."""
    if plan.versions:
        with st.expander(f"Versions ({len(plan.versions)})"):
            for v in reversed(plan.versions):
                side = conversation.SIDES[v.side].lower()
                st.markdown(words.plain(f"{STEPS[v.step]}, {british(v.happened_at.date())}, by {side}." + (f" “{v.words}”" if v.words else "")))
