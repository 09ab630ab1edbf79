"""One figure as every page shows it: the sentence first, then the chart, its reading, its table and download, and *Explain this number*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from domain import quarters
from domain.types import Policy, Released, Scope
from exports import files, html
from metrics.registry import METRICS
from ui import downloads, labels, pick, session, words
from ui import explain as explained

BARE = {"title": "", "subtitle": "", "footer": ""}
Opens = tuple[str, dict[str, str], Callable[[str], None]]  # the label of the keyboard twin, its options, what a choice does


def show(
    key: str,
    figure: object,
    alt: str,
    table: pd.DataFrame,
    released: Sequence[Released],
    *,
    title: str,
    subtitle: str,
    footer: str = "",
    sentence: str = "",
    reading: str = "",
    opens: Opens | None = None,
    as_drawn: bool = False,
    width: pick.Width = "stretch",
    explains: Callable[[str], None] | None = None,
    selects: pick.Selects | None = None,
) -> None:
    """A figure card. `released` are the protected figures it is drawn from: they, and nothing else, are explained and downloaded.

    The figure is drawn BARE: its title, subtitle and footer stand round it as text of the page, which wraps to any screen. `explains` is called with a
    key, first, when *Explain this number* is open: what this figure alone has to explain. `selects` is what a selection of marks does.
    `as_drawn` is for scores of one's own people, which no released row tells: the files then hold `table` and not `released`.
    """
    assert not as_drawn or all(r.policy == "own" for r in released)
    with st.container(key=f"card-{key}", gap="small"):
        if sentence:
            st.markdown(words.plain(sentence))
        for note in dict.fromkeys(r.widened for r in released if r.widened):
            st.info(words.plain(note))
        st.markdown(f"**{words.plain(title)}**")
        st.caption(words.plain(subtitle))
        # A new key for every view: a selection of an earlier view must never be taken for a click in this one.
        view = f"{key}-{abs(hash(tuple((r.metric, r.scope, r.data_version, r.policy) for r in released))):x}"
        chart, figures = sides(view)
        with chart:
            pick.chart(figure, alt, f"chart-{view}", opens[2] if opens else None, width, f"so-what-{key}", selects)
        if figures.open:
            with figures:
                st.dataframe(even(table), hide_index=True, alt=alt, key=f"table-{view}")
                page = {"title": title, "subtitle": subtitle, "sentence": sentence, "reading": reading, "alt": alt}
                if as_drawn:
                    stem, about = f"so-what-{key}-version-{released[0].data_version}", _about(released)
                    downloads.offer(view, stem, figure, table, lambda: [title, subtitle, downloads.OWN_PEOPLE, *_of_pairs(about())], page)
                else:
                    _downloads(view, released, lambda about: html.page_bytes(figure, table, about, **page), f"so-what-{key}")
        hidden = session.once(words.HIDDEN) and words.SIGNED if any(row.hidden for r in released for row in r.rows) else ""
        foot = footer or labels.footer(released[0], len({r.scope for r in released}) == 1)
        st.caption(words.plain(" ".join(part for part in (hidden, reading, foot) if part)))
        if opens and opens[1]:
            pick.box(opens[0], opens[1], f"box-{view}", opens[2])
        explain(released, view, explains)


@dataclass(frozen=True)
class Told:
    """What a statistic's card says of itself: how it is worked out and of whom, in lines, and which data and policy it is of."""

    lines: tuple[str, ...]
    scope: Scope
    policy: Policy
    data_version: int
    data_date: date | None


def statistic(
    key: str,
    figure: object,
    alt: str,
    table: pd.DataFrame,
    told: Told,
    *,
    title: str,
    subtitle: str,
    reading: str = "",
    selects: pick.Selects | None = None,
) -> None:
    """A card as `show`, for what is more than a row of figures: curves, fans, differences. `table` holds the protected figures drawn and downloaded."""
    lines = [*told.lines, f"Which people: {told.scope.describe(session.names())}.", files.POLICY_WORDS[told.policy], *files.STANDING]
    foot = f"Returns of the services, data up to {words.day(told.data_date)}, version {told.data_version}."
    view = f"{key}-{abs(hash((told.scope, told.policy, told.data_version, title))):x}"
    with st.container(key=f"card-{key}", gap="small"):
        st.markdown(f"**{words.plain(title)}**")
        st.caption(words.plain(subtitle))
        chart, figures = sides(view)
        with chart:
            pick.chart(figure, alt, f"chart-{view}", save=f"so-what-{key}", selects=selects)
        if figures.open:
            with figures:
                st.dataframe(even(table), hide_index=True, alt=alt, key=f"table-{view}")
                page = {"title": title, "subtitle": subtitle, "reading": reading, "alt": alt}
                downloads.offer(view, f"so-what-{key}-version-{told.data_version}", figure, table, lambda: [*lines, foot], page)
        st.caption(words.plain(" ".join(part for part in (reading, foot) if part)))
        with st.expander("Explain this number", key=f"explain-{view}", on_change="rerun") as box:
            if box.open:
                st.markdown("\n".join(f"- {words.plain(line)}" for line in lines))
                explained.came_from(view, told.scope, told.policy)


def sides(view: str) -> Sequence[Any]:
    """Chart and table. Of the table nothing is made or sent before it is opened: it would take the browser nearly as long as the chart."""
    return st.tabs(["Chart", "Table"], key=f"sides-{view}", on_change="rerun")


def even(table: pd.DataFrame) -> pd.DataFrame:
    """The table with every column of one kind: where some cells are words (`hidden`), the numbers beside them are written as text too."""
    mixed = [name for name in table.columns if len({isinstance(value, str) for value in table[name]}) > 1]
    return table.assign(**{name: [value if isinstance(value, str) else f"{value:,g}" for value in table[name]] for name in mixed})


def _downloads(view: str, released: Sequence[Released], page: Callable[[list[str]], bytes], stem: str) -> None:
    """The figures as files, made when they are asked for, where there is no session, and so named by data version.

    Several answers make several tables: one after the other in a CSV, a sheet each in a workbook.
    """
    names, followed = session.names(), explained.followed_later(released[0])
    about, made = _about(released), f"version-{released[0].data_version}"
    csv = f"so-what-{released[0].metric}" if len({r.metric for r in released}) == 1 else "so-what-figures"

    def table() -> bytes:
        return files.csvs_bytes([(r, METRICS[r.metric], labels.named_rows(r, names)) for r in released], names=names, follow_up=followed())

    with st.container(horizontal=True, gap="small"):
        st.download_button("Download CSV", table, f"{csv}-{made}.csv", "text/csv", on_click="ignore", key=f"csv-{view}")
        st.download_button("Download Excel", lambda: _workbook(released, names, about()), f"{stem}-{made}.xlsx", on_click="ignore", key=f"xlsx-{view}")
        st.download_button("Download page (HTML)", lambda: page(about()), f"{stem}-{made}.html", "text/html", on_click="ignore", key=f"html-{view}")
    st.caption(downloads.SAVED)


def _about(released: Sequence[Released]) -> Callable[[], list[str]]:
    """The lines every file of these figures carries, worked out when a file is asked for, where there is no session."""
    names, followed = session.names(), explained.followed_later(released[0])

    def told() -> list[str]:
        follow_up = followed()
        return list(dict.fromkeys(line for r in released for line in files.about(r, METRICS[r.metric], names=names, follow_up=follow_up)))

    return told


def _workbook(released: Sequence[Released], names: dict[str, str], about: list[str]) -> bytes:
    frames = {}
    for r in released:
        period = f" {quarters.period_name(r.scope.start, r.scope.end)}" if r.scope.start and len({x.scope for x in released}) > 1 else ""
        frames[f"{METRICS[r.metric].title}{period}"] = files.frame(r, METRICS[r.metric], labels.named_rows(r, names))
    return files.xlsx_bytes(frames, about)


def explain(released: Sequence[Released], view: str, first: Callable[[str], None] | None = None) -> None:
    """What was counted, out of whom, where it comes from, how sure it is, who is followed up, what is hidden, and which uploads the rows came from.

    Nothing of it is made or sent before it is opened.
    """
    answers = list({r.metric: r for r in released}.values())
    with st.expander("Explain this number", key=f"explain-{view}", on_change="rerun") as box:
        if not box.open:
            return
        if first:
            first(view)
        for answer in answers:
            st.markdown(explanation(answer))
        explained.more(view, answers)


def explanation(released: Released) -> str:
    """The same as a few lines of Markdown."""
    metric = METRICS[released.metric]
    hidden = sum(row.hidden for row in released.rows) + bool(released.total and released.total.hidden)
    counted = "Counted" if metric.kind == "proportion" else "What it is"
    lines = [
        f"**{metric.title}.** {metric.question}",
        f"- **{counted}:** {metric.numerator_words}",
        f"- **Out of whom:** {metric.denominator_words}",
        f"- **Which people:** {words.plain(released.scope.describe(session.names()))}",
        f"- **How sure:** {metric.method}",
        f"- **Where it comes from:** {metric.source}",
        f"- **Hidden:** {words.count(hidden, 'figure')} of {len(released.rows) + bool(released.total)}.{' Hidden does not mean zero.' if hidden else ''}",
        f"- **As of:** {words.day(released.data_date)}, data version {released.data_version}; {POLICIES[released.policy]}",
    ]
    return "\n".join(lines + [f"- {words.plain(note)}" for note in released.notes])


POLICIES = {
    "own": "exact, because these are your own services",
    "inside": "small groups are hidden",
    "outside": "rounded, and small groups are hidden",
}


def _of_pairs(lines: list[str]) -> list[str]:
    """Without how a figure's range was worked out: pairs of scores have none."""
    return [line for line in lines if not line.startswith("Method:")]
