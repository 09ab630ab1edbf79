"""Plan against return in plain words: questions as questions, numbers with their range. Pure functions: figures and a line's words in, sentences out.

What is said to providers holds no probabilities; `chance` and `chance_gaps` are for *Explain this number* on the commissioner's side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from domain.quarters import MONTHS, Quarter
from metrics.plan import AVERAGE, FEWEST_QUARTERS, PERCENT, STOCK, Matches, Realism

GOOD_ANSWERS = "What happened? 'We do not know' and 'our figure was a guess' are both good answers."
FIRST_YEAR = "These first figures were educated guesses; nobody is judged on them. What did you learn about this projection?"
NEVER_FOR = "About the guess, not about the work."
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
WHO = ("people", "carers", "families", "learners", "managers", "members", "residents", "students", "tenants", "visitors", "volunteers")
# A second word after which the line is not "people do something": it is quoted as it stands instead.
NO_VERB = ("and", "for", "from", "in", "may", "might", "must", "of", "or", "should", "that", "who", "whose", "will", "with", "would", "could", "do")


def gap_question(
    what: str, counted_as: str, projection: float, actual: float, quarter: Quarter, *, to_date: bool = False, out_of: float | None = None,
    explained: bool = False, developmental: bool = False,
) -> str:  # fmt: skip
    """What was expected, what came, and a question. `to_date`: the figures are those of the plan year so far."""
    told = gap(what, counted_as, projection, actual, quarter, to_date=to_date, out_of=out_of)
    if developmental:
        return f"{told} {FIRST_YEAR}"
    if explained:
        return f"{told} You have told us what lies behind it, thank you. Is there anything to add?"
    return f"{told} {GOOD_ANSWERS}"


def gap(what: str, counted_as: str, projection: float, actual: float, quarter: Quarter, *, to_date: bool = False, out_of: float | None = None) -> str:
    """`You expected 12 people to start volunteering between October and December; 5 did.` Lines that are no doing of people are quoted."""
    when = _when(counted_as, quarter, to_date)
    who, verb, did = _doing(what)
    if not verb or counted_as == AVERAGE:
        expected, came = (_percent(projection), _percent(actual)) if counted_as == PERCENT else (number(projection), number(actual))
        on_average, was = " on average" if counted_as == AVERAGE else "", "it was" if counted_as in (AVERAGE, PERCENT) else "counted"
        return f"“{what.rstrip('.')}”: you expected {expected}{on_average} {when}, and {was} {came}."
    if counted_as == PERCENT:
        asked = f" (of {number(out_of)})" if out_of else ""
        return f"You expected {_percent(projection)} of {who} to {verb} {when}; {_percent(actual)} did{asked}."
    of = f" of {number(out_of)}" if out_of and actual else ""
    did = "was" if did == "were" and actual <= 1 else did
    return f"You expected {number(projection)} {_one(who) if projection == 1 else who} to {verb} {when}; {number(actual) if actual else 'nobody'}{of} {did}."


def say_out_of(projection: float, actual: float) -> str:
    """For a percent well off its projection that is not said out of how many."""
    return f"You expected {_percent(projection)} and sent {_percent(actual)}. Out of how many people? Without that, nobody can say whether it is far off."


def matches_question(found: Matches, *, explained: bool = False, of_a_year: bool = False) -> str:
    """Figures exactly as planned or as the quarter before: that can happen, and were they counted? Nothing to ask: what was found."""
    same_as = "the same as the plan" if found.pattern != "last quarter" else "the same as in the quarter before"
    k = found.equal_to_last_quarter if found.pattern == "last quarter" else found.equal_to_plan
    if not found.questioned:
        if found.figures == 0:
            return "There are no figures here that could be compared in this way."
        return f"{_first(_of(k, found.figures))} {'is' if k == 1 else 'are'} {same_as}. There is nothing to ask about that."
    told = f"{_first(_of(k, found.figures))} {'of this year ' if of_a_year else ''}are {same_as}. That can happen"
    if explained:
        return f"{told}, and you have told us why. Thank you."
    return f"{told}. Were they counted, or carried over? If counted, say so and we will not ask again this year."


def realism(projection: float, actual: float, found: Realism) -> str:
    """A complete year beside its projection: cautious, about right, ambitious or cannot tell, as a word about the guess."""
    if found.ratio is None:
        return "Nothing was projected for this year, so there is nothing to compare."
    told = f"{number(actual)} against {number(projection)} in the plan: {attained(found.ratio, found.lower, found.upper)}."
    verdict = {
        "cautious": f"The projection was cautious. {NEVER_FOR} What would a bolder one be?",
        "ambitious": f"The projection was ambitious. {NEVER_FOR} What would a fair one be?",
        "about right": "The projection was about right.",
        "cannot tell": "We cannot tell whether the projection was cautious or ambitious: chance alone could make this difference."
        if found.lower is not None
        else "We cannot tell how sure this is, because it is not said out of how many.",
    }[found.verdict]
    return f"{told} {verdict}"


def attained(ratio: float, lower: float | None, upper: float | None) -> str:
    """`75% of the plan (likely between 48% and 112%)`."""
    likely = f" (likely between {_percent(100 * lower)} and {_percent(100 * upper)})" if lower is not None and upper is not None else ""
    return f"{_percent(100 * ratio)} of the plan{likely}"


def reality_check(found: tuple[float, float] | None, quarters: int, projection: float | None = None) -> str:
    """The range a year like these quarters falls in, and where a projection lies beside it."""
    if found is None:
        return f"Fewer than {_word(FEWEST_QUARTERS)} quarters so far: too few to say what a year may bring. That is no mark against the service."
    low, high = found
    told = f"If next year is like these {_word(quarters)} quarters, it will bring between {number(low)} and {number(high)}, eight times in ten."
    if projection is None:
        return told
    if low <= projection <= high:
        return f"{told} The {number(projection)} in the plan lies within that."
    return f"{told} The {number(projection)} in the plan is {'more' if projection > high else 'less'} than that. What will be different?"


def only_rise_question(quarters: Sequence[float]) -> str:
    """For a line of new people whose figures look like running totals."""
    fourth = f", and the {('third', 'fourth')[len(quarters) - 3]} may be the total so far" if 3 <= len(quarters) <= 4 else ""
    return f"These figures only rise ({', '.join(number(q) for q in quarters)}){fourth}. Are they running totals since April?"


def widens_question(before: str, value_before: float, after: str, value: float) -> str:
    """For a ladder on which a later step holds more people than the step before it."""
    return (
        f"{number(value)} since the year began for “{after}”, and {number(value_before)} for the step before it, “{before}”. "
        "Can people take the second without the first, or do the two count different things?"
    )


def conversion(before: str, after: str, ratio: float) -> str:
    """The year to date of one step beside the step before."""
    told = f"For every 10 counted for “{before}” since the year began, {_decimal(10 * ratio)} were counted for “{after}”."
    return f"{told} They need not be the same people: some took the first step in an earlier year."


def chance(probability: float | None, counted_as: str = "") -> str:
    """A probability in words, for the commissioner's *Explain this number*."""
    if probability is None:
        return "Not tested: for an average only the size of the gap counts (20%)." if counted_as == AVERAGE else "Not tested: it is not known out of how many."
    if probability >= 0.2:
        return "Had the projection been exactly right, a figure at least this far off would be nothing unusual."
    if probability < 1e-12:
        return "Had the projection been exactly right, this figure could not have come about by chance."
    odds = "fewer than 1 time in 1,000" if probability < 0.001 else f"about 1 time in {_round(1 / probability)}"
    return f"Had the projection been exactly right, chance alone would bring a figure at least this far off {odds}."


def chance_gaps(expected: float, figures: int) -> str:
    """How many gaps chance alone would bring, for the commissioner."""
    return f"Of these {figures:,} tested figures, about {_decimal(expected)} would be worth asking about by chance alone, were every projection exactly right."


def number(value: float | None) -> str:
    """`1,204`, `8.2`: whole where it is whole."""
    if value is None:
        return "not known"
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.1f}"


def _doing(what: str) -> tuple[str, str, str]:
    """(who, what they do as an infinitive, did or were) of a line that says what people do; empty words where it does not."""
    first, _, rest = what.strip().rstrip(".").partition(" ")
    verb, _, after = rest.partition(" ")
    if first.lower() not in WHO or not verb or not verb.isalpha() or verb in NO_VERB:
        return "", "", ""
    if verb in ("are", "can"):
        return first.lower(), f"{ {'are': 'be', 'can': 'be able to'}[verb] } {after}".strip(), "were"
    had = verb == "have" and after.split(" ")[0].endswith(("ed", "pt", "en", "ne", "ft"))
    return first.lower(), rest, "had" if had else "did"


def _one(who: str) -> str:
    return {"people": "person", "families": "family"}.get(who, who.rstrip("s"))


def _when(counted_as: str, quarter: Quarter, to_date: bool) -> str:
    start = Quarter(quarter.year, 1).start if to_date else quarter.start
    last = MONTHS[quarter.end.month - 1]
    if to_date and quarter.number == 4:
        return f"in the year to {last} {quarter.end.year}"
    return f"at the end of {last}" if counted_as == STOCK else f"between {MONTHS[start.month - 1]} and {last}"


def _of(k: int, n: int) -> str:
    if k == n:
        return f"all {_word(n)} figures" if n > 1 else "the one figure"
    return f"{_word(k) if k else 'none'} of {_word(n)} figures"


def _word(n: int) -> str:
    return NUMBERS[n] if 0 <= n < len(NUMBERS) else f"{n:,}"


def _percent(value: float) -> str:
    return f"{math.floor(value + 0.5):,}%"


def _decimal(value: float) -> str:
    return number(math.floor(10 * value + 0.5) / 10)


def _round(value: float) -> str:
    """Two figures that matter: 24, 130, 990."""
    step = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return f"{math.floor(value / step + 0.5) * step:,}"


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
