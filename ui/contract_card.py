"""A chart of contract figures (plan, return, attainment, cost) as the pages show figures: title, chart, table, download, and *Explain this number*."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from ui import downloads, figure_card, pick, session, words

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
    explain: Sequence[str] | Callable[[], Sequence[str]] = (),
    note: str = "",
    opens: figure_card.Opens | None = None,
) -> None:
    """The figure is drawn BARE: its title and subtitle stand round it as text. `explain` is what *Explain this number* says, a line each.

    Where it is something to call, that is done when it is opened or a file is made, where there is no session.
    """
    state = session.state()
    foot = f"Returns of the services, data up to {words.day(state.data_date)}, version {state.data_version}."
    with st.container(key=f"card-{key}", gap="small"):
        st.markdown(f"**{words.plain(title)}**")
        st.caption(words.plain(subtitle))
        view = f"{key}-{abs(hash((title, subtitle, state.data_version, session.database()))):x}"
        chart, figures = figure_card.sides(view)
        with chart:
            pick.chart(figure, alt, f"chart-{view}", opens[2] if opens else None, save=f"so-what-{key}")
        if figures.open:
            with figures:
                st.dataframe(figure_card.even(table), hide_index=True, alt=alt, key=f"table-{view}")

                def about() -> list[str]:
                    return [title, subtitle, *(explain() if callable(explain) else explain), *STANDING, foot]

                said = {"title": title, "subtitle": subtitle, "reading": reading, "alt": alt}
                # Made when it is asked for, and so named by the data version and not by its content
                downloads.offer(view, f"so-what-{key}-version-{state.data_version}", figure, figure_card.even(table), about, said)
        st.caption(words.plain(" ".join(part for part in (reading, note, foot) if part)))
        if opens and opens[1]:
            pick.box(opens[0], opens[1], f"box-{view}", opens[2])
        with st.expander("Explain this number", key=f"explain-{view}", on_change="rerun") as box:
            if box.open:
                st.markdown(_listed([*(explain() if callable(explain) else explain), *STANDING, foot]))


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {words.plain(line)}" for line in lines)
