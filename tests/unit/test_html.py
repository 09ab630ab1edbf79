"""A figure as a page: everything is inside it, and nothing of a workbook is anything but text."""

from __future__ import annotations

import json
import re
from html import escape

import pandas as pd
import pytest

from charts import intervals
from domain.types import ReleasedRow
from exports import files, html
from metrics.registry import METRICS
from tests.unit.test_exports import released

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def page() -> str:
    rows = [ReleasedRow("a", 5, 10, 50.0, 30.0, 70.0)]
    figure = intervals.intervals(rows, {"a": NASTY}, unit="%", title="", subtitle="", footer="")
    table = pd.DataFrame({"Service": [NASTY], "Percent": [50.0]})
    return html.page_bytes(figure, table, [f"About {NASTY}"], title=f"Title {NASTY}", subtitle=NASTY, reading=NASTY, alt=f'"{NASTY}').decode()


def test_a_page_fetches_nothing(page: str) -> None:
    before = page[: page.index("<script>")]
    assert "default-src 'none'" in before
    ours = re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.S)  # all but plotly.js itself
    ours = ours.replace(escape(NASTY), "")  # which is text
    assert not re.search(r"""<[^>]*\s(?:src|href)\s*=|https?://|@import|url\(""", ours)


def test_text_of_a_workbook_stays_text(page: str) -> None:
    assert "<img" not in page[page.index("<body>") :] and "<script>alert" not in page
    drawn = re.search(r'<script type="application/json" id="drawn">(.*?)</script>', page, re.S)
    assert drawn and json.loads(drawn[1])["data"], "the figure is whole"
    assert page.count("</script>") == 3


def test_several_answers_are_one_csv_whose_rows_say_what_they_are_of() -> None:
    answers = [(released(), METRICS["reliable-improvement"], {}), (released(), METRICS["reliable-improvement"], {})]
    text = files.csvs_bytes(answers).decode("utf-8-sig")
    one = files.csvs_bytes(answers[:1]).decode("utf-8-sig")
    body = [line for line in text.splitlines() if not line.startswith("about")]
    assert len(body) == 2 * (len([line for line in one.splitlines() if not line.startswith("about")]) - 1) + 1
    assert text.count("Hidden does not mean zero.") == one.count("Hidden does not mean zero.")
