"""Service: whom it is for, what they gained quarter by quarter, who is followed up, what was planned, and what people say."""

from __future__ import annotations

import streamlit as st

from ui import breadcrumbs, empty, links, scope_bar, service, service_plan, session, words

viewer = session.page_for("commissioner", "manager", "presenter")

scope, cards = session.scope().with_(cohort=(), by=""), session.services()
if len(cards) == 1 and not links.here().services:  # a manager of one service has nothing to choose; a link to another's is answered below
    scope = scope.with_(services=(cards[0].code,))
if len(scope.services) != 1:
    st.title("One service", anchor=False)
    empty.choose_service("service", scope)
card = next(card for card in cards if card.code == scope.services[0])

breadcrumbs.show(scope, "service")
st.title(words.plain(card.name), anchor=False)
st.caption(words.plain(service.facts(card)))
speaks = service.answer(scope, card)
service.against_like(scope, card, viewer)
if card.contribution:
    st.markdown(f"> {words.plain(card.contribution)}")
if card.speaks == "records":
    scope_bar.show("service", scope)
if card.carers:
    service.roles(scope)
if speaks:
    service.by_quarter(scope)
    service.first_to_last(scope, viewer)
    service.follow_up(scope)
service.own_totals(card, viewer)
service_plan.plan(card, viewer)
service_plan.money(card, viewer)
service.stories(card, viewer)
