"""What the tests share: a store on a folder of its own, small workbooks, the app as AppTest runs it, and the real server with a real browser.

Nothing here stands in for a part of the project: stores are DuckDB files, workbooks are xlsx, the server is `streamlit run app.py`.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import pytest
from openpyxl import Workbook
from openpyxl.utils import coordinate_to_tuple

from domain import settings
from domain.types import Viewer
from warehouse.connect import Store

# How long one example takes says something about the machine, not about us; a run that finds a fault keeps the example.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

ROOT = Path(__file__).resolve().parent.parent
ROUTER = ROOT / "pages" / "_main.py"
COMMISSIONER = Viewer("test commissioner", "commissioner", session="test")
ADMINISTRATOR = Viewer("test administrator", "administrator", session="test")
# A test worker has one core, and the stores are small: more threads in each would only wait for one another. tests/unit/test_store.py keeps two.
ONE_THREAD = settings.Settings(database_threads=1)

Rows = Sequence[Sequence[Any]]


def manager_of(*providers: str) -> Viewer:
    return Viewer("test manager", "manager", providers, session="test")


def draws(first: object, *others: object) -> list[Any]:
    """The seeds of a test that draws at random: the first is drawn always, the others where nothing slow is left out."""
    return [first, *(pytest.param(other, marks=pytest.mark.slow) for other in others)]


# ---- the store -------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test ever meets the databases of the person who runs it: SO_WHAT_DATABASE is a path that does not exist yet."""
    for name in [name for name in os.environ if name.startswith("SO_WHAT_") and name != "SO_WHAT_CHROMIUM"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SO_WHAT_DATABASE", str(tmp_path / "data" / "test.duckdb"))
    monkeypatch.setenv("SO_WHAT_SAMPLE_DATABASE", str(tmp_path / "data" / "sample.duckdb"))
    monkeypatch.setenv("SO_WHAT_DATABASE_THREADS", str(ONE_THREAD.database_threads))
    return tmp_path / "data" / "test.duckdb"


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Store], object]], Path]:
    """`made_once(name, fill)` is the folder of a store that `fill` filled, made the first time any worker of this run asks. Tests work on copies: `copy_of`."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder(name: str, fill: Callable[[Store], object]) -> Path:
        made, making = shared / f"made-{name}", shared / f"making-{name}"
        while not made.exists():
            try:
                making.mkdir()
            except FileExistsError:  # another worker is at it
                time.sleep(0.1)
                continue
            try:
                if not made.exists():  # it may have ended between our two looks
                    opened = Store(making / "test.duckdb", ONE_THREAD)
                    fill(opened)
                    opened.close()
                    making.rename(made)
            finally:
                shutil.rmtree(making, ignore_errors=True)
        return made

    return folder


def copy_of(folder: Path, path: Path) -> Store:
    """A store of one's own at `path` with what stands in a folder of `made_once`: opening a copy takes a third of making one."""
    shutil.copytree(folder, path.parent, dirs_exist_ok=True)
    return Store(path, settings.load())


@pytest.fixture
def copied(own_database: Path, made_once: Callable[[str, Callable[[Store], object]], Path]) -> Iterator[Callable[[Callable[[Store], object]], Store]]:
    """`copied(fill)` is a store of the test's own, where SO_WHAT_DATABASE says, with what `fill` put into one the first time in this run."""
    opened: list[Store] = []

    def own(fill: Callable[[Store], object]) -> Store:
        opened.append(copy_of(made_once(f"{fill.__module__}.{fill.__qualname__}", fill), own_database))
        return opened[-1]

    yield own
    for store in opened:
        with suppress(duckdb.Error):  # some tests close it themselves
            store.cursor().execute("pragma disable_checkpoint_on_shutdown")  # nobody opens the file again
        store.close()


def nothing(store: Store) -> None:
    """What an empty store is filled with."""


@pytest.fixture
def store(copied: Callable[[Callable[[Store], object]], Store]) -> Store:
    """An empty store: a real DuckDB file in the test's own folder."""
    return copied(nothing)


# ---- workbooks -------------------------------------------------------------------------------------------------------------------------------


def workbook(sheets: Mapping[str, Rows], at: str = "A1") -> bytes:
    """A small xlsx: {sheet: rows, the first being the header}, each table beginning at the cell `at`. A value may be a formula ("=1+1")."""
    said = repr((at, [(name, [list(row) for row in rows]) for name, rows in sheets.items()]))
    if said not in _WRITTEN:  # many tests begin with the same return
        _WRITTEN[said] = _workbook(sheets, at)
    return _WRITTEN[said]


_WRITTEN: dict[str, bytes] = {}


def _workbook(sheets: Mapping[str, Rows], at: str) -> bytes:
    book = Workbook()
    book.remove(book.active)
    first_row, first_column = coordinate_to_tuple(at)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for down, row in enumerate(rows):
            for across, value in enumerate(row):
                sheet.cell(first_row + down, first_column + across, value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def three_sheets(people: int = 24, service: str = "S1", provider: str = "P1", prefix: str = "c", fall: int = 8) -> dict[str, list[list[Any]]]:
    """Services, People and Assessments of one counselling service: each person ended with two PHQ-9 scores, every third about the same."""
    services = [["service code", "service name", "provider code", "provider name", "service type"], [service, "The Elms", provider, "Elm Trust", "counselling"]]
    persons: list[list[Any]] = [["person ref", "service code", "started on", "ended on", "how it ended", "gender"]]
    scores: list[list[Any]] = [["person ref", "service code", "date", "measure", "score"]]
    for n in range(people):
        ref = f"{prefix}{n:03d}"
        persons.append([ref, service, "2025-04-07", "2025-06-20", "as planned", "female" if n % 2 else "male"])
        scores.append([ref, service, "2025-04-07", "PHQ-9", 18])
        scores.append([ref, service, "2025-06-20", "PHQ-9", 18 - (fall if n % 3 else 1)])
    return {"Services": services, "People": persons, "Assessments": scores}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """`written(sheets, name="return.xlsx", at="A1")` writes a workbook into the test's folder and returns its path."""

    def write(sheets: Mapping[str, Rows], name: str = "return.xlsx", at: str = "A1") -> Path:
        path = tmp_path / name
        path.write_bytes(workbook(sheets, at))
        return path

    return write


# ---- the app without a browser ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="session")
def checked_figures() -> None:
    """Plotly checks every property of every figure here, which the app, where nobody adds one, does not wait for."""
    from charts import theme

    theme.CHECKED = True


@pytest.fixture(autouse=True)
def clear_caches() -> Iterator[None]:
    """Streamlit's caches live as long as the process: one test's answers, or its open store, must not reach the next."""
    yield
    if "streamlit" in sys.modules:
        import streamlit as st

        st.cache_data.clear()
        st.cache_resource.clear()


@pytest.fixture
def app() -> Callable[..., Any]:
    """`app(role="manager", provider="P1", page="explore/service.py", **query)` runs the router from its absolute path and returns the AppTest."""
    from streamlit.testing.v1 import AppTest

    def start(role: str = "commissioner", provider: str = "", page: str = "", **query: str | list[str]) -> AppTest:
        at = AppTest.from_file(str(ROUTER), default_timeout=120)
        at.session_state["role"] = role
        if provider:
            at.session_state["provider"] = provider
        for name, value in query.items():
            at.query_params[name] = value
        if at_once := address_of(role, page):  # as a link opens it, without drawing the page where the role begins
            at._page_hash = at_once
            return at.run()
        at.run()
        return at.switch_page(page).run() if page else at

    return start


def address_of(role: str, page: str) -> str:
    """What Streamlit calls a page of this role; nothing where the role begins there, or has no such page."""
    from streamlit.util import calc_hash

    from ui import frame, session

    served = [name for section in frame.MENU.values() for name, _, _, roles in section if role in roles]
    name = next((name for name, path in session.PAGES.items() if path == page), "")
    return calc_hash(name) if name in served[1:] else ""


# ---- the real server and a real browser ------------------------------------------------------------------------------------------------------


def chromium() -> str | None:
    """The installed Chromium: SO_WHAT_CHROMIUM, or the first on the PATH; never one that is downloaded."""
    named = os.environ.get("SO_WHAT_CHROMIUM")
    return named or next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium. Without one, the browser tests fail where CI is set and are passed over elsewhere."""
    path = chromium()
    if path is None:
        why = "no Chromium is installed (SO_WHAT_CHROMIUM, chromium, chromium-browser or google-chrome)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=flags)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A fresh page at 1440 × 900 with no memory of earlier ones."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True, locale="en-GB")
    context.set_default_timeout(90_000)
    opened = context.new_page()
    yield opened
    if getattr(request.node, "failed", False):  # all of it made-up data: what stood on the page says more than the wait that ran out
        print(f"At the end the page was {opened.url}, and said:\n{opened.locator('body').inner_text()[:3000]}")
    context.close()


class Server:
    """A running `streamlit run app.py`; stopped by its own process id."""

    def __init__(self, folder: Path, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "own.duckdb"
        self.log = folder / "server.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SO_WHAT_", "STREAMLIT_"))}
        ours = {"SO_WHAT_DATABASE": str(self.database), "SO_WHAT_SAMPLE_DATABASE": str(folder / "sample.duckdb")}
        options = ["--server.address", "127.0.0.1", "--server.port", str(self.port), "--server.headless", "true"]
        command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env={**kept, **ours, **environment}, stdout=log, stderr=log)

    def wait(self, seconds: float = 60) -> Server:
        """Returns once the server answers; fails with its log when it does not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        pytest.fail(f"the server did not answer:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`start_server(SO_WHAT_X="…")` starts a server on a free loopback port with databases of its own; all are stopped at the end."""
    running: list[Server] = []

    def start(**environment: str) -> Server:
        running.append(Server(tmp_path, **environment))
        return running[-1].wait()

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a file, on an empty database of its own."""
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        yield running.wait()
    finally:
        running.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Lets a fixture know, as it tidies up, that its test failed."""
    report = yield
    if report.when == "call":
        item.failed = report.failed  # type: ignore[attr-defined]
    return report


def settled(page: Any) -> None:
    """Waits until the script behind a page has run and the page shows what it said: at rest twice, as a slow machine begins late."""
    for _ in range(2):
        page.wait_for_timeout(200)
        page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in tests/browser is marked `browser`, so that `-m 'not browser'` leaves it out."""
    for item in items:
        if "browser" in item.path.relative_to(ROOT / "tests").parts[:1]:
            item.add_marker(pytest.mark.browser)
