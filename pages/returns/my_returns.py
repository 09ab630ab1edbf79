"""My returns: what is due and what waits, the one-page return, the questions about it, and what became of each. Commissioners: the quarter in an hour."""

from __future__ import annotations

import streamlit as st

from ui import conversation, empty, hour, own_plan, return_form, returns, session, versions

viewer = session.page_for("commissioner", "manager")

manages = viewer.role == "manager"
st.title("My returns" if manages else "Returns", anchor=False)
scope = session.scope().with_(cohort=(), by="")
if not session.services():
    empty.portfolio()
conversation.done()
if manages:
    hour.waiting(viewer)
    returns.waiting(viewer)
elif len(scope.services) == 1:
    conversation.back(scope)
else:
    hour.in_an_hour(viewer, scope)
    hour.calendar(viewer, scope)
    own_plan.show(viewer)
code, found, this = conversation.chosen(viewer, scope)
if this is None:
    raise session.Ended
conversation.where_it_stands(this)
conversation.questions(viewer, this)
if manages:
    return_form.one_page(viewer, this, session.names()[code])
else:
    conversation.decide(viewer, this)
return_form.checked(viewer, this)
conversation.speak(viewer, this)
conversation.history(found)
versions.show(viewer, (code,))
if manages:
    returns.earlier(viewer)
