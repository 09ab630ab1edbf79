"""Protected figures in plain words. Pure functions: a Released row and a few words in, a sentence out.

The manner is warm, exact and short: numbers with their range, what we do not know said, questions rather than verdicts.
`about=True` is for figures rounded for readers outside (see `rounded`): counts become "about 35" and rates stay whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from domain.types import Measure, Metric, Released, ReleasedRow
from metrics.change import bounds
from metrics.funnel import LEAST_UNITS, Funnel
from metrics.intervals import newcombe
from metrics.spc import ENOUGH, RUN
from metrics.survival import LogRank

ALONE = "This does not show that the service alone made the difference."
NO_MARK = "That is no mark against the service."
WOBBLE = "by more than the questionnaire's own wobble"
NOT_WHY = "That says there is a difference, not why: who comes and who is followed up differ too."
SET_OUT = "set out to stay as well as they were"
LEAST_FOR_A_MEAN = 10


def rounded(released: Released) -> bool:
    """Whether the counts were rounded to fives before anybody saw them."""
    return released.policy == "outside"


def sentence(metric: Metric, row: ReleasedRow, where: str = "", measure: Measure | None = None, about: bool = False) -> str:
    """The sentence for a row of any metric: its own where it has one, else the general one of its kind."""
    if metric.kind == "mean":
        return attained(metric, row, about) if metric.mart == "attainment" else mean(metric, row, measure, about)
    if metric.kind == "rate":
        return over_time(metric, row, about)
    if metric.kind == "curve":
        return median(row)
    own = {"reliable-improvement": improvement, "reliable-deterioration": worse, "maintained": maintained}.get(metric.id)
    return own(row, where, about) if own else proportion(metric, row, about)


def improvement(row: ReleasedRow, where: str = "", about: bool = False) -> str:
    """How many improved clearly. `where` is such as `at Granby Counselling`; nothing when the page has said so already."""
    if trouble := _trouble(row, where):
        return trouble
    x, n = _both(row)
    if n == 1 and not about:
        return f"One person{_at(where)} has two scores and {'improved' if x else 'did not improve'} {WOBBLE}. One person cannot tell us about a service."
    return f"{_of(x, n, about)}{_at(where)} improved {WOBBLE}: {_rate(row, about)}.{f' {ALONE}' if x else ''}"


def worse(row: ReleasedRow, where: str = "", about: bool = False) -> str:
    """How many scored clearly worse, as a question about what would have helped."""
    if trouble := _trouble(row, where):
        return trouble
    x, n = _both(row)
    if x == 0 and not about:
        if n == 1:
            return f"The one person counted{_at(where)} did not score clearly worse than at the start."
        most = f" (likely no more than {_percent(row.upper)} of people like them)" if row.upper is not None else ""
        return f"{_of(x, n, about)}{_at(where)} scored clearly worse than at the start{most}."
    return f"{_of(x, n, about)}{_at(where)} scored clearly worse than at the start. Lives change for many reasons. What was tried, and what would have helped?"


def maintained(row: ReleasedRow, where: str = "", about: bool = False) -> str:
    """Staying as well as one was is a result."""
    if trouble := _trouble(row, where):
        return trouble
    x, n = _both(row)
    if n == 1 and not about:
        return f"One person{_at(where)} {SET_OUT}, and {'has. That is a result, not a lack of one.' if x else 'scored clearly worse. What would have helped?'}"
    if x == 0 and not about:
        return f"{_people(n)}{_at(where)} {SET_OUT}; all scored clearly worse. What got in the way, and what would have helped?"
    kept = "all have" if x == n and not about else f"{_count(x, about)} {'has' if x == 1 and not about else 'have'}"
    return f"{_first(_people(n, about))}{_at(where)} {SET_OUT}; {kept}. That is a result, not a lack of one."


def proportion(metric: Metric, row: ReleasedRow, about: bool = False) -> str:
    """Any proportion of the registry, with the words that say who is counted."""
    if row.hidden:
        return hidden()
    if row.denominator is None or row.numerator is None or row.denominator == 0:
        return f"{metric.title}: nobody to count yet ({metric.denominator_words})."
    x, n = _both(row)
    words = f"{_count(x, about)} of {_count(n, about)}"
    return f"{metric.title}: {words}, or {_rate(row, about)}. Counted are {metric.numerator_words}, out of {metric.denominator_words}."


def mean(metric: Metric, row: ReleasedRow, measure: Measure | None = None, about: bool = False) -> str:
    """An average gain in points of a measure, or in standard deviations; more is always better, whichever way the questionnaire runs."""
    if row.hidden:
        return hidden()
    if row.too_few or (row.denominator or 0) < LEAST_FOR_A_MEAN:
        return f"Fewer than {LEAST_FOR_A_MEAN} people have two scores, so we give no average. {NO_MARK}"
    n = int(row.denominator or 0)
    if row.value is None:
        return f"Across {_people(n, about)}, first scores do not differ, so this cannot be worked out."
    on = f" on {measure.code}" if measure else ""
    if metric.id == "effect-size":
        size = f"{_points(row.value, 2)} {metric.unit} of first scores{_between(row, 2)}"
        return f"Across {_people(n, about)}, the average gain{on} was {size}. {ALONE}"
    points = _points(abs(row.value))
    change = "did not change" if _points(row.value) in ("0.0", "−0.0") else f"improved by {points}" if row.value > 0 else f"were {points}"
    unit = "" if change == "did not change" else f" {metric.unit}{'' if row.value > 0 else ' worse'}"
    runs = f" {measure.code} runs from {measure.lowest:f} to {measure.highest:f}; {measure.better} is better." if measure else ""
    caution = ALONE if row.value > 0 else "Lives change for many reasons."
    return f"Across {_people(n, about)}, scores{on} {change}{unit} on average{_gains(row)}.{runs} {caution}"


def follow_up(paired: int | None, due: int | None, improved: int | None = None, about: bool = False) -> str:
    """Who has a second score, and how far the people without one leave the answer open. `improved` unknown: only who has one."""
    if paired is None or due is None:
        return hidden()
    if due == 0:
        return "Nobody was due a second score yet."
    if due == 1:
        return f"One person was due a second score and {'has one' if paired else 'has none yet, so we do not know how they are'}."
    had = f"{_first(_people(due, about))} were due a second score"
    if paired == 0:
        return f"{had}; none has one yet. We do not know how they are."
    have = f"{_count(paired, about)} {'has' if paired == 1 else 'have'} one"
    missing = due - paired
    if improved is None:
        return f"{had}; {have}." if missing else f"All {_people(due, about)} due a second score have one."
    if paired == 1:
        went = f"that person {'improved' if improved else 'did not improve'}"
    else:
        went = f"{'none' if improved == 0 else 'all' if improved == paired else _count(improved, about)} of those improved"
    if missing == 0:
        return f"All {_people(due, about)} due a second score have one; {went}: {_percent(100 * improved / due)}."
    lowest, highest = (100 * share for share in bounds(improved, paired, due))
    other = "the other one" if missing == 1 else f"the other {_count(missing)}"
    return f"{had}; {have} and {went}. We do not know about {other}, so between {_percent(lowest)} and {_percent(highest)} of the {_count(due)} improved."


def missing_not_improved(improved: int | None, due: int | None, about: bool = False) -> str:
    """The cautious count: everybody without a second score taken as not improved."""
    if improved is None or due is None:
        return hidden()
    if due == 0:
        return "Nobody was due a second score yet."
    share = _percent(100 * improved / due)
    counted = f"{_count(improved, about)} of {_count(due, about)}, {share}"
    return f"If everybody without a second score is counted as not improved: {counted}. That is the most cautious way to count."


def compare(a: ReleasedRow, b: ReleasedRow, here: str = "here", there: str = "in like services", about: bool = False) -> str:
    """Two proportions side by side: higher, lower or too close to call by Newcombe's interval of their difference. `b` must not contain `a`."""
    if a.hidden or b.hidden:
        return f"These two cannot be compared. {hidden()}"
    if not a.denominator or not b.denominator or a.numerator is None or b.numerator is None:
        return f"There is nothing to compare yet, {here} or {there}."
    (x1, n1), (x2, n2) = _both(a), _both(b)
    difference, lower, upper = (100 * v for v in newcombe(x1, n1, x2, n2))
    counts = f"{_count(x1, about)} of {_count(n1, about)} {here} and {_count(x2, about)} of {_count(n2, about)} {there}"
    both = f"{counts}: {_percent(100 * x1 / n1)} and {_percent(100 * x2 / n2)}."
    if lower <= 0 <= upper:
        return f"{_first(both)} Too close to call, which is not proof that they are the same."
    near, far = sorted((abs(lower), abs(upper)))
    by = f"{'Higher' if difference > 0 else 'Lower'} {here} by {_whole(abs(difference))} percentage {'point' if _whole(abs(difference)) == '1' else 'points'}"
    return f"{_first(both)} {by} (likely between {_whole(near)} and {_whole(far)}). {NOT_WHY}"


def funnel(found: Funnel, units: str = "services", about_ratio: bool = False) -> str:
    """Which units lie beyond the 99.8% limits, by name, or that none does; and what a funnel cannot say."""
    return " ".join(filter(None, funnel_apart(found, units, about_ratio)))


def funnel_apart(found: Funnel, units: str = "services", about_ratio: bool = False) -> tuple[str, str]:
    """The same in two: what was found, and what a funnel cannot say (nothing where there are too few units to compare)."""
    rows = found.rows[found.rows["denominator"] > 0]
    if len(rows) < 2:
        return f"There are not enough {units} to compare.", ""
    whole = f"The {_count(len(rows))} {units} together: {_percent(100 * found.centre)}."
    if about_ratio:
        whole = f"{_count(len(rows))} {units} are compared with what was expected of each."
    usual = f"than such {units} usually differ" if found.tau2 > 0 else "than chance would give"
    high, low = (rows.loc[rows["side"] == side, "group"].tolist() for side in ("high", "low"))
    if not high and not low:
        said = f"None of the {units} stands out: they differ no more {usual}, which is not proof that they are the same."
    else:
        parts = [f"{_names(names)} {'lies' if len(names) == 1 else 'lie'} {where}" for names, where in ((high, "higher"), (low, "lower")) if names]
        said = f"{_first(' and '.join(parts))} {usual}."
    few = f", and with fewer than {LEAST_UNITS} {units} we cannot tell how much they usually differ" if len(rows) < LEAST_UNITS else ""
    return f"{whole} {said}", f"A funnel starts a conversation: it does not say why{few}."


def spc(verdict: Mapping[str, Any], unit: str = "", decimals: int = 0, reason: str = "") -> str:
    """How a series stands at its latest figure: improved, worse, changed or about the same, or too short to say. `verdict` is a row of spc.verdicts.

    `reason` is why the limits start afresh, where they do.
    """

    def figure(value: float) -> str:
        return f"{_points(value, decimals)}{unit}"

    n, afresh = int(verdict["n"]), f" (counted afresh since {reason})" if reason else ""
    if n == 0:
        return "There are no figures yet."
    if verdict["trial"]:
        have = f"The usual range rests on {int(verdict['points'])} points" if n >= ENOUGH else "One point so far" if n == 1 else f"{n} points so far"
        return f"{have}; not enough points yet to tell a change from the usual ups and downs ({ENOUGH} are needed){afresh}."
    if verdict["constant"]:
        return f"Every figure is {figure(verdict['value'])}{afresh}. That can happen. Were they counted, or carried over?"
    between = f"between {figure(verdict['lower'])} and {figure(verdict['upper'])}"
    way = {"improved": "Improved", "worse": "Worse", "higher": "Higher than usual", "lower": "Lower than usual"}.get(verdict["variation"])
    if way is None:
        within = f"the latest figure, {figure(verdict['value'])}, is within the usual ups and downs, {between}"
        said = f"About the same: {within}{afresh}. That is not proof that nothing changed."
    else:
        why = {
            "outside": f"the latest figure, {figure(verdict['value'])}, lies outside the usual ups and downs, {between}",
            "trend": f"the latest {RUN} figures or more each moved the same way",
            "two_of_three": f"two of three figures at the end are close to the edge of the usual ups and downs, {between}",
            "shift": f"the latest {RUN} figures or more all lie on one side of the average, {figure(verdict['mean'])}",
        }[verdict["rule"]]
        cause = "What was tried, and what would have helped?" if verdict["variation"] == "worse" else "It shows that something changed, not what."
        said = f"{way}, by more than chance alone would give: {why}{afresh}. {cause}"
    target = {
        "met": " As things are, the target of {} will be met every time.",
        "missed": " As things are, the target of {} will not be met; something would have to change, or the target was a guess.",
        "either": " The target of {} lies within the usual ups and downs, so it will sometimes be met and sometimes not, by chance alone.",
    }.get(verdict["assurance"], "")
    return said + (target.format(figure(verdict["target"])) if target else "")


def before_after(row: Mapping[str, Any], unit: str = "", decimals: int = 0, reason: str = "") -> str:
    """The averages on both sides of a re-basing. `row` is of spc.before_after. Two averages, no cause: other things may have happened that day."""
    was, now = (f"{_points(row[side], decimals)}{unit}" for side in ("before", "after"))
    return f"Before {reason} the figures averaged {was}, since then {now}. That is before and after, not proof that one brought the other about."


def survival(median: Mapping[str, Any], what: str = f"improved {WOBBLE}", unit: str = "weeks", least: int = LEAST_FOR_A_MEAN) -> str:
    """By when half of the people had got there. `median` is a row of survival.medians (n, events, median, lower, upper)."""
    n, events = int(median["n"]), int(median["events"])
    if n < least:
        return f"Fewer than {least} people have a first score, so we do not say how long it took. {NO_MARK}"
    if events == 0:
        return f"None of {_people(n)} has {what} yet. Some are still with the service, so this is not the last word."
    seen = "Scores are taken now and then, so the change itself may have come earlier."
    if math.isnan(median["median"]):
        from_ = "" if math.isnan(median["lower"]) else f" (likely not before {_points(median['lower'], 0)} {unit})"
        have = f"{_count(events)} of {_people(n)} have" if events > 1 else f"One of {_people(n)} has"
        return f"{have} {what} so far. That is fewer than half, so we do not know yet how long it takes half of them{from_}. {seen}"
    later = "" if math.isnan(median["upper"]) else f" and {_points(median['upper'], 0)}"
    likely = f"likely between {_points(median['lower'], 0)}{later}" if later else f"likely {_points(median['lower'], 0)} or more"
    if math.isnan(median["lower"]):
        likely = "we cannot say how surely"
    return f"Half of {_people(n)} had {what} by {_points(median['median'], 0)} {unit} ({likely}). {seen} {ALONE}"


def survival_groups(test: LogRank, what: str = "How long it took") -> str:
    """Whether groups differ in time, by the log-rank test."""
    if math.isnan(test.p):
        return "There is not enough yet to compare how long it took."
    if test.p < 0.05:
        return f"{what} differs between the groups by more than chance alone would give. {NOT_WHY}"
    return f"{what} does not differ between the groups by more than chance would give: too close to call, which is not proof that they are the same."


def equity(found: pd.DataFrame, what: str, characteristic: str, least: int = LEAST_FOR_A_MEAN) -> str:
    """Which groups differ from everybody else, each with its difference and likely range, and that many were compared. `found` is of equity.against_rest.

    Groups of fewer than `least` people are not judged.
    """
    enough = found[(found["denominator"] >= least) & (found["rest_denominator"] >= least)]
    small = len(found) - len(enough)
    few = f"; {_groups(small)} of fewer than {least} people {'is' if small == 1 else 'are'} not judged" if small else ""
    if len(enough) == 0:
        return f"No group by {characteristic} has {least} people and {least} others beside it, so we do not compare. {NO_MARK}"
    clear = enough[enough["differs_of_many"]]
    comparisons = int(enough["comparisons"].iloc[0])
    many = f" {_first(_count(comparisons))} comparisons were made, and about one in twenty differs by chance alone{few}." if comparisons > 1 else ""
    if few and not many:
        many = f" {_first(few[2:])}."
    if len(clear) == 0:
        return f"By {characteristic}, no difference we can see in who {what}. That is not proof that there is none.{many}"
    said = []
    for row in clear.to_dict("records"):
        near, far = sorted((100 * abs(row["difference_lower"]), 100 * abs(row["difference_upper"])))
        points = _whole(100 * abs(row["difference"]))
        said.append(
            f"{row['group']}: {_count(int(row['numerator']))} of {_count(int(row['denominator']))} {what}, {_percent(100 * row['value'])}, "
            f"against {_percent(100 * row['rest_value'])} of everybody else; {'higher' if row['difference'] > 0 else 'lower'} by {points} percentage "
            f"{'point' if points == '1' else 'points'} (likely between {_whole(near)} and {_whole(far)})."
        )
        if comparisons == 1:
            break  # two groups, each the rest of the other
    return f"{' '.join(said)} {NOT_WHY}{many}"


def hidden() -> str:
    """What stands where a figure is hidden."""
    return "Hidden so that nobody can be recognised, here or by subtraction. Hidden does not mean zero."


def too_few(period: str = "this quarter", instead: str = "", least: int = LEAST_FOR_A_MEAN) -> str:
    """Too few people for a rate or an average. `instead` is what is shown, such as `the whole year`; nothing when no wider view reaches enough."""
    shown = f"we show {instead} instead" if instead else "the plan, the return and people's own words stand here instead of rates"
    return f"Fewer than {least} people have two scores {period}, so {shown}. {NO_MARK}"


def widened(narrow: str, wide: str, least: int = LEAST_FOR_A_MEAN) -> str:
    """That a scope was widened, from what to what, and why."""
    return f"This shows {wide}, not {narrow} alone, where fewer than {least} people have two scores. {NO_MARK}"


def speaks_for(n_with: int, n_all: int, n_totals: int, n_nothing: int) -> str:
    """For whom a figure of the portfolio speaks: services with people's own records, with totals only, and with nothing yet."""
    if n_all == 0:
        return "There are no services yet."
    if n_with == 0:
        start = f"From none of {_services(n_all)}"
    elif n_with == n_all:
        start = f"From all {_services(n_all)}" if n_all > 1 else "From the one service there is"
    else:
        start = f"From {_count(n_with)} of {_services(n_all)}"
    totals = f"{_count(n_totals)} {'sends' if n_totals == 1 else 'send'} totals" if n_totals else ""
    nothing = f"{_count(n_nothing)} {'has' if n_nothing == 1 else 'have'} nothing to show yet" if n_nothing else ""
    return "; ".join(filter(None, (start, totals, nothing))) + "."


def _trouble(row: ReleasedRow, where: str) -> str:
    if row.hidden:
        return hidden()
    if row.numerator is None or row.denominator is None:
        return f"Too few people{_at(where)} have two scores to say more. {NO_MARK}"
    if row.denominator == 0:
        return f"Nobody{_at(where)} has two scores yet, so we do not know. {NO_MARK}"
    return ""


def _both(row: ReleasedRow) -> tuple[int, int]:
    assert row.numerator is not None and row.denominator is not None
    return row.numerator, row.denominator


def _of(x: int, n: int, about: bool) -> str:
    if about:
        return f"{_first(_count(x, about))} of {_people(n, about)}"
    if n == 1:
        return "The one person counted"
    return f"None of {_people(n)}" if x == 0 else f"All {_people(n)}" if x == n else f"{_count(x)} of {_people(n)}"


def _rate(row: ReleasedRow, about: bool) -> str:
    """`65% (likely between 52% and 77%)`; one decimal where the interval is so narrow that whole numbers would hide it."""
    x, n = _both(row)
    value = row.value if row.value is not None else 100 * x / n
    if row.lower is None or row.upper is None:
        return _percent(value)
    fine = not about and row.upper - row.lower < 2
    return f"{_percent(value, fine)} (likely between {_bound(row.lower, fine)} and {_bound(row.upper, fine)})"


def _percent(value: float | None, fine: bool = False) -> str:
    """A rate in whole percent, halves up. Something is never called 0%, and not quite everything never 100%."""
    if value is None:
        return "not known"
    if 0 < value < (0.05 if fine else 0.5):
        return "under 0.1%" if fine else "under 1%"
    if (99.95 if fine else 99.5) <= value < 100:
        return "over 99.9%" if fine else "over 99%"
    return _bound(value, fine)


def _bound(value: float, fine: bool) -> str:
    return f"{math.floor(10 * value + 0.5) / 10:.1f}%" if fine else f"{_whole(value)}%"


def _whole(value: float) -> str:
    return f"{math.floor(value + 0.5):,}"


def _count(n: int, about: bool = False) -> str:
    return f"about {n:,}" if about else f"{n:,}"


def _people(n: int, about: bool = False) -> str:
    return f"{_count(n, about)} {'person' if n == 1 else 'people'}"


def _groups(n: int) -> str:
    return f"{_count(n)} {'group' if n == 1 else 'groups'}"


def _names(names: list[Any], most: int = 4) -> str:
    """Names in a row, `A, B and C`; beyond `most` the rest by number."""
    shown = [str(name) for name in names[:most]] + ([f"{len(names) - most} more"] if len(names) > most else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _services(n: int) -> str:
    return f"{_count(n)} {'service' if n == 1 else 'services'}"


def _at(where: str) -> str:
    return f" {where}" if where else ""


def _points(value: float, decimals: int = 1) -> str:
    """A number with a proper minus sign."""
    return f"{value:.{decimals}f}".replace("-", "−")


def _between(row: ReleasedRow, decimals: int) -> str:
    if row.lower is None or row.upper is None:
        return ""
    return f" (likely between {_points(row.lower, decimals)} and {_points(row.upper, decimals)})"


def attained(metric: Metric, row: ReleasedRow, about: bool = False) -> str:
    """Goal attainment, or its change: T of one person's goals taken together, on average over people."""
    if row.hidden:
        return hidden()
    if row.too_few or (row.denominator or 0) < LEAST_FOR_A_MEAN or row.value is None:
        return f"Fewer than {LEAST_FOR_A_MEAN} people have goals that were reviewed on this scale, so we give no average. {NO_MARK}"
    across = f"Across {_people(int(row.denominator or 0), about)}"
    if metric.id == "goal-attainment":
        return f"{across}, goal attainment stood at {_points(row.value)} on average{_between(row, 1)}; 50 means goals were just met. {ALONE}"
    moved = "did not change" if _points(row.value) in ("0.0", "−0.0") else f"{'rose' if row.value > 0 else 'fell'} by {_points(abs(row.value))} points"
    return f"{across}, goal attainment {moved} on average{_gains(row)}. {ALONE if row.value > 0 else 'Lives change for many reasons.'}"


def over_time(metric: Metric, row: ReleasedRow, about: bool = False) -> str:
    """Events over people's time with a service, as a rate for each hundred months."""
    if row.hidden:
        return hidden()
    if row.too_few:
        return f"Fewer than {LEAST_FOR_A_MEAN} people were with the service, so we give no rate. {NO_MARK}"
    if row.value is None or not row.denominator:
        return f"{metric.title}: nobody to count yet ({metric.denominator_words})."
    events = f"{_count(int(row.numerator or 0), about)} in {_count(int(row.denominator), about)} months of people's time with the service"
    return f"{metric.title}: {events}, or {_points(row.value)} in a hundred{_between(row, 1)}. More may be recorded where more is noticed."


def median(row: ReleasedRow) -> str:
    """How long it took half of the people to improve clearly."""
    if row.hidden:
        return hidden()
    if row.too_few or not row.denominator:
        return f"Too few people have a first score to say how long clear improvement takes. {NO_MARK}"
    limits = [math.nan if x is None else x for x in (row.value, row.lower, row.upper)]
    return survival({"n": row.denominator, "events": row.numerator or 0, "median": limits[0], "lower": limits[1], "upper": limits[2]})


def _gains(row: ReleasedRow) -> str:
    """The interval of a gain in words, saying so where it includes no change at all."""
    if row.lower is None or row.upper is None:
        return ""
    if row.lower > 0:
        return f" (likely between {_points(row.lower)} and {_points(row.upper)})"
    if row.upper < 0:
        return f" (likely between {_points(-row.upper)} and {_points(-row.lower)} worse)"
    return f" (likely between {_points(-row.lower)} worse and {_points(row.upper)} better, so perhaps no change at all)"


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
