"""Funnels, XmR charts, curves of time and fans as figures: what is drawn is what the protected rows say, and every figure has its words and its table."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from charts import differences, funnel, intervals, multiples, spc, survival, theme, trajectory
from domain.measures import all_measures
from domain.types import ReleasedRow
from metrics import funnel as funnels
from metrics import spc as xmr
from metrics import survival as curves

BARE = {"title": "", "subtitle": "", "footer": ""}
UNITS = ["a", "b", "c", "d"]
PLACED = funnels.proportions([50, 52, 90, 48], [100, 100, 100, 100], False, UNITS)


def marked(figure: object) -> list[dict[str, object]]:
    return [t for t in figure.to_plotly_json()["data"] if t.get("mode") == "markers"]  # type: ignore[attr-defined]


def test_a_funnel_draws_each_unit_where_it_lies_and_signs_only_those_beyond_the_limits() -> None:
    assert PLACED.rows["side"].tolist() == ["", "", "high", ""]
    marks = marked(funnel.funnel(PLACED, {"c": "Cedar"}, "higher", **BARE))[0]
    assert list(marks["customdata"]) == UNITS and list(marks["y"]) == [50, 52, 90, 48]
    assert list(marks["marker"]["symbol"]) == ["circle", "circle", "triangle-up", "circle"]
    worse = marked(funnel.funnel(PLACED, {}, "lower", **BARE))[0]
    assert worse["marker"]["symbol"][2] == "triangle-down" and worse["marker"]["color"][2] == theme.COLOURS["concern"]
    assert funnel.table(PLACED, {"c": "Cedar"})["Where it lies"].tolist()[2] == "higher than chance would give"
    assert "Cedar: 90% of 100 people, higher than chance would give" in funnel.alt_text(PLACED, {"c": "Cedar"}, title="x")


@pytest.mark.parametrize("overdispersed", [False, True])
def test_the_lines_of_a_funnel_are_its_units_limits_at_every_size(overdispersed: bool) -> None:
    sizes = [20, 35, 50, 80, 110, 140, 170, 200, 230, 260, 290, 320]
    found = funnels.proportions([int(n * (0.3 + 0.04 * (i % 6))) for i, n in enumerate(sizes)], sizes, overdispersed)
    assert (found.tau2 > 0) == overdispersed
    drawn = funnels.lines(found, sizes)
    for name in ("lower95", "upper95", "lower998", "upper998"):
        assert drawn[name].tolist() == pytest.approx(found.rows[name].tolist(), abs=1e-12)


def test_an_xmr_chart_marks_a_quarter_with_its_reason_and_calls_few_points_trial() -> None:
    days = [date(2020 + (3 * i) // 12, 1 + (3 * i) % 12, 1) for i in range(14)]
    values = [50.0, 52, 51, 49, 50, 51, 49, 50, math.nan, 50, 51, 49, 50, 80]
    charted = xmr.charts(pd.DataFrame({"series": "all", "date": days, "value": values}), "higher")
    figure = spc.spc(charted, unit="%", **BARE)
    marks = marked(figure)[0]
    assert len(marks["x"]) == 13 and 8 not in list(marks["x"]), "a missing quarter has no mark"
    assert marks["marker"]["symbol"][-1] == "triangle-up" and "outside the usual ups and downs" in marks["hovertext"][-1]
    assert spc.table(charted, unit="%")["Marked"].tolist()[-1] == "outside the usual ups and downs"
    few = xmr.charts(pd.DataFrame({"series": "all", "date": days[:5], "value": values[:5]}), "higher")
    assert any("trial limit" in a["text"] for a in spc.spc(few, unit="%", **BARE).to_plotly_json()["layout"]["annotations"])


def test_a_curve_of_time_climbs_with_those_who_improved_and_marks_the_half() -> None:
    weeks, events = [2, 4, 4, 6, 8, 10, 12, 14, 16, 20] * 2, [1, 1, 0, 1, 1, 1, 0, 1, 1, 0] * 2
    groups = ["x"] * 10 + ["y"] * 10
    medians = curves.medians(weeks, events, groups).assign(one_score=pd.array([1, pd.NA], dtype="Int64"))
    drawn = pd.concat([curves.curve(weeks[:10], events[:10]).assign(group=g) for g in ("x", "y")])
    figure = survival.survival(drawn, medians, {"x": "First", "y": "Second"}, **BARE).to_plotly_json()
    lines = [t for t in figure["data"] if t["line"]["shape"] == "hv"] if all("shape" in t["line"] for t in figure["data"]) else []
    lines = lines or [t for t in figure["data"] if t["line"].get("shape") == "hv"]
    assert len(lines) == 2 and {t["xaxis"] for t in lines} == {"x", "x2"}
    assert lines[0]["y"][0] == 0 and all(a <= b for a, b in zip(lines[0]["y"], lines[0]["y"][1:], strict=False))
    half = medians["median"][0]
    assert [s["x0"] for s in figure["layout"]["shapes"] if s.get("xref") == "x"] == [half]
    told = survival.table(medians, {"x": "First", "y": "Second"})
    assert told["Only one score"].tolist() == ["1", "a few, left out"] and told["Half had improved by"][0].startswith(f"{half:.0f} weeks")


def fan_rows() -> pd.DataFrame:
    few = math.nan
    return pd.DataFrame(
        [[0, 60, 14, 16, 20, 24, 27], [2, 30, few, 14, 18, 22, few], [4, 12, few, few, 17, few, few], [8, 60, 8, 9, 16, 20, 24]],
        columns=["week", "n", "q10", "q25", "q50", "q75", "q90"],
    )


def test_a_fan_draws_no_band_where_too_few_stand_beyond_it() -> None:
    measure = all_measures()["PHQ-9"]
    figure = trajectory.fan(fan_rows(), measure, **BARE).to_plotly_json()
    bands = [sorted(set(t["x"])) for t in figure["data"] if t.get("fill") == "toself"]
    assert bands == [[0], [8], [0, 2], [8]], "the wide band has two single fortnights, the narrow one a pair and a single"
    told = trajectory.fan_table(fan_rows())
    assert told["1 in 10 below"].tolist()[1] == theme.TOO_FEW_WORDS and told["The middle"].tolist()[2] == 17
    assert "half of the people between 14 and 22" in trajectory.fan_alt_text(fan_rows(), measure, title="x")


def row(fortnight: int, value: float | None, n: int = 20) -> ReleasedRow:
    return ReleasedRow(str(fortnight), None, n, value, value - 1 if value is not None else None, value + 1 if value is not None else None, hidden=value is None)


def test_small_charts_break_at_what_is_hidden_and_keep_two_in_a_row() -> None:
    measure = all_measures()["PHQ-9"]
    found = {"f": [row(0, 18.0), row(1, None), row(2, 14.0)], "m": [row(0, 17.0), row(1, 15.0)], "not stated": [row(0, 16.0)]}
    figure = trajectory.by_group(found, {"f": "Female"}, measure, [row(0, 17.0), row(1, 16.0)], **BARE).to_plotly_json()
    lines = [t for t in figure["data"] if t["mode"] == "lines" and t["line"]["width"] == 2 and t.get("xaxis") == "x"]
    assert [list(t["x"]) for t in lines] == [[0.0], [4.0]], "no line crosses a hidden fortnight"
    assert figure["layout"]["xaxis"]["domain"][0] == figure["layout"]["xaxis3"]["domain"][0]
    assert figure["layout"]["yaxis3"]["domain"][1] < figure["layout"]["yaxis"]["domain"][0], "the third stands under the first"
    assert multiples.height(3) == multiples.height(4) == 2 * multiples.height(1)
    assert trajectory.groups_table(found, {"f": "Female"})["Weeks since the start"].tolist() == [0, 2, 4, 0, 2, 0]
    assert "hidden" in trajectory.groups_table(found, {"f": "Female"})["Points"].tolist()


def test_a_difference_has_a_sign_only_beyond_chance_and_no_dot_where_it_is_not_judged() -> None:
    names = ("difference", "difference_lower", "difference_upper", "ratio", "ratio_lower", "ratio_upper")
    rows = pd.DataFrame(
        [
            {"group": "f", "numerator": 60, "denominator": 90, "value": 66.7, "rest_value": 40.0, "rest_numerator": 20, "rest_denominator": 50, "judged": True,
             "differs": True, **dict(zip(names, (26.7, 10.0, 42.0, 1.67, 1.1, 2.4), strict=True))},
            {"group": "m", "numerator": 20, "denominator": 50, "value": 40.0, "rest_value": 66.7, "rest_numerator": 60, "rest_denominator": 90, "judged": True,
             "differs": False, **dict(zip(names, (-26.7, -42.0, 1.0, 0.6, 0.4, 1.0), strict=True))},
            {"group": "x", "numerator": 1, "denominator": 3, "value": 33.3, "rest_value": 60.0, "rest_numerator": 79, "rest_denominator": 137, "judged": False,
             "differs": False, **dict(zip(names, (-26.7, -50.0, 10.0, 0.5, 0.2, 1.5), strict=True))},
        ]
    )  # fmt: skip
    marks = marked(differences.differences(rows, {}, "higher", **BARE))
    assert list(marks[0]["customdata"]) == ["f", "m"] and list(marks[0]["marker"]["symbol"]) == ["triangle-up", "circle"]
    table = differences.table(rows, {})
    assert table["More than chance"].tolist() == ["yes", "no", "not judged"]
    assert table["Difference in percentage points"].tolist() == ["27 (10 to 42)", "−27 (−42 to 1)", theme.TOO_FEW_WORDS]


def test_a_published_yardstick_is_a_line_with_its_words() -> None:
    figure = intervals.intervals([ReleasedRow("a", 5, 10, 50.0, 30.0, 70.0)], {}, unit="%", yardstick=(67.5, "England 2024-25: 67.5%"), **BARE).to_plotly_json()
    assert [s for s in figure["layout"]["shapes"] if s["type"] == "line" and s["x0"] == s["x1"] == 67.5]
    assert any("England 2024-25: 67.5%" in a["text"] for a in figure["layout"]["annotations"])
