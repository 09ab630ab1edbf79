"""Who is here, which database they look at, which scope the link names, and the two verbs of every page: `ask` and `go`.

The store opens lazily here because AppTest runs the router and not app.py. Nothing cached reads the session: what decides a viewer's right is
an argument of every cached function, so one viewer's answer can never be another's.
"""

from __future__ import annotations

import contextlib
import contextvars
import gc
import importlib
import logging
import os
import secrets
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from access import desk, returns, rules
from domain import errors, settings
from domain.types import Policy, Released, Scope, Viewer
from ui import sample
from warehouse.connect import Store

LOG = logging.getLogger("so_what")
PAGES = {
    "overview": "explore/overview.py",
    "service": "explore/service.py",
    "compare": "explore/compare.py",
    "cohorts": "explore/cohorts.py",
    "journeys": "explore/journeys.py",
    "upload": "returns/upload.py",
    "type-it-in": "returns/type_it_in.py",
    "my-returns": "returns/my_returns.py",
    "target-plan": "returns/target_plan.py",
    "reality-check": "returns/reality_check.py",
    "handbook": "about/handbook.py",
    "administration": "about/administration.py",
}
SCREENS = ("frame", "hour", "portfolio", "attainment", "service_plan", "cohorts", "compare", "journeys", "returns", "plans", "reality", "handbook")
EVERYTHING = Scope()
_ROUTED: contextvars.ContextVar[Viewer | None] = contextvars.ContextVar("routed", default=None)
_SAID: contextvars.ContextVar[set[str] | None] = contextvars.ContextVar("said", default=None)
_KNOWN: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("known", default=None)


# ---- the database ----------------------------------------------------------------------------------------------------------------------------


@st.cache_resource(show_spinner=False)
def _open(path: str) -> Store:
    return Store(Path(path), settings.load())


def opened(path: str) -> Store:
    """The store at a path, for what is cached: it gets the path, never the session."""
    return _open(path)


def database() -> str:
    """`sample` or `own`. A link says which when it is not the one this server opens by itself, so that a copied link reopens the same view."""
    return _this_run("database", _database)


def _database() -> str:
    asked = st.query_params.get("data", "")
    if asked in ("sample", "own"):
        st.session_state["database"] = asked
    return st.session_state.setdefault("database", first_database())


def keep_in_link() -> None:
    """The menu drops what a link says: without this, loading a page again would go from one's own data to the sample without a word."""
    if database() != first_database() and st.query_params.get("data") != database():
        st.query_params["data"] = database()


def first_database() -> str:
    """The sample, unless SO_WHAT_DATABASE names a database of one's own."""
    return "own" if os.environ.get("SO_WHAT_DATABASE") else "sample"


def store() -> Store:
    """The store of this session's database: one for the whole process, opened the first time anybody needs it."""
    return _this_run("store", _store)


def _store() -> Store:
    given = settings.load()
    path = given.database if database() == "own" else given.sample_database
    opened = _open(str(path))
    if database() == "sample" and not sample.ready(opened):
        done, of = sample.progress(opened)
        far = f" ({done} of {of} workbooks are in)" if of else ""
        with st.spinner(
            f"Making the sample ready: three years of made-up returns go through the same intake as yours. It takes well under a minute, once{far}."
        ):
            sample.ensure(opened)
    return opened


def settle() -> None:
    """What the app is made of stays as long as it runs: taken out of the rounds of Python's collector, of which a full one takes a tenth of a second."""
    gc.collect()
    gc.freeze()


def _screens() -> None:
    for name in SCREENS:
        importlib.import_module(f"ui.{name}")
    settle()


def open_early() -> None:
    """Called when the server starts, so that the first visitor waits less. A store that cannot be opened is told to that visitor, not here."""
    threading.Thread(target=_screens, name="screens", daemon=True).start()
    given = settings.load()
    if first_database() == "own":
        with contextlib.suppress(errors.Shown):
            _open(str(given.database))
    else:
        sample.ensure_in_background(lambda: _open(str(given.sample_database)))


def use(name: str) -> None:
    """Looks at the sample or at one's own database from now on; nothing of the one is carried into the other."""
    for key in [key for key in st.session_state if key not in ("role", "session", "view-as")]:
        del st.session_state[key]
    st.session_state["database"] = name
    st.query_params.from_dict({"data": name})  # or the link of the run before would win over the choice
    st.session_state["going"] = ("overview", {"data": name} if name != first_database() else {})


def state() -> desk.State:
    """Data version, data date and rules of the store, read once per run."""
    return desk.state(store())


def change() -> int:
    """The number of the latest change of anything, asked once in a run of a page, and anew after a change of one's own."""
    here = store()
    return _this_run(("change", here.remembered("since the last change", object)), lambda: returns.version(here))


# ---- who is here -----------------------------------------------------------------------------------------------------------------------------


def viewer() -> Viewer:
    """Who looks, as chosen under *View as* in local mode."""
    return _this_run("viewer", _viewer)


def _viewer() -> Viewer:
    role = st.session_state.get("role", "commissioner")
    # A manager of no provider yet must see nothing, and no tuple at all could be read as no limit at all.
    providers = (st.session_state.get("provider", ""),) if role == "manager" else ()
    name = st.session_state.setdefault("session", secrets.token_hex(8))
    return Viewer(f"local {role}", role, providers, session=name)


@contextlib.contextmanager
def routed(looking: Viewer) -> Iterator[None]:
    """Only within this, and so only through the router, does a page open."""
    token, said, known = _ROUTED.set(looking), _SAID.set(set()), _KNOWN.set({})
    try:
        yield
    finally:
        _ROUTED.reset(token)
        _SAID.reset(said)
        _KNOWN.reset(known)


def _this_run(name: object, make: Callable[[], Any]) -> Any:
    """What `make` gives, asked once in a run of a page."""
    known = _KNOWN.get()
    if known is None:
        return make()
    if name not in known:
        known[name] = make()
    return known[name]


def first_time(sentence: str) -> bool:
    """True the first time a page is about to say this, so that it is said once and not under every chart."""
    said = _SAID.get()
    if said is None or sentence not in said:
        if said is not None:
            said.add(sentence)
        return True
    return False


def once(sentence: str) -> str:
    """The sentence, or nothing where the page has said it already."""
    return sentence if first_time(sentence) else ""


class Ended(Exception):
    """A page has said all it has to say. Unlike st.stop, what stands under every page still comes."""


def page_for(*roles: str) -> Viewer:
    """The first line of every page: the viewer, if the router brought them and the page serves their role; otherwise the page ends here."""
    looking = _ROUTED.get()
    if looking is None or looking.role not in roles:
        st.warning("This page is not open to you. Choose another from the menu above.")
        st.stop()
    return looking


# ---- the scope and the link ------------------------------------------------------------------------------------------------------------------


def scope() -> Scope:
    """The scope the link names. Whatever is unknown or not the viewer's to see is dropped, and said once."""
    asked = Scope.from_query({key: st.query_params.get_all(key) for key in st.query_params})
    allowed = permitted(asked)
    if allowed != asked:
        st.caption("Part of this link is not open to you, or no longer exists, so it was left out.")
    return allowed


def permitted(asked: Scope) -> Scope:
    """The scope without services, groups and questionnaires the viewer cannot see."""
    cards = services()
    codes = {card.code for card in cards}
    kept = asked.with_(services=tuple(code for code in asked.services if code in codes))
    if asked.entry and asked.value not in {str(getattr(card, asked.entry)) for card in cards}:
        kept = kept.with_(entry="", value="")
    if asked.measure and asked.measure not in measures():
        kept = kept.with_(measure="", subscale="")
    return kept


def query(scope: Scope = EVERYTHING) -> dict[str, Any]:
    """The URL parameters of a scope in this session's database, with the data version seen, so that a copied link can say whether figures changed."""
    return {**scope.to_query(), **({"data": database()} if database() != first_database() else {}), "v": str(state().data_version)}


def seen_before() -> int | None:
    """The data version last looked at, by this link or in this session, where the data have changed since; then this version counts as seen."""
    now, link = state().data_version, str(st.query_params.get("v", ""))
    last = int(link) if link.isdecimal() and len(link) < 12 else st.session_state.get("seen", now)
    st.session_state["seen"] = now
    return last if last < now else None


def go(page: str, scope: Scope) -> None:
    """For callbacks: the next run shows this page at this scope. The router follows."""
    st.session_state["going"] = (page, query(scope))


def follow() -> None:
    """Called by the router once the pages are known: goes where a click has asked to go."""
    if going := st.session_state.pop("going", None):
        page, parameters = going
        st.switch_page(PAGES[page], query_params=parameters)  # two writings of the link, one step for Back: see ui/in_browser.py


# ---- what can be asked -----------------------------------------------------------------------------------------------------------------------


def services() -> list[desk.ServiceCard]:
    """The services the viewer may look at, by type and then by name. Never ranked by cost or by result."""
    looking = viewer()

    def ordered() -> list[desk.ServiceCard]:
        return sorted(desk.services(store(), looking), key=lambda card: (card.service_type, card.name.lower(), card.code))

    return list(_this_run(f"services {looking.role} {looking.providers} {database()}", ordered))


def names() -> dict[str, str]:
    """Service and provider codes and what people call them."""
    looking = viewer()
    return dict(_this_run(f"names {looking.role} {looking.providers} {database()}", _names))


def _names() -> dict[str, str]:
    cards = services()
    return {card.provider: card.provider_name for card in cards} | {card.code: card.name for card in cards}


def measures() -> dict[str, str]:
    """Questionnaires by code and name."""
    return {code: m.name if m.name.startswith(code) else f"{code} · {m.name}" for code, m in store().measures.items()}


def measure_of(scope: Scope) -> str:
    """The questionnaire of a scope; where it names none, the one most used in its services. Empty when there is no second score yet."""
    return scope.measure or next(iter(desk.measures_used(store(), viewer(), scope)), "")


def ask(metric: str, scope: Scope, policy: Policy | None = None, widen: bool = False) -> Released:
    """The protected figures of a metric. Rights are checked on every call, outside the cache; only the arithmetic is remembered."""
    looking, now = viewer(), state()
    rules.check_sees_groups(looking)
    rules.check_policy(looking, policy or rules.policy_for(looking))
    asked = Asked(str(store().path), looking.role, looking.providers, metric, scope.narrowed_to(looking), policy, widen, now.data_version, now.rules_hash)
    return _answer(repr(asked), asked)


def later(metric: str, scope: Scope, policy: Policy | None = None) -> Callable[[], Released]:
    """`ask`, answered when it is called: by whoever looks now, also where there is no session any more, as when the file behind a button is made."""
    looking, now = viewer(), state()
    rules.check_sees_groups(looking)
    rules.check_policy(looking, policy or rules.policy_for(looking))
    asked = Asked(str(store().path), looking.role, looking.providers, metric, scope.narrowed_to(looking), policy, False, now.data_version, now.rules_hash)
    return lambda: _answer(repr(asked), asked)


@dataclass(frozen=True)
class Asked:
    """All that an answer depends on: the store and its data version and rules, the viewer's right and policy, and the question."""

    path: str
    role: str
    providers: tuple[str, ...]
    metric: str
    scope: Scope
    policy: Policy | None
    widen: bool
    data_version: int
    rules_hash: str


@st.cache_data(max_entries=2000, show_spinner=False)
def _answer(everything: str, _asked: Asked) -> Released:
    """`everything` is the whole of `_asked` as text: Streamlit takes milliseconds to walk through the parts of a key, and a page asks often."""
    viewer = Viewer(f"local {_asked.role}", _asked.role, _asked.providers)  # type: ignore[arg-type]
    return desk.ask(_open(_asked.path), viewer, _asked.metric, _asked.scope, policy=_asked.policy, widen=_asked.widen)


def peers(metric: str, scope: Scope) -> Released:
    """Other providers' like services taken together, for a manager. Raises Shown where too few stand behind them."""
    looking, now = viewer(), state()
    rules.check_sees_groups(looking)
    return _peers(str(store().path), (looking.role, looking.providers), metric, scope, now.data_version, now.rules_hash)


@st.cache_data(max_entries=500, show_spinner=False)
def _peers(path: str, key: tuple[str, tuple[str, ...]], metric: str, scope: Scope, data_version: int, rules_hash: str) -> Released:
    role, providers = key
    return desk.peers(_open(path), Viewer(f"local {role}", role, providers), metric, scope)  # type: ignore[arg-type]


# ---- the unexpected --------------------------------------------------------------------------------------------------------------------------


def tell(problem: Exception) -> bool:
    """Shows a sentence meant for the user, or only a reference for anything else. True: nothing more is to be shown.

    The log gets the kind of problem and where it arose, never its message: messages of the database and the readers repeat what is in a cell.
    """
    if isinstance(problem, errors.Shown):
        st.warning(str(problem))
        return True
    reference = secrets.token_hex(3).upper()
    where = "".join(traceback.format_tb(problem.__traceback__))
    LOG.error("reference %s: %s\n%s", reference, type(problem).__name__, where)
    st.error(f"Something went wrong on our side, and nothing was changed. If you tell us about it, give the reference {reference}.")
    return True
