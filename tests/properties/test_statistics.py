"""What must hold of every chart, funnel and curve, whatever the numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import change, equity, funnel, intervals, missing, spc, survival, talking_therapies

FEW = settings(max_examples=25, deadline=None)
VALUES = st.lists(st.one_of(st.none(), st.integers(-500, 500).map(lambda t: t / 10)), min_size=1, max_size=40)
UNITS = st.lists(st.integers(0, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=15)
TIMES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1), st.sampled_from("ABC")), min_size=1, max_size=40)
PEOPLE = st.lists(st.tuples(*[st.one_of(st.none(), st.integers(0, 21))] * 4), min_size=1, max_size=30)


def frame(several: list[list[float | None]]) -> pd.DataFrame:
    months = pd.date_range("2020-01-01", periods=40, freq="MS")
    rows = [(s, months[i], np.nan if v is None else v) for s, values in enumerate(several) for i, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["series", "date", "value"])


@FEW
@given(st.lists(VALUES, min_size=1, max_size=4), st.randoms(use_true_random=False), st.booleans())
def test_no_flag_depends_on_the_order_of_rows_or_on_the_other_series(several, random, screen):
    d = frame(several)
    order = list(range(len(d)))
    random.shuffle(order)
    together = spc.charts(d, "higher", screen=screen)
    pd.testing.assert_frame_equal(spc.charts(d.iloc[order], "higher", screen=screen).sort_index(), together)
    for _, alone in d.groupby("series"):
        pd.testing.assert_frame_equal(spc.charts(alone, "higher", screen=screen), together.loc[alone.index])


@FEW
@given(VALUES)
def test_turning_better_round_turns_the_direction_and_nothing_else(values):
    values = [np.nan if v is None else v for v in values]
    up, down, neither = (spc.chart(values, better) for better in ("higher", "lower", "neither"))
    turned = {"better": "worse", "worse": "better", "neither": "neither"}
    assert up["direction"].map(turned).tolist() == down["direction"].tolist()
    assert set(neither["direction"]) == {"neither"}
    pd.testing.assert_frame_equal(up.drop(columns="direction"), down.drop(columns="direction"))
    assert (up["rule"] != "").equals(up["signal"]) and (up["signal"] == (up["side"] != "")).all()
    assert not up["signal"][np.isnan(values)].any()


@FEW
@given(VALUES)
def test_a_series_upside_down_has_the_same_rules_on_the_other_side(values):
    plain, mirrored = (spc.chart([np.nan if v is None else way * v for v in values]) for way in (1, -1))
    assert plain["rule"].tolist() == mirrored["rule"].tolist()
    assert plain["side"].map({"high": "low", "low": "high", "": ""}).tolist() == mirrored["side"].tolist()


@FEW
@given(UNITS, st.booleans())
def test_the_whole_lies_within_the_limits_and_wider_ones_lie_outside(units, overdispersion):
    x, n = np.array(units).T
    found = funnel.proportions(x, n, overdispersion)
    rows = found.rows[found.rows["denominator"] > 0]
    one = 1 / rows["denominator"]
    assert ((rows["lower95"] <= found.centre + 1e-9) & (found.centre - 1e-9 <= rows["upper95"] + one)).all()
    assert ((rows["lower998"] <= rows["lower95"]) & (rows["upper95"] <= rows["upper998"])).all()
    assert (rows["beyond95"] | ~rows["stands_out"]).all()
    assert ((rows["lower998"] >= 0) & (rows["upper998"] <= 1)).all()


@FEW
@given(UNITS, st.randoms(use_true_random=False))
def test_what_stands_out_does_not_depend_on_order_and_mirrors(units, random):
    order = list(range(len(units)))
    random.shuffle(order)
    x, n = np.array(units).T
    one, other = funnel.proportions(x, n, True).rows, funnel.proportions(x[order], n[order], True).rows
    assert one["side"].to_numpy()[order].tolist() == other["side"].tolist()
    others = funnel.proportions(n - x, n, True).rows
    assert one["side"].map({"high": "low", "low": "high", "": ""}).tolist() == others["side"].tolist()


@FEW
@given(TIMES, st.randoms(use_true_random=False))
def test_a_curve_falls_lies_in_its_limits_and_does_not_depend_on_order(people, random):
    t, e, g = (list(column) for column in zip(*people, strict=True))
    for interval in ("log", "log-log"):
        points = survival.curve(t, e, interval)
        known = points[points["lower"].notna()]
        assert (known["lower"] <= known["survival"] + 1e-12).all() and (known["survival"] <= known["upper"] + 1e-12).all()
        assert (points["survival"].diff().dropna() <= 1e-12).all() and points["survival"].between(0, 1).all()
        assert points["n_event"].sum() + points["n_censor"].sum() == len(t)
    order = list(range(len(t)))
    random.shuffle(order)
    shuffled = survival.medians(*([column[i] for i in order] for column in (t, e, g)))
    pd.testing.assert_frame_equal(survival.medians(t, e, g), shuffled)
    if len(set(g)) > 1:
        test = survival.log_rank(t, e, g)
        assert np.isnan(test.p) or (0 <= test.p <= 1 and test.chi2 > -1e-9)


def scheme(people: list[tuple[float | None, ...]]) -> pd.DataFrame:
    a, b, c, d = (np.array([np.nan if v is None else v for v in column], dtype=float) for column in zip(*people, strict=True))
    return talking_therapies.people([talking_therapies.Pair(a, b, 10, 6), talking_therapies.Pair(c, d, 8, 4)])


@FEW
@given(PEOPLE)
def test_somebody_without_a_second_score_changes_no_paired_count(people):
    paired = ["paired", "recovery", "reliable_improvement", "reliable_recovery", "reliable_deterioration", "no_reliable_change"]
    before, after = (talking_therapies.counts(scheme(p)).iloc[0] for p in (people, [*people, (20, None, 15, None)]))
    assert before[paired].tolist() == after[paired].tolist()
    assert after["finished"] == before["finished"] + 1
    assert before["paired"] == before["reliable_improvement"] + before["reliable_deterioration"] + before["no_reliable_change"]
    assert before["reliable_recovery"] <= min(before["recovery"], before["reliable_improvement"]) and before["recovery"] <= before["at_caseness"]


@FEW
@given(st.lists(st.tuples(st.integers(0, 27), st.integers(0, 27)), min_size=1, max_size=40), st.floats(0.5, 12), st.floats(1, 26), st.booleans())
def test_turning_the_scale_round_keeps_every_category(pairs, threshold, cutoff, computed):
    first, last = np.array(pairs, dtype=float).T
    given_ = change.categories(first, last, "lower", threshold, computed=computed, cutoff=cutoff)
    turned = change.categories(30 - first, 30 - last, "higher", threshold, computed=computed, cutoff=30 - cutoff)
    near = np.isclose(first, cutoff, atol=1e-9) | np.isclose(last, cutoff, atol=1e-9) | np.isclose(np.abs(last - first), threshold, atol=1e-9)
    assert given_[~near].tolist() == turned[~near].tolist()
    one = [change.verdict(change.gain(a, b, "lower"), threshold, computed) for a, b in pairs]
    words = {"improved": {"improved", "recovered"}, "worsened": {"deteriorated", "harmed"}, "same": {"unchanged"}}
    assert all(category in words[verdict] for category, verdict in zip(given_, one, strict=True))
    back = change.categories(last, first, "lower", threshold, computed=computed)
    assert [{"improved": "deteriorated", "deteriorated": "improved"}.get(c, c) for c in back] == change.categories(
        first, last, "lower", threshold, computed=computed
    ).tolist()


@FEW
@given(st.lists(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=6))
def test_a_group_and_the_rest_are_everybody_and_estimates_lie_in_their_intervals(groups):
    d = pd.DataFrame([(f"G{i}", x, n) for i, (x, n) in enumerate(groups)], columns=["group", "numerator", "denominator"])
    found = equity.against_rest(d)
    assert (found["numerator"] + found["rest_numerator"] == d["numerator"].sum()).all()
    assert (found["difference_lower"] <= found["difference"] + 1e-12).all() and (found["difference"] <= found["difference_upper"] + 1e-12).all()
    some = found[found["ratio_lower"].notna()]
    assert (some["ratio_lower"] <= some["ratio"] * (1 + 1e-12)).all() and (some["ratio"] <= some["ratio_upper"] * (1 + 1e-12)).all()
    assert (found["differs"] | ~found["differs_of_many"]).all()


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(0, n), st.just(n))))
def test_a_ratio_turns_with_its_order(counts):
    x1, n1, x2, n2 = counts
    one, other = intervals.risk_ratio(x1, n1, x2, n2), intervals.risk_ratio(x2, n2, x1, n1)
    if x1 and x2:
        np.testing.assert_allclose([one[0], one[1], one[2]], [1 / other[0], 1 / other[2], 1 / other[1]], rtol=1e-9)


@given(st.integers(1, 300).flatmap(lambda d: st.integers(0, d).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.just(d)))))
def test_every_way_of_counting_the_missing_lies_within_the_bounds(counts):
    x, n, d = counts
    found = missing.ways(x, n, d).set_index("way")["value"]
    assert found["lowest possible"] <= found["missing as not improved"] <= found["highest possible"]
    assert (found["lowest possible"], found["highest possible"]) == change.bounds(x, n, d)
    if n:
        assert found["lowest possible"] - 1e-12 <= found["paired only"] <= found["highest possible"] + 1e-12
