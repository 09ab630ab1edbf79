"""Upload: drop what you already have, be told what is wrong and where, see what would change, send it, and take it back if need be."""

from __future__ import annotations

import streamlit as st

from ui import returns, session

viewer = session.page_for("commissioner", "manager")

st.title("Send a return", anchor=False)
returns.thanks(viewer)
st.markdown("Send what you already have: one workbook or several. **Nothing is kept until you say so**, and you can take it back afterwards.")
files = st.file_uploader(
    "Workbooks (.xlsx)",
    type=["xlsx", "xlsm", "xls", "xlsb", "ods", "csv"],
    accept_multiple_files=True,
    key=returns.uploader_key(),
    help="Up to 25 MB each. Names, birth dates and NHS numbers do not belong in the files; references to people are scrambled before anything is kept.",
)
if not files:
    returns.how_to_begin()
    returns.earlier(viewer)
    raise session.Ended

received = returns.read(files, viewer)
returns.understood(received)
returns.show_findings(received)
returns.what_will_change(received)
returns.offer_to_send(received, viewer)
