"""The parts of the Cohorts page: groups side by side, first against last, scores over time, how long improvement took, and each group beside the rest."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from access import statistics
from charts import change, differences, survival, trajectory
from domain.types import BREAKDOWNS as WORDS
from domain.types import Measure, Released, Scope, Viewer
from metrics import reading
from metrics.registry import METRICS
from ui import crossfilter, explain, figure_card, labels, service, session, stats, titles, words

BREAKDOWNS = ("start_quarter", "end_quarter", "age_band", "gender", "ethnic_group", "deprivation_quintile", "main_need")
QUARTERS = ("start_quarter", "end_quarter")
MISSING = {"paired": "People with two scores", "not-improved": "Those unseen as not improved", "bounds": "The lowest and highest possible"}
NOT_ONE_COURSE = "People who stay longer are not the same people as those who leave early, so this is nobody's own course."
MOST_PANELS = 12


@dataclass(frozen=True)
class View:
    """What the page is about: the people selected (`scope`), the same before this page's own selections (`whole`), its breakdown, and who looks."""

    scope: Scope
    whole: Scope
    by: str
    viewer: Viewer

    def table(self) -> Scope:
        """The breakdown over everybody the bars may show: a selection of bars never hides the bars."""
        return crossfilter.applied(self.whole, self.viewer, but=self.by).with_(by=self.by, cohort=())


def view(scope: Scope, by: str, viewer: Viewer) -> View:
    return View(crossfilter.applied(scope, viewer), scope, by, viewer)


def answer(of: View) -> None:
    """The sentence for the group one is in, or for everyone where none is chosen; and how it would read with the people nobody has seen again."""
    improved = session.ask("reliable-improvement", of.scope.with_(by=""))
    row = labels.whole(improved)
    if row is None:
        words.lead("Nobody in this group has two scores on a questionnaire whose wobble is known, so we cannot say who improved.")
        return
    if any(what.startswith("change:") for what, _ in of.scope.picked):
        many = words.capital(words.count(row.denominator or 0, "person was", "people were"))
        words.lead(f"{many} picked out for how they fared, so what share of them improved says nothing of the service.")
        return
    words.lead(reading.improvement(row, about=reading.rounded(improved)))
    what_if_missing(of)


def what_if_missing(of: View) -> None:
    """The toggle: the people without a second score left out, counted as not improved, or between none and all of them improved."""
    way = explain.switch("What about people without a second score?", MISSING, "cohorts-missing")
    if way == "paired":
        return
    found = stats.told("missing", "reliable-improvement", of.scope.with_(by=""), way=way)
    if isinstance(found, str):
        st.markdown(words.plain(found))
        return
    for line in explain.ways(found.rows, METRICS["reliable-improvement"].title, found.policy == "outside"):
        st.markdown(f"- {words.plain(line)}")
    st.caption("People who died or moved away stand apart. We do not know how the others are: the truth lies between the lowest and the highest.")


def selection(of: View) -> None:
    crossfilter.show(of.whole, of.by, of.viewer, session.ask("reliable-improvement", of.table()))


def side_by_side(of: View) -> None:
    """Better, about the same and worse for every group of the breakdown; a click narrows the rest of the page to that group."""
    wide = of.table()
    st.header(f"Side by side, by {WORDS[of.by]}", anchor=False)
    parts = [session.ask(metric, wide) for metric in service.PARTS]
    if not parts[0].rows:
        st.markdown("There is nobody to set side by side: it takes two scores on a questionnaire whose wobble is known. Average scores stand below.")
        return
    scope = of.whole
    if len(scope.services) == 1 and not any(row.value is not None for part in parts for row in part.rows):
        kind = next(card.service_type for card in session.services() if card.code == scope.services[0])
        scope = scope.with_(services=(), entry="service_type", value=kind)
        wide = scope.with_(by=of.by, cohort=())
        parts = [session.ask(metric, wide) for metric in service.PARTS]
        st.info(f"The groups within this service are too small to show, so these are all services of its type ({kind}) together. {reading.NO_MARK}")
    called = labels.of(parts[0])
    options = {row.group: called[row.group] for row in labels.ordered(parts[0])}
    note = "Groups differ in who comes and who is followed up, so a difference is a question."
    title = titles.between(parts[0].rows, "were clearly better", WORDS[of.by])
    if crossfilter.free(of.viewer):
        service.groups(parts, "groups", title, wide, None, note, selects=(crossfilter.bars(of.by, of.viewer), ("points",)))
        return
    narrow = ("Look at one group", options, lambda group: session.go("cohorts", scope.with_(by=of.by, cohort=()).where(of.by, group)))
    service.groups(parts, "groups", title, wide, narrow, note)


def journeys(of: View) -> None:
    """The way on to one line per person: of the group one is in."""
    if of.viewer.role == "presenter":
        return
    st.button(
        "Open the journeys of these people", icon=":material/timeline:", key="open-journeys", on_click=session.go,
        args=("journeys", of.whole.with_(by="")), help="One line per person, as coded records of real people.",
    )  # fmt: skip


def points(of: View) -> None:
    """First against last score of one's own people; a box round points narrows the rest of the page to those people."""
    measure = asked(of.scope)
    if not crossfilter.free(of.viewer) or measure is None:
        return
    st.header("From first to last score", anchor=False)
    on = crossfilter.applied(of.whole, of.viewer, but="scores").with_(measure=measure.code, by="")
    gained = session.ask("mean-change", on)
    pairs = [tuple(row) for row in stats.ask("first and last", "", on)[["first_score", "last_score", "n"]].itertuples(index=False)]
    if not pairs:
        st.markdown("Nobody here has two scores on this questionnaire.")
        return
    found = change.counts(pairs, measure)
    title = words.capital(words.joined(f"{n:,} {service.SAID[verdict]}" for verdict, n in found.items())) + f": first against last {measure.code}"
    figure_card.show(
        "points", change.change(pairs, measure, **figure_card.BARE, selectable=True), change.alt_text(pairs, measure, title=title, subtitle=labels.who(on)),
        change.table(pairs, measure), [gained], title=title, subtitle=labels.who(on),
        reading="Each mark is the people with the same two scores. Select some (the dashed square above the chart draws a box), and the other charts follow.",
        as_drawn=True, width=560, selects=(crossfilter.points(measure.code, of.viewer), ("points", "box")),
    )  # fmt: skip
    crossfilter.by_score(measure.code, float(measure.lowest), float(measure.highest), pairs, of.viewer)


def asked(scope: Scope) -> Measure | None:
    """The questionnaire of what needs one: the scope's, else the one most used there."""
    return session.store().measures.get(session.measure_of(scope))


# ---- over time -------------------------------------------------------------------------------------------------------------------------------


def over_time(of: View) -> None:
    """Scores by weeks since people began: their mean, how far they lie apart, or a small chart for each starting quarter or group."""
    st.header("Scores over time", anchor=False)
    measure = asked(of.scope)
    if measure is None:
        st.markdown("Scores over time need a questionnaire with two scores, and there is none here yet.")
        return
    ways = {"mean": "The average", "fan": "How far people lie apart", "start_quarter": "By starting quarter"}
    ways |= {of.by: f"By {WORDS[of.by]}"} if of.by not in QUARTERS else {"end_quarter": "By ending quarter"}
    way = explain.switch("Show", ways, "over-time-way")
    on = of.scope.with_(measure=measure.code, by="")
    if way == "mean":
        average(on, measure)
    elif way == "fan":
        fan(on, measure)
    else:
        each(crossfilter.applied(of.whole, of.viewer, but=way).with_(measure=measure.code, by=way, cohort=()), measure)


def average(on: Scope, measure: Measure) -> None:
    """The mean score by fortnights since people began, with its range, for the group one is in."""
    released: Released = stats.ask("trajectory", "", on)
    if not any(row.value is not None for row in released.rows):
        st.markdown(words.plain(reading.too_few("in this group", "no curve")))
        return
    weeks = [2.0 * int(row.group) for row in released.rows]
    title = titles.over_time(weeks, released.rows, measure)
    figure_card.show(
        "over-time", trajectory.trajectory(weeks, released.rows, measure, **figure_card.BARE),
        trajectory.alt_text(weeks, released.rows, measure, title=title, subtitle=labels.who(on)), trajectory.table(weeks, released.rows), [released],
        title=title, subtitle=labels.who(on), reading=NOT_ONE_COURSE,
    )  # fmt: skip


def fan(on: Scope, measure: Measure) -> None:
    """The middle score and the bands that hold half and eight in ten of the people."""
    found = stats.told("fan", "", on)
    if isinstance(found, str) or found.rows.empty or found.rows["q50"].isna().all():
        st.markdown(words.plain(found if isinstance(found, str) else reading.too_few("in this group", "no curve")))
        return
    rows, who = found.rows, labels.who(on)
    known = rows[rows["q50"].notna()].iloc[[0, -1]].to_dict("records")
    ends = " and ".join(f"{row['q50']:.3g} {_when(row['week'])}" for row in known)
    title = f"The middle {measure.code} was {ends}; {measure.better} is better"
    lines = (
        "Quantiles of the latest score of each stay in each fortnight since the start.",
        "A quantile q is shown where n ≥ 5 / min(q, 1 − q): at least five people stand beyond the line.", *found.notes,
    )  # fmt: skip
    figure_card.statistic(
        "fan", trajectory.fan(rows, measure, **figure_card.BARE), trajectory.fan_alt_text(rows, measure, title=title, subtitle=who), trajectory.fan_table(rows),
        figure_card.Told(lines, found.scope, found.policy, found.data_version, found.data_date), title=title, subtitle=who,
        reading=f"The line is the middle person; the dark band holds half of the people, the pale one eight in ten. {NOT_ONE_COURSE}",
    )  # fmt: skip


def _when(week: float) -> str:
    return "at the start" if week == 0 else f"after {week:.0f} weeks"


def each(on: Scope, measure: Measure) -> None:
    """A small chart of the mean for each group of a breakdown, over everybody's line."""
    found: dict[str, Released] | str = stats.told("by group", "", on)
    if isinstance(found, str) or not found:
        st.markdown(words.plain(found if isinstance(found, str) else reading.too_few("in any of these groups", "no curves")))
        return
    kept = (
        sorted(found)[-MOST_PANELS:] if on.by in QUARTERS else sorted(found, key=lambda group: (group in ("not stated", "other"), group.lower()))[:MOST_PANELS]
    )
    curves, first = {group: found[group].rows for group in kept}, found[kept[0]]
    called = {group: labels.named(on.by, group, session.names()) for group in kept}
    everyone: Released = stats.ask("trajectory", "", on.with_(by=""))
    who = labels.who(on)
    title = f"Average {measure.code} by {WORDS[on.by]}, each over everybody's grey line; {measure.better} is better"
    left = f" Shown are {len(kept)} of {len(found)} groups." if len(found) > len(kept) else ""
    lines = ("Mean of the latest score of each stay in each fortnight since the start, with Student's t interval; at least 10 people.", *first.notes)
    figure_card.statistic(
        f"each-{on.by}", trajectory.by_group(curves, called, measure, everyone.rows, **figure_card.BARE),
        trajectory.groups_alt_text(curves, called, measure, title=title, subtitle=who), trajectory.groups_table(curves, called),
        figure_card.Told(lines, on, first.policy, first.data_version, first.data_date), title=title, subtitle=who,
        reading=f"Where the bands overlap there is no difference we can see. {NOT_ONE_COURSE}{left}",
    )  # fmt: skip


# ---- how long, and for whom ------------------------------------------------------------------------------------------------------------------


def how_long(of: View) -> None:
    """By when half of the people had improved clearly, for everybody here or for each group of the breakdown; worked out when it is opened."""
    with st.expander("How long clear improvement took", key="how-long", on_change="rerun") as box:
        if box.open:
            _how_long(of)


def _how_long(of: View) -> None:
    measure = asked(of.scope)
    if measure is None:
        st.markdown("This needs a questionnaire with two scores, and there is none here yet.")
        return
    way = explain.switch("For", {"": "Everybody here", of.by: f"Each group, by {WORDS[of.by]}"}, "how-long-for")
    on = (
        of.scope.with_(measure=measure.code, by="")
        if not way
        else crossfilter.applied(of.whole, of.viewer, but=way).with_(measure=measure.code, by=way, cohort=())
    )
    found: statistics.Figures | str = stats.told("time", "", on)
    if isinstance(found, str) or not len(found.rows) or found.curve is None:
        st.markdown(words.plain(found if isinstance(found, str) else found.said[0]))
        return
    called = {group: labels.named(on.by, group, session.names()) for group in found.rows["group"]} if way else {found.rows["group"][0]: "Everybody here"}
    said = found.said[-1] if way else found.said[0].partition(": ")[2]
    st.markdown(words.plain(said))
    medians = found.rows.to_dict("records")
    title = f"Half had improved clearly by: {survival.weeks(medians[0])}" if len(medians) == 1 else f"How long it took half of each group, by {WORDS[on.by]}"
    order = [g for g in sorted(called, key=lambda g: (g in ("not stated", "other"), g.lower()))][:MOST_PANELS]
    lines = (
        "Kaplan and Meier's estimate: people last seen before they improved count for as long as they were seen. Range: Greenwood, log-log, 95%.",
        "The event is the first clear improvement that holds at the next score, or is the last score. Groups by log-rank.", *found.notes,
    )  # fmt: skip
    figure_card.statistic(
        f"how-long-{way}", survival.survival(found.curve, found.rows, called, order=order, **figure_card.BARE),
        survival.alt_text(found.rows, called, title=title, subtitle=labels.who(on)), survival.table(found.rows, called),
        figure_card.Told(lines, on, found.policy, found.data_version, found.data_date), title=title, subtitle=labels.who(on),
        reading="The line climbs with each person who had improved clearly by then. People with one score tell nothing of time and stand apart.",
    )  # fmt: skip


def beside_everybody(of: View) -> None:
    """Each group beside everybody else: differences with their ranges, what so many comparisons bring by chance said."""
    by = of.by
    st.header(f"Is it as good for everyone? By {WORDS[by]}", anchor=False)
    on = of.table()
    found: statistics.Figures | str = stats.told("rest", "reliable-improvement", on)
    if isinstance(found, str) or not len(found.rows):
        st.markdown(words.plain(found if isinstance(found, str) else "Nobody here can be counted yet."))
        return
    rows, called = found.rows, {group: labels.named(by, group, session.names()) for group in found.rows["group"]}
    st.markdown(words.plain(found.said[0]))
    judged = rows[rows["judged"]]
    none = "No group differs from everybody else by more than chance would give" if not rows["differs"].any() else ""
    title = none or f"{words.joined(called[g] for g in rows.loc[rows['differs'], 'group'])}: a difference from everybody else beyond chance"
    if not len(judged):
        return
    lines = (
        "Difference p − p of everybody else (Newcombe), ratio (Katz), 95%.",
        "Called a difference only where it clears 95% shared out among all comparisons (Bonferroni).",
        f"Comparisons made: {int(rows['comparisons'].iloc[0])}. People about whom nothing is stated are a group of their own.", *found.notes,
    )  # fmt: skip
    who = f"{METRICS['reliable-improvement'].title} · {labels.who(on)}"
    figure_card.statistic(
        f"beside-{by}", differences.differences(rows, called, "higher", **figure_card.BARE), differences.alt_text(rows, called, title=title, subtitle=who),
        differences.table(rows, called), figure_card.Told(lines, on, found.policy, found.data_version, found.data_date), title=title, subtitle=who,
        reading="Right of the line: more people improved than among everybody else. Groups differ in who comes and who is followed up, so it is a question.",
    )  # fmt: skip
