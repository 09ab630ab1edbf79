"""What stands round every page: the menu of a role, the banner of made-up data, *View as*, and the foot."""

from __future__ import annotations

import contextlib

import numpy as np
import streamlit as st
from PIL import Image

from access import desk
from domain import errors
from domain.types import ROLES
from ui import bookmarks, in_browser, links, pick, sample, session, tour, words

# Which roles each page serves, by menu section. The page's own first line says the same; a test holds them together.
MENU: dict[str, tuple[tuple[str, str, str, tuple[str, ...]], ...]] = {
    "Explore": (
        ("overview", "Overview", ":material/home:", ("commissioner", "manager", "presenter")),
        ("service", "Service", ":material/house:", ("commissioner", "manager", "presenter")),
        ("compare", "Compare", ":material/compare_arrows:", ("commissioner", "manager", "presenter")),
        ("cohorts", "Cohorts", ":material/groups:", ("commissioner", "manager", "presenter")),
        ("journeys", "Journeys", ":material/timeline:", ("commissioner", "manager")),
    ),
    "Returns": (
        ("my-returns", "My returns", ":material/event_available:", ("commissioner", "manager")),
        ("upload", "Upload", ":material/upload_file:", ("commissioner", "manager")),
        ("type-it-in", "Type it in", ":material/edit_note:", ("manager",)),
        ("target-plan", "Target plan", ":material/flag:", ("commissioner", "manager")),
        ("reality-check", "Reality check", ":material/straighten:", ("commissioner", "manager")),
    ),
    "About": (
        ("handbook", "Handbook", ":material/menu_book:", ROLES),
        ("administration", "Administration", ":material/settings:", ("administrator",)),
    ),
}

EXPLORES = tuple(name for name, *_ in MENU["Explore"])
NO_FIGURES = ("upload", "type-it-in", "handbook", "administration")

STYLE = """
<style>
  .stMainBlockContainer { max-width: 68rem; padding-top: 4.5rem; }
  .st-key-banner { background: light-dark(#fdf3d8, #3a2f10); border-left: 4px solid #b45f06; padding: .5rem .9rem; border-radius: 4px; }
  .st-key-tour { border: 1px solid rgba(128, 128, 128, .35); border-left: 4px solid #11807d; padding: .6rem .9rem; border-radius: 4px; }
  .st-key-foot { border-top: 1px solid rgba(128, 128, 128, .35); margin-top: 3rem; padding-top: .75rem; font-size: .875rem; }
  .stMarkdown p, .stMarkdown li { max-width: 46rem; }
  [data-testid="stCaptionContainer"] p { max-width: 40rem; }  /* about ninety letters, as above */
  @media (min-width: 641px) {  /* the words may break, the button beside them may not */
    .st-key-banner { flex-wrap: nowrap !important; }
    .st-key-banner > :first-child { flex: 1 1 0 !important; min-width: 0 !important; }
    .st-key-banner > :last-child { flex: 0 0 auto !important; }
  }
  /* a projector, or a page made larger: its first screen is for the answer */
  @media (min-width: 769px) and (max-width: 1100px) {
    [data-testid="stSidebar"][data-collapsed="false"] { width: 14.5rem !important; min-width: 14.5rem !important; }
  }
  @media (min-width: 769px) and (max-height: 600px) {
    .stMainBlockContainer { padding-top: 3.75rem; }
    .st-key-banner { padding: .25rem .9rem; }
    .st-key-banner p { font-size: .9rem; }
    .stMainBlockContainer h1 { padding: .25rem 0; font-size: 1.6rem; }
    .stMainBlockContainer > div > [data-testid="stVerticalBlock"] { gap: .75rem; }
  }
  [class*="st-key-lead-"] p { font-size: 1.25rem; font-weight: 600; line-height: 1.4; }
  /* small print, at a contrast of at least 4.5 to 1 on the page, the sidebar and the boxes */
  :is([data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p, .stMarkdown blockquote, .stTable th, .stTable th p) {
    color: light-dark(#545d68, #b3bac4) !important; opacity: 1 !important;
  }
  [data-testid="stPopoverBody"] [data-testid="stCaptionContainer"] :is(p, span) { color: inherit !important; }  /* lies outside the page's own colours */
  .st-key-breadcrumbs { gap: 0 !important; margin-left: -.5rem; }
  .st-key-breadcrumbs p, .st-key-breadcrumbs a { font-size: .9rem; }
  .st-key-breadcrumbs > :nth-child(even) { min-width: 0 !important; }
  .st-key-breadcrumbs > :last-child { padding-left: .5rem; }
  /* the question mark beside a label, not at the far end of the page */
  [data-testid="stWidgetLabel"] > div:has(> [data-testid="stTooltipIcon"]) { flex: 0 0 auto; margin-left: .4rem; }
  [class*="st-key-conversation-"] button { min-height: 0; padding: 0; }
  .stMarkdown li p { margin-bottom: .25rem; }
  /* four boxes in a row where there is room, one under the other and as wide as the page on a phone */
  :is(.st-key-scope-bar, .st-key-compare-bar) > div { flex: 1 1 13rem !important; min-width: 13rem !important; max-width: 20rem; }
  :is(.st-key-scope-bar, .st-key-compare-bar) .stSelectbox { width: 100% !important; }
  .stTable thead th { text-align: left !important; }
  [class*="st-key-wide-"] td em { display: none; }
  .stTable td, .stTable th { vertical-align: top; padding-left: .5rem !important; padding-right: .5rem !important; }
  @media (max-width: 640px) {
    :is(.st-key-scope-bar, .st-key-compare-bar) > div { flex-basis: 100% !important; max-width: none; }
    .stTable td, .stTable th { padding: .35rem .3rem !important; font-size: .85rem; overflow-wrap: normal; }
    /* tables.wide: a row as a block, each figure beside the name of its column */
    [class*="st-key-wide-"] thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
    [class*="st-key-wide-"] :is(table, tbody, tr, th, td) { display: block; width: 100%; }
    [class*="st-key-wide-"] tr { padding: .35rem 0; border-bottom: 1px solid rgba(128, 128, 128, .35); }
    [class*="st-key-wide-"] :is(th, td) { border: 0 !important; padding: .1rem 0 !important; }
    [class*="st-key-wide-"] tbody th p { font-weight: 600; }
    [class*="st-key-wide-"] td p { display: grid; grid-template-columns: 8.5rem 1fr; }
    [class*="st-key-wide-"] td em { display: block !important; font-style: normal; color: light-dark(#545d68, #b3bac4); }
  }
  [class*="st-key-sides-"] [role="tabpanel"] { min-height: 8rem; }  /* what stands below does not jump while a table comes */
  .st-key-foot p { margin-bottom: .25rem; }
  /* as charts.theme.CSS: chart words take the page's text colour and follow a change of theme at once */
  .js-plotly-plot :is(.annotation-text, [class$="tick"] text) { fill: currentColor !important; }
  [data-testid="stButtonGroup"] button[data-selected="true"], [data-testid="stTab"][data-selected="true"], [data-testid="stSliderThumbValue"] {
    color: inherit !important;
  }
</style>
"""


@st.cache_data(show_spinner=False)
def icon() -> Image.Image:
    """Three rising bars, drawn here: an icon named by its word would be fetched from another server."""
    drawn = np.zeros((32, 32, 4), np.uint8)
    drawn[2:30, 2:30] = (10, 96, 104, 255)
    for left, top in ((7, 19), (14, 14), (21, 8)):
        drawn[top:25, left : left + 4] = (255, 255, 255, 255)
    return Image.fromarray(drawn)


def menu(role: str) -> dict[str, list[st.Page]]:
    """The pages of a role by section; the first is where the role begins. Other pages keep their address, where a link to one is answered in words."""
    sections: dict[str, list[st.Page]] = {}
    shut: list[st.Page] = []
    for section, pages in MENU.items():
        for name, title, icon, roles in pages:
            if role in roles:
                first = not sections
                sections.setdefault(section, []).append(st.Page(session.PAGES[name], title=title, icon=icon, url_path=name, default=first))
            else:
                shut.append(st.Page(links.closed(name, title, begins(role)), title=title, url_path=name, visibility="hidden"))
    next(iter(sections.values())).extend(shut)
    return sections


def style() -> None:
    """The styles, and the few lines of ours that run in the browser."""
    st.html(STYLE)
    in_browser.run()


def banner() -> None:
    """Permanent on the sample database; on one's own, nothing but the way back."""
    session.keep_in_link()
    if session.database() == "own":
        return
    with st.container(key="banner", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Made-up data.** {sample.BANNER}")
        st.button("Start with your own", on_click=session.use, args=("own",), help="Opens your own database, which begins empty. The two never mix.")


def first_visit(page: st.Page) -> None:
    """The short tour, on the made-up data."""
    with contextlib.suppress(errors.Shown):
        tour.show(page_name(page))


def changed(page: st.Page) -> None:
    """On the pages that show figures: what the menu left behind, how a link is narrowed, and that the data have moved on since it was made.

    Or since this session last looked.
    """
    name = page_name(page)
    if name in NO_FIGURES:
        return
    with contextlib.suppress(errors.Shown):  # a database that cannot be opened is told by the page
        links.carried(name, name in EXPLORES)
        links.arrived(session.viewer())
        before = session.seen_before()
        if before is not None:
            now = session.state().data_version
            st.info(f"Figures may have changed since you last looked: the data were at version {before} then and are at version {now} now.")


def view_as() -> None:
    """Local mode only: whose eyes to look through. It decides what is offered and what the desk allows."""
    with st.sidebar:
        role = session.viewer().role
        index = ROLES.index(role)
        st.radio("View as", ROLES, index, format_func=lambda role: words.COUNTERPARTS[role], key="view-as", on_change=_changed)
        if role == "manager":
            _provider()
        st.caption("This copy runs on this machine only and has no sign-in, so anyone who uses it may choose.")
        if session.database() == "own":
            st.button("Back to the made-up data", on_click=session.use, args=("sample",))


def page_name(page: st.Page) -> str:
    """The page's name in the menu; the one a role begins with has no path of its own."""
    return page.url_path or begins(session.viewer().role)


def begins(role: str) -> str:
    return next(name for pages in MENU.values() for name, _, _, roles in pages if role in roles)


def views(page: st.Page) -> None:
    """Saved views, for those who look at figures."""
    if session.viewer().role != "administrator" and page_name(page) not in NO_FIGURES:
        with st.sidebar, contextlib.suppress(errors.Shown):  # a database that cannot be opened is told by the page
            bookmarks.show(page_name(page))


def _changed() -> None:
    st.session_state["role"] = st.session_state["view-as"]
    if st.session_state["role"] == "manager":
        with contextlib.suppress(errors.Shown):  # a database that cannot be opened is told by the page
            _choose(pick.distinct(desk.providers(session.store())))
    st.session_state.pop("opened", None)  # an opened journey belongs to the one who opened it


def _provider() -> None:
    providers = pick.distinct(desk.providers(session.store()))
    if not providers:
        st.caption("There is no provider yet: upload a workbook with a Services sheet as commissioner first.")
        return
    if _choose(providers):
        st.rerun()  # what is above was drawn for a manager of no provider, who sees nothing
    index = list(providers).index(st.session_state["provider"])
    st.selectbox("Provider", list(providers), index, format_func=lambda code: providers[code], key="view-as-provider", on_change=_changed_provider)


def _choose(providers: dict[str, str]) -> bool:
    """Makes a manager one of the first provider's, where they are of none that is known. Returns whether it did.

    Done in the callback where it can be: a run that ends in `st.rerun` swallows a click on a link made meanwhile.
    """
    if not providers or st.session_state.get("provider") in providers:
        return False
    st.session_state["provider"] = next(iter(providers))
    return True


def _changed_provider() -> None:
    st.session_state["provider"] = st.session_state["view-as-provider"]
    st.session_state.pop("opened", None)


def foot() -> None:
    """Up to when the data speak, which version they are, and the standing line."""
    with st.container(key="foot"):
        st.markdown(f"**{words.STANDING}**")
        with contextlib.suppress(errors.Shown):  # a database that cannot be opened has been told above
            now = session.state()
            st.markdown(f"Data up to {words.day(now.data_date)} · data version {now.data_version} · figures are never for payment or for choosing cuts")
