"""The portfolio in a sentence: what was commissioned, for how much, and for whom the figures speak."""

from __future__ import annotations

import streamlit as st

from access import desk
from charts import intervals
from domain.types import ENTRIES, Released, Scope
from metrics import reading
from ui import figure_card, labels, session, titles, words

ENTRY_WORDS = {"service_type": "Type", "sector": "Sector", "locality": "Locality", "provider": "Provider"}


def within(cards: list[desk.ServiceCard], scope: Scope) -> list[desk.ServiceCard]:
    """The services of the group a scope names, in the order given."""
    return [card for card in cards if not scope.entry or str(getattr(card, scope.entry)) == scope.value]


def bought(cards: list[desk.ServiceCard]) -> str:
    """What the money was for."""
    if not cards:
        return "There are no services here yet."
    funded = [card.annual_funding for card in cards if card.annual_funding is not None]
    kinds = sorted({card.service_type for card in cards})
    providers = words.count(len({card.provider for card in cards}), "provider")
    money = f" for {words.money(sum(funded))} a year" if funded else ""
    what = words.joined(kinds) if len(kinds) <= 4 else f"{len(kinds)} kinds of help, from {kinds[0]} to {kinds[-1]}"
    return f"{words.capital(words.count(len(cards), 'service'))} at {providers}{money}: {what}."


def speaks(cards: list[desk.ServiceCard], answer: Released) -> str:
    """For whom the figures speak: services with a row in the answer, with totals only, with returns only or nothing yet."""
    there = {row.group for row in answer.rows}
    said = {kind: sum(card.speaks == kind and card.code not in there for card in cards) for kind in ("records", "totals", "returns", "nothing")}
    more = [
        f"{said['records']} {'has' if said['records'] == 1 else 'have'} scores but no verdict yet" if said["records"] else "",
        f"{said['returns']} {'speaks' if said['returns'] == 1 else 'speak'} through plan and words" if said["returns"] else "",
    ]
    first = reading.speaks_for(len(there), len(cards), said["totals"], said["nothing"])
    return "; ".join([first.rstrip("."), *filter(None, more)]) + "."


def followed(released: Released) -> str:
    """How many of those due a second score have one, over everybody of the scope."""
    row = labels.whole(released)
    return reading.follow_up(row.numerator, row.denominator, about=reading.rounded(released)) if row else ""


def quiet(cards: list[desk.ServiceCard], answer: Released) -> list[str]:
    """A sentence for the services that are not in the answer, by what they speak with instead."""
    there = {row.group for row in answer.rows}
    said = {
        "records": ("has", "have", " scores, but not yet two of one person on a questionnaire whose wobble is known: average gains are on the service's page"),
        "totals": ("sends totals of its own", "send totals of their own", ", which are never added to counts of records"),
        "returns": ("speaks", "speak", " through plan, return and words"),
        "nothing": ("has", "have", " nothing to show yet"),
    }
    sentences = []
    for kind, (one, many, rest) in said.items():
        named = [card.name for card in cards if card.speaks == kind and card.code not in there]
        if named:
            sentences.append(f"{words.joined(named)} {one if len(named) == 1 else many}{rest}.")
    return sentences


def services(answer: Released, scope: Scope, cards: list[desk.ServiceCard]) -> None:
    """Every service with its range, by type and name; then, in words, those that are not in the answer."""
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
        opens=(
            "Open a service",
            {card.code: card.name for card in cards},
            lambda code: session.go("service", scope.with_(services=(code,), entry="", value="")),
        ),
    )
    for sentence in quiet(cards, answer):
        st.markdown(words.plain(sentence))


def entries(cards: list[desk.ServiceCard], names: dict[str, str]) -> dict[tuple[str, str], str]:
    """The groups of services one may look at together: (kind, value) -> words."""
    found: dict[tuple[str, str], str] = {("", ""): "All services"}
    for kind in ("service_type", "sector", "locality", "provider"):
        values = sorted({str(getattr(card, kind)) for card in cards}, key=lambda value: names.get(value, value))
        if len(values) > 1:
            found |= {(kind, value): f"{ENTRY_WORDS[kind]}: {names.get(value, value)}" for value in values}
    assert set(ENTRY_WORDS) == set(ENTRIES)
    return found
