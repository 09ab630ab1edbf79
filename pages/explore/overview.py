"""Overview: what the money was for and what people gained, for whom that speaks, and every service with its range."""

from __future__ import annotations

import streamlit as st

from charts import intervals
from metrics import reading
from ui import empty, figure_card, labels, portfolio, scope_bar, session, titles, words

session.page_for("commissioner", "manager", "presenter")

st.title("So what did people gain?", anchor=False)
scope = session.scope().with_(services=(), cohort=(), by="")
cards = portfolio.within(session.services(), scope)
if not cards:
    empty.portfolio()
answer = session.ask("reliable-improvement", scope.with_(by="service"))
followed = session.ask("follow-up-rate", scope)
about = reading.rounded(answer)

st.markdown(words.plain(portfolio.bought(cards)))
if answer.total:
    words.lead(reading.improvement(answer.total, about=about))
st.markdown(words.plain(f"{portfolio.speaks(cards, answer)} {portfolio.followed(followed)}"))
scope_bar.show("overview", scope, entries=True)

if not answer.rows:
    empty.no_verdict()
    empty.choose_service("service", scope)
title, who = titles.services(answer), labels.who(scope)
rows, called, types = labels.ordered(answer), labels.of(answer), {card.code: card.service_type for card in cards}
figure_card.show(
    "services",
    intervals.intervals(rows, called, unit="%", total=answer.total, sections=types, **figure_card.BARE),
    intervals.alt_text(rows, called, unit="%", total=answer.total, title=title, subtitle=who),
    intervals.table(rows, called, unit="%", total=answer.total, sections=types, first="Service"),
    [answer],
    title=title,
    subtitle=who,
    reading="Each dot is a service, its bar the likely range. They stand by type and name: most ranges overlap, so no order by result could be trusted.",
    opens=("Open a service", {card.code: card.name for card in cards}, lambda code: session.go("service", scope.with_(services=(code,), entry="", value=""))),
)
for sentence in portfolio.quiet(cards, answer):
    st.markdown(words.plain(sentence))
