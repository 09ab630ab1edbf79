"""The worked plan and the templates' guidance on screen: made-up words of our own, and the workbook they come in."""

from __future__ import annotations

import streamlit as st

from exports import plan_files

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(key: str = "", expanded: bool = False) -> None:
    """A whole plan for a made-up service, to read or to take away as a workbook."""
    with st.expander("A target plan, worked through (support at home, made up)", expanded=expanded):
        st.markdown(plan_files.worked())
        st.download_button("Download it as a workbook", plan_files.worked_book, "target-plan-worked.xlsx", XLSX, on_click="ignore", key=f"worked-book-{key}")
