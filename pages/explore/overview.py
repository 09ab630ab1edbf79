"""Overview: what the money was for and what people gained, for whom that speaks, and every service with its range."""

from __future__ import annotations

import streamlit as st

from metrics import reading
from ui import attainment, conversation, empty, hour, portfolio, scope_bar, session, words

viewer = session.page_for("commissioner", "manager", "presenter")

st.title("So what did people gain?", anchor=False)
conversation.done()
scope = session.scope().with_(services=(), cohort=(), by="")
cards = portfolio.within(session.services(), scope)
if not cards:
    empty.portfolio()
if viewer.role == "commissioner":
    hour.in_an_hour(viewer, scope, first_page=True)
elif viewer.role == "manager":
    hour.waiting(viewer, link=True)
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
    attainment.show(viewer, scope, cards)
    empty.choose_service("service", scope)
portfolio.services(answer, scope, cards)
attainment.show(viewer, scope, cards)
