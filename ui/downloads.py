"""A chart as files: CSV, Excel and a page that needs nothing else, all of the very table and figure that are drawn. Plotly's own button saves it as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from access.statistics import Figures
from exports import files, html
from ui import words

SAVED = "The button above the chart saves it as a picture (SVG)."
OWN_PEOPLE = "Scores of single people, your own: keep this file as you keep their records."


def standing(found: Figures) -> list[str]:
    """The lines that every file of a statistic ends with: who may have it, from which data, and what it is never for."""
    data = f"Returns of the services, data up to {words.day(found.data_date)}, version {found.data_version}."
    return [files.POLICY_WORDS[found.policy], data, *files.STANDING]


def offer(view: str, stem: str, figure: Any, table: pd.DataFrame, about: Callable[[], Sequence[str]], page: Mapping[str, str]) -> None:
    """Three buttons and a word about the fourth. `stem` names the files and their data version, `page` holds title, subtitle, reading and alt.

    `about` gives the lines that every file carries. It is called when a file is asked for, where there is no session.
    """
    with st.container(horizontal=True, gap="small"):
        st.download_button("Download CSV", lambda: files.table_csv(table, about()), f"{stem}.csv", "text/csv", on_click="ignore", key=f"csv-{view}")
        st.download_button("Download Excel", lambda: files.xlsx_bytes({"Figures": table}, about()), f"{stem}.xlsx", on_click="ignore", key=f"xlsx-{view}")
        st.download_button(
            "Download page (HTML)", lambda: html.page_bytes(figure, table, about(), **page), f"{stem}.html", "text/html", on_click="ignore",
            key=f"html-{view}",
        )  # fmt: skip
    st.caption(SAVED)
