"""Direct standardisation worked again by imagining the standard people, and what its interval promises."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from metrics import standardise
from metrics.intervals import wilson


def test_the_value_is_that_of_the_standard_people_treated_as_the_groups_people_fared() -> None:
    rng = random.Random(3)
    for _ in range(50):
        bands = [f"band {i}" for i in range(rng.randrange(2, 6))]
        standard = {b: rng.randrange(10, 200) for b in bands}
        counts = {(g, b): rng.randrange(5, 60) for g in "XY" for b in bands}
        better = {key: rng.randrange(n + 1) for key, n in counts.items()}
        frame = pd.DataFrame([(g, b, better[g, b], n) for (g, b), n in counts.items()], columns=["group", "band", "numerator", "denominator"])
        told = standardise.direct(frame, pd.DataFrame({"band": list(standard), "people": list(standard.values())})).set_index("group")
        for g in "XY":
            imagined = sum(standard[b] * better[g, b] / counts[g, b] for b in bands)
            assert told.loc[g, "value"] == pytest.approx(imagined / sum(standard.values()))
            assert told.loc[g, "lower"] <= told.loc[g, "value"] <= told.loc[g, "upper"] and told.loc[g, "covered"] == 1
            assert told.loc[g, "crude"] == sum(better[g, b] for b in bands) / sum(counts[g, b] for b in bands)


def test_a_group_made_like_the_standard_keeps_its_crude_rate_and_nearly_its_interval() -> None:
    frame = pd.DataFrame({"group": "X", "band": ["low", "high"], "numerator": [10, 30], "denominator": [40, 60]})
    told = standardise.direct(frame, pd.DataFrame({"band": ["low", "high"], "people": [400, 600]})).iloc[0]
    assert told["value"] == pytest.approx(told["crude"]) == pytest.approx(0.4)
    _, lower, upper = wilson(40, 100)
    assert (told["lower"], told["upper"]) == pytest.approx((lower, upper), abs=0.01)


def test_without_people_in_a_tenth_of_the_standard_nothing_is_said() -> None:
    frame = pd.DataFrame({"group": "X", "band": ["low", "high"], "numerator": [10, 0], "denominator": [40, 0]})
    standard = pd.DataFrame({"band": ["low", "high"], "people": [89, 11]})
    assert math.isnan(standardise.direct(frame, standard)["value"].iloc[0])
    assert standardise.direct(frame, standard.assign(people=[90, 10]))["value"].iloc[0] == pytest.approx(0.25)
    with pytest.raises(ValueError, match="once"):
        standardise.direct(pd.concat([frame, frame]), standard)


def test_the_interval_covers_what_it_promises() -> None:
    rng = np.random.default_rng(7)
    n, p, w = np.array([30, 60, 40]), np.array([0.2, 0.5, 0.7]), np.array([500, 300, 200])
    truth, inside, draws = float(w @ p) / w.sum(), 0, 2_000
    standard = pd.DataFrame({"band": ["a", "b", "c"], "people": w})
    x = rng.binomial(n, p, (draws, 3))
    frame = pd.DataFrame({"group": np.repeat(np.arange(draws), 3), "band": ["a", "b", "c"] * draws, "numerator": x.ravel(), "denominator": np.tile(n, draws)})
    for row in standardise.direct(frame.iloc[: 3 * draws // 4], standard).itertuples():
        inside += row.lower <= truth <= row.upper
    assert 0.93 <= inside / (draws // 4) <= 0.97, inside
