"""Administration: what was sent, who did what, and the switches of the site. No outcome figure is shown here."""

from __future__ import annotations

import streamlit as st

from ui import admin, requests, session

viewer = session.page_for("administrator")

st.title("Administration", anchor=False)
st.markdown(admin.summary(viewer))
uploads, happened, asked, journeys, thresholds = st.tabs(["What was sent", "What happened", "Requests and retention", "Journeys", "Thresholds"])
with uploads:
    admin.uploads(viewer)
with happened:
    admin.audit(viewer)
with asked:
    requests.show(viewer)
    st.header("How long records are kept", anchor=False)
    requests.retention(viewer)
with journeys:
    admin.journeys(viewer)
with thresholds:
    admin.thresholds(viewer)
