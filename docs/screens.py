"""Makes the pictures of docs/screens: `python docs/screens.py` starts the app on a database of its own, fills the sample, and looks at every page.

Needs a Chromium (SO_WHAT_CHROMIUM, or one on the PATH) and takes about three minutes. `python docs/screens.py service cohorts` makes only those.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from PIL import Image
from playwright.sync_api import TimeoutError, sync_playwright

from tests.conftest import Server, chromium, settled, three_sheets, workbook

SCREENS = Path(__file__).resolve().parent / "screens"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-unsafe-swiftshader"]
TALLEST = 2400  # pixels: what is further down says little in a picture
COLOURS = 256
FILLED = 120_000  # ms: the first visitor waits for the sample
ROLES = {"manager": "Manager of a provider", "administrator": "Administrator"}
# name of the picture: (address, whose eyes, as wide as a phone too)
VIEWS: dict[str, tuple[str, str, bool]] = {
    "overview": ("/", "commissioner", True),
    "service": ("/service?service=LAN-1", "commissioner", True),
    "carers": ("/service?service=CAR-1", "commissioner", False),
    "compare": ("/compare", "commissioner", False),
    "cohorts": ("/cohorts?service=LAN-1", "commissioner", False),
    "journeys": ("/journeys?service=LAN-1", "commissioner", True),
    "my-returns": ("/my-returns", "manager", False),
    "upload": ("/upload", "commissioner", False),
    "type-it-in": ("/type-it-in", "manager", False),
    "target-plan": ("/target-plan", "manager", False),
    "reality-check": ("/reality-check", "manager", False),
    "handbook": ("/handbook", "commissioner", False),
    "administration": ("/administration", "administrator", False),
}


def wrong_return() -> bytes:
    """A small return with three mistakes, for the picture of Upload."""
    sheets = three_sheets(12)
    sheets["Assessments"][3][4] = 99
    sheets["Assessments"][6][2] = "2031-04-07"
    sheets["People"][5][3] = "2025-03-01"
    return workbook(sheets)


def opened(page: Any, url: str, name: str) -> None:
    """The page as its reader first meets it, at its whole height up to `TALLEST`."""
    address, role, _ = VIEWS[name]
    page.goto(f"{url}{address}{'&' if '?' in address else '?'}data=sample")
    page.get_by_text("Nobody watches these scores").wait_for(timeout=FILLED)
    settled(page)
    if role in ROLES:
        page.get_by_text(ROLES[role], exact=True).click()
        settled(page)
    if name == "upload":
        page.set_input_files("input[type=file]", {"name": "return.xlsx", "mimeType": "application/zip", "buffer": wrong_return()})
        page.get_by_text("start here").wait_for()
    if name != "overview":
        with contextlib.suppress(TimeoutError):  # some pages have no tour
            page.get_by_role("button", name="Skip the tour").click(timeout=4000)
    settled(page)
    page.mouse.move(0, 0)
    main = page.locator("[data-testid=stMain]")
    width = page.viewport_size["width"]
    page.set_viewport_size({"width": width, "height": min(TALLEST, max(900, main.evaluate("e => e.scrollHeight")))})
    settled(page)
    page.wait_for_timeout(1200)  # charts are drawn after the script has said so


def kept(shot: bytes, path: Path) -> None:
    """Writes a picture of few colours, and so of few bytes."""
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def main(names: list[str]) -> None:
    """Writes NAME-light.png, NAME-dark.png and, for some, NAME-phone.png of the named pages, or of all."""
    SCREENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder))
        try:
            server.wait()
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            for name in names or VIEWS:
                for kind in ("light", "dark", *(["phone"] if VIEWS[name][2] else [])):
                    size = {"width": 390, "height": 844} if kind == "phone" else {"width": 1440, "height": 900}
                    context = browser.new_context(viewport=size, locale="en-GB", color_scheme="dark" if kind == "dark" else "light", reduced_motion="reduce")
                    page = context.new_page()
                    opened(page, server.url, name)
                    kept(page.screenshot(), SCREENS / f"{name}-{kind}.png")
                    context.close()
            browser.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
