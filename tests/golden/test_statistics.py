"""SPC, funnels, survival, reliable change, talking therapies, ratios: against the answers of other people's packages (tests/golden/data/README.md).

Where we differ on purpose a test says by how much; docs/statistics.md says why.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from metrics import change, equity, funnel, gas, intervals, rates, spc, survival, talking_therapies

DATA = Path(__file__).parent / "data"
TIGHT = {"rtol": 1e-9, "atol": 1e-12}
BETTER = {"increase": "higher", "decrease": "lower", "neutral": "neither"}
# One letter per point, as in the files: what the package said of it, and the same in our words.
LABELS = {
    ".": ("", ""), "O": ("outside", "high"), "o": ("outside", "low"), "T": ("trend", "high"), "t": ("trend", "low"), "W": ("two_of_three", "high"),
    "w": ("two_of_three", "low"), "S": ("shift", "high"), "s": ("shift", "low"),
}  # fmt: skip


@cache
def answers(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv")


def part(name: str, **equal: object) -> pd.DataFrame:
    """The rows of a file whose columns have these values."""
    d = answers(name)
    return d[np.logical_and.reduce([d[column] == value for column, value in equal.items()])]


# ---- SPC against NHSRplotthedots -------------------------------------------------------------------------------------------------------------


def series() -> pd.DataFrame:
    return answers("spc_series").rename(columns={"month": "date"})


def rebased(scenario: str) -> list[spc.Rebase]:
    if scenario == "rebase_2024-04-01":
        return [spc.Rebase(dt.date(2024, 4, 1), "a redesign")]
    if scenario == "rebase_named_two_dates":
        return [spc.Rebase(dt.date(2023, 10, 1), "a redesign", "shift_up_half"), spc.Rebase(dt.date(2024, 6, 1), "another", "shift_up_half")]
    return []


def letters(charted: pd.DataFrame) -> str:
    back = {words: letter for letter, words in LABELS.items()}
    return "".join(back[words] for words in zip(charted["rule"], charted["side"], strict=True))


def types(charted: pd.DataFrame) -> str:
    letter = {("better", ""): "i", ("worse", ""): "c", ("neither", "high"): "h", ("neither", "low"): "l"}
    found = zip(charted["signal"], charted["direction"], charted["side"], strict=True)
    return "".join("." if not s else letter[d, "" if d != "neither" else side] for s, d, side in found)


# Without variation left after screening the package has no limits (constant) or limits without width (one_jump); see the test below.
NO_LIMITS = ("constant", "one_jump")
EXPECTED = answers("spc_points")


@pytest.mark.parametrize(
    ("scenario", "direction", "screen"), EXPECTED[["scenario", "improvement_direction", "screen_outliers"]].drop_duplicates().to_numpy().tolist()
)
def test_every_point_of_44_series_is_labelled_as_by_nhsrplotthedots(scenario: str, direction: str, screen: bool):
    wanted = EXPECTED.query("scenario == @scenario and improvement_direction == @direction and screen_outliers == @screen")
    frame = series()
    frame = frame[frame["series"].isin(wanted["series"])]
    charted = spc.charts(frame, BETTER[direction], screen=screen, baseline=12 if scenario == "fix12" else None, rebase=rebased(scenario))
    parts = dict(list(charted.groupby(["series", "segment"])))
    assert len(parts) == len(wanted)
    for row in wanted.itertuples():
        if screen and row.series in NO_LIMITS:
            continue
        part = parts[row.series, row.rebase_group]
        for ours, theirs in (("mean", row.mean), ("lower", row.lpl), ("upper", row.upl)):
            assert_allclose(part[ours], theirs, **TIGHT)
        assert letters(part) == row.labels, row.series
        assert types(part) == row.types, row.series


@pytest.mark.parametrize("screen", [True, False])
def test_every_point_of_300_random_series_is_labelled_as_by_nhsrplotthedots(screen: bool):
    """Whole numbers and ties: 14,400 labels, among them points equal to the mean, which one pass of adding puts on the wrong side."""
    wanted = answers("spc_random300_points").query("screen_outliers == @screen")
    charted = dict(list(spc.charts(answers("spc_random300").rename(columns={"month": "date"}), screen=screen).groupby("series")))
    for row in wanted.itertuples():
        assert letters(charted[row.series]) == row.labels, row.series
        for ours, theirs in (("mean", row.mean), ("lower", row.lpl), ("upper", row.upl)):
            assert_allclose(charted[row.series][ours], theirs, **TIGHT)
    assert len(wanted) == 300


def test_variation_and_assurance_are_those_of_nhsrplotthedots():
    words = {
        "common_cause": "same", "special_cause_improvement": "improved", "special_cause_concern": "worse", "special_cause_neutral_high": "higher",
        "special_cause_neutral_low": "lower", "consistent_pass": "met", "consistent_fail": "missed", "inconsistent": "either",
    }  # fmt: skip
    compared = 0
    for (scenario, direction, screen), wanted in answers("spc_summary").groupby(["scenario", "improvement_direction", "screen_outliers"]):
        frame = series()
        frame = frame[frame["series"].isin(wanted["series"])]
        better = BETTER[direction]
        charted = spc.charts(frame, better, screen=screen, baseline=12 if scenario == "fix12" else None, rebase=rebased(scenario))
        ours = spc.verdicts(charted, wanted.set_index("series")["target"].dropna().to_dict(), better).set_index("series")
        for row in wanted.itertuples():
            if not (screen and row.series in NO_LIMITS):
                found = ours.loc[row.series]
                assert found["variation"] == words[row.variation], (scenario, row.series)
                assert found["assurance"] == (words[row.assurance] if isinstance(row.assurance, str) else ""), (scenario, row.series)
                compared += 1
    assert compared > 400


def test_screening_never_takes_the_limits_away():
    """On purpose: the package leaves a constant series without limits, and calls all 24 points of one jump special; we say what can be said."""
    charted = spc.charts(series().query("series in @NO_LIMITS"), screen=True)
    constant, jump = (charted[charted["series"] == name] for name in NO_LIMITS)
    assert_allclose(constant[["mean", "lower", "upper"]], 10)
    assert not constant["signal"].any()
    assert spc.verdicts(constant)["constant"].tolist() == [True]
    unscreened = spc.charts(series().query("series == 'one_jump'"))
    assert_allclose(jump[["lower", "upper"]], unscreened[["lower", "upper"]])
    theirs = EXPECTED.query("series in @NO_LIMITS and scenario == 'base' and improvement_direction == 'neutral' and screen_outliers").set_index("series")
    assert np.isnan(theirs.loc["constant", "lpl"]) and theirs.loc["one_jump", "upl"] == theirs.loc["one_jump", "lpl"]


def test_the_published_example_of_screening():
    """NHSRplotthedots, vignette on deviations: mean 1.94; screened limits -0.72 and 4.60, unscreened -3.06 and 6.95."""
    values = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    for screen, lower, upper in ((True, -0.72, 4.60), (False, -3.06, 6.95)):
        found = spc.chart(values, screen=screen).iloc[0]
        assert_allclose([found["mean"], found["lower"], found["upper"]], [1.94, lower, upper], atol=0.006)


def test_limits_differ_from_qicharts2_by_its_constant_and_no_more():
    """On purpose: 2.66 as the NHS rounds it, against 3/1.128 = 2.6596."""
    wanted = answers("i_chart")
    charted = spc.charts(series()).groupby("series")[["mean", "lower", "upper"]].first()
    theirs = wanted[~wanted["screened"]].set_index("series")
    assert len(theirs) == 44
    for name, row in theirs.iterrows():
        ours = charted.loc[name]
        assert_allclose(ours["mean"], row["cl"], **TIGHT)
        assert_allclose((ours["upper"] - ours["mean"]) * (3 / 1.128) / 2.66, row["ucl"] - row["cl"], **TIGHT)


# ---- funnels ---------------------------------------------------------------------------------------------------------------------------------


def funnels(name: str, overdispersion: bool) -> funnel.Funnel:
    kind = {"prop": "proportions", "sr": "ratios", "rate": "rates"}[name.split("_")[0]]
    d = part(f"funnel_{kind}", dataset=name)
    if kind == "proportions":
        return funnel.proportions(d["numerator"], d["denominator"], overdispersion, d["institution"])
    if kind == "ratios":  # qikit takes the whole as its centre, not 1
        return funnel.ratios(d["observed"], d["expected"], overdispersion, d["institution"], centre=d["observed"].sum() / d["expected"].sum())
    return funnel.ratios(d["events"], d["population"] * d["events"].sum() / d["population"].sum(), overdispersion, d["institution"])


@pytest.mark.parametrize("row", answers("qikit_parameters").to_dict("records"), ids=lambda r: f"{r['dataset']}-{r['chart']}")
def test_dispersion_and_limits_are_those_of_qikit(row):
    """φ and τ to 1e-9. qikit interpolates between counts; the extreme count that does not stand out is the next one inwards, never a whole count off."""
    adjusted = row["chart"].endswith("p") and len(row["chart"]) > 1
    found = funnels(row["dataset"], adjusted)
    name, chart = row["dataset"], row["chart"]
    theirs = part("qikit_points", dataset=name, chart=chart).set_index("x").loc[found.rows["group"]]
    scale = theirs["cl"].to_numpy() if row["dataset"].startswith("rate") else 1.0  # rates there, ratios to the whole here
    assert_allclose(found.phi, row["dispersion_phi"], rtol=1e-9)
    if adjusted:
        assert_allclose(np.sqrt(found.tau2), row["dispersion_tau"] / np.ravel(scale)[0], rtol=1e-9, atol=1e-12)
    n = found.rows["denominator"].to_numpy()
    for level, ends in (("95", ("lcl_95", "ucl_95")), ("998", ("lcl", "ucl"))):
        inwards = (found.rows[f"lower{level}"].to_numpy() - theirs[ends[0]].to_numpy() / scale) * n
        outwards = (found.rows[f"upper{level}"].to_numpy() - theirs[ends[1]].to_numpy() / scale) * n
        assert np.all((inwards > -1e-6) & (inwards < 1)) and np.all((outwards > -1e-6) & (outwards < 1)), (level, inwards.min(), outwards.max())


def test_limits_of_ratios_are_where_phe_finds_them_by_inverting_the_poisson():
    """A count is just beyond our limit where the expected count is just past PHE's turning point, and just within it before. Their search stops at 1e-6."""
    curve = answers("phe_funnel_ratio_curve")
    for row in curve.itertuples():
        for end, level in (("2s", "95"), ("3s", "998")):
            high, low = getattr(row, f"lower_{end}_exp_events"), getattr(row, f"upper_{end}_exp_events")
            past = funnel.ratios([row.Observed_events] * 4, [high * 1.001, high * 0.999, low * 0.999, low * 1.001])
            beyond = (past.rows["value"] < past.rows[f"lower{level}"]) | (past.rows["value"] > past.rows[f"upper{level}"])
            assert beyond.tolist() == [True, False, True, False], (row.Observed_events, end)
    assert len(curve) == 100


def test_what_stands_out_against_expected_is_what_phe_says():
    """Ratios and crude rates: PHE holds Byar's interval (exact under 10) against the whole, we the Poisson tails. One borderline count may differ."""
    differ = compared = 0
    for kind, observed in (("ratios", "observed"), ("rates", "events")):
        wanted = answers(f"phe_funnel_{kind}")
        for name, theirs in wanted.groupby("dataset"):
            d = part(f"funnel_{kind}", dataset=name)
            expected = d["expected"] if kind == "ratios" else d["population"] * d["events"].sum() / d["population"].sum()
            rows = funnel.ratios(d[observed], expected, False, d["institution"]).rows
            ours = np.select([rows["stands_out"], rows["beyond95"]], ["(0.001)", "(0.025)"], "Not significant")
            said = theirs.set_index("institution").loc[rows["group"], "significance"].str.extract(r"(\(.*\)|Not significant)")[0]
            differ += int((ours != said.to_numpy()).sum())
            compared += len(rows)
    assert compared == 200 and differ <= 2, differ


def test_we_differ_from_normal_limits_only_where_counts_are_few():
    """On purpose: PHE's proportion limits are p ± z√(pq/n), which leave 0 to 1 for small units; exact ones do not, and agree within two people."""
    wanted = answers("phe_funnel_proportions")
    outside = 0
    for name, theirs in wanted.groupby("dataset"):
        rows = funnels(str(name), False).rows.set_index("group").loc[theirs["institution"]]
        outside += int(((theirs["ll998"] < 0) | (theirs["ul998"] > 1)).sum())
        for end in ("lower", "upper"):
            for level, theirs_name in (("95", f"{end[0]}l95"), ("998", f"{end[0]}l998")):
                people = (rows[f"{end}{level}"].to_numpy() - theirs[theirs_name].clip(0, 1).to_numpy()) * rows["denominator"].to_numpy()
                assert np.abs(people).max() < 4, (name, end, level)
        assert rows[["lower998", "upper998"]].min().min() >= 0 and rows[["lower998", "upper998"]].max().max() <= 1
    assert outside > 20


@pytest.mark.parametrize("trim", [0.05, 0.1])
def test_winsorising_phi_and_tau_are_those_of_funnelplotr(trim: float):
    """On their arcsine scale, with our functions: z drawn in, its mean square, and the variance beyond chance."""
    parameters = answers("funnelplotr_parameters").query("trim_by == @trim and limit == 95").set_index("dataset")
    for name, d in answers("funnelplotr_points").query("trim_by == @trim and limit == 95").groupby("dataset"):
        assert_allclose(funnel.winsorised(d["z"], trim), d["z_trimmed"], rtol=1e-9, atol=1e-12)
        phi = funnel.dispersion(d["z"], trim)
        assert_allclose(phi, parameters.loc[name, "phi"], rtol=1e-9)
        n = part("funnel_proportions", dataset=name).set_index("institution").loc[d["institution"], "denominator"]
        assert_allclose(funnel.additive_tau2(phi, 1 / (2 * np.sqrt(n))), parameters.loc[name, "tau2"], rtol=1e-9, atol=1e-15)


def test_arcsine_limits_call_out_small_units_by_chance_and_ours_do_not():
    """On purpose: at p = 5% and 10 to 30 people FunnelPlotR's "95%" limits leave out far more than 5%; exact limits leave out at most 5%."""
    ours, theirs = [], []
    for n in range(10, 31):
        x = np.arange(n + 1)
        weight = stats.binom.pmf(x, n, 0.05)
        s, middle = 1 / (2 * np.sqrt(n)), np.arcsin(np.sqrt(0.05))
        arc = np.abs(np.arcsin(np.sqrt(x / n)) - middle) > 1.959964 * s
        limits = funnel._limits(stats.binom(np.array([n]), 0.05))
        exact = (x < limits["lower95"]) | (x > limits["upper95"])
        ours.append(weight[exact].sum())
        theirs.append(weight[arc].sum())
    assert max(ours) <= 0.05
    assert np.mean(theirs) > 0.10


# ---- survival --------------------------------------------------------------------------------------------------------------------------------


def groups_of(grouping: str, group: str) -> pd.DataFrame:
    people = answers("time_to_improvement")
    return people if grouping == "all" else people[people[grouping] == group]


@pytest.mark.parametrize("interval", ["log", "log-log"])
def test_curves_are_those_of_r_survival(interval: str):
    compared = 0
    for (grouping, group), wanted in answers("km_curve").query("conf_type == @interval").groupby(["grouping", "group"]):
        people = groups_of(grouping, group)
        found = survival.curve(people["weeks"], people["event"], interval).set_index("time")  # type: ignore[arg-type]
        # R repeats every observed week of the whole file for every group: the group's curve as it stood then.
        wanted = wanted.set_index("week")
        wanted = wanted.loc[wanted.index.isin(found.index)]
        for ours, theirs in (
            ("n_risk", "n_risk"),
            ("n_event", "n_event"),
            ("n_censor", "n_censor"),
            ("survival", "survival"),
            ("std_err", "std_err_greenwood"),
            ("lower", "lower"),
            ("upper", "upper"),
        ):
            assert_allclose(found.loc[wanted.index, ours], wanted[theirs], **TIGHT)
        assert found["n_event"].sum() == wanted["n_event"].sum()
        compared += len(wanted)
    assert compared > 60


@pytest.mark.parametrize("interval", ["log", "log-log"])
def test_medians_and_quartiles_are_those_of_r_survival(interval: str):
    wanted = answers("km_quantiles").query("conf_type == @interval")
    for row in wanted.itertuples():
        people = groups_of(row.grouping, row.group)
        points = survival.curve(people["weeks"], people["event"], interval, row.conf_level)  # type: ignore[arg-type]
        assert_allclose(survival.quantile(points, row.quantile), (row.weeks, row.lower, row.upper), **TIGHT)
    assert len(wanted) == 60


def test_log_rank_is_that_of_r_survival():
    people = answers("time_to_improvement")
    for row in answers("logrank").itertuples():
        found = survival.log_rank(people["weeks"], people["event"], people[row.grouping])
        assert found.df == row.df
        assert_allclose([found.chi2, found.p], [row.chisq, row.p], rtol=1e-9)


# ---- reliable and clinically significant change ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["a", "b", "c"])
def test_categories_are_those_of_clinicalsignificance(kind: str):
    statistics = answers("sample_statistics").set_index("instrument")
    for instrument, d in answers("rci_combined").query("cutoff_type == @kind").groupby("instrument"):
        s = statistics.loc[instrument]
        cutoff = {
            "a": change.cutoff_a(s.m_pre, s.sd_pre, "lower"),
            "b": change.cutoff_b(s.m_functional, s.sd_pre, "lower"),  # the package's b has the clinical SD; the next test has ours
            "c": change.cutoff_c(s.m_pre, s.sd_pre, s.m_functional, s.sd_functional),
        }[kind]
        theirs = answers("cutoffs").query("instrument == @instrument and cutoff_type == @kind")["cutoff"].item()
        assert_allclose(cutoff, theirs, rtol=1e-9)
        threshold = change.reliable_change_threshold(s.sd_pre, s.reliability)
        found = change.categories(d["pre"], d["post"], "lower", threshold, computed=True, cutoff=cutoff, cutoff_is_clinical=False)
        assert found.tolist() == d["category"].str.lower().tolist()
        turned = change.categories(100 - d["pre"], 100 - d["post"], "higher", threshold, computed=True, cutoff=100 - cutoff, cutoff_is_clinical=False)
        assert turned.tolist() == found.tolist()


def test_cutoff_b_has_the_sd_of_the_functional_group():
    """On purpose: Jacobson and Truax (1991) put b two standard deviations of the functional group from its mean; the package takes the clinical SD."""
    s = answers("sample_statistics").set_index("instrument").loc["phq9"]
    assert_allclose(change.cutoff_b(s.m_functional, s.sd_functional, "lower"), 2.91 + 2 * 3.52, rtol=1e-12)
    theirs = answers("cutoffs").query("instrument == 'phq9' and cutoff_type == 'b'")["cutoff"].item()
    assert_allclose(theirs - change.cutoff_b(s.m_functional, s.sd_functional, "lower"), 2 * (s.sd_pre - s.sd_functional), rtol=1e-9)
    assert theirs > 13 > 10 > change.cutoff_b(s.m_functional, s.sd_functional, "lower")


def test_a_published_difference_counts_when_it_is_reached():
    """As `cs_anchor` with the minimally important difference."""
    for instrument, d in answers("anchor_mid").groupby("instrument"):
        found = change.reliable(change.gains(d["pre"], d["post"], "lower"), d["mid"])
        assert np.array(["Unchanged", "Improved", "Deteriorated"])[found].tolist() == d["category"].tolist(), instrument


# ---- talking therapies -----------------------------------------------------------------------------------------------------------------------


def scheme(mixed: talking_therapies.Mixed = "no change") -> pd.DataFrame:
    p = answers("persons")
    pairs = [talking_therapies.Pair(p["phq9_pre"], p["phq9_post"], 10, 6), talking_therapies.Pair(p["gad7_pre"], p["gad7_post"], 8, 4)]
    return talking_therapies.people(pairs, mixed).assign(person_id=p["person_id"], service=p["service"])


def test_every_person_is_as_in_the_rederivation():
    wanted = answers("tt_person").set_index("person_id")
    found = scheme().set_index("person_id").loc[wanted.index]
    assert found["paired"].all() and len(found) == 391
    for name in ("recovery", "reliable_improvement", "reliable_deterioration", "no_reliable_change", "reliable_recovery"):
        assert (found[name] == wanted[name]).all(), name
    assert (found["at_caseness"] == wanted["caseness_start"]).all()


def test_counts_by_service_are_those_of_the_rederivation():
    paired = scheme().query("paired")
    both = [talking_therapies.counts(paired.drop(columns=["person_id", "service"]), of) for of in (None, paired["service"])]
    found, wanted = pd.concat(both).set_index("group"), answers("tt_summary").set_index("group")
    for name in ("recovery", "reliable_improvement", "reliable_recovery", "reliable_deterioration", "no_reliable_change"):
        assert (found[name] == wanted.loc[found.index, name]).all(), name
    assert (found["paired"] == wanted.loc[found.index, "finished_paired"]).all()
    assert (found["at_caseness"] == wanted.loc[found.index, "started_at_caseness"]).all()


def test_better_on_one_and_worse_on_another_is_a_setting():
    one, other = (scheme(mixed).set_index("person_id").loc["E12"] for mixed in ("no change", "worse"))
    assert one["no_reliable_change"] and not one["reliable_deterioration"]
    assert other["reliable_deterioration"] and not other["no_reliable_change"] and not other["reliable_improvement"]


# NHS England, annual reports, England, as published: recovery, reliable recovery, reliable improvement, no reliable change, reliable deterioration.
PUBLISHED = {
    "2017-18": (50.8, 48.3, 66.4, 26.6, 5.9), "2018-19": (52.1, 49.5, 67.4, 25.7, 5.8), "2019-20": (51.1, 48.5, 67.0, 26.2, 5.8),
    "2020-21": (51.4, 48.7, 68.3, 24.9, 5.4), "2021-22": (50.2, 47.3, 66.9, 25.6, 5.8), "2022-23": (49.9, 46.8, 66.5, 26.0, 5.9),
    "2023-24": (50.1, 47.1, 66.8, 26.0, 5.9), "2024-25": (50.5, 47.5, 67.5, 25.4, 5.8),
}  # fmt: skip


@pytest.mark.parametrize("year", PUBLISHED)
def test_published_rates_of_england_come_out_to_the_decimal(year: str):
    found = talking_therapies.rates(talking_therapies.ENGLAND[year].counts).set_index("rate")["published"]
    order = ["recovery", "reliable_recovery", "reliable_improvement", "no_reliable_change", "reliable_deterioration"]
    assert tuple(found[order]) == PUBLISHED[year]


def test_recovery_is_not_out_of_those_at_caseness():
    """The sharp test of the rule: with those at caseness below the line most years would come out otherwise."""
    wrong = 0
    for year, published in PUBLISHED.items():
        c = talking_therapies.ENGLAND[year].counts
        wrong += round(100 * c["recovery"] / c["at_caseness"], 1) != published[0]
    assert wrong >= 5


# ---- ratios, rates, goals --------------------------------------------------------------------------------------------------------------------


def test_risk_ratios_are_those_of_epitools_and_epir():
    counts = answers("group_counts").set_index("group")
    wanted = answers("group_ratios").query("measure == 'risk_ratio' and method in ['epitools::riskratio.wald', 'Katz log formula', 'epiR RR.strata.wald']")
    for row in wanted.itertuples():
        one, other = counts.loc[row.group], counts.loc[row.reference]
        ratio, lower, upper = intervals.risk_ratio(one.numerator, one.denominator, other.numerator, other.denominator, row.conf_level)
        if one.numerator:
            assert_allclose([ratio, lower, upper], [row.estimate, row.lower, row.upper], **TIGHT)
        else:
            # On purpose: with nobody counted the log method has no limits. epitools prints a lower one of 0, epiR nothing at all.
            assert ratio == 0 and np.isnan(lower) and np.isnan(upper)
    assert len(wanted) == 42


def test_exact_ratios_of_rates_are_those_of_poisson_test():
    counts = answers("group_counts").set_index("group")
    wanted = answers("group_ratios").query("measure == 'rate_ratio' and method == 'stats::poisson.test exact'")
    for row in wanted.itertuples():
        one, other = counts.loc[row.group], counts.loc[row.reference]
        told = rates.ratio(one.events, one.population, other.events, other.population, row.conf_level)
        assert_allclose(told, [row.estimate, row.lower, row.upper], **TIGHT)
    assert len(wanted) == 14


def test_differences_are_those_of_prop_test_with_better_limits():
    """The same difference; on purpose Newcombe's interval instead of Wald's, which has no width where nobody and everybody meet."""
    counts = answers("group_counts").set_index("group")
    for row in answers("group_ratios").query("measure == 'risk_difference'").itertuples():
        one, other = counts.loc[row.group], counts.loc[row.reference]
        difference, lower, upper = intervals.newcombe(one.numerator, one.denominator, other.numerator, other.denominator, row.conf_level)
        assert_allclose(difference, row.estimate, rtol=1e-9)
        if one.denominator > 100:
            assert_allclose([lower, upper], [row.lower, row.upper], atol=0.015)
        if one.numerator == 0:  # G, nobody of 14: Wald takes their rate for certain and leaves all the width to the others
            assert upper - row.upper > 0.1


def test_each_group_is_held_against_all_others():
    d = answers("group_counts")
    found = equity.against_rest(d).set_index("group")
    for group, row in found.iterrows():
        rest = d[d["group"] != group]
        one = d[d["group"] == group]
        wanted = intervals.newcombe(one["numerator"].item(), one["denominator"].item(), rest["numerator"].sum(), rest["denominator"].sum())
        assert_allclose(row[["difference", "difference_lower", "difference_upper"]].astype(float), wanted, **TIGHT)


def test_indirectly_standardised_ratios_are_those_of_phe():
    d = answers("isratio")
    for confidence, end in ((0.95, "95_0cl"), (0.998, "99_8cl")):
        count, lower, upper = intervals.byar(d["observed"], confidence)
        assert_allclose(count / d["expected"], d["value"], **TIGHT)
        assert_allclose(lower / d["expected"], d[f"lower{end}"], **TIGHT)
        assert_allclose(upper / d["expected"], d[f"upper{end}"], **TIGHT)


@pytest.mark.parametrize(
    ("levels", "weights", "t"),
    [([-1, -1, -1], None, 36.3069), ([2, 2, 2], None, 77.3861), ([2], None, 70), ([1, 0, -1, 2], [1, 2, 3, 1], 50), ([0, 0], [3, 9], 50)],
)
def test_goal_attainment_is_that_of_the_corrected_formula(levels, weights, t):
    """Turner-Stokes (2009) as corrected by its erratum; worked by hand to four decimals."""
    goals = pd.DataFrame({"person": "a", "level": levels} | ({"weight": weights} if weights else {}))
    assert_allclose(gas.t_scores(goals)["t"], [t], atol=5e-5)
