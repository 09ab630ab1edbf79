"""From a click to the repainted chart in a real Chromium, on a store of generated records: seconds, as somebody at the screen waits for them.

The page's policy forbids waiting inside the page, so the page is asked from here every few milliseconds.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks import generated

ROOT = Path(__file__).resolve().parent.parent
SLOWEST = 1.0  # seconds, promised at 1 million scores
# Where the mark of a code is on the screen, scrolled into view; from the figure's own axes.
MARK = """code => {
  for (const g of document.querySelectorAll('.js-plotly-plot')) {
    for (const trace of g._fullData || []) {
      const i = Array.from(trace.customdata || []).indexOf(code);
      if (i < 0 || trace.hoverinfo === 'skip') continue;
      const f = g._fullLayout, main = document.querySelector('[data-testid=stMain]');
      const down = () => g.getBoundingClientRect().y + f.yaxis._offset + f.yaxis.l2p(trace.y[i]);
      main.scrollBy(0, down() - window.innerHeight / 2);
      return [g.getBoundingClientRect().x + f.xaxis._offset + f.xaxis.l2p(trace.x[i]), down()];
    }
  }
  return null;
}"""
STAMP = "() => { document.querySelectorAll('.js-plotly-plot').forEach(g => g.dataset.seen = 'yes'); return document.title + location.href; }"
# A plot drawn since the stamp, and the script at rest.
DRAWN = """() => {
  const rest = document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning';
  const plots = [...document.querySelectorAll('.js-plotly-plot')];
  return rest && plots.length > 0 && plots.some(g => g.dataset.seen !== 'yes' && g._fullLayout);
}"""


def settled(page: Any) -> None:
    page.wait_for_timeout(300)
    page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]")


def repainted(page: Any, act: Any) -> float:
    """Seconds from an act until a new plot stands on the page."""
    page.evaluate(STAMP)
    began = time.perf_counter()
    act()
    while not page.evaluate(DRAWN):
        if time.perf_counter() - began > 60:
            raise SystemExit("A click drew nothing within a minute.")
        time.sleep(0.01)
    return time.perf_counter() - began


def click(page: Any, code: str) -> Any:
    for _ in range(300):
        if page.evaluate(MARK, code):
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)
    x, y = page.evaluate(MARK, code)
    return lambda: page.mouse.click(x, y)


def measured(path: Path, scores: int, times: int = 3) -> None:
    """Prints the median and the slowest of each click."""
    found = os.environ.get("SO_WHAT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise SystemExit("No Chromium is installed.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SO_WHAT_DATABASE": str(path), "SO_WHAT_SAMPLE_DATABASE": str(path.with_name("sample.duckdb"))}
    options = ["--server.address", "127.0.0.1", "--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    home = f"http://127.0.0.1:{port}"
    steps = [("a service on the Overview", "/", ["S001", "S002", "S003"]), ("a quarter on a service", "/service?service={}", ["2024-25 Q2"] * 3)]
    told: list[float] = []
    try:
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"]).new_page(viewport={"width": 1440, "height": 900})
            for _ in range(300):
                with socket.socket() as knock:
                    if knock.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            for words, address, codes in steps:
                taken = []
                for number, code in enumerate(codes[:times], 1):
                    page.goto(home + address.format(f"S00{number}"))
                    page.get_by_text("Nobody watches these scores").wait_for(timeout=120_000)
                    settled(page)
                    taken.append(repainted(page, click(page, code)))
                print(f"  {words}: median {statistics.median(taken):.2f} s, slowest {max(taken):.2f} s", flush=True)
                told += taken
        print(f"{scores:,} scores: from click to repainted chart, slowest {max(told):.2f} s (promised {SLOWEST:g})", flush=True)
    finally:
        server.terminate()
        server.wait(20)


def main(scores: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        store, _ = generated.filled(Path(name), scores)
        store.close()
        measured(store.path, scores)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
