"""The parts of Target plan: the lines as a table one can edit, the five sections in words, and proposing, agreeing or sending back with a comment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import pandas as pd
import streamlit as st

from access import conversation as talk
from access import desk, plan_beside, plan_drafts, returns, target_plans
from access.target_plans import QUARTERS, TargetPlan
from domain import codes, errors
from domain.quarters import Quarter, british, quarter_of, year_name
from domain.types import Finding, Scope, Viewer
from exports import plan_files
from ui import conversation, empty, own_plan, session, tables, words, worked_plan

# The words stand first: a browser's table learns from the first cell it draws how wide letters are, and after `M1` it broke no line of them
SHOWN = (
    "what_people_will_achieve", "ref", *QUARTERS, "counted_as", "kind", "out_of", "direction", "what_changes", "replaces_ref", "baseline", "verification",
)  # fmt: skip
DEVELOPMENTAL = (
    "This is the service's first plan year: its projections are educated guesses. A difference will teach us about the guess; nobody is judged on it."
)
STEPS = {"drafted": "Draft saved", "proposed": "Proposed", "returned": "Sent back", "agreed": "Agreed"}


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FOUND = "plan-findings"


def scope_of(viewer: Viewer) -> Scope:
    """The scope of the link; for a manager of one service that service, which they need not choose."""
    scope = session.scope().with_(cohort=(), by="")
    cards = session.services()
    return scope.with_(services=(cards[0].code,), entry="", value="") if viewer.role == "manager" and len(cards) == 1 else scope


def own(viewer: Viewer) -> None:
    """The commissioner's own plan under the plan of a manager's one service: they never see the page without a service chosen."""
    if viewer.role == "manager" and len(session.services()) == 1:
        own_plan.show(viewer)


def choose(scope: Scope, viewer: Viewer) -> NoReturn:
    """No one service chosen: the list, the commissioner's own plan, and a plan worked through."""
    with contextlib.suppress(session.Ended):
        empty.choose_service("target-plan", scope)
    worked_plan.show("choose")
    if session.services():
        own_plan.show(viewer)
    raise session.Ended


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
        _changes("What changed since the version before", changed)
    elif plan.state in ("proposed", "returned") and (changed := target_plans.since_last_year(plan)):
        _changes("What is different from last year's plan", changed)


def _changes(heading: str, changed: Sequence[str]) -> None:
    st.markdown(f"**{heading}:**\n" + "\n".join(f"- {words.plain(line)}" for line in changed[:12]))
    if len(changed) > 12:
        st.caption(f"And {words.count(len(changed) - 12, 'more change')}, under Versions.")


def keep(told: str, doing: Callable[..., list[Finding]], *given: Any) -> None:
    """Saves a draft and begins the page anew with what to look at; what stands in its way is told where it was asked for."""
    try:
        found = doing(*given)
    except errors.Shown as problem:
        st.warning(words.plain(problem))
        return
    need = [f for f in found if f.severity != "look"]
    if need:
        st.warning(f"Not saved yet: {words.count(len(need), 'thing needs', 'things need')} you. The draft before is as it was.")
        st.markdown(_listed(need))
        return
    st.session_state["told"] = told
    st.session_state[FOUND] = found
    st.rerun()


def worth_a_look(plan: TargetPlan) -> None:
    """What was found in the draft just saved, and what the figures themselves make one ask."""
    found = st.session_state.pop(FOUND, [])
    if found:
        st.markdown("Saved, and worth a look:\n" + _listed(found))
    if plan.state in ("drafted", "proposed", "returned") and (asked := plan_beside.doubts(plan)):
        st.markdown("**Before this is agreed:**\n" + "\n".join(f"- {words.plain(question)}" for question in asked))


def _listed(found: Sequence[Finding]) -> str:
    most = [f"- {words.plain(' '.join(part for part in (f'{f.cell}:' if f.cell else '', f.message, f.fix) if part))}" for f in found[:15]]
    return "\n".join([*most, *([f"- And {len(found) - 15} more."] if len(found) > 15 else [])])


def begin(plan: TargetPlan, viewer: Viewer) -> None:
    """Where a draft may begin: the template of the service's type, the plan's workbook, a plan worked through."""
    store, key = session.store(), f"{plan.service}-{plan.year}"
    made = plan_drafts.template_of(store, viewer, plan.service)
    if plan.open:
        with st.expander("Begin from the template, or work in Excel", expanded=plan.state == "none" and not plan.lines):
            st.markdown(f"Five sections with gaps to fill and specimen lines for {words.plain(made.name)}. The figures are yours to set.")
            again = " It takes the place of the draft above; the draft stays among the versions." if plan.versions else ""
            if st.button(
                f"Start from the template for {made.name}", key=f"template-{key}", help=f"Saved as a draft; nothing counts before it is agreed.{again}"
            ):
                keep("The template is your draft now.", plan_drafts.begin_from_template, store, viewer, plan.service, plan.year, conversation.today())
            name = session.names()[plan.service]
            stem = f"target-plan-{plan.service}-{year_name(plan.year)}.xlsx"
            st.download_button(
                "Download this plan as a workbook", lambda: plan_drafts.workbook(store, viewer, plan.service, plan.year, name), stem, XLSX,
                on_click="ignore", key=f"plan-book-{key}",
            )  # fmt: skip
            dropped = st.file_uploader("The workbook, filled in", type=["xlsx"], key=f"plan-file-{key}-{len(plan.versions)}")
            if dropped and st.button("Read it into the draft", key=f"read-plan-{key}"):
                content = dropped.getvalue()
                keep(
                    "Read. It is your draft now.",
                    plan_drafts.from_workbook,
                    store,
                    viewer,
                    plan.service,
                    plan.year,
                    dropped.name,
                    content,
                    conversation.today(),
                )
    with st.expander(f"How to write a plan for {made.name}"):
        st.markdown(plan_files.guidance(made.name))
    worked_plan.show(key)


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
        alt="The lines of the plan: one row per line", height="content",
        row_height=tables.height(line.get("what_people_will_achieve") for line in plan.lines),
    )  # fmt: skip
    with st.expander("The plan in words"):
        sections = {s: st.text_area(words.capital(s), plan.sections.get(s, ""), key=f"section-{key}-{s}") for s in codes.SECTIONS}
    if st.button("Save the draft", key=f"save-plan-{key}"):
        lines = edited.astype(object).where(edited.notna(), None).to_dict("records")
        keep("Saved as a draft.", target_plans.save, session.store(), viewer, plan.service, plan.year, lines, sections, conversation.today(), start)


def show(plan: TargetPlan) -> None:
    """The lines as they stand, not to be edited."""
    if plan.lines:
        named = table(plan)[["what_people_will_achieve", "ref", *QUARTERS, "counted_as", "out_of", "baseline", "direction", "verification"]].astype(object)
        months = (_short(Quarter(plan.year, n)) for n in (1, 2, 3, 4))
        named.columns = ["What people will achieve", "Line", *months, "Counted as", "Out of", "Baseline", "Direction", "How to check it"]
        st.dataframe(
            named, hide_index=True, alt="The lines of the plan: one row per line", height="content",
            row_height=tables.height(named["What people will achieve"]),
            column_config={"What people will achieve": st.column_config.TextColumn(width=tables.WORDS), "Line": st.column_config.TextColumn(width=72)},
        )  # fmt: skip
    for section, text in plan.sections.items():
        st.markdown(f"**{words.capital(section)}.** {words.plain(text)}")


def table(plan: TargetPlan) -> pd.DataFrame:
    """One row per line, a column for each field one may edit."""
    made = pd.DataFrame([{column: line.get(column) for column in SHOWN} for line in plan.lines], columns=list(SHOWN))
    numbers = ["out_of", *QUARTERS, "baseline"]
    return made.astype({column: "float64" if column in numbers else "object" for column in SHOWN})


def _columns(year: int) -> dict[str, Any]:
    pick = st.column_config.SelectboxColumn
    figures = {q: st.column_config.NumberColumn(_short(Quarter(year, n)), min_value=0, width=112) for n, q in enumerate(QUARTERS, start=1)}
    return {
        "ref": st.column_config.TextColumn("Line", help="A short reference, such as M1 or T1", width=72), "replaces_ref": "In place of",
        "kind": pick("Kind", options=list(codes.LINE_KINDS)),
        "what_people_will_achieve": st.column_config.TextColumn("What people will achieve", width=tables.WORDS),
        "what_changes": pick("What changes", options=list(codes.WHAT_CHANGES)), "direction": pick("Direction", options=list(codes.DIRECTIONS)),
        "counted_as": pick("Counted as", options=list(codes.COUNTED_AS), width=175),
        "out_of": "Out of", "baseline": "Baseline", "verification": "How to check it", **figures,
    }  # fmt: skip


def _short(quarter: Quarter) -> str:
    """`Apr to Jun` for `April to June 2026`."""
    return " to ".join(month[:3] for month in quarter.months().split(" to "))


def decide(plan: TargetPlan, viewer: Viewer) -> None:
    """Proposing for the service; agreeing or sending back, with a comment, for the commissioner."""
    store, key = session.store(), f"{plan.service}-{plan.year}"
    if plan.state in ("drafted", "returned") and viewer.role != "manager":
        st.caption("The service's manager proposes it, with a word on how people who use the service shaped it.")
    elif plan.state in ("drafted", "returned"):
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


@st.cache_data(max_entries=200, show_spinner=False)
def _beside(path: str, key: tuple[str, tuple[str, ...]], service: str, year: int, version: int) -> list[plan_beside.Beside]:
    return plan_beside.lines(session.opened(path), Viewer(f"local {key[0]}", *key), service, year)  # type: ignore[arg-type]


@st.cache_data(max_entries=200, show_spinner=False)
def _like(path: str, key: tuple[str, tuple[str, ...]], service: str, year: int, version: int) -> plan_beside.LikeServices:
    return plan_beside.like_services(session.opened(path), Viewer(f"local {key[0]}", *key), service, year)  # type: ignore[arg-type]


def beside(plan: TargetPlan, viewer: Viewer) -> None:
    """Last year, the likely range, past projections and this plan, line by line; then like services."""
    store = session.store()
    talk.check_may_see(store, viewer, plan.service)  # the right is checked on every call, outside the cache
    rows = _beside(str(store.path), (viewer.role, viewer.providers), plan.service, plan.year, returns.version(store))
    known = [r for r in rows if r.quarters or r.last_plan is not None]
    if known:
        st.subheader("Beside it: last year and the likely range", anchor=False)
        shown = [
            {
                "Line": f"{r.ref}: {r.what}", "Last year": f"{_figure(r.last_actual)} (planned {_figure(r.last_plan)})",
                "If it goes on like this": _range(r), "Past projections": "; ".join(r.past) or "none complete yet",
                "This plan": _figure(wanted) if (wanted := r.agreed if r.proposed is None else r.proposed) is not None else "not yet",
            }
            for r in known
        ]  # fmt: skip
        tables.wide(pd.DataFrame(shown), "Last year, the likely range, past projections and this plan")
        st.caption(
            "The range is where a year like the quarters before it falls eight times in ten. It says nothing about what would be worth trying. "
            "Cautious, about right and ambitious are words about the guess, not about the work."
        )
        query = session.query(Scope(services=(plan.service,)))
        st.page_link(session.PAGES["reality-check"], label="Reality check: the same as a picture", icon=":material/straighten:", query_params=query)
    like(plan, viewer)


def like(plan: TargetPlan, viewer: Viewer) -> None:
    """Services of the same type: ratios in words for everybody, their lines for commissioners."""
    store = session.store()
    talk.check_may_see(store, viewer, plan.service)
    found = _like(str(store.path), (viewer.role, viewer.providers), plan.service, plan.year, returns.version(store))
    st.subheader(words.plain(f"Like services: {found.service_type}"), anchor=False)
    st.markdown("\n".join(f"- {words.plain(told)}" for told in found.told))
    if found.lines:
        names = session.names()
        shown = [
            {
                "Service": names.get(x.service, x.service), "Line": f"{x.ref}: {x.what}", "Planned": _figure(x.projection), "Counted": _figure(x.actual),
                "Of the plan": "" if x.ratio is None else f"{100 * x.ratio:.0f}%", "The projection was": x.verdict,
            }
            for x in found.lines
        ]  # fmt: skip
        with st.expander(f"Their lines in {year_name(plan.year - 1)} ({len(shown)})"):
            st.dataframe(pd.DataFrame(shown), hide_index=True, alt="Lines of like services last year: planned, counted and what became of the projection")
    st.caption(
        "People counted anew, quarters with both a projection and a figure. Different people come to different services: this is for talking, not for ranking."
    )


def _figure(value: float | None) -> str:
    return "not known" if value is None else f"{value:,.1f}".removesuffix(".0")


def _range(r: plan_beside.Beside) -> str:
    if not r.counted_anew:
        return "no range for this kind of figure"
    return "too few quarters" if r.low is None or r.high is None else f"between {_figure(r.low)} and {_figure(r.high)}"


def versions(plan: TargetPlan) -> None:
    """Who did what, when, from which quarter, and what each version changed."""
    if plan.versions:
        with st.expander(f"Versions ({len(plan.versions)})"):
            for n in range(len(plan.versions) - 1, -1, -1):
                v = plan.versions[n]
                side = f"{conversation.SIDES[v.side].lower()}" + (f" ({v.who})" if v.who else "")
                start = f", from {Quarter(plan.year, v.from_quarter).months()}"
                st.markdown(words.plain(f"{STEPS[v.step]}, {british(v.happened_at.date())}, by {side}{start}." + (f" “{v.words}”" if v.words else "")))
                changed = target_plans.changes_of(plan, n)
                if changed:
                    against = "the plan of the year before" if n == 0 else "the version before"
                    st.markdown(f"Against {against}:\n" + "\n".join(f"- {words.plain(line)}" for line in changed))
                elif n or plan.before:
                    st.caption("Nothing changed.")
