"""Upload: drop what you already have, be told what is wrong and where, see what would change, send it, and take it back if need be."""

from __future__ import annotations

import streamlit as st

from ui import mapping, returns, session, versions

viewer = session.page_for("commissioner", "manager")

st.title("Send a return", anchor=False)
returns.thanks(viewer)
returns.waiting(viewer)
st.markdown("Send what you already have: one file or many. **Nothing is kept until you say so**, and you can take it back afterwards.")
files = st.file_uploader(
    "Your files, as your own system prints them",
    type=returns.TYPES,
    accept_multiple_files=True,
    key=returns.uploader_key(),
    help="Names, birth dates and NHS numbers do not belong in the files; references to people are scrambled before anything is kept.",
)
files += returns.folder()
if not files:
    returns.how_to_begin()
    returns.earlier(viewer)
    versions.show(viewer)
    raise session.Ended

received = returns.read(files, viewer, returns.options())
returns.unlock(received)
if mapping.whose(received, viewer) or mapping.ask(received, viewer):
    st.rerun()
returns.show_findings(received, files)
returns.understood(received)
returns.what_will_change(received, viewer)
returns.offer_to_send(received, viewer)
