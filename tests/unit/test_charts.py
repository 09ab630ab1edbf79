"""What charts draw and say: hidden figures have no place on an axis, verdicts are shapes and words as well as colours, texts fit 390 pixels."""

from __future__ import annotations

import copy
import json
import re
import time
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import pytest

from charts import change, intervals, journeys, people, proportions, quarters, theme, trajectory
from domain.settings import Settings
from domain.types import Measure, ReleasedRow

ROOT = Path(__file__).resolve().parents[2]
PHQ = Measure(
    "PHQ-9", "PHQ-9", Decimal(0), Decimal(27), Decimal(1), "lower", 9, Decimal(10), "at or above", Decimal(6),
    bands=(("none or minimal", Decimal(0), Decimal(4)), ("mild", Decimal(5), Decimal(9)), ("moderate", Decimal(10), Decimal(14)),
           ("moderately severe", Decimal(15), Decimal(19)), ("severe", Decimal(20), Decimal(27))),
)  # fmt: skip
SHORT = Measure("SWEMWBS", "SWEMWBS", Decimal(7), Decimal(35), Decimal("0.01"), "higher")
WORDS = {"title": "34 of 52 people improved", "subtitle": "People with two scores", "footer": "n = 52"}


def rate(group: str, numerator: int, denominator: int, lower: float = 0.0, upper: float = 100.0, **more: Any) -> ReleasedRow:
    return ReleasedRow(group, numerator, denominator, 100 * numerator / denominator, lower, upper, **more)


def mean(group: str, value: float, n: int) -> ReleasedRow:
    return ReleasedRow(group, None, n, value, value - 1, value + 1)


def covered(group: str) -> ReleasedRow:
    return ReleasedRow(group, None, None, None, None, None, hidden=True)


def marked(figure: go.Figure) -> list[str]:
    """The codes one can click, over all traces."""
    return [code for trace in figure.data if trace.customdata is not None for code in trace.customdata]


def written(figure: go.Figure) -> str:
    """Every text on a figure, its texts between marks included."""
    layout = figure.layout
    texts = [a.text for a in layout.annotations]
    for trace in figure.data:
        texts += [t for t in (trace.text if isinstance(trace.text, (list, tuple)) else [trace.text]) if t]
    for axis in ("xaxis", "yaxis", "yaxis2"):
        texts += layout.to_plotly_json().get(axis, {}).get("ticktext") or []
    return "\n".join(re.sub(r"<[^>]+>", " ", t) for t in texts)


ROWS = [rate("S1", 34, 52, 52, 77), rate("S2", 320, 500, 60, 68), covered("S3"), ReleasedRow("S4", None, 7, None, None, None, too_few=True)]
LABELS = {"S1": "Riverside Counselling", "S2": "Talking Therapies North and the Islands, evenings", "S3": "Six Bed Home", "S4": "New Advocacy"}
TIMES = [rate("2024-25 Q4", 12, 31), covered("2025-26 Q1"), rate("2025-26 Q3", 34, 52)]
JOURNEYS = [
    {"label": "Amber heron", "weeks": [0, 4, 9], "scores": [18, 14, 9], "words": "clearly better", "change": "improved"},
    {"label": "Quiet larch", "weeks": [0, 6], "scores": [12, 13]},
]
BANDS = [("none or minimal", 0.0, 4.5), ("mild", 4.5, 9.5), ("moderate", 9.5, 14.5), ("moderately severe", 14.5, 19.5), ("severe", 19.5, 27.0)]

FIGURES: dict[str, Any] = {
    "intervals": lambda **w: intervals.intervals(ROWS, LABELS, unit="%", total=rate("", 366, 559, 61, 69), sections={"S1": "counselling"}, **w),
    "means": lambda **w: intervals.intervals([mean("S1", 4.2, 52), mean("S2", -0.5, 20)], LABELS, unit="points", signs={"S1": "improved"}, **w),
    "quarters": lambda **w: quarters.quarters(TIMES, unit="%", target=60, plan={"2025-26 Q3": 50.0}, notes={"2025-26 Q3": "Evening sessions began"}, **w),
    "proportions": lambda **w: proportions.proportions(ROWS, [rate("S1", 12, 52)], [rate("S1", 6, 52)], LABELS, **w),
    "people": lambda **w: people.people(rate("", 34, 52), covered(""), covered(""), **w),
    "change": lambda **w: change.change(change.binned([(18.0, 9.0), (18.0, 9.0), (12.0, 13.0), (10.0, 20.0)]), PHQ, **w),
    "trajectory": lambda **w: trajectory.trajectory([0, 2, 4, 6], [mean("0", 16, 52), mean("1", 14, 50), covered("2"), mean("3", 11, 40)], PHQ, **w),
    "journeys": lambda **w: journeys.small_multiples(JOURNEYS, PHQ, bands=BANDS, **w),
    "one": lambda **w: journeys.one(JOURNEYS[0], PHQ, **w),
}


@pytest.mark.parametrize("kind", FIGURES)
def test_every_figure_has_its_key_its_texts_a_clear_ground_and_something_to_click(kind: str) -> None:
    figure = FIGURES[kind](key="view-7", **WORDS)
    layout = figure.layout
    assert layout.meta["key"] == "view-7" and layout.meta["title"] == WORDS["title"]
    assert all(words in written(figure) for words in WORDS.values())
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.font.color is None, "the page's own text colour: a fixed one is lost in light or in dark"
    assert "Atkinson Hyperlegible Next" in layout.font.family
    assert layout.template.layout.to_plotly_json() == {}, "nothing of Plotly's own look"
    assert marked(figure) and all(marked(figure))
    assert layout.height > layout.margin.t + layout.margin.b


@pytest.mark.parametrize("kind", FIGURES)
def test_bare_figures_take_no_room_for_texts(kind: str) -> None:
    bare, full = FIGURES[kind](title="", subtitle="", footer=""), FIGURES[kind](**WORDS)
    assert bare.layout.height < full.layout.height
    assert {"title", "subtitle"}.isdisjoint(a.name for a in bare.layout.annotations)


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_is_cheap(kind: str) -> None:
    started = time.perf_counter()
    for _ in range(5):
        FIGURES[kind](**WORDS)
    assert (time.perf_counter() - started) / 5 < 0.2


@pytest.mark.parametrize("kind", FIGURES)
def test_lines_fit_a_phone(kind: str) -> None:
    long = {name: f"{words} and {'very ' * 30}much more" for name, words in WORDS.items()}
    for note in FIGURES[kind](**long).layout.annotations:
        widest = max(len(re.sub(r"&\w+;", " ", re.sub(r"<[^>]+>", "", line))) for line in note.text.split("<br>"))
        assert widest <= theme.FOOTER_WRAP + 2, note.text


# ---- hidden is not zero ----------------------------------------------------------------------------------------------------------------------


def test_a_hidden_group_keeps_its_place_says_so_and_can_be_opened() -> None:
    figure = FIGURES["intervals"](**WORDS)
    assert sorted(set(marked(figure))) == ["S1", "S2", "S3", "S4"]
    assert theme.HIDDEN in written(figure) and theme.TOO_FEW_WORDS in written(figure)
    seen = [t for t in figure.data if t.mode == "markers" and t.marker.color != "rgba(0,0,0,0)"]
    assert [list(t.customdata) for t in seen] == [["S1", "S2"]]


def test_a_hidden_quarter_is_neither_zero_nor_bridged() -> None:
    figure = FIGURES["quarters"](**WORDS)
    line = next(t for t in figure.data if t.mode == "lines" and t.connectgaps is False)
    assert list(line.y) == [pytest.approx(100 * 12 / 31), None, None, pytest.approx(100 * 34 / 52)], "hidden, then a quarter of which nothing is known"
    assert theme.HIDDEN_SIGN in written(figure) and "Hidden does not mean zero" in written(figure)


def test_a_hidden_fortnight_breaks_the_line() -> None:
    figure = FIGURES["trajectory"](**WORDS)
    runs = [list(t.x) for t in figure.data if t.mode == "lines" and t.fill is None]
    assert runs == [[0, 2], [6]]


def test_hidden_parts_are_hatched_and_fill_what_the_shown_parts_leave() -> None:
    figure = proportions.proportions([rate("S1", 20, 40)], [covered("S1")], [covered("S1")], LABELS, **WORDS)
    hatched = next(t for t in figure.data if t.name == "hidden")
    assert list(hatched.base) == [50] and list(hatched.x) == [50] and hatched.marker.pattern.shape == "/"
    assert "◌ hidden" in written(figure)
    assert not [t for t in figure.data if t.name in ("same", "worsened")]


def test_one_hidden_part_and_one_left_over() -> None:
    figure = people.people(rate("", 34, 52), covered(""), rate("", 6, 52), **WORDS)
    codes = marked(figure)
    assert len(codes) == 100
    assert {c: codes.count(c) for c in set(codes)} == {"improved": 65, "worsened": 12, "hidden": 23}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (lambda: intervals.table(ROWS, LABELS, unit="%"), 5),
        (lambda: quarters.table(TIMES, unit="%"), 5),
        (lambda: trajectory.table([0, 2], [mean("0", 16, 52), covered("1")]), 4),
        (lambda: people.table(rate("", 34, 52), covered(""), covered("")), 10),
        (lambda: proportions.table([rate("S1", 20, 40)], [covered("S1")], [covered("S1")], LABELS), 4),
    ],
)
def test_tables_say_hidden_in_every_hidden_cell_and_suit_arrow(table: Any, expected: int) -> None:
    made = table()
    assert int((made == "hidden").sum().sum()) == expected
    assert not made.isna().any().any()
    pa.Table.from_pandas(made)  # Streamlit logs a traceback for each column it has to mend


def test_tables_keep_numbers_where_all_may_be_shown() -> None:
    made = intervals.table(ROWS[:2], LABELS, unit="%", total=rate("", 354, 552, 60, 68))
    assert made["How many"].tolist() == [34, 320, 354] and made["Percent"].tolist() == [65.4, 64.0, 64.1]
    assert made["Group"].tolist()[-1] == "All"


# ---- signs, words, colours -------------------------------------------------------------------------------------------------------------------


def test_a_verdict_is_a_shape_and_words_and_a_colour_of_its_own() -> None:
    verdicts = [theme.sign(code) for code in ("improved", "same", "worsened", "mixed")]
    for part in ("colour", "symbol", "shape", "words"):
        assert len({getattr(s, part) for s in verdicts}) == 4
    assert theme.sign("improved").colour == theme.COLOURS["improvement"] and theme.sign(None).words == "no verdict yet"


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2 for #rrggbb."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


CONFIG = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))


def test_colours_are_seen_on_both_pages_and_bear_white_words() -> None:
    light, dark = (CONFIG["theme"][side]["backgroundColor"] for side in ("light", "dark"))
    for name in ("improvement", "concern", "nothing", "neither", "estimate"):
        colour = theme.COLOURS[name]
        assert contrast(colour, theme.ON_COLOUR) >= 4.5, name
        assert min(contrast(colour, light), contrast(colour, dark)) >= 3, name


@pytest.mark.parametrize("side", ["light", "dark"])
def test_words_on_the_page_are_readable(side: str) -> None:
    colours = CONFIG["theme"][side]
    page, second = colours["backgroundColor"], colours["secondaryBackgroundColor"]
    for ground in (page, second, mixed(colours["primaryColor"], page, 0.1)):
        assert contrast(colours["textColor"], ground) >= 7
    for name in ("linkColor", "redColor", "orangeColor", "greenColor", "blueColor", "violetColor", "grayColor"):
        assert contrast(colours[name], page) >= 4.5, name
    assert contrast("#ffffff", colours["primaryColor"]) >= 4.5, "the words of a primary button are white"
    assert contrast(colours["primaryColor"], page) >= 3, "its edge, and a focus ring, are seen"


def test_the_accent_is_text_on_the_light_page() -> None:
    light = CONFIG["theme"]["light"]
    assert contrast(light["primaryColor"], mixed(light["primaryColor"], light["backgroundColor"], 0.1)) >= 4.5


def test_the_font_is_served_with_its_licence_and_nothing_else_is() -> None:
    fonts = ROOT / "pages/static/fonts"
    named = {face["url"].removeprefix("app/static/fonts/") for face in CONFIG["theme"]["fontFaces"]}
    assert named == {p.name for p in fonts.glob("*.woff2")}
    assert all((fonts / name).read_bytes()[:4] == b"wOF2" for name in named)
    assert "SIL OPEN FONT LICENSE" in (fonts / "OFL.txt").read_text(encoding="utf-8")
    assert {p.suffix for p in (ROOT / "pages/static").rglob("*") if p.is_file()} == {".woff2", ".txt"}


def test_the_server_is_local_quiet_and_limited() -> None:
    server, client = CONFIG["server"], CONFIG["client"]
    assert server["address"] == "127.0.0.1" and server["maxUploadSize"] == Settings().largest_file_mb and server["fileWatcherType"] == "none"
    assert server["enableXsrfProtection"] and not server["enableAgentApi"] and not server["runOnSave"]
    assert client["showErrorDetails"] == "none" and client["toolbarMode"] == "minimal" and not CONFIG["browser"]["gatherUsageStats"]


def test_every_setting_is_one_that_streamlit_knows() -> None:
    from streamlit import config

    known = set(config._config_options_template)
    flat = {f"{section}.{name}" for section, values in CONFIG.items() for name, value in values.items() if not isinstance(value, dict)}
    nested = {f"theme.{side}.{name}" for side in ("light", "dark") for name, value in CONFIG["theme"][side].items() if not isinstance(value, dict)}
    assert flat | nested <= known


# ---- words -----------------------------------------------------------------------------------------------------------------------------------


def test_wrapping_breaks_and_never_clips() -> None:
    assert theme.wrap("one two three", 7) == "one two<br>three"
    assert theme.wrap("Llanfairpwllgwyngyll", 8) == "Llanfair<br>pwllgwyn<br>gyll"
    assert theme.wrap("first\nsecond", 20) == "first<br>second"
    assert theme.wrap("", 20) == "" and theme.lines("") == 0 and theme.lines("a<br>b") == 2


def test_a_name_from_a_workbook_is_text_and_not_markup() -> None:
    figure = intervals.intervals([rate("S1", 1, 2)], {"S1": '<a href="https://x">Mind & <b>Body</b></a>\x07'}, unit="%", **WORDS)
    drawn = json.dumps(figure.to_plotly_json()["layout"]["yaxis"]["ticktext"])
    assert "<a" not in drawn and "&lt;a" in drawn and "&amp;" in drawn and "\\u0007" not in drawn


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [(65.38, "%", "65%"), (-0.04, "points", "0.0"), (-2.46, "points", "−2.5"), (14.0, "people", "14"), (3.0, "points", "3.0"), (-0.4, "%", "0%")],
)
def test_numbers_as_they_are_said(value: float, unit: str, words: str) -> None:
    assert theme.number(value, unit) == words


def test_a_row_in_words() -> None:
    assert theme.row_words(rate("S1", 34, 52, 51.8, 76.8), "%") == "65% (52% to 77%), 34 of 52"
    assert theme.row_words(mean("S1", 4.2, 52), "points") == "4.2 points (3.2 to 5.2), 52 people"
    assert theme.row_words(covered("S1"), "%") == "◌ hidden so that nobody can be recognised"
    assert theme.row_words(None, "%") == "nothing to show yet"


def test_quarters_are_named_by_their_months() -> None:
    figure = FIGURES["quarters"](**WORDS)
    assert "Oct–Dec<br>2025" in figure.layout.xaxis.ticktext
    assert any("October to December 2025" in (h or "") for t in figure.data if t.hovertext is not None for h in t.hovertext)
    assert quarters.table(TIMES, unit="%")["Quarter"].tolist()[0] == "January to March 2025"
    many = [mean(f"{y}-{y + 1 - 2000} Q{q}", 5, 20) for y in range(2020, 2026) for q in (1, 2, 3, 4)]
    assert len(quarters.quarters(many, unit="points", **WORDS).layout.xaxis.ticktext) <= 5


def test_sections_stand_together_in_order_of_first_row() -> None:
    rows = [rate(g, 1, 2) for g in ("A", "B", "C")]
    made = intervals.table(rows, {}, unit="%", sections={"A": "counselling", "B": "advocacy", "C": "counselling"})
    assert made["Group"].tolist() == ["A", "C", "B"]
    figure = intervals.intervals(rows, {}, unit="%", sections={"A": "counselling", "B": "advocacy", "C": "counselling"}, **WORDS)
    assert marked(figure) == ["A", "C", "B"]


def test_people_still_with_the_service_are_a_group_of_their_own() -> None:
    rows = [rate("S1", 34, 52), rate("S1", 9, 30, still_open=True)]
    assert intervals.table(rows, LABELS, unit="%")["Group"].tolist() == ["Riverside Counselling", "Riverside Counselling · still with the service"]
    assert len(proportions.table(rows, rows, rows, LABELS)) == 2


@pytest.mark.parametrize("n", [1, 7, 42])
def test_height_grows_with_the_rows(n: int) -> None:
    rows = [rate(str(i), 5, 10) for i in range(n)]
    assert intervals.intervals(rows, {}, unit="%", **WORDS).layout.height > 40 * n


def test_alt_texts_say_the_finding_and_the_values() -> None:
    said = intervals.alt_text(ROWS, LABELS, unit="%", title="Most improved.", subtitle="Two scores", total=rate("", 366, 559, 61, 69))
    assert said.startswith("Most improved. Two scores. Dots with 95% intervals, 4 groups. All: 65% (61% to 69%), 366 of 559.")
    assert "Six Bed Home: ◌ hidden so that nobody can be recognised." in said
    many = intervals.alt_text([rate(str(i), 1, 2) for i in range(20)], {}, unit="%", title="T")
    assert many.endswith("And 8 more, in the table.")
    assert "week 4: moderate" in journeys.alt_text(JOURNEYS, PHQ, title="T", bands=BANDS)
    assert "lower is better" in trajectory.alt_text([0], [mean("0", 16, 52)], PHQ, title="T")
    assert "clearly better: 2 people" in change.alt_text(change.binned([(18.0, 9.0), (18.0, 9.0)]), PHQ, title="T")
    assert "January to March 2025: 39%" in quarters.alt_text(TIMES, unit="%", title="T")
    assert "clearly worse: 12%" in people.alt_text(rate("", 34, 52), covered(""), rate("", 6, 52), title="T")
    assert "clearly better: 65%" in proportions.alt_text(ROWS, [], [], LABELS, title="T")


# ---- change, journeys ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "last", "code"), [(18, 12, "improved"), (18, 13, "same"), (12, 17, "same"), (12, 18, "worsened"), (12, 12, "same")])
def test_a_gain_of_exactly_the_threshold_is_an_improvement(first: float, last: float, code: str) -> None:
    assert change.verdict(first, last, PHQ) == code


def test_direction_turns_the_verdict_and_no_threshold_gives_none() -> None:
    higher = Measure("X", "X", Decimal(0), Decimal(40), Decimal(1), "higher", reliable_change=Decimal("5.2"))
    assert [change.verdict(10, last, higher) for last in (16, 15, 4)] == ["improved", "same", "worsened"]
    assert change.verdict(10, 30, SHORT) == ""


def test_marks_of_the_same_pair_are_one_mark_with_their_number() -> None:
    points = change.binned([(18.0, 9.0), (18.0, 9.0), (12.0, 13.0)])
    assert points == [(12.0, 13.0, 1), (18.0, 9.0, 2)]
    figure = change.change(points, PHQ, **WORDS)
    assert any("2 people" in h for t in figure.data if t.hovertext is not None for h in t.hovertext)
    assert {"improved", "same"} == set(marked(figure))
    assert all(words in written(figure) for words in ("clearly better", "about the same", "clearly worse", "cut-off 10", "lower is better"))


def test_the_band_leaves_out_a_change_of_exactly_the_threshold() -> None:
    band = next(t for t in change.change([(12.0, 13.0, 1)], PHQ, **WORDS).data if t.fill == "toself")
    assert max(y - x for x, y in zip(band.x, band.y, strict=True)) == pytest.approx(5.5)


def test_banded_journeys_show_words_and_never_a_finer_number() -> None:
    banded = [{"label": "Amber heron", "weeks": [0, 4], "scores": [23.25, 17.0]}]
    for figure in (journeys.small_multiples(banded, PHQ, bands=BANDS, **WORDS), journeys.one(banded[0], PHQ, bands=BANDS, **WORDS)):
        hover = " ".join(h for t in figure.data if t.hovertext is not None for h in t.hovertext)
        assert "severe" in hover and "moderately severe" in hover and "23" not in hover and "17" not in hover
    assert journeys.table(banded, BANDS)["Score"].tolist() == ["severe", "moderately severe"]


def test_every_mark_of_a_journey_opens_it() -> None:
    figure = FIGURES["journeys"](**WORDS)
    assert sorted(marked(figure)) == ["Amber heron"] * 3 + ["Quiet larch"] * 2
    assert {t.xaxis for t in figure.data} == {None}, "one pair of axes: clicks on subplots are unsure"


def test_panels_share_their_axes() -> None:
    two = [{"label": "a", "weeks": [0, 10], "scores": [20, 10]}, {"label": "b", "weeks": [0, 5], "scores": [20, 10]}]
    figure = journeys.small_multiples(two, PHQ, columns=2, **WORDS)
    at = {(c, round(x % 1, 4)): y for t in figure.data if t.customdata is not None for c, x, y in zip(t.customdata, t.x, t.y, strict=True)}
    starts, ends = [y for (_, x), y in at.items() if x == 0.02], sorted((x, c) for c, x in at if x != 0.02)
    assert len(starts) == 2 and starts[0] == starts[1]
    assert [c for _, c in ends] == ["b", "a"], "five weeks reach half as far as ten"


def test_shares_fill_every_dot() -> None:
    assert people.share_out({"improved": 33.3, "same": 33.3, "worsened": 33.3}, 100) == {"improved": 34, "same": 33, "worsened": 33}
    assert people.share_out({"improved": 70, "same": 25, "worsened": 10}, 100) == {"improved": 67, "same": 24, "worsened": 9}
    assert people.share_out({}, 100) == {"hidden": 100}
    assert sum(people.share_out({"improved": 66.6}, 100).values()) == 100


def test_no_people_no_journeys_no_quarters_is_still_a_figure() -> None:
    for figure in (
        intervals.intervals([], {}, unit="%", **WORDS),
        quarters.quarters([], unit="%", **WORDS),
        proportions.proportions([], [], [], {}, **WORDS),
        change.change([], PHQ, **WORDS),
        trajectory.trajectory([], [], PHQ, **WORDS),
        journeys.small_multiples([], PHQ, **WORDS),
        people.people(None, None, None, **WORDS),
    ):
        assert figure.layout.height > 0


def test_a_figure_is_the_same_before_and_after_plotly_has_built_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "CHECKED", False)
    monkeypatch.setattr(theme, "_FIGURES", {})
    data, layout = [theme.marks([1, 2], [3, 4], ["a", "b"], ["one", "two"])], theme.layout("What it says", "", "", key="k", plot=100)
    made = theme.figure(data, layout)
    assert "_data_objs" not in made.__dict__, "Plotly builds nothing that nobody asks for"
    whole = go.Figure(copy.deepcopy({"data": data, "layout": layout}), _validate=False)
    assert made.to_dict() == whole.to_dict() and "_data_objs" not in made.__dict__
    assert marked(made) == ["a", "b"] and made.layout.height == layout["height"]
    assert json.loads(made.to_json()) == json.loads(whole.to_json()) and isinstance(made, go.Figure)
    assert theme.figure(data, layout) is made
    with pytest.raises(AttributeError):
        _ = made.no_such_thing


def test_many_rectangles_are_one_shape() -> None:
    (shape,) = theme.blocks(-0.5, 3.5, [(22, 44), (66, 88)])
    assert shape["path"] == "M -0.5,22 H 3.5 V 44 H -0.5 Z M -0.5,66 H 3.5 V 88 H -0.5 Z" and theme.blocks(0, 1, []) == []
    assert go.Figure({"layout": {"shapes": [shape]}}).layout.shapes[0].type == "path"
