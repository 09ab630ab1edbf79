"""What is said of plans: questions as questions, in the manner of the example sentences; and no probability where providers read."""

from __future__ import annotations

import pytest

from domain.quarters import Quarter
from metrics import plan, plan_reading
from sample_data import plans

Q2, Q3, Q4 = (Quarter(2025, n) for n in (2, 3, 4))


def test_a_gap_as_we_speak() -> None:
    told = plan_reading.gap_question("People start volunteering", plan.FLOW, 12, 5, Q3)
    assert told == (
        "You expected 12 people to start volunteering between October and December; 5 did. "
        "What happened? 'We do not know' and 'our figure was a guess' are both good answers."
    )


@pytest.mark.parametrize(
    ("what", "counted_as", "projection", "actual", "more", "first", "then"),
    [
        ("People are still at home.", plan.FLOW, 1, 0, {}, "1 person to be still at home", "between July and September; nobody was."),
        ("Carers have a break", plan.FLOW, 8, 3, {}, "8 carers to have a break", "between July and September; 3 did."),
        ("People have kept their home", plan.STOCK, 14, 11, {"out_of": 14}, "14 people to have kept their home", "at the end of September; 11 of 14 had."),
        (
            "People say they feel safe",
            plan.PERCENT,
            88,
            60,
            {"out_of": 20},
            "88% of people to say they feel safe",
            "between July and September; 60% did (of 20).",
        ),
        ("People meet", plan.TOTAL, 30, 12, {"to_date": True}, "30 people to meet", "between April and September; 12 did."),
    ],
)
def test_every_kind_of_line(what: str, counted_as: str, projection: float, actual: float, more: dict, first: str, then: str) -> None:
    assert plan_reading.gap(what, counted_as, projection, actual, Q2, **more) == f"You expected {first} {then}"


@pytest.mark.parametrize(
    ("what", "counted_as", "projection", "actual", "then"),
    [
        ("People rate the course, out of ten", plan.AVERAGE, 8.2, 6, "8.2 on average between July and September, and it was 6."),
        ("Visits that end at home", plan.FLOW, 240, 190, "240 between July and September, and counted 190."),
        ("People and their counsellor agree", plan.FLOW, 9, 3, "9 between July and September, and counted 3."),
        ("Cards that say yes", plan.PERCENT, 38, 12, "38% between July and September, and it was 12%."),
    ],
)
def test_a_line_that_is_no_doing_of_people_is_quoted(what: str, counted_as: str, projection: float, actual: float, then: str) -> None:
    assert plan_reading.gap(what, counted_as, projection, actual, Q2) == f"“{what}”: you expected {then}"


def test_the_whole_year_and_a_first_year() -> None:
    told = plan_reading.gap_question("People meet", plan.FLOW, 40, 22, Q4, to_date=True, developmental=True)
    assert told.startswith("You expected 40 people to meet in the year to March 2026; 22 did. These first figures were educated guesses;")
    assert told.endswith("What did you learn about this projection?")


def test_an_explanation_is_thanked_for_and_not_asked_for_again() -> None:
    told = plan_reading.gap_question("People meet", plan.FLOW, 40, 22, Q4, explained=True)
    assert "thank you" in told and "What happened?" not in told


def test_exactly_as_planned_as_we_speak() -> None:
    found = plan.Matches(8, 8, 0, 1e-9, True, "plan")
    assert plan_reading.matches_question(found) == (
        "All eight figures are the same as the plan. That can happen. "
        "Were they counted, or carried over? If counted, say so and we will not ask again this year."
    )
    some = plan_reading.matches_question(plan.Matches(24, 9, 1, 0.001, True, "plan"), of_a_year=True)
    assert some.startswith("Nine of 24 figures of this year are the same as the plan. That can happen.")
    assert (
        plan_reading.matches_question(plan.Matches(24, 2, 1, 0.4, False, ""))
        == "Two of 24 figures are the same as the plan. There is nothing to ask about that."
    )
    assert plan_reading.matches_question(found, explained=True).endswith("That can happen, and you have told us why. Thank you.")


def test_realism_is_about_the_guess() -> None:
    told = plan_reading.realism(57, 92, plan.realism(57, 92))
    assert told == (
        "92 against 57 in the plan: 161% of the plan (likely between 130% and 198%). The projection was cautious. "
        "About the guess, not about the work. What would a bolder one be?"
    )
    assert plan_reading.realism(107, 65, plan.realism(107, 65)).endswith("What would a fair one be?")
    assert "chance alone could make this difference" in plan_reading.realism(20, 21, plan.realism(20, 21))
    assert "out of how many" in plan_reading.realism(88, 60, plan.realism(88, 60, plan.PERCENT))


def test_reality_check() -> None:
    told = plan_reading.reality_check((29, 52), 4, 60)
    assert told.startswith("If next year is like these four quarters, it will bring between 29 and 52, eight times in ten.")
    assert told.endswith("The 60 in the plan is more than that. What will be different?")
    assert plan_reading.reality_check((29, 52), 4, 40).endswith("The 40 in the plan lies within that.")
    assert "too few" in plan_reading.reality_check(None, 3) and "no mark against the service" in plan_reading.reality_check(None, 3)


def test_running_totals_suspected() -> None:
    assert plan_reading.only_rise_question([10, 19, 31, 40]) == (
        "These figures only rise (10, 19, 31, 40), and the fourth may be the total so far. Are they running totals since April?"
    )


def test_a_probability_in_words() -> None:
    assert "about 1 time in 24" in plan_reading.chance(plan.gap(12, 5).probability)
    assert (
        "by chance" in plan_reading.chance(0.0) and "nothing unusual" in plan_reading.chance(0.6) and "fewer than 1 time in 1,000" in plan_reading.chance(1e-5)
    )
    assert plan_reading.chance(None, plan.AVERAGE).startswith("Not tested: for an average")


def test_every_line_of_the_sample_makes_a_sentence() -> None:
    every = [line for lines in (*plans.LINES.values(), *plans.OWN_LINES.values()) for line in lines]
    for line in every:
        told = plan_reading.gap_question(line.words, line.counted, 12, 5, Q3, out_of=14)
        assert told.startswith(("You expected 12", "“")) and told.count("?") == 1 and "  " not in told
        assert not any(word in told for word in (" p ", "probab", "signific", "chance"))
    spoken = [line for line in every if not plan_reading.gap(line.words, line.counted, 12, 5, Q3).startswith("“")]
    assert len(spoken) > 0.8 * len([line for line in every if line.counted != plan.AVERAGE])
