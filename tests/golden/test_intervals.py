"""Intervals, effect sizes and reliable change against the answers of R packages (tests/golden/data/README.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from metrics import change, effects, intervals

DATA = Path(__file__).parent / "data"
TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def answers(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv")


def sums(first: pd.Series, last: pd.Series) -> dict[str, float]:
    """The moments the store would hold, for a measure where lower is better."""
    gained = first - last
    return {
        "first": first.sum(), "last": last.sum(), "gain": gained.sum(), "first2": (first**2).sum(), "last2": (last**2).sum(),
        "gain2": (gained**2).sum(), "first_last": (first * last).sum(),
    }  # fmt: skip


def groups() -> list[tuple[str, str, pd.Series, pd.Series]]:
    people = answers("persons")
    found = []
    for instrument in ("phq9", "gad7"):
        both = people.dropna(subset=[f"{instrument}_pre", f"{instrument}_post"])
        for name, part in [("all", both), *both.groupby("service")]:
            found.append((instrument, str(name), part[f"{instrument}_pre"].astype(float), part[f"{instrument}_post"].astype(float)))
    return found


def test_wilson_is_that_of_phe():
    d = answers("wilson")
    for confidence, end in ((0.95, "95_0cl"), (0.998, "99_8cl")):
        value, lower, upper = intervals.wilson(d.x, d.n, confidence)
        assert_allclose(value, d.value, **TIGHT)
        assert_allclose(lower, d[f"lower{end}"], **TIGHT)
        assert_allclose(upper, np.minimum(d[f"upper{end}"], 1), **TIGHT)  # R gives a trace above 1 for 37 of 37
    assert len(d) == 234


def test_wilson_at_another_confidence():
    d = answers("wilson_90")
    value, lower, upper = intervals.wilson(d.x, d.n, 0.90)
    assert_allclose(100 * value, d.value, **TIGHT)
    assert_allclose(100 * lower, d.lowercl, rtol=1e-9, atol=1e-10)
    assert_allclose(100 * upper, np.minimum(d.uppercl, 100), **TIGHT)


def test_byar_and_exact_poisson_are_those_of_phe():
    d = answers("byar_counts")
    for confidence, end in ((0.95, "95"), (0.998, "998")):
        _, lower, upper = intervals.byar(d.x, confidence, exact_below=0)
        given = d[f"byar_lower{end}"].notna()
        assert_allclose(lower[given], d[f"byar_lower{end}"][given], **TIGHT)
        assert (lower[~given] == 0).all() and (~given).any()
        assert_allclose(upper, d[f"byar_upper{end}"], **TIGHT)
        _, lower, upper = intervals.exact_poisson(d.x, confidence)
        assert_allclose(lower, d[f"exact_lower{end}"], **TIGHT)
        assert_allclose(upper, d[f"exact_upper{end}"], **TIGHT)


def test_byar_is_exact_under_ten():
    d = answers("byar_or_exact_rates")
    for confidence, end in ((0.95, "95_0cl"), (0.998, "99_8cl")):
        _, lower, upper = intervals.byar(d.x, confidence)
        assert_allclose(1e5 * lower / d.n, d[f"lower{end}"], **TIGHT)
        assert_allclose(1e5 * upper / d.n, d[f"upper{end}"], **TIGHT)
    assert set(d.method) == {"Exact", "Byars"}


def test_mean_is_that_of_phe():
    people = answers("persons").dropna(subset=["phq9_pre", "phq9_post"]).assign(change=lambda p: p.phq9_post - p.phq9_pre)
    for d, grouped in ((answers("mean_change_by_service"), people.groupby("service")), (answers("mean_change_all"), people.groupby(people.phq9_pre > -1))):
        moments = grouped["change"].agg(n="count", total="sum", squares=lambda c: (c**2).sum())
        lower_name, upper_name = ("lower95_0cl", "upper95_0cl") if "lower95_0cl" in d else ("lowercl", "uppercl")
        value, lower, upper = intervals.mean_t(moments.n, moments.total, moments.squares)
        assert_allclose(value, d.value, **TIGHT)
        assert_allclose(lower, d[lower_name], **TIGHT)
        assert_allclose(upper, d[upper_name], **TIGHT)
        assert_allclose(intervals.sd(moments.n, moments.total, moments.squares), d.stdev, **TIGHT)


def test_newcombe_is_that_of_the_paper():
    """56 of 70 against 48 of 80, the first example of Newcombe (1998), Table II, method 10, to the four decimals printed."""
    difference, lower, upper = intervals.newcombe(56, 70, 48, 80)
    assert_allclose([difference, lower, upper], [0.2, 0.0524, 0.3339], atol=5e-5)


@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_mean_change_is_that_of_t_test(confidence: float):
    d = answers("effect_sizes").query("statistic == 'mean_change'")
    compared = 0
    for instrument, group, first, last in groups():
        row = d[(d.instrument == instrument) & (d.group == group) & np.isclose(d.conf_level, confidence)]
        if len(row):
            m = sums(first, last)
            assert_allclose(intervals.mean_t(len(first), m["gain"], m["gain2"], confidence), row[["estimate", "lower", "upper"]].to_numpy()[0], **TIGHT)
            compared += 1
    assert compared == 14


def test_effect_sizes_are_those_of_effectsize():
    d = answers("effect_sizes").drop_duplicates(["instrument", "group", "statistic"]).set_index(["instrument", "group", "statistic"])["estimate"]
    for instrument, group, first, last in groups():
        n, m = len(first), sums(first, last)
        found, lower, upper = effects.effect_size(n, m)
        assert_allclose(found, d[instrument, group, "d_pre_sd_point"], **TIGHT)
        assert_allclose(found, -d[instrument, group, "glass_delta_pre_sd"], **TIGHT)
        assert lower < found < upper
        assert_allclose(effects.correlation(n, m), d[instrument, group, "r_pre_post"], **TIGHT)
        assert_allclose(effects.srm(n, m)[0], d[instrument, group, "d_z"], **TIGHT)
        # effectsize uses the exact gamma form of Hedges' correction; ours is his usual approximation, good to 1 in 2,000 from 15 pairs.
        assert_allclose(effects.hedges_j(n), d[instrument, group, "g_z"] / d[instrument, group, "d_z"], rtol=5e-4)


def test_effect_size_interval_is_about_that_of_a_bootstrap():
    """No package gives an interval for gain over the first SD; resampling people gives one to hold the large-sample formula against."""
    _, _, first, last = groups()[0]
    draw = np.random.default_rng(7).integers(0, len(first), (4000, len(first)))
    f, g = first.to_numpy()[draw], (first - last).to_numpy()[draw]
    resampled = np.quantile(g.mean(axis=1) / f.std(axis=1, ddof=1), [0.025, 0.975])
    _, lower, upper = effects.effect_size(len(first), sums(first, last))
    assert_allclose([lower, upper], resampled, atol=0.06)
    assert 0.7 < (upper - lower) / (resampled[1] - resampled[0]) < 1.4


def test_reliable_change_index_is_that_of_clinicalsignificance():
    statistics = answers("sample_statistics").set_index("instrument")
    d = answers("reliable_change_index")
    for instrument, rows in d.groupby("instrument"):
        s = statistics.loc[instrument]
        threshold = change.reliable_change_threshold(s.sd_pre, s.reliability)
        assert_allclose(threshold, 1.959963984540054 * s.s_diff, **TIGHT)
        for row in rows.itertuples():
            gained = change.gain(row.pre, row.post, "lower")
            assert_allclose(gained / (threshold / 1.959963984540054), -row.rci, **TIGHT)
            assert change.verdict(gained, threshold, computed=True) == {"Improved": "improved", "Unchanged": "same", "Deteriorated": "worsened"}[row.category]
    assert len(d) == 782


def test_jacobson_and_truax_example():
    """Jacobson and Truax (1991): SD 7.5, reliability .80, a change of 15 points gives RC = 3.16."""
    assert_allclose(15 / (change.reliable_change_threshold(7.5, 0.80) / 1.959964), 3.1623, atol=5e-5)
