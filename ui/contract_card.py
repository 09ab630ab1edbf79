"""A chart of contract figures (plan, return, attainment, cost) as the pages show figures: title, chart, table, download, and *Explain this number*."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from exports import files
from ui import figure_card, pick, session, words

STANDING = ("Contract figures of the returns as the services sent them.", "Never for payment or for choosing cuts.")


def show(
    key: str,
    figure: object,
    alt: str,
    table: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    reading: str = "",
    explain: Sequence[str] = (),
    note: str = "",
    opens: figure_card.Opens | None = None,
) -> None:
    """The figure is drawn BARE: its title and subtitle stand round it as text. `explain` is what *Explain this number* says, a line each."""
    state = session.state()
    foot = f"Returns of the services, data up to {words.day(state.data_date)}, version {state.data_version}."
    with st.container(key=f"card-{key}", gap="small"):
        st.markdown(f"**{words.plain(title)}**")
        st.caption(words.plain(subtitle))
        chart, figures = st.tabs(["Chart", "Table"])
        view = f"{key}-{abs(hash((title, subtitle, state.data_version, session.database()))):x}"
        with chart:
            pick.chart(figure, alt, f"chart-{view}", opens[2] if opens else None)
        with figures:
            st.dataframe(figure_card.even(table), hide_index=True, alt=alt, key=f"table-{view}")
            content, name = _file(key, figure_card.even(table), (title, subtitle, *explain, *STANDING, foot))
            st.download_button("Download Excel", content, file_name=name, on_click="ignore", key=f"xlsx-{view}")
        st.caption(words.plain(" ".join(part for part in (reading, note, foot) if part)))
        if opens and opens[1]:
            pick.box(opens[0], opens[1], f"box-{view}", opens[2])
        if explain:
            with st.expander("Explain this number"):
                st.markdown("\n".join(f"- {words.plain(line)}" for line in explain))


@st.cache_data(max_entries=200, show_spinner=False)
def _file(stem: str, table: pd.DataFrame, about: tuple[str, ...]) -> tuple[bytes, str]:
    """(content, name) of the figures as a workbook."""
    content = files.xlsx_bytes({"Figures": table}, about)
    return content, files.file_name(f"so-what-{stem}", content, "xlsx")
