"""The router: who is here, which pages they get, and what stands on every page. Nothing else in this folder is served without it."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import streamlit as st

if (root := str(Path(__file__).resolve().parent.parent)) not in sys.path:
    sys.path.insert(0, root)
from ui import frame, session

st.set_page_config(page_title="So What?", page_icon=frame.icon(), layout="wide", initial_sidebar_state="auto")
looking = session.viewer()
page = st.navigation(frame.menu(looking.role), position="top")  # before anything else: until it is called, nothing decides who may see what
try:
    session.follow()  # a click that goes elsewhere draws nothing here first
    frame.style()
    frame.banner()
    frame.first_visit(page)
    frame.changed(page)
    frame.view_as()
    frame.views(page)
    with session.routed(looking), contextlib.suppress(session.Ended):
        page.run()
except Exception as problem:  # the one catch for the unexpected: a sentence meant for the user, or only a reference
    session.tell(problem)
frame.foot()
