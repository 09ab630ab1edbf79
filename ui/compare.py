"""The parts of the Compare page: services of like kind side by side with their ranges, who came to them, and the funnel behind *Explain this number*."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from access import desk, statistics
from charts import funnel as drawn
from charts import intervals
from domain import errors
from domain.types import Released, ReleasedRow, Scope, Viewer
from metrics import funnel, reading, talking_therapies
from metrics.intervals import newcombe
from metrics.registry import METRICS
from ui import downloads, figure_card, labels, pick, session, stats, titles, words

COMPARED = (
    "reliable-improvement", "reliable-deterioration", "no-reliable-change", "recovery", "reliable-recovery", "maintained", "mean-change", "effect-size",
    "goal-progress", "attendance", "first-score-rate", "follow-up-rate",
)  # fmt: skip
TALKING = "talking therapies"
SCHEME = {  # the scheme's own figures, counted as England counts, and the published rate each stands beside
    "talking-therapies-recovery": "recovery", "talking-therapies-reliable-recovery": "reliable-recovery",
    "talking-therapies-improvement": "reliable-improvement", "talking-therapies-deterioration": "", "talking-therapies-paired": "",
    "talking-therapies-six-weeks": "", "talking-therapies-eighteen-weeks": "",
}  # fmt: skip
OTHERS = "Others like it, elsewhere"
ELSEWHERE = "at services like it elsewhere"
LEAST = 2  # services that make a comparison
LEAST_IN_A_FUNNEL = 3
NEEDS = 3  # main needs named for each service
QUESTIONNAIRES = 3  # the most used, where none is chosen


def kinds(cards: list[desk.ServiceCard], viewer: Viewer) -> list[str]:
    """The service types there is something to compare in, by name: at least two services; for a manager, whose others are elsewhere, one."""
    least = 1 if viewer.role == "manager" else LEAST
    found = [card.service_type for card in cards]
    return sorted({kind for kind in found if found.count(kind) >= least})


def chosen(scope: Scope, cards: list[desk.ServiceCard], among: list[str]) -> str:
    """The type a link is about: named, or that of its service; else the one with the most services that send records."""
    if scope.entry == "service_type" and scope.value in among:
        return scope.value
    linked = [card.service_type for card in cards if card.code in scope.services and card.service_type in among]
    speaking = [card.service_type for card in cards if card.speaks == "records"]
    return linked[0] if linked else max(among, key=lambda kind: (speaking.count(kind), [-ord(c) for c in kind]))


def kind(scope: Scope, among: list[str]) -> None:
    """Which type of service is compared: only like with like."""
    pick_one("Which kind of service", {each: words.capital(each) for each in among}, scope.value, "kind", lambda value: session.go("compare", at(scope, value)))


def at(scope: Scope, value: str) -> Scope:
    return scope.with_(entry="service_type", value=value, services=(), cohort=(), by="")


def metric(kind: str) -> str:
    """What is compared, kept in the link."""
    offered = (*COMPARED, *(SCHEME if kind == TALKING else ()))
    asked = str(st.query_params.get("metric", st.session_state.get("compare-metric", COMPARED[0])))
    named = asked if asked in offered else COMPARED[0]
    if named != COMPARED[0] and st.query_params.get("metric") != named:
        st.query_params["metric"] = named  # a change of period has written the link anew

    def choose(value: str) -> None:
        st.session_state["compare-metric"] = value
        st.query_params["metric"] = value

    pick_one("What is compared", {each: METRICS[each].title for each in offered}, named, "metric", choose)
    return named


def pick_one(label: str, options: dict[str, str], current: str, key: str, choose: object) -> None:
    """A box that shows what the link says and only writes the link."""
    key = f"compare-{key}-{current}"
    st.selectbox(
        label, list(options), index=list(options).index(current), format_func=options.__getitem__, key=key, width=320,
        on_change=lambda: choose(st.session_state[key]),  # type: ignore[operator]
    )  # fmt: skip


# ---- the answer ------------------------------------------------------------------------------------------------------------------------------


def answer(metric_id: str, scope: Scope, viewer: Viewer) -> Released | None:
    """The page's question in words: who differs, and whether an order could be borne. The figures it comes from, or None where there are none."""
    released = asked(metric_id, scope)
    if isinstance(released, str):
        words.lead(released)
        return None
    known = titles.shown(released.rows)
    if not known:
        hidden = any(row.hidden for row in released.rows)
        why = reading.hidden() if hidden else f"nobody to count here yet. {reading.NO_MARK}"
        words.lead(f"{METRICS[metric_id].title}: {why[:1].lower()}{why[1:]}")
        return None
    if viewer.role == "manager":
        words.lead(ones_own(metric_id, scope, released))
        return released
    if len(known) < LEAST:
        words.lead(f"{METRICS[metric_id].title}: one service here has figures that may be shown, so there is no other beside it. {reading.NO_MARK}")
        return released
    words.lead(differs(metric_id, scope, released))
    st.markdown(words.plain(order(released.rows, labels.of(released))))
    return released


def ones_own(metric_id: str, scope: Scope, released: Released) -> str:
    """For a manager: how one's own services stand beside services like them elsewhere, taken together."""
    there, called = elsewhere(metric_id, scope), labels.of(released)
    rows = [row for row in labels.ordered(released) if row.value is not None and not row.still_open]
    if isinstance(there, str) or METRICS[metric_id].kind != "proportion":
        return f"{METRICS[metric_id].title}, at your {words.count(len(rows), 'service')} of this kind: {words.joined(_value(row, called) for row in rows)}."
    if len(rows) == 1:
        return reading.compare(rows[0], there, f"at {called[rows[0].group]}", ELSEWHERE)
    apart = [called[row.group] for row in rows if differ(row, there)]
    if not apart:
        none = f"None of your {len(rows)} services differs from services like it elsewhere by more than chance would give"
        return f"{none}, which is not proof that they are the same."
    return f"{words.joined(apart)}: different from services like it elsewhere by more than chance would give. {reading.NOT_WHY}"


def differ(a: ReleasedRow, b: ReleasedRow) -> bool:
    """Whether two rates differ: Newcombe's interval of the difference does not hold nothing at all."""
    if not a.denominator or not b.denominator or a.numerator is None or b.numerator is None:
        return False
    _, lower, upper = newcombe(a.numerator, a.denominator, b.numerator, b.denominator)
    return bool(lower > 0 or upper < 0)


def _value(row: ReleasedRow, called: dict[str, str]) -> str:
    value, lower, upper = (f"{v:.0f}" if v is not None else "" for v in (row.value, row.lower, row.upper))
    return f"{called[row.group]} {value} (likely between {lower} and {upper})" if lower else f"{called[row.group]} {value}"


def asked(metric_id: str, scope: Scope) -> Released | str:
    try:
        on = scope
        if METRICS[metric_id].needs_measure and not scope.measure:
            on = scope.with_(measure=session.measure_of(scope))
            if not on.measure:
                return "Nobody at services of this kind has two scores on a questionnaire yet."
        return session.ask(metric_id, on.with_(by="service"))
    except errors.Shown as why:
        return str(why)


def differs(metric_id: str, scope: Scope, released: Released) -> str:
    """Which services differ from all the others of their kind taken together, by name; "different" only where it is."""
    if METRICS[metric_id].kind != "proportion":
        apart = [row for row in titles.shown(released.rows) if _apart(row, titles.shown(released.rows))]
        called = labels.of(released)
        if not apart:
            return "The ranges of these services overlap: no difference we can see, which is not proof that they are the same."
        return f"{words.joined(called[row.group] for row in apart)}: a range apart from every other service's. {reading.NOT_WHY}"
    found = stats.told("rest", metric_id, scope.with_(by="service"))
    if isinstance(found, str):
        return found
    if len(found.rows) < LEAST:
        return f"{METRICS[metric_id].title}: one service has figures to show, so there is nothing beside it here."
    return reading.equity(unrounded(found.rows, labels.of(released)), statistics.WHO.get(metric_id, METRICS[metric_id].title.lower()), "service")


def unrounded(rows: pd.DataFrame, called: dict[str, str]) -> pd.DataFrame:
    """The rows of `against_rest` as `reading.equity` takes them: shares instead of percent, and the services by name."""
    percents = ("value", "lower", "upper", "rest_value", "difference", "difference_lower", "difference_upper")
    named = rows["group"].map(lambda code: called.get(code, code))
    return rows.assign(**{name: rows[name] / 100 for name in percents}, group=named, differs_of_many=rows["differs"])


def order(rows: tuple[ReleasedRow, ...], called: dict[str, str]) -> str:
    """Whether the ranges could bear an order of services by result; where they cannot, it is refused in words."""
    known = sorted(titles.shown(rows), key=lambda row: row.value or 0.0)
    apart = [(a, b) for i, a in enumerate(known) for b in known[i + 1 :] if (a.upper or 0.0) < (b.lower or 0.0)]
    if len(known) > 1 and len(apart) == len(known) * (len(known) - 1) / 2:
        return f"All {len(known)} ranges lie apart, so their order is more than chance. It still says nothing about why, and services stand by name here."
    if not apart:
        return "We do not put these services in order: their ranges overlap one another, so a ranking would be drawn by chance."
    named = words.joined(f"{called[a.group]} and {called[b.group]}" for a, b in apart[:3])
    more = f" and {len(apart) - 3} other pairs" if len(apart) > 3 else ""
    return f"The ranges of {named}{more} lie apart; the others overlap, so we do not put these services in order."


def _apart(row: ReleasedRow, rows: list[ReleasedRow]) -> bool:
    others = [other for other in rows if other.group != row.group]
    return bool(others) and all((row.lower or 0.0) > (other.upper or 0.0) or (row.upper or 0.0) < (other.lower or 0.0) for other in others)


# ---- side by side ----------------------------------------------------------------------------------------------------------------------------


def side_by_side(metric_id: str, scope: Scope, released: Released, viewer: Viewer) -> None:
    """A dot with its range for each service, by name; England's published rate for talking therapies; the funnel behind *Explain this number*."""
    found, called, rows = METRICS[metric_id], labels.of(released), labels.ordered(released)
    total, there = released.total, None
    if viewer.role == "manager":
        total, there = None, elsewhere(metric_id, scope)
    if isinstance(there, ReleasedRow):
        rows, called = [*rows, replace(there, group="others")], called | {"others": OTHERS}
    line = england(metric_id, scope)
    yardstick = (line[0], line[1]) if line else None
    title, who = titled(metric_id, scope, released), f"{found.title} · {labels.who(released.scope)}"
    unit = found.unit
    notes = ["Each dot is a service, its bar the likely range. Services stand by name, never by result."]
    notes += [line[2]] if line else []
    figure_card.show(
        "compared", intervals.intervals(rows, called, unit=unit, total=total, yardstick=yardstick, **figure_card.BARE),
        intervals.alt_text(rows, called, unit=unit, total=total, title=title, subtitle=f"{who}{f'. {line[1]}' if line else ''}"),
        intervals.table(rows, called, unit=unit, total=total, first="Service"), [released], title=title, subtitle=who, reading=" ".join(notes),
        opens=("Open a service", {r.group: called[r.group] for r in rows if r.group != "others"}, _open(scope)),
        explains=lambda key: funnel_of(key, metric_id, scope, called) if found.kind == "proportion" else None,
    )  # fmt: skip
    if isinstance(there, str):
        st.markdown(words.plain(f"Services like yours elsewhere: {there}"))
    elif isinstance(there, ReleasedRow):
        beside(released, there, called)


def _open(scope: Scope) -> object:
    def go(code: str) -> None:
        if code != "others":
            session.go("service", scope.with_(services=(code,), entry="", value="", by=""))

    return go


def titled(metric_id: str, scope: Scope, released: Released) -> str:
    """From the lowest figure to the highest, and who differs from all the others together, by name."""
    found, known = METRICS[metric_id], titles.shown(released.rows)
    if len(known) < LEAST:
        return f"{found.title}, service by service"
    low, high = min(row.value or 0.0 for row in known), max(row.value or 0.0 for row in known)
    ends = f"{low:.0f}% to {high:.0f}%" if found.unit == "%" else f"{low:.1f} to {high:.1f} {found.unit}"
    tested = stats.told("rest", metric_id, scope.with_(by="service")) if found.kind == "proportion" else ""
    apart = [row.group for row in known if _apart(row, known)] if isinstance(tested, str) else tested.rows.loc[tested.rows["differs"], "group"].tolist()
    called = labels.of(released)
    if released.policy == "own":  # beside whom they stand is said in words: services elsewhere, not each other
        return f"{found.title}: from {ends} at your services of this kind"
    end = (
        f"{words.joined(called[code] for code in apart)} {'differs' if len(apart) == 1 else 'differ'} from the others"
        if apart
        else "no service differs from the others"
    )
    return f"{found.title}: from {ends}; {end} by more than chance would give"


def elsewhere(metric_id: str, scope: Scope) -> ReleasedRow | str:
    """Services of other providers like a manager's own, taken together; or why there is no such figure."""
    try:
        row = labels.whole(session.peers(metric_id, scope.with_(by="")))
    except errors.Shown as why:
        return str(why)
    return row or "There are no figures of other providers like these."


def beside(released: Released, there: ReleasedRow, called: dict[str, str]) -> None:
    """Each of one's own services beside the others like it, in a sentence."""
    if METRICS[released.metric].kind != "proportion":
        return
    for row in labels.ordered(released):
        if not row.still_open:
            st.markdown(f"- **{words.plain(called[row.group])}:** {words.plain(reading.compare(row, there, 'here', ELSEWHERE))}")


def england(metric_id: str, scope: Scope) -> tuple[float, str, str] | None:
    """England's published rate for talking therapies nearest to the period: (percent, the words on its line, how it is counted and where it is from)."""
    found = talking_therapies.england(SCHEME.get(metric_id, metric_id)) if scope.entry == "service_type" and scope.value == TALKING else None
    if found is None:
        return None
    within = [p for p in found.points if scope.end is None or p.start <= scope.end]
    point = (within or list(found.points))[-1]
    note = "These services are counted as England counts." if metric_id in SCHEME else found.note
    return point.value, f"England {point.year}: {point.value:.1f}%", f"The purple line is England in {point.year}. {note} Source: {found.source}"


# ---- behind *Explain this number* ------------------------------------------------------------------------------------------------------------


def funnel_of(key: str, metric_id: str, scope: Scope, called: dict[str, str]) -> None:
    """The funnel: how far chance alone takes a service of each size, which of these lie beyond it, by name, and what that cannot say."""
    found = stats.told("funnel", metric_id, scope.with_(by="service"), overdispersion=True)
    st.markdown("**How far chance alone would take them**")
    if isinstance(found, str) or len(found.rows) < LEAST_IN_A_FUNNEL:
        st.markdown(words.plain(found if isinstance(found, str) else "There are not enough services to draw how far chance takes them."))
        return
    rows = found.rows
    placed = funnel.proportions(rows["numerator"], rows["denominator"], True, rows["group"])
    named = funnel.proportions(rows["numerator"], rows["denominator"], True, [called.get(code, code) for code in rows["group"]])
    finding, limits = reading.funnel_apart(named, "services")  # the first is the title, the second stands under the chart
    said = f"{finding} {limits}".strip()
    better = METRICS[metric_id].better
    figure = drawn.funnel(placed, called, better, title="", subtitle="", footer="")
    who, alt = f"{METRICS[metric_id].title} · {labels.who(scope)}", drawn.alt_text(placed, called, title=said)
    step = "Each mark is a service: further right, more people. The lines step because people are whole."
    with st.container(key=f"card-funnel-{key}", gap="small"):
        st.markdown(f"**{words.plain(finding)}**")
        st.caption(words.plain(who))
        pick.chart(figure, alt, f"chart-funnel-{key}", save="so-what-funnel")
        st.caption(words.plain(" ".join([limits, step, *found.notes]).strip()))
        with st.expander("The figures of this chart"):
            table, about = drawn.table(placed, called), [f"{who}: {said}", step, *found.notes, *downloads.standing(found)]
            st.dataframe(table, hide_index=True, alt="Services with their limits: one row per service", key=f"table-funnel-{key}")
            page = {"title": finding, "subtitle": who, "reading": f"{limits} {step}".strip(), "alt": alt}
            downloads.offer(f"funnel-{key}", f"so-what-funnel-version-{found.data_version}", figure, table, lambda: about, page)


# ---- who came --------------------------------------------------------------------------------------------------------------------------------


def casemix(scope: Scope) -> None:
    """First scores and main needs of each service's people side by side, before anything is read into a difference; worked out when it is opened."""
    with st.expander("Who came to each of them: open this before reading anything into a difference", key="who-came", on_change="rerun") as box:
        if box.open:
            _casemix(scope)


def _casemix(scope: Scope) -> None:
    used = [scope.measure] if scope.measure else desk.measures_used(session.store(), session.viewer(), scope)[:QUESTIONNAIRES]
    found = [(code, stats.told("casemix", "", scope.with_(measure=code))) for code in used]
    tables = [casemix_table(figures.rows, code, session.names()) for code, figures in found if not isinstance(figures, str) and not figures.rows.empty]
    if not tables:
        st.markdown("Too few people have two scores to set the people of these services side by side.")
        return
    told = [figures for _, figures in found if not isinstance(figures, str)]
    st.markdown(words.plain(told[0].said[0]))
    st.table(together(tables).map(words.plain).set_index("Service"), border="horizontal", alt="Who came: one row per service")
    st.caption(words.plain(" ".join(dict.fromkeys(note for figures in told for note in figures.notes))))


def evened_out(metric_id: str, scope: Scope) -> None:
    """Optional, labelled and closed until asked for: the rates as they would be if everybody's people had begun alike."""
    with st.expander("If their people had begun alike", key=f"evened-{metric_id}", on_change="rerun") as box:
        if not box.open:
            return
        found = stats.told("standardised", metric_id, scope.with_(measure=scope.measure or session.measure_of(scope)))
        if isinstance(found, str) or found.rows.empty:
            st.markdown(words.plain(found if isinstance(found, str) else " ".join(found.said)))
            return
        st.markdown(words.plain(found.said[0]))
        names = session.names()
        table = pd.DataFrame(
            {
                "Service": [names.get(code, code) for code in found.rows["group"]],
                "As it is": [f"{v:.0f}%" for v in found.rows["crude"]],
                "If all had begun alike": [
                    "cannot be said" if pd.isna(r["value"]) else f"{r['value']:.0f}% (likely {r['lower']:.0f}% to {r['upper']:.0f}%)"
                    for r in found.rows.to_dict("records")
                ],
            }
        ).sort_values("Service", key=lambda each: each.str.lower())
        st.table(table.map(words.plain).set_index("Service"), border="horizontal", alt="Rates evened out by first score: one row per service")
        st.caption(words.plain(" ".join(found.notes)))


def together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """One row per service, by name: its average first score on each questionnaire in one cell."""
    every = pd.concat(tables, ignore_index=True)
    joined = every.groupby("Service", sort=False, as_index=False).agg({every.columns[1]: "; ".join, every.columns[2]: "first"})
    return joined.sort_values("Service", key=lambda names: names.str.lower(), kind="stable", ignore_index=True)


def casemix_table(rows: pd.DataFrame, measure: str, names: dict[str, str]) -> pd.DataFrame:
    """One row per service: the average first score of its people with two on the questionnaire, and their commonest needs."""
    out = []
    for code, of in rows.groupby("group", sort=False):
        first = of.iloc[0]
        needs = of[of["need"] != ""].sort_values("share", ascending=False, kind="stable").head(NEEDS).to_dict("records")
        said = "; ".join(f"{n['need']} {n['share']:.0f}%" for n in needs)
        score = first["mean_first_score"]
        out.append(
            {
                "Service": names.get(str(code), str(code)),
                "Average first score": "too few people to say"
                if pd.isna(first["n"]) or pd.isna(score)
                else f"{score:.1f} on {measure} ({int(first['n']):,} people)",
                "Commonest main needs (of those shown)": said or "not stated, or hidden",
            }
        )
    return pd.DataFrame(out)
