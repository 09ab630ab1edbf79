"""One figure as every page shows it: the sentence first, then the chart, its reading, its table and download, and *Explain this number*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from domain import quarters
from domain.types import Released
from exports import files
from metrics.registry import METRICS
from ui import labels, pick, session, words

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
    download: bool = True,
    width: pick.Width = "stretch",
) -> None:
    """A figure card. `released` are the protected figures it is drawn from: they, and nothing else, are explained and downloaded.

    The figure is drawn BARE: its title, subtitle and footer stand round it as text of the page, which wraps to any screen.
    """
    with st.container(key=f"card-{key}", gap="small"):
        if sentence:
            st.markdown(words.plain(sentence))
        for note in dict.fromkeys(r.widened for r in released if r.widened):
            st.info(words.plain(note))
        st.markdown(f"**{words.plain(title)}**")
        st.caption(words.plain(subtitle))
        chart, figures = st.tabs(["Chart", "Table"])
        # A new key for every view: a selection of an earlier view must never be taken for a click in this one.
        view = f"{key}-{abs(hash(tuple((r.metric, r.scope, r.data_version, r.policy) for r in released))):x}"
        with chart:
            pick.chart(figure, alt, f"chart-{view}", opens[2] if opens else None, width)
        with figures:
            st.dataframe(even(table), hide_index=True, alt=alt, key=f"table-{view}")
            if download:
                _downloads(view, released)
        hidden = session.once(words.HIDDEN) and words.SIGNED if any(row.hidden for r in released for row in r.rows) else ""
        foot = footer or labels.footer(released[0], len({r.scope for r in released}) == 1)
        st.caption(words.plain(" ".join(part for part in (hidden, reading, foot) if part)))
        if opens and opens[1]:
            pick.box(opens[0], opens[1], f"box-{view}", opens[2])
        explain(released)


def even(table: pd.DataFrame) -> pd.DataFrame:
    """The table with every column of one kind: where some cells are words (`hidden`), the numbers beside them are written as text too."""
    mixed = [name for name in table.columns if len({isinstance(value, str) for value in table[name]}) > 1]
    return table.assign(**{name: [value if isinstance(value, str) else f"{value:,g}" for value in table[name]] for name in mixed})


def _downloads(view: str, released: Sequence[Released]) -> None:
    """The figures as files, each named by its content. A single answer also as CSV, which holds one table."""
    with st.container(horizontal=True, gap="small"):
        if len(released) == 1:
            content, name = _file("csv", session.database(), tuple(_identity(r) for r in released), list(released), session.names())
            st.download_button("Download CSV", content, file_name=name, mime="text/csv", on_click="ignore", key=f"csv-{view}")
        content, name = _file("xlsx", session.database(), tuple(_identity(r) for r in released), list(released), session.names())
        st.download_button("Download Excel", content, file_name=name, on_click="ignore", key=f"xlsx-{view}")


def _identity(released: Released) -> tuple[Any, ...]:
    """What a released figure is the answer to: two figures with one identity are the same figure."""
    return released.metric, released.scope, released.policy, released.data_version, len(released.rows), released.widened


@st.cache_data(max_entries=300, show_spinner=False)
def _file(kind: str, database: str, identities: tuple[tuple[Any, ...], ...], _released: list[Released], _names: dict[str, str]) -> tuple[bytes, str]:
    """(content, name) of a file of protected figures. The figures themselves are no part of the key: their identities are."""
    first = _released[0]
    stem = f"so-what-{first.metric}" if len({r.metric for r in _released}) == 1 else "so-what-figures"
    if kind == "csv":
        content = files.csv_bytes(first, METRICS[first.metric], labels=labels.named_rows(first, _names), names=_names)
        return content, files.file_name(stem, content, "csv")
    frames = {}
    for r in _released:
        period = f" {quarters.period_name(r.scope.start, r.scope.end)}" if r.scope.start and len({x.scope for x in _released}) > 1 else ""
        frames[f"{METRICS[r.metric].title}{period}"] = files.frame(r, METRICS[r.metric], labels.named_rows(r, _names))
    about = list(dict.fromkeys(line for r in _released for line in files.about(r, METRICS[r.metric], names=_names)))
    content = files.xlsx_bytes(frames, about)
    return content, files.file_name(stem, content, "xlsx")


def explain(released: Sequence[Released]) -> None:
    """What was counted, out of whom, where it comes from, how sure it is, who is followed up, and what is hidden."""
    with st.expander("Explain this number"):
        for answer in {r.metric: r for r in released}.values():
            st.markdown(explanation(answer))


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
