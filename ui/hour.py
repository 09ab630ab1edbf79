"""*This quarter in an hour*, what waits for the viewer, and the calendar of returns: how a first page, and the page of returns, begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from access import conversation as talk
from access import quarter_hour, return_rates, returns
from charts import returns_calendar
from domain.quarters import Quarter, british, quarter_named, quarter_of, year_name
from domain.types import Scope, Viewer
from ui import contract_card, conversation, figure_card, session, words

LEGEND = "● on time · ◆ late · ○ missing"
HISTORY = " · small dot: came with the history, on a day not known here"


def go(scope: Scope, code: str, quarter: Quarter) -> None:
    """For callbacks: opens one return."""
    session.go("my-returns", _at(scope, code, quarter))


# ---- what waits ------------------------------------------------------------------------------------------------------------------------------


@st.cache_data(max_entries=100, show_spinner=False)
def _waiting(path: str, role: str, providers: tuple[str, ...], day: date, version: int) -> list[str]:
    return quarter_hour.waiting(session.opened(path), Viewer("local", role, providers), day)  # type: ignore[arg-type]


def waiting(viewer: Viewer, link: bool = False) -> None:
    """What waits for the viewer, a line each. `link`: on another page than that of the returns, so quiet where nothing waits and with the way there."""
    store, names = session.store(), session.names()
    talk.own_services(store, viewer)  # the right is checked on every call, outside the cache
    told = _waiting(str(store.path), viewer.role, viewer.providers, conversation.today(), session.change())
    if not told:
        if not link:
            st.markdown("Nothing waits for you.")
        return
    with st.container(border=link, key="waiting" if link else None):
        if link:
            st.markdown("**What waits for you**")
        lines = []
        for sentence in told[:5]:
            first, _, rest = sentence.partition(" ")
            lines.append(f"- {words.plain(f'{names.get(first, first)} {rest}')}")
        st.markdown("\n".join(lines))
        if len(told) > 5:
            st.caption(f"And {words.count(len(told) - 5, 'more thing')}, under My returns.")
        if link:
            st.page_link(session.PAGES["my-returns"], label="Open my returns", icon=":material/event_available:", query_params=session.query())


# ---- this quarter in an hour -----------------------------------------------------------------------------------------------------------------


@st.cache_data(max_entries=50, show_spinner="Looking through the quarter …")
def _hour(path: str, role: str, providers: tuple[str, ...], day: date, quarter: Quarter | None, version: int) -> quarter_hour.Hour:
    return quarter_hour.quarter_in_an_hour(session.opened(path), Viewer("local", role, providers), day, quarter)  # type: ignore[arg-type]


def in_an_hour(viewer: Viewer, scope: Scope, first_page: bool = False) -> None:
    """Missing returns, the conversations worth having, thank-yous, and *accept all with nothing to ask*.

    On the first page, only where a return is expected, and in few lines, so that the answer of the page stays in sight: what is to be read and said
    opens with a click.
    """
    store, names = session.store(), session.names()
    talk.own_services(store, viewer)
    wanted = quarter_of(scope.start) if scope.start and not first_page else None
    hour = _hour(str(store.path), viewer.role, viewer.providers, conversation.today(), wanted, session.change())
    if first_page and not (hour.expected or hour.conversations):
        return
    with st.container(border=first_page, key="in-an-hour" if first_page else None):
        st.subheader(f"{hour.quarter.months()} in an hour", anchor=False)
        _numbers(hour)
        if not first_page:
            _missing(hour, names)
            _conversations(hour, scope, names)
            if hour.thanks:
                with st.expander(f"Thank-yous ({len(hour.thanks)})"):
                    _thanks(hour, names)
        elif inside := _inside(hour):
            opened = st.expander(inside, key="hour-inside", on_change="rerun")
            if opened.open:
                with opened:
                    _missing(hour, names)
                    _conversations(hour, scope, names)
                    if hour.thanks:
                        st.markdown("**Thank-yous**")
                        _thanks(hour, names)
        with st.container(horizontal=True, vertical_alignment="center"):
            if hour.nothing_to_ask and st.button(f"Accept all {len(hour.nothing_to_ask)} with nothing to ask", type="primary", key="accept-all"):
                told_ = f"{words.capital(words.count(len(hour.nothing_to_ask), 'return'))} accepted."
                conversation.attempt(told_, quarter_hour.accept_all_with_nothing_to_ask, store, viewer, conversation.today(), hour.quarter)
            if first_page:
                st.page_link(session.PAGES["my-returns"], label="All returns and the calendar", icon=":material/event_available:", query_params=session.query())


def _at(scope: Scope, code: str, quarter: Quarter) -> Scope:
    return scope.with_(services=(code,), entry="", value="", start=quarter.start, end=quarter.end, cohort=(), by="")


def _missing(hour: quarter_hour.Hour, names: dict[str, str]) -> None:
    if hour.missing:
        st.markdown("**Not in yet:** " + words.plain(words.joined(f"{names.get(r.service, r.service)} (due {british(r.due_on)})" for r in hour.missing)))


def _conversations(hour: quarter_hour.Hour, scope: Scope, names: dict[str, str]) -> None:
    """A sentence for each, and under it the button that opens its return."""
    if hour.conversations:
        st.markdown("**Conversations worth having**")
    for n, w in enumerate(hour.conversations):
        called, at = names.get(w.service, w.service), w.question.quarter if w.question else hour.quarter
        with st.container(key=f"conversation-{n}", gap=None):
            st.markdown(f"**{words.plain(called)}** · {words.plain(w.words.partition(' What happened?')[0])}")
            label = words.plain(f"Open the return of {called}")
            st.button(label, key=f"open-{n}", icon=":material/arrow_forward:", type="tertiary", on_click=go, args=(scope, w.service, at))
    if hour.more:
        st.caption(f"And {hour.more} more, in the calendar.")


def _thanks(hour: quarter_hour.Hour, names: dict[str, str]) -> None:
    st.markdown("\n".join(f"- **{words.plain(names.get(t.service, t.service))}**: {words.plain(t.words)}" for t in hour.thanks))


def _inside(hour: quarter_hour.Hour) -> str:
    """`Begin here: 12 conversations worth having, 2 returns not in yet and 10 thank-yous`; nothing where there is none of them."""
    talks, late, thanked = len(hour.conversations) + hour.more, len(hour.missing), len(hour.thanks)
    parts = [
        words.count(talks, "conversation") + " worth having" if talks else "",
        words.count(late, "return") + " not in yet" if late else "",
        words.count(thanked, "thank-you") if thanked else "",
    ]
    said = words.joined(part for part in parts if part)
    return f"Begin here: {said}" if said else ""


def _numbers(hour: quarter_hour.Hour) -> None:
    received = words.capital(words.count(hour.received, "return is", "returns are"))
    accepted = f"{hour.accepted} accepted" if hour.accepted else "none accepted yet"
    talks = words.capital(words.count(len(hour.conversations) + hour.more, "conversation"))
    st.markdown(f"**{received} in of {hour.expected} expected; {accepted}.** {talks} worth having, and {len(hour.nothing_to_ask)} with nothing to ask.")


@st.cache_data(max_entries=50, show_spinner=False)
def _complete(path: str, role: str, providers: tuple[str, ...], day: date, version: int) -> str:
    return return_rates.completeness(session.opened(path), Viewer("local", role, providers), day).words  # type: ignore[arg-type]


def _rates(viewer: Viewer, found: list[returns.Return]) -> Callable[[], list[str]]:
    """Timeliness and completeness in words, the newest year apart: worked out when somebody asks, also where there is no session."""
    store, newest = session.store(), max(r.quarter.year for r in found)
    asked = str(store.path), viewer.role, viewer.providers, conversation.today(), session.change()

    def told() -> list[str]:
        of_year = return_rates.timeliness([r for r in found if r.quarter.year == newest])
        return [return_rates.timeliness(found).words, f"{year_name(newest)}: {of_year.words}", _complete(*asked)]

    return told


# ---- the calendar ----------------------------------------------------------------------------------------------------------------------------


def calendar(viewer: Viewer, scope: Scope) -> None:
    """Services by quarters of the last three years: on time, late or missing, and where each return stands. A mark opens its return."""
    store = session.store()
    found = returns.calendar(store, viewer, conversation.today())  # remembered by the store
    if not found:
        st.markdown("No return is expected yet: no plan speaks of a quarter that has ended.")
        return
    names = session.names()
    newest = max(r.quarter.year for r in found)
    place = {card.code: n for n, card in enumerate(session.services())}
    kept = [r for r in found if r.quarter.year > newest - 3 and r.service in place]
    kept.sort(key=lambda r: (place[r.service], r.quarter))
    cells = [
        returns_calendar.Cell(r.service, names[r.service], str(r.quarter), r.timeliness, "nothing to report" if r.nothing_to_report else r.state) for r in kept
    ]
    st.subheader("The calendar", anchor=False)
    title, subtitle = f"Of {len(cells):,} returns: {returns_calendar.told(cells)}", LEGEND
    subtitle += HISTORY if any(c.timeliness == "came with the history" for c in cells) else ""
    options = {code: names[code] for code in dict.fromkeys(r.service for r in kept)}
    latest = {r.service: r.quarter for r in kept}

    def opened(code: str) -> None:
        service, _, quarter = code.partition("|")
        go(scope, service, quarter_named(quarter) or latest[service])

    contract_card.show(
        "calendar", returns_calendar.returns_calendar(cells, **figure_card.BARE), returns_calendar.alt_text(cells, title=title, subtitle=subtitle),
        returns_calendar.table(cells), title=title, subtitle=subtitle,
        reading="A return sent by a date that was agreed counts as on time. Services stand by type and name.", explain=_rates(viewer, found),
        opens=("Open a return of", options, opened),
    )  # fmt: skip
