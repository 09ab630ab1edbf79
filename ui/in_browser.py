"""The few lines of ours that run in the browser: one step back for one click, and a saved picture that says what it shows.

`ui/guard.py` lets this script run, and no other of ours, by its hash. Nothing of a file, a figure or a person is written into it.
"""

from __future__ import annotations

import streamlit as st

# Streamlit writes a link in two steps: a jump to another page writes the new choices on the old page, then the new page; and the menu opens a page
# bare, after which the filters that stay are put back. Each writing is a step for Back, so that Back seemed to do nothing the first time. The second
# writing of such a pair, where nobody has touched anything in between, takes the place of the first.
#
# Title, subtitle and source stand round a chart as words of the page, so Plotly's own SVG does not have them. As it is saved they are written above
# and below it, on the page's own ground, for its words have the page's colours. No "<" stands before a letter here: Streamlit drops a script with a tag.
TAG = """<script>
(() => {
  if (history.pushState.oneStep) return;
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  let last = {href: "", turned: false}, touched = false;
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { touched = true; }, true);
  const written = (state, unused, url) => {
    const from = new URL(location.href), to = new URL(url ?? "", location.href);
    const turns = to.pathname !== from.pathname, follows = !touched && last.href === from.href;
    const choicesThenPage = follows && turns && !last.turned && to.search === from.search;
    const pageThenChoices = follows && !turns && last.turned && !/[?&]v=/.test(from.search);
    (choicesThenPage || pageThenChoices ? replace : push)(state, unused, to.href);
    last = {href: to.href, turned: turns || pageThenChoices};
    touched = false;
  };
  written.oneStep = true;
  history.pushState = written;
})();
(() => {
  if (URL.createObjectURL.titled) return;
  const make = URL.createObjectURL.bind(URL), click = HTMLAnchorElement.prototype.click;
  const plain = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  let card = null, made = null;
  addEventListener("click", (e) => {
    const pressed = e.target.closest?.(".modebar-btn");
    if (pressed) card = pressed.closest('[class*="st-key-card-"]');
  }, true);
  const titled = (svg, card) => {
    const [wide, high] = ["width", "height"].map((side) => parseFloat(svg.match(new RegExp(`\\x3csvg[^>]* ${side}="([\\\\d.]+)`))[1]));
    const look = getComputedStyle(document.querySelector("[data-testid=stApp]")), pen = document.createElement("canvas").getContext("2d");
    const own = [...card.querySelectorAll("[data-testid=stCaptionContainer]")].filter((e) => !card.contains(e.closest("[role=tabpanel], details")));
    const drawn = (text, y, size, weight) => {
      pen.font = `${weight} ${size}px ${look.fontFamily}`;
      const lines = [];
      for (const word of (text ?? "").split(/\\s+/).filter(Boolean)) {
        const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
        if (lines.length && 1.15 * pen.measureText(longer).width <= wide) lines[lines.length - 1] = longer;
        else lines.push(word);
      }
      const step = Math.round(size * 1.4), font = `font-size="${size}" font-weight="${weight}"`;
      return [lines.map((line, i) => `\\x3ctext x="8" y="${y + step * (i + 1)}" ${font}>${plain(line)}\\x3c/text>`).join(""), y + step * lines.length];
    };
    const title = card.querySelector("strong")?.innerText;
    const [a, one] = drawn(title, 4, 16, 600), [b, two] = drawn(own[0]?.innerText, one, 14, 400), top = two + 12;
    const [c, end] = drawn(own.length > 1 ? own.at(-1).innerText : "", top + high, 12, 400);
    const ink = `:is(.annotation-text, .xtick text, .x2tick text, .ytick text, .y2tick text) { fill: ${look.color} !important }`; // as the page has it
    const size = `width="${wide}" height="${end + 12}" viewBox="0 0 ${wide} ${end + 12}"`;
    return `\\x3csvg xmlns="http://www.w3.org/2000/svg" ${size} role="img">\\x3ctitle>${plain(title ?? "")}\\x3c/title>` +
      `\\x3cstyle>${ink}\\x3c/style>\\x3crect width="100%" height="100%" fill="${look.backgroundColor}"/>` +
      `\\x3cg fill="${look.color}" font-family="${plain(look.fontFamily)}">${a}${b}${c}\\x3c/g>` +
      `${svg.slice(svg.indexOf("\\x3csvg")).replace("\\x3csvg", `\\x3csvg x="0" y="${top}"`)}\\x3c/svg>`;
  };
  const kept = (thing) => { const url = make(thing); if (thing instanceof Blob && thing.type.startsWith("image/svg")) made = {url, thing}; return url; };
  kept.titled = true;
  URL.createObjectURL = kept;
  HTMLAnchorElement.prototype.click = function () {
    if (!card || !made || this.href !== made.url) return click.call(this);
    const link = this.cloneNode(), of = card;
    made.thing.text().then((svg) => { link.href = make(new Blob([titled(svg, of)], {type: "image/svg+xml"})); click.call(link); });
  };
})();
</script>"""


def run() -> None:
    """Puts the script into the page, where it runs once."""
    st.html(TAG, unsafe_allow_javascript=True)
