"""The plan's part of the Service page: plan against return line by line, the ladder, what a year says of its projections, and what it cost."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from access import cost, desk, evidence, plan_doubts, plan_ladder, plans
from charts import ladder, plan_lines
from domain import errors
from domain import quarters as calendar
from domain.quarters import Quarter
from domain.types import Viewer
from ui import contract_card, figure_card, session, tables, words

KEPT_BACK = "The service has explained this to its commissioner"  # no words of its own for this audience
YEARS = 3  # plan years in the small charts: twelve quarters


@st.cache_data(max_entries=500, show_spinner=False)
def _lines(path: str, key: tuple[str, tuple[str, ...]], service: str, version: int) -> dict[int, list[desk.PlanLine]]:
    return desk.plan_lines_by_year(session.opened(path), Viewer(f"local {key[0]}", *key), service)  # type: ignore[arg-type]


@st.cache_data(max_entries=200, show_spinner=False)
def _costs(path: str, key: tuple[str, tuple[str, ...]], service: str, version: int) -> list[cost.YearCost]:
    return cost.by_year(session.opened(path), Viewer(f"local {key[0]}", *key), service)  # type: ignore[arg-type]


def plan(card: desk.ServiceCard, viewer: Viewer) -> None:
    """What was planned, what happened, and why."""
    st.header("What was planned, what happened, and why", anchor=False)
    store = session.store()
    years = desk.plan_years(store, viewer, card.code)  # the right is checked on every call, outside the cache
    if not years:
        st.markdown("There is no plan here yet.")
        return
    told = _lines(str(store.path), (viewer.role, viewer.providers), card.code, session.change())
    held = {year: told.get(year, []) for year in years[:YEARS][::-1]}
    against_return(card, viewer, held)
    year = st.selectbox("Plan year", years, format_func=calendar.year_name, key=f"plan-year-{card.code}", width=200)
    said(told.get(year, []))
    checked(card, viewer, year)
    if viewer.role != "presenter":
        the_ladder(card, viewer, year)
        verdicts(card, viewer, year)


def explained(code: str, viewer: Viewer) -> dict[str, str]:
    """What a service said about its figures, by quarter (`2025-26 Q3`): a redesign, staff who left, a busy autumn; for notes on charts in time."""
    store = session.store()
    desk.plan_years(store, viewer, code)  # the right is checked on every call, outside the cache
    told = _lines(str(store.path), (viewer.role, viewer.providers), code, session.change())
    found: dict[str, list[str]] = {}
    for year, lines in told.items():
        for line in lines:
            if line.words and not line.words.startswith(KEPT_BACK):
                found.setdefault(f"{calendar.year_name(year)} {line.quarter}", []).append(line.words + (f" ({line.reason})" if line.reason else ""))
    return {quarter: " ".join(dict.fromkeys(said)) for quarter, said in found.items()}


def panels(held: dict[int, list[desk.PlanLine]]) -> list[plan_lines.Panel]:
    """A small chart per line of the latest plan, then of lines that are no longer in it, each with its quarters in order."""
    found: dict[str, list[plan_lines.Point]] = {}
    about: dict[str, desk.PlanLine] = {}
    for year in sorted(held, reverse=True):
        for line in held[year]:
            about.setdefault(line.ref, line)
            if line.projection is not None or line.actual is not None or line.figures:
                told = line.figures if line.figures != "nothing returned yet" else ""
                point = plan_lines.Point(f"{calendar.year_name(year)} {line.quarter}", line.projection, line.actual, told, line.words)
                found.setdefault(line.ref, []).append(point)
    return [
        plan_lines.Panel(ref, about[ref].what, about[ref].counted_as, tuple(sorted(points, key=lambda p: p.quarter)))
        for ref, points in found.items()
        if any(p.actual is not None or p.said for p in points)
    ]


def against_return(card: desk.ServiceCard, viewer: Viewer, held: dict[int, list[desk.PlanLine]]) -> None:
    """The small charts: projection as a line, what happened as points; the words about a point are in its hover and in the table."""
    drawn = panels(held)
    if not drawn:
        st.markdown("The plan is agreed; nothing has been returned of it yet.")
        return
    in_words, drawn = [p for p in drawn if all(point.actual is None for point in p.points)], [p for p in drawn if any(q.actual is not None for q in p.points)]
    if in_words:
        st.table(
            words_table(in_words).map(words.plain).set_index("What people will achieve"), border="horizontal", alt=f"Plan and return of {card.name} in words"
        )
        st.caption("In words, because so few people are here that figures could point at somebody.")
    if not drawn:
        return
    title, chances = summary(drawn), chance(card, viewer) if viewer.role == "commissioner" else ()
    subtitle = f"{card.name} · dashed line: expected · dots: what happened · a diamond has words of explanation"
    figure_card_note = "In a first year a projection is an educated guess, and a difference teaches us about the guess."
    contract_card.show(
        f"plan-{card.code}", plan_lines.plan_lines(drawn, **figure_card.BARE), plan_lines.alt_text(drawn, title=title, subtitle=subtitle),
        plan_lines.table(drawn), title=title, subtitle=subtitle, reading=figure_card_note,
        explain=("Every figure is the service's own, from its returns; a running total stands as it was sent and begins anew each April.", *chances),
    )  # fmt: skip


def words_table(in_words: list[plan_lines.Panel]) -> pd.DataFrame:
    """One row per line whose figures may not be shown, one column for each of the last four quarters: how it went, in words."""
    last = plan_lines.quarters_of(in_words)[-4:]
    rows = []
    for panel in in_words:
        told = {p.quarter: p.said for p in panel.points}
        rows.append({"What people will achieve": panel.what} | {_months(quarter): told.get(quarter, "") or "nothing returned yet" for quarter in last})
    return pd.DataFrame(rows)


def _months(quarter: str) -> str:
    """`Oct to Dec 2025` for `2025-26 Q3`."""
    found = calendar.quarter_named(quarter)
    return f"{calendar.MONTHS[found.start.month - 1][:3]} to {calendar.MONTHS[found.end.month - 1][:3]} {found.end.year}" if found else quarter


def summary(drawn: list[plan_lines.Panel]) -> str:
    """How many of the latest figures were about as expected: the finding over the charts. Wherever words stand for figures, nothing is counted."""
    last = [next((p for p in reversed(panel.points) if p.actual is not None), None) for panel in drawn]
    known = [p for p in last if p is not None and p.projection is not None]
    if not known or any(p is None for p in last):
        return "What was planned and what happened, line by line"
    near = sum(abs((p.actual or 0) - (p.projection or 0)) < max(2, 0.2 * (p.projection or 0)) for p in known)
    if len(known) == 1:
        return "The latest figure beside its plan"
    if near == len(known):
        return f"All {near} latest figures are about as planned"
    return f"{near or 'None'} of the {len(known)} latest figures {'is' if near <= 1 else 'are'} about as planned"


def chance(card: desk.ServiceCard, viewer: Viewer) -> tuple[str, ...]:
    """What chance alone would do, for the commissioner."""
    found = plans.gaps(session.store(), viewer, [card.code])
    latest = max((g.quarter for g in found if g.actual is not None), default=None)
    told = tuple(f"{g.ref}, {latest.months()}: {g.chance}" for g in found if latest and g.quarter == latest and g.material and g.chance)
    return tuple(line for line in (plans.chance_gaps(found), *told) if line)


def said(lines: list[desk.PlanLine]) -> None:
    """The service's own words about its figures, in the wording released for this audience."""
    told = [line for line in lines if line.words or line.learning]
    if told:
        st.markdown("**What the service says about it**")
        st.markdown("\n".join(_said(line) for line in told))


def _said(line: desk.PlanLine) -> str:
    """What the service wrote about one figure, as an item of a list."""
    text = " ".join(part for part in (line.words, line.learning) if part)
    return f"- **{words.plain(line.what)}**, {line.months}: {words.plain(text)}" + (f" *({words.plain(line.reason)})*" if line.reason else "")


def checked(card: desk.ServiceCard, viewer: Viewer, year: int) -> None:
    """Which figures of the year were checked, how, when and with what result."""
    if viewer.role == "presenter":
        return
    found = [c for c in evidence.of(session.store(), viewer, card.code) if c.quarter.year == year]
    if found:
        st.markdown("**Evidence checked**")
        st.markdown("\n".join(f"- **{words.plain(c.ref)}**, {c.quarter.months()}: {words.plain(c.words)}" for c in found))


def the_ladder(card: desk.ServiceCard, viewer: Viewer, year: int) -> None:
    """Successive lines of new people in the year so far: how many came to each step, and how many of every ten to the next."""
    steps = plan_ladder.conversion(session.store(), viewer, [card.code], year)
    last = max((s.quarter for s in steps), default=None)
    steps = [s for s in steps if s.quarter == last]
    if not steps or last is None:
        return
    reached = plan_ladder.attainment(session.store(), viewer, [card.code], year, last.number)
    planned = {a.ref: a.projection for a in reached if a.span == "year to date"}
    what = {g.ref: g.what for g in plans.gaps(session.store(), viewer, [card.code], year, last.number)}
    rungs = [ladder.Rung(steps[0].ref, what[steps[0].ref], steps[0].actual, planned.get(steps[0].ref))]
    rungs += [ladder.Rung(s.next_ref, what[s.next_ref], s.next_actual, planned.get(s.next_ref), s.ratio, s.planned_ratio) for s in steps]
    ends = f"since April {year}, up to {calendar.MONTHS[last.end.month - 1]} {last.end.year}"
    title, subtitle = _ladder_title(rungs), f"{card.name} · people counted at each step {ends} · upright mark: planned"
    contract_card.show(
        f"ladder-{card.code}", ladder.ladder(rungs, **figure_card.BARE), ladder.alt_text(rungs, title=title, subtitle=subtitle), ladder.table(rungs),
        title=title, subtitle=subtitle,
        reading="They need not be the same people: some took the first step in an earlier year, so this is no share of people.",
        explain=[s.sentence for s in steps if s.sentence],
    )  # fmt: skip


def _ladder_title(rungs: list[ladder.Rung]) -> str:
    first, last = rungs[0], rungs[-1]
    if not first.actual:
        return "The milestone ladder of the year so far"
    return f"{first.actual:,.0f} counted at the first step of the ladder, {last.actual:,.0f} at the last"


def verdicts(card: desk.ServiceCard, viewer: Viewer, year: int) -> None:
    """What a complete year says of its projections: cautious, about right, ambitious, or that nobody can tell; and figures that are all as planned."""
    found = plans.realism(session.store(), viewer, [card.code], year)
    alike = [m for m in plans.matches(session.store(), viewer, [card.code], year) if m.questioned]
    doubts = [d for d in plan_doubts.doubts(session.store(), viewer, [card.code], year)]
    if not found and not alike and not doubts:
        return
    st.markdown(f"**What {calendar.year_name(year)} says about its projections**")
    if found:
        st.markdown("\n".join(f"- **{words.plain(r.ref)}, {words.plain(r.what)}**: {words.plain(r.sentence)}" for r in found))
    for told in [*(m.question for m in alike), *(d.question for d in doubts)]:
        st.markdown(f"- {words.plain(told)}")


# ---- money and activity ----------------------------------------------------------------------------------------------------------------------


def money(card: desk.ServiceCard, viewer: Viewer) -> None:
    """What was done and what it cost for each person and each clear gain, beside the service's own past and nobody else's."""
    store = session.store()
    rows = cost.activity(store, viewer, card.code)  # the right is checked on every call, outside the cache
    if viewer.role == "presenter" or not rows:
        return
    st.header("What was done, and what it cost", anchor=False)
    try:
        years = _costs(str(store.path), (viewer.role, viewer.providers), card.code, session.change())
    except errors.Shown as none:
        st.markdown(words.plain(none))
        years = []
    st.markdown(f"**{cost.NEVER}** Beside this service's own past, and never beside another service.")
    if years:
        tables.wide(cost_table(years), f"What {card.name} cost: one row per complete plan year")
        st.caption(words.plain(cost.READING))
    else:
        st.markdown("No plan year is complete yet, so there is no cost of a year to show.")
    with st.expander("Activity, quarter by quarter"):
        st.dataframe(activity_table(rows), hide_index=True, alt=f"Activity of {card.name}: one row per quarter, newest first")


def cost_table(years: list[cost.YearCost]) -> pd.DataFrame:
    """One row per complete plan year, newest first: every cost with its range, and how many were followed up."""
    return pd.DataFrame(
        [
            {
                "Year": calendar.year_name(y.year),
                "Spent": cost.pounds(y.spend),
                "For each person supported": cost.in_words(y.per_person) or "not known: a quarter does not say how many",
                "For each clear gain": "hidden" if y.hidden else cost.in_words(y.per_gain) or "no scores to tell",
                "Followed up": "not known" if y.follow_up is None else f"{y.follow_up:.0f}%",
                "Hours preparing returns": "not said" if y.hours_preparing is None else f"{y.hours_preparing:g}",
            }
            for y in years
        ]
    )


def activity_table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """One row per quarter, newest first."""
    return pd.DataFrame(
        [
            {"Quarter": Quarter(int(str(r["year"])), int(str(r["quarter"]))).months()}
            | {title: None if r[column] is None else float(str(r[column])) for column, title in cost.ACTIVITY.items()}
            for r in rows[::-1]
        ]
    )
