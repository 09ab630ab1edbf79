"""A figure as one HTML file that needs nothing else: the chart with plotly.js inside it, its words, its table, and the lines about its figures.

Nothing is fetched from anywhere (its own policy forbids it), so it opens on a train and tells nobody that it was opened. What comes from a workbook is
text in it and never markup or script.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
from plotly import io
from plotly.offline import get_plotlyjs

_NO_NETWORK = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_STYLE = """
:root { color-scheme: light dark; }
body { font-family: "Atkinson Hyperlegible Next", "Atkinson Hyperlegible", system-ui, sans-serif; line-height: 1.5; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; color: light-dark(#1f2933, #eef1f4); background: light-dark(#ffffff, #14181d); }
h1 { font-size: 1.5rem; line-height: 1.3; margin-bottom: .25rem; }
.small { font-size: .9rem; color: light-dark(#545d68, #b3bac4); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid rgba(128, 134, 145, .35); }
.js-plotly-plot :is(.annotation-text, [class$="tick"] text) { fill: currentColor !important; }
"""


def page_bytes(
    figure: Any, table: pd.DataFrame, about: Sequence[str], *, title: str, subtitle: str = "", sentence: str = "", reading: str = "", alt: str = ""
) -> bytes:
    """One page, UTF-8. `figure` is a plotly figure (or its dictionary) of protected figures, `table` the same figures, `about` the lines every file carries."""
    drawn = io.to_json(figure, validate=False, engine="json")
    lines = "".join(f"<li>{_text(line)}</li>" for line in about)
    parts = [
        "<!doctype html>", '<html lang="en-GB"><head><meta charset="utf-8">', f'<meta http-equiv="Content-Security-Policy" content="{_NO_NETWORK}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">', f"<title>{_text(title)}</title><style>{_STYLE}</style>",
        f"<script>{get_plotlyjs()}</script></head><body><main>", f"<h1>{_text(title)}</h1>", _paragraph(subtitle, "small"), _paragraph(sentence),
        f'<div id="chart" role="img" aria-label="{_text(alt or title)}"></div>', _paragraph(reading, "small"),
        f'<h2>The figures</h2><div class="scroll">{_table(table)}</div>', f'<h2>About these figures</h2><ul class="small">{lines}</ul></main>',
        f'<script type="application/json" id="drawn">{_inside_script(drawn)}</script>', f"<script>{_DRAW}</script></body></html>",
    ]  # fmt: skip
    return "\n".join(part for part in parts if part).encode("utf-8")


_DRAW = """
const drawn = JSON.parse(document.getElementById("drawn").textContent);
Plotly.newPlot("chart", drawn.data, drawn.layout, {responsive: true, displaylogo: false, modeBarButtons: [["toImage"]],
  toImageButtonOptions: {format: "svg", filename: "so-what"}});
"""


def _paragraph(text: str, kind: str = "") -> str:
    return f"<p{f' class={chr(34)}{kind}{chr(34)}' if kind else ''}>{_text(text)}</p>" if text else ""


def _text(text: object) -> str:
    return html.escape("".join(c for c in str(text) if c.isprintable() or c in "\n\t"))


def _inside_script(text: str) -> str:
    """JSON that no script element can be ended from: every < is written as its code, which JSON reads back as <."""
    json.loads(text)  # what is not JSON must not be written as if it were
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _table(table: pd.DataFrame) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in table.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{_text(value)}</td>' for value in row)}</tr>" for row in table.itertuples(index=False))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
