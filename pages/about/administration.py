"""Administration: what was sent, who did what, and the switches of the site. No outcome figure is shown here."""

from __future__ import annotations

import streamlit as st

from ui import admin, session

viewer = session.page_for("administrator")

st.title("Administration", anchor=False)
st.markdown(admin.summary(viewer))
uploads, happened, journeys, thresholds = st.tabs(["What was sent", "What happened", "Journeys", "Thresholds"])
with uploads:
    admin.uploads(viewer)
with happened:
    admin.audit(viewer)
with journeys:
    admin.journeys(viewer)
with thresholds:
    admin.thresholds(viewer)
