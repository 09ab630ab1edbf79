"""Words on screen: text from files made plain, money and counts as people say them, and the sentences that belong to no metric."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import streamlit as st

from domain import quarters

STANDING = "Nobody watches these scores between uploads. If you are worried about someone, act today."
COUNTERPARTS = {"commissioner": "Commissioner", "manager": "Manager of a provider", "presenter": "Presenter", "administrator": "Administrator"}
BASES = {"ended": "People who ended", "started": "People who started", "measured": "People measured"}
HIDDEN = "Hidden so that nobody can be recognised, here or by subtraction. Hidden does not mean zero."
SIGNED = f"◌ {HIDDEN}"

# Always a mark in Markdown; a colon that begins a directive, an icon or an address; a dot or @ that makes a link; marks that begin a line.
_MARKDOWN = re.compile(r"([\\`*_\[\]$<>|~&@]|:(?=\S)|(?<=[wW]{3})\.|^[#+\-=](?=\s|#|-|=)|(?<=^\d)[.)]|(?<=^\d\d)[.)])")


def plain(text: object) -> str:
    """Text of a file as plain characters: no Markdown, HTML, formula, colour or link of it takes effect on screen."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def lead(text: object) -> None:
    """The sentence that answers a page's question: larger, but a paragraph, so that a screen reader's list of headings stays short."""
    with st.container(key=f"lead-{abs(hash(str(text))):x}"):
        st.markdown(plain(text))


def count(n: int, one: str, many: str = "") -> str:
    """`1 service`, `42 services`, `no services`."""
    return f"{n:,} {one}" if n == 1 else f"{n:,} {many or one + 's'}" if n else f"no {many or one + 's'}"


def joined(items: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def money(pounds: float | None) -> str:
    """`£12.4 million`, `£85,000`; `not stated` when nobody said."""
    if pounds is None:
        return "not stated"
    return f"£{pounds / 1e6:,.1f} million" if pounds >= 1e6 else f"£{round(pounds, -3 if pounds >= 1e5 else 0):,.0f}"


def day(value: date | None) -> str:
    return quarters.british(value) if value else "not known yet"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
