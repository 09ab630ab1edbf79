"""What other people's packages say beside what we offer: restricted means, cut-offs alone, counts by service. They hold our curves and categories in place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from metrics import change, survival
from tests.golden.test_statistics import answers, groups_of


def test_the_area_under_our_curve_is_the_restricted_mean_of_r_survival():
    """`rmean` of survfit at 6 and 10 weeks, with its standard error: Σ over events of (area to the right)² d / (n (n − d)). We offer no restricted mean."""
    for row in answers("rmst").itertuples():
        people = groups_of("service", row.group)
        points = survival.curve(people["weeks"], people["event"])  # type: ignore[arg-type]
        assert len(people) == row.n and points["n_event"].sum() == row.events
        points = points[points["time"] < row.tau]
        edges = np.array([0, *points["time"], row.tau])
        areas = np.diff(edges) * np.array([1, *points["survival"]])
        assert_allclose(areas.sum(), row.rmean, rtol=1e-9)
        right = areas[1:][::-1].cumsum()[::-1]
        d, n = points["n_event"].to_numpy(), points["n_risk"].to_numpy()
        assert_allclose(np.sqrt(np.sum(right**2 * d / (n * (n - d)))), row.se, rtol=1e-9)


def of(instrument: str, kind: str) -> tuple[pd.DataFrame, pd.Series, float]:
    """Everybody with both scores, the sample's statistics and the package's own cut-off."""
    people = answers("rci_combined").query("cutoff_type == @kind and instrument == @instrument")
    cutoff = answers("cutoffs").query("instrument == @instrument and cutoff_type == @kind")["cutoff"].item()
    return people, answers("sample_statistics").set_index("instrument").loc[instrument], cutoff


@pytest.mark.parametrize("kind", ["a", "b", "c"])
@pytest.mark.parametrize("instrument", ["phq9", "gad7"])
def test_sides_of_a_cutoff_are_those_of_clinicalsignificance(instrument: str, kind: str):
    """`cs_statistical`: the cut-off alone, whatever the size of the change. Ours with a reliable change that any change reaches."""
    d, _, cutoff = of(instrument, kind)
    found = change.categories(d["pre"], d["post"], "lower", 0.0, computed=True, cutoff=cutoff, cutoff_is_clinical=False)
    theirs = answers("statistical").query("instrument == @instrument and cutoff_type == @kind")["categories"].item()
    # Where somebody stays exactly at a cut-off theirs is "deteriorated"; nobody here stands there
    assert not (d[["pre", "post"]] == cutoff).any(axis=None)
    assert "".join({"recovered": "i", "harmed": "d"}.get(word, ".") for word in found) == theirs
    assert {"i", "."} <= set(theirs)


@pytest.mark.parametrize("kind", ["a", "b", "c"])
@pytest.mark.parametrize("instrument", ["phq9", "gad7"])
def test_counts_of_categories_by_service_are_those_of_clinicalsignificance(instrument: str, kind: str):
    d, s, cutoff = of(instrument, kind)
    threshold = change.reliable_change_threshold(s["sd_pre"], s["reliability"])
    found = change.categories(d["pre"], d["post"], "lower", threshold, computed=True, cutoff=cutoff, cutoff_is_clinical=False)
    service = answers("persons").set_index("person_id")["service"].reindex(d["person_id"]).to_numpy()
    wanted = answers("combined_summary").query("instrument == @instrument and cutoff_type == @kind")
    for row in wanted.itertuples():
        among = (found == str(row.category).lower()) & ((service == row.group) if isinstance(row.group, str) else True)
        assert among.sum() == row.n
        assert_allclose(among.sum() / len(d), row.percent, atol=5e-5)  # theirs are printed to four places, out of everybody
    assert wanted["n"].sum() == 2 * len(d)
