"""From a click to the repainted chart in a real Chromium, on a store of generated records: seconds, as somebody at the screen waits for them.

The time is taken inside the page, by the browser's own clock: from the button of the mouse going down until a frame has been painted in which every chart
of the page is new and drawn, and the script is at rest. Nothing asks the page how far it is meanwhile, for that would take its share of the processor.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks import generated
from benchmarks.served import served

SLOWEST = 1.0  # seconds, promised at 1 million scores
TIMES = 5
# Where the mark of a code is on the screen, scrolled into view; from the figure's own axes: no pixel is typed in.
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
# Begins to wait for the next click and what it draws; seconds in the end, or null where a minute brought nothing.
WATCH = """() => {
  for (const g of document.querySelectorAll('.js-plotly-plot')) g.dataset.seen = 'yes';
  let began = 0;
  addEventListener('mousedown', e => { began = e.timeStamp; }, {capture: true, once: true});
  window.repainted = new Promise(done => {
    const look = () => {
      const plots = [...document.querySelectorAll('.js-plotly-plot')];
      const rest = document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning';
      if (began && rest && plots.length && plots.every(g => g.dataset.seen !== 'yes' && g._fullLayout && g.querySelector('.main-svg'))) {
        requestAnimationFrame(() => setTimeout(() => done((performance.now() - began) / 1000)));  // after that frame
      } else if (began && performance.now() - began > 60_000) done(null);
      else setTimeout(look, 10);
    };
    look();
  });
}"""
STEPS = [("a service on the Overview", "/", "S{:03d}"), ("a quarter on a service", "/service?service=S{:03d}", "2024-25 Q2")]


def settled(page: Any) -> None:
    page.wait_for_timeout(300)
    page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]")


def repainted(page: Any, code: str) -> float:
    """Seconds from a click on the mark of a code until the page it leads to stands painted. Raises SystemExit where a minute does not bring it."""
    for _ in range(300):
        if page.evaluate(MARK, code):
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)
    x, y = page.evaluate(MARK, code)
    page.evaluate(WATCH)
    page.mouse.click(x, y)
    taken = page.evaluate("() => window.repainted")
    if taken is None:
        raise SystemExit("A click drew nothing within a minute.")
    return float(taken)


def measured(path: Path, scores: int, times: int = TIMES) -> None:
    """Prints the median and the slowest of each click; each opens a service or a quarter nobody has asked for before."""
    found = os.environ.get("SO_WHAT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise SystemExit("No Chromium is installed.")
    told: list[float] = []
    with served(path) as (port, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        for words, address, code in STEPS:
            taken = []
            for number in range(1, times + 1):
                page.goto(f"http://127.0.0.1:{port}{address.format(number)}")
                page.get_by_text("Nobody watches these scores").wait_for(timeout=120_000)
                settled(page)
                taken.append(repainted(page, code.format(number)))
            print(f"  {words}: median {statistics.median(taken):.2f} s, slowest {max(taken):.2f} s", flush=True)
            told += taken
        browser.close()
    print(
        f"{scores:,} scores: from click to repainted chart, median {statistics.median(told):.2f} s, slowest {max(told):.2f} s (promised {SLOWEST:g})",
        flush=True,
    )


def main(scores: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        store, _ = generated.filled(Path(name), scores)
        store.close()
        measured(store.path, scores)


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
