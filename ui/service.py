"""The parts of the Service page. Each shows something, or says in words why there is nothing to show."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from access import desk
from charts import change, intervals, people, proportions, quarters
from domain import errors
from domain import quarters as calendar
from domain.types import Released, Scope, Viewer
from metrics import reading
from metrics.registry import METRICS
from ui import figure_card, labels, pick, service_plan, session, titles, words

SAID = {"improved": "clearly better", "same": "about the same", "worsened": "clearly worse", "": "without a verdict"}
PARTS = {"reliable-improvement": "Clearly better", "no-reliable-change": "About the same", "reliable-deterioration": "Clearly worse"}

TOO_SMALL = "So few people are here in any year that plan, return and words speak for the service better than rates."
HELD_BACK = "What can be shown stands below: plan, return and words. That is no mark against the service."
ROLES = {"carer": "Carers", "person": "The people they care for"}
OWN_TOTAL = "provider's own total"
NOTED = 4  # quarters with a note over the chart: the latest


def facts(card: desk.ServiceCard) -> str:
    """The contract in one line."""
    parts = [words.capital(card.service_type), f"run by {card.provider_name}", card.locality if card.locality != "not stated" else ""]
    parts += [f"{card.places} places" if card.places else "", f"{words.money(card.annual_funding)} a year" if card.annual_funding is not None else ""]
    return " · ".join(part for part in parts if part)


def answer(scope: Scope, card: desk.ServiceCard) -> bool:
    """The page's question answered first: how many improved, how sure that is, how many were followed up. False where too few people are
    here for rates of the service alone, so that plan, return and words speak instead."""
    if card.carers:
        return by_role(scope)
    improved, followed = session.ask("reliable-improvement", scope, widen=True), session.ask("follow-up-rate", scope, widen=True)
    row, known, about = labels.whole(improved), labels.whole(followed), reading.rounded(improved)
    if row is None:
        totals = "This service sends totals of its own instead of records of people. They stand below, with the plan and the words."
        words.lead(totals if card.speaks == "totals" else reading.too_few(_when(scope)))
        return False
    alone = improved.scope.services == scope.services
    said = session.once(reading.hidden()) if row.hidden else reading.improvement(row, about=about)
    if improved.widened:
        words.lead(improved.widened)
    if improved.widened:
        st.markdown(words.plain(said if alone else f"In like services together: {said}"))
    else:
        words.lead(said)
    if known and alone:
        both = row.numerator if improved.scope == followed.scope else None
        st.markdown(words.plain(reading.follow_up(known.numerator, known.denominator, both, about)))
    if not alone or row.value is None:
        st.markdown(HELD_BACK if alone else TOO_SMALL)
    return alone and row.value is not None


def by_role(scope: Scope) -> bool:
    """A sentence each for carers and the people they care for: outcomes of their own, never added together. False: rates of everybody would add them."""
    improved = session.ask("reliable-improvement", scope.with_(by="role"))
    rows = {row.group: row for row in improved.rows if not row.still_open}
    for role, called in ROLES.items():
        if role in rows:
            said = "hidden so that nobody can be recognised." if rows[role].value is None else reading.improvement(rows[role], about=reading.rounded(improved))
            words.lead(f"{called}: {said}")
    if not rows:
        words.lead(reading.too_few(_when(scope)))
    return False


def roles(scope: Scope) -> None:
    """Carers and the people they care for as two bars, which no total joins."""
    wide = scope.with_(by="role")
    parts = [session.ask(metric, wide) for metric in PARTS]
    if not parts[0].rows:
        return
    title = "Carers and the people they care for each have outcomes of their own; they are never added together"
    groups(parts, "roles", title, wide, called=ROLES)


def against_like(scope: Scope, card: desk.ServiceCard, viewer: Viewer) -> None:
    """For a manager: one line beside like services of other providers taken together, or why there is none."""
    if viewer.role != "manager":
        return
    here = labels.whole(session.ask("reliable-improvement", scope))
    try:
        there = labels.whole(session.peers("reliable-improvement", scope.with_(services=(), entry="service_type", value=card.service_type)))
    except errors.Shown as none:
        st.markdown(words.plain(f"Like services elsewhere: {none}"))
        return
    if here and there:
        st.markdown(words.plain(f"Like services elsewhere ({card.service_type}): {reading.compare(here, there)}"))


def own_totals(card: desk.ServiceCard, viewer: Viewer) -> None:
    """What a service counted itself, a row per period, apart from everything counted from records."""
    totals = desk.indicators(session.store(), viewer, card.code)
    if not totals:
        return
    st.header("Totals the service counted itself", anchor=False)
    newest = [total for total in totals if total.end == totals[0].end]
    for total in newest:
        st.markdown(f"- {words.plain(f'{words.capital(total.indicator)}: {_total(total)} in {_period(total)}')} *({OWN_TOTAL})*")
    st.caption("Counted by the provider from its own notes. We cannot check these against records, and they are never added to figures that come from records.")
    with st.expander("Every period"):
        if any(total.hidden for total in totals):
            st.caption(words.plain(session.once(words.HIDDEN)))
        st.table(totals_table(totals).map(words.plain).set_index("Period"), border="horizontal", alt=f"Totals of {card.name}: one row per period")


def _total(total: desk.OwnTotal) -> str:
    if total.hidden or total.numerator is None:
        return "hidden"
    of = f" of {total.denominator:,.0f}" if total.denominator is not None else ""
    return f"{total.numerator:,.0f}{of}" + (f" ({total.percent:.0f}%)" if total.percent is not None else "")


def _period(total: desk.OwnTotal) -> str:
    return calendar.period_name(total.start, total.end)


def totals_table(totals: list[desk.OwnTotal]) -> pd.DataFrame:
    """One row per period, newest first, one column per thing counted."""
    rows: dict[str, dict[str, str]] = {}
    for total in totals:
        rows.setdefault(_period(total), {})[f"{words.capital(total.indicator)} ({OWN_TOTAL})"] = _total(total)
    return pd.DataFrame([{"Period": words.capital(period), **row} for period, row in rows.items()]).fillna("not sent")


def _when(scope: Scope) -> str:
    return f"in {calendar.period_name(scope.start, scope.end)}"


def by_quarter(scope: Scope) -> None:
    """Improved, by the quarter (or, for few people, the year) in which people ended; a click opens the people of it."""
    st.header("Through time", anchor=False)
    ended = scope.with_(start=None, end=None, basis="ended")
    said = service_plan.explained(scope.services[0], session.viewer())
    _through_time("reliable-improvement", ended, "improved", "improved clearly", "Look for several on one side, not for one high or low.", True, said)


def follow_up(scope: Scope) -> None:
    """Who was due a second score and has one, by quarter or year of ending."""
    st.header("Who is followed up", anchor=False)
    ended = scope.with_(start=None, end=None, basis="ended")
    note = "The people without a second score may be doing better or worse than the others: we do not know."
    _through_time("follow-up-rate", ended, "followed", "of those due a second score have one", note)


def _through_time(metric: str, scope: Scope, key: str, did: str, note: str, opens: bool = False, said: dict[str, str] | None = None) -> None:
    """By quarter of ending where most quarters may be shown; else by plan year, and it says so. `said`: what the service said, by quarter."""
    answer = session.ask(metric, scope.with_(by="end_quarter"))
    rows, called = labels.ordered(answer), labels.of(answer)
    ended_by = {each: f"By the {each} in which people ended · {labels.who(scope, period=False)}" for each in ("quarter", "year")}
    if not rows:
        st.markdown("Nobody who ended can be counted here yet.")
        return
    if sum(row.value is not None for row in rows) > len(rows) / 2:
        title = titles.span(rows, called, did, "quarter")
        options = {row.group: called[row.group] for row in rows}
        noted = sorted(set(said or {}) & set(options))[-NOTED:]
        numbers = {quarter: str(n) for n, quarter in enumerate(noted, start=1)}

        def open_quarter(quarter: str) -> None:
            session.go("cohorts", scope.where("end_quarter", quarter))

        figure_card.show(
            key, quarters.quarters(rows, unit="%", notes=numbers, **figure_card.BARE),
            quarters.alt_text(rows, unit="%", title=title, subtitle=labels.who(scope), notes=numbers),
            quarters.table(rows, unit="%"), [answer], title=title, subtitle=ended_by["quarter"], reading=note,
            opens=("Open the people of a quarter", options, open_quarter) if opens else None,
        )  # fmt: skip
        if said and noted:
            st.markdown("**What the service said at the time.** The numbers stand over its quarters; whether it made the difference is not known.")
            st.markdown("\n".join(f"{n}. {words.capital(called[quarter])}: {words.plain(said[quarter])}" for quarter, n in numbers.items()))
        return
    years = {period.label: period for period in desk.periods(session.store()) if labels.is_year(period)}
    answers = {label: session.ask(metric, scope.with_(start=years[label].start, end=years[label].end)) for label in sorted(years)}
    rows = [replace(row, group=label) for label, answer in answers.items() if (row := labels.whole(answer)) is not None]
    if not any(row.value is not None for row in rows):
        st.markdown(words.plain(f"{session.once(reading.hidden())} {HELD_BACK}"))
        return
    called = dict(zip(years, years, strict=True))
    title = titles.span(rows, called, did, "year")

    def open_year(year: str) -> None:
        session.go("cohorts", scope.with_(start=years[year].start, end=years[year].end))

    figure_card.show(
        key, intervals.intervals(rows, called, unit="%", **figure_card.BARE),
        intervals.alt_text(rows, called, unit="%", title=title, subtitle=labels.who(scope)),
        intervals.table(rows, called, unit="%", first="Year"), list(answers.values()), title=title,
        subtitle=ended_by["year"],
        reading=f"A quarter holds too few people to show without somebody being recognised, so these are years. {note}",
        opens=("Open the people of a year", {row.group: row.group for row in rows}, open_year) if opens else None,
    )  # fmt: skip


def first_to_last(scope: Scope, viewer: Viewer) -> None:
    """From first to last score: the service's own people as points with the cut-off and clear change, everybody else's as three groups."""
    st.header("From first to last score", anchor=False)
    measure = session.store().measures.get(session.measure_of(scope))
    if measure is None:
        st.markdown("Nobody has two scores on a questionnaire yet, so the plan, the return and the words below speak for the service.")
        return
    on = scope.with_(measure=measure.code)
    gained = session.ask("mean-change", on)
    row = labels.whole(gained)
    if row:
        st.markdown(words.plain(reading.mean(METRICS["mean-change"], row, measure, reading.rounded(gained))))
    parts = [session.ask(metric, on) for metric in PARTS]
    in_proportion(parts, measure.code, on)
    if viewer.role != "manager":
        return
    points = [tuple(row) for row in desk.first_and_last(session.store(), viewer, on)[["first_score", "last_score", "n"]].itertuples(index=False)]
    found = change.counts(points, measure)
    title = words.capital(words.joined(f"{n:,} {SAID[verdict]}" for verdict, n in found.items())) + f": first against last {measure.code}"
    figure_card.show(
        "change", change.change(points, measure, **figure_card.BARE), change.alt_text(points, measure, title=title, subtitle=labels.who(on)),
        change.table(points, measure), [gained], title=title, subtitle=labels.who(on),
        reading="Each mark is the people with the same two scores. Inside the band: about the same. Outside it: clearly better or clearly worse.",
        as_drawn=True, width=560,
    )  # fmt: skip


def in_proportion(parts: list[Released], code: str, scope: Scope) -> None:
    """A hundred people, shared out as the rates say; only where something of it may be shown."""
    better, same, worse = (labels.whole(part) for part in parts)
    if not any(row and row.value is not None for row in (better, same, worse)):
        st.markdown(words.plain(f"{session.once(reading.hidden())} {HELD_BACK}"))
        return
    title, subtitle = titles.parts(better, same, worse, code), labels.who(scope)
    figure_card.show(
        "parts", people.people(better, same, worse, **figure_card.BARE), people.alt_text(better, same, worse, title=title, subtitle=subtitle),
        people.table(better, same, worse), parts, title=title, subtitle=subtitle,
    )  # fmt: skip


def groups(
    parts: list[Released],
    key: str,
    title: str,
    scope: Scope,
    opens: figure_card.Opens | None = None,
    note: str = "",
    called: dict[str, str] | None = None,
    selects: pick.Selects | None = None,
) -> None:
    """Clearly better, about the same and clearly worse side by side for each group of a breakdown, under its own names or those `called`."""
    called = labels.of(parts[0]) | {"all": "Everyone"} | (called or {})
    rows = [labels.ordered(part) for part in parts]
    figure_card.show(
        key, proportions.proportions(*rows, called, **figure_card.BARE), proportions.alt_text(*rows, called, title=title, subtitle=labels.who(scope)),
        proportions.table(*rows, called), parts, title=title, subtitle=labels.who(scope), opens=opens, reading=note,
        selects=selects,
    )  # fmt: skip


def stories(card: desk.ServiceCard, viewer: Viewer) -> None:
    """Short accounts people agreed to have read here."""
    told = desk.stories(session.store(), viewer, card.code)
    if not told:
        return
    st.header("In people's own words", anchor=False)
    for story in told[:3]:
        with st.container(border=True):
            st.markdown(words.plain(story.text))
            enabled = f" What helped: {story.enabled_by}" if story.enabled_by else ""
            st.caption(words.plain(f"{words.capital(story.voice)}, {calendar.british(story.date)}, on {story.area}.{enabled}"))
    if len(told) > 3:
        st.caption(f"{words.capital(words.count(len(told) - 3, 'more story', 'more stories'))} in the returns.")
