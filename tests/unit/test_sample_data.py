"""The sample data: they follow the workbook's definition, hold together, tell what README.md says they tell, and come through the checker."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from scipy import stats

from data_loaders import check, read, recognise, screen
from domain import codes, fields, measures, settings
from domain.quarters import year_name
from sample_data import generate, planted, rows, services, words, write_small
from sample_data.people import QUARTERS

Frames = dict[str, pd.DataFrame]
NEVER_SHOWN = ("caseness", "deteriorated", "harmed", "relapsed", "outlier", "suppressed", "episode", "denominator")
TODAY = date(2026, 4, 15)  # when these returns would be sent


@pytest.fixture(scope="module")
def made() -> Frames:
    return generate.frames()


@pytest.fixture(scope="module")
def books(made: Frames) -> dict[str, bytes]:
    return generate.workbooks(made)


def of(made: Frames, sheet: str, service: str) -> pd.DataFrame:
    frame = made[sheet]
    return frame[frame["service code"] == service]


def first_and_last(
    made: Frames, service: str, measure: str, perspective: str = "person"
) -> Iterator[tuple[dict[str, object], list[tuple[pd.Timestamp, float]]]]:
    """Each stay of a service with its scores in order of date, by plain loops over the rows."""
    scores: dict[str, list[tuple[pd.Timestamp, float]]] = {}
    for row in of(made, "Assessments", service).to_dict("records"):
        if row["measure"] == measure and (row["perspective"] or "person") == perspective and row["occasion"] != "follow-up":
            scores.setdefault(row["person ref"], []).append((row["date"], row["score"]))
    stays = of(made, "People", service).to_dict("records")
    begun: dict[str, list[pd.Timestamp]] = {}
    for stay in stays:
        begun.setdefault(stay["person ref"], []).append(stay["started on"])
    for stay in stays:
        later = [day for day in begun[stay["person ref"]] if day > stay["started on"]]
        own = [
            s
            for s in scores.get(stay["person ref"], [])
            if s[0] >= stay["started on"] - timedelta(days=28) and all(s[0] < day - timedelta(days=28) for day in later)
        ]
        yield stay, sorted(own)


def plan_year(day: pd.Timestamp) -> int:
    return day.year if day.month >= 4 else day.year - 1


def flows(made: Frames, service: str, year: int) -> list[tuple[str, str, float, float]]:
    """(quarter, ref, projection, actual) of every line that counts new people."""
    plan = of(made, "Milestones", service)
    plan = plan[(plan["year"] == year_name(year)) & (plan["counted as"] == "newly in the quarter")].set_index("ref")
    told = of(made, "Quarterly return", service)
    told = told[(told["year"] == year_name(year)) & told["ref"].isin(plan.index)]
    return [(r["quarter"], r["ref"], plan.loc[r["ref"], r["quarter"]], r["actual"]) for r in told.to_dict("records")]


# --- the definition of the workbook ---------------------------------------------------------------------------------------------------


def test_a_sheet_for_each_sheet_with_its_headings(made: Frames) -> None:
    assert list(made) == [s.name for s in fields.SHEETS]
    for s in fields.SHEETS:
        assert list(made[s.name].columns) == [f.name for f in s.fields]


def test_choices_required_cells_and_natural_keys(made: Frames) -> None:
    for s in fields.SHEETS:
        frame = made[s.name]
        for f in s.fields:
            if f.choices and f.kind in ("choice", "category"):
                assert set(frame[f.name].dropna()) <= set(f.choices), f"{s.name}, {f.name}"
            if f.required:
                assert frame[f.name].notna().all(), f"{s.name}, {f.name}"
        assert not frame.duplicated([s.field(column).name for column in s.key]).any(), s.name


def test_a_column_that_is_gone_stops_the_generator() -> None:
    with pytest.raises(LookupError, match="shoe_size"):
        rows.sheet("People", {"person": ["H-0001"], "shoe_size": [7]})


def test_a_choice_that_is_gone_stops_the_generator() -> None:
    row = {"service_code": ["X-1"], "person": ["H-0001"], "started_on": ["2025-04-01"], "role": ["lodger"]}
    with pytest.raises(LookupError, match="lodger"):
        rows.typed("People", rows.sheet("People", row))


def test_how_much_there_is(made: Frames) -> None:
    table = made["Services"]
    assert table["provider code"].nunique() == 24 and len(table) == 42
    assert set(table["sector"]) == set(codes.SECTORS) and set(table["service type"]) == set(codes.SERVICE_TYPES)
    live = table[(table["contract from"] <= "2025-06-30") & (table["contract to"] >= "2025-06-30")]
    assert live["annual funding (£)"].sum() > 12_000_000
    assert table["contribution to the strategic goal"].nunique() == 42
    assert 5_700 <= made["People"]["person ref"].nunique() <= 6_700
    assert 36_000 <= len(made["Assessments"]) <= 44_000
    assert len(made["Goals"]) >= 1_000 and len(made["Goal reviews"]) >= 2_500 and 15_000 <= len(made["Contacts"]) <= 30_000
    assert len(made["Stories"]) >= 40 and len(made["Learning"]) >= 40 and len(words.EXPLANATIONS) >= 60
    returned = made["Quarterly return"][["year", "quarter"]].drop_duplicates()
    assert len(returned) == 12 and set(returned["year"]) == {"2023-24", "2024-25", "2025-26"}


def test_nothing_after_the_end_and_nothing_ends_before_it_starts(made: Frames) -> None:
    end = pd.Timestamp(planted.DATA_END)
    for sheet, column in (
        ("People", "started on"),
        ("People", "ended on"),
        ("Assessments", "date"),
        ("Assessments", "recorded on"),
        ("Goals", "agreed on"),
        ("Goal reviews", "date"),
        ("Contacts", "date"),
        ("Stories", "date"),
        ("Stories", "given on"),
        ("Indicators", "period end"),
    ):
        assert made[sheet][column].max() <= end, f"{sheet}, {column}"
    people = made["People"].dropna(subset="ended on")
    assert (people["ended on"] >= people["started on"]).all()
    assert (made["People"]["ended on"].isna() == made["People"]["how it ended"].isna()).all()
    assert made["People"]["ended on"].isna().sum() > 500


def test_scores_are_on_the_scale_and_within_a_stay(made: Frames) -> None:
    known = measures.load()
    for code, group in made["Assessments"].groupby("measure"):
        measure = known[code]
        for score in set(group["score"]):
            exact = Decimal(str(score))
            assert measure.lowest <= exact <= measure.highest and (exact - measure.lowest) % measure.step == 0, f"{code} {score}"
    stays: dict[tuple[str, str], list[tuple[pd.Timestamp, pd.Timestamp]]] = {}
    for row in made["People"].to_dict("records"):
        until = row["ended on"] if pd.notna(row["ended on"]) else pd.Timestamp(planted.DATA_END)
        stays.setdefault((row["service code"], row["person ref"]), []).append((row["started on"], until))
    margin = timedelta(days=28)
    outside = [
        row
        for row in made["Assessments"].to_dict("records")
        if not any(start - margin <= row["date"] <= end + margin for start, end in stays[(row["service code"], row["person ref"])])
    ]
    assert outside == []


def test_two_to_eight_assessments_and_more_than_one_view(made: Frames) -> None:
    scores = made["Assessments"]
    many = scores[scores["measure"].isin(("PHQ-9", "CORE-10", "WEMWBS"))].groupby(["person ref", "service code", "measure"])["date"].nunique()
    assert many.max() >= 8 and (many >= 2).mean() > 0.55 and (many > 2).mean() > 0.4
    assert set(scores["perspective"].dropna()) == {"practitioner", "carer"} and set(scores["occasion"]) == set(codes.OCCASIONS)


def test_lives_as_they_are(made: Frames) -> None:
    people = made["People"]
    assert set(codes.ENDINGS) >= set(people["how it ended"].dropna()) >= {"died", "moved away", "as planned", "stopped coming", "hospital or crisis"}
    assert 0.8 < (people["shares record"] == "yes").mean() < 0.96 and (people["shares record"] == "no").sum() > 100
    again = people[people.duplicated(["person ref", "service code"], keep=False)].sort_values(["service code", "person ref", "started on"])
    gap = again["started on"] - again.groupby(["service code", "person ref"])["ended on"].shift()
    assert ((gap > pd.Timedelta(0)) & (gap <= pd.Timedelta(days=30))).sum() >= 20 and (gap > pd.Timedelta(days=30)).sum() >= 60
    assert (gap.dropna() > pd.Timedelta(0)).all()
    started = people[people["started on"] >= "2023-04-01"]["started on"].dt.month.value_counts()
    assert started[1] > 1.3 * started[12]  # January is busy, December is not


def test_between_four_and_nine_in_a_hundred_are_clearly_worse(made: Frames) -> None:
    worse = paired = 0
    for service in services.SERVICES:
        for code, view in service.scores:
            measure = measures.load()[code]
            if measure.reliable_change is None or measure.conversion:
                continue
            turn = 1 if measure.better == "higher" else -1
            for _, scores in first_and_last(made, service.code, code, view):
                if len(scores) > 1:
                    paired += 1
                    worse += turn * (scores[-1][1] - scores[0][1]) <= -float(measure.reliable_change)
    assert paired > 3_000 and 0.04 < worse / paired < 0.09


def test_words_are_plain_and_say_who_nobody_is(made: Frames) -> None:
    for s in fields.SHEETS:
        for f in s.fields:
            if f.kind not in ("text", "name", "category"):
                continue
            for text in made[s.name][f.name].dropna().unique():
                assert screen.identifiers(text) == [], f"{s.name}, {f.name}"
                assert not any(word in text.lower() for word in NEVER_SHOWN), f"{s.name}, {f.name}: {text}"
    assert not any(screen.reference_trouble(ref) for ref in made["People"]["person ref"].unique())
    assert set(made["Stories"]["consent"]) >= {"commissioner", "seminar", "public"}


# --- the same every time ----------------------------------------------------------------------------------------------------------------


def test_one_seed_one_sample(made: Frames, books: dict[str, bytes]) -> None:
    again = generate.frames(planted.SEED)
    for name, frame in made.items():
        pd.testing.assert_frame_equal(frame, again[name])
    assert generate.workbooks(again) == books


def test_another_seed_another_sample_with_the_same_stories(made: Frames) -> None:
    other = generate.frames(7)
    assert not other["Assessments"]["score"].head(1000).equals(made["Assessments"]["score"].head(1000))
    for year, expected in planted.LOWER_FIGURE.items():
        assert lower_figure(other, year) == expected


def test_an_earlier_today_knows_nothing_later() -> None:
    early = generate.frames(today=date(2025, 3, 31))
    assert early["People"]["started on"].max() <= pd.Timestamp("2025-03-31") and early["People"]["ended on"].max() <= pd.Timestamp("2025-03-31")
    assert early["Assessments"]["date"].max() <= pd.Timestamp("2025-03-31") and set(early["Quarterly return"]["year"]) == {"2023-24", "2024-25"}
    assert set(generate.workbooks(early)) == {"1-services-and-plans.xlsx", "2-returns-and-records-2023-24.xlsx", "3-returns-and-records-2024-25.xlsx"}


# --- the planted stories ----------------------------------------------------------------------------------------------------------------


def test_fourteen_every_quarter_then_eleven_with_a_reason(made: Frames) -> None:
    told = of(made, "Quarterly return", planted.FULL_HOME)
    told = told[told["ref"] == planted.FULL_HOME_LINE].sort_values(["year", "quarter"])
    assert told["actual"].tolist() == [14.0] * 11 + [11.0]
    assert told["explanation"].notna().tolist() == [False] * 11 + [True] and told["reason"].iloc[-1] == "something worked better"
    people = of(made, "People", planted.FULL_HOME)
    living = [int(((people["started on"] <= pd.Timestamp(q.end)) & ~(people["ended on"] <= pd.Timestamp(q.end))).sum()) for q in QUARTERS]
    assert living == told["actual"].tolist()
    assert abs(told["actual"].iloc[-1] - 14) >= max(2, 0.2 * 14)  # a gap worth asking about
    moved = people[people["moved to service"] == "HAR-2"]["person ref"]
    assert len(moved) == 3 and set(moved) <= set(of(made, "People", "HAR-2")["person ref"])


def test_six_beds_where_every_cell_is_small(made: Frames) -> None:
    people = of(made, "People", planted.SIX_BEDS)
    assert len(people) == planted.SIX_BEDS_PEOPLE and people["ended on"].isna().sum() == planted.SIX_BEDS_PLACES
    conversion = {float(raw): float(metric) for raw, metric in measures.load()["SWEMWBS"].conversion}
    changes = []
    for _, scores in first_and_last(made, planted.SIX_BEDS, "SWEMWBS"):
        if len(scores) > 1:
            gain = conversion[scores[-1][1]] - conversion[scores[0][1]]
            changes.append("improved" if gain >= 3 else "worsened" if gain <= -3 else "same")
    assert sorted(changes) == ["improved"] * 2 + ["same"] * 2  # four people: under five, so is each part
    assert len(of(made, "Stories", planted.SIX_BEDS)) == 1 and len(of(made, "Target plan", planted.SIX_BEDS)) == 15
    assert of(made, "Goals", planted.SIX_BEDS)["person ref"].nunique() < 10


def lower_figure(made: Frames, year: int) -> tuple[int, int, int, int]:
    ended = paired = better = worse = 0
    for stay, scores in first_and_last(made, planted.BETTER_SERVICE_LOWER_FIGURE, "CORE-10"):
        if pd.notna(stay["ended on"]) and plan_year(stay["ended on"]) == year:  # type: ignore[arg-type]
            ended += 1
            if len({day for day, _ in scores}) > 1:
                gain = scores[0][1] - scores[-1][1]
                paired, better, worse = paired + 1, better + (gain >= 6), worse + (gain <= -6)
    return ended, paired, better, worse


def test_a_better_service_with_a_lower_figure(made: Frames) -> None:
    rates = {}
    for year, expected in planted.LOWER_FIGURE.items():
        ended, paired, better, worse = lower_figure(made, year)
        assert (ended, paired, better, worse) == expected
        rates[year] = round(100 * better / paired), round(100 * paired / ended)
    assert rates == {2024: (68, 41), 2025: (57, 83)}
    assert planted.LOWER_FIGURE[2025][2] / 120 > planted.LOWER_FIGURE[2024][2] / 122  # of all who ended, more are known to be better
    assert (of(made, "People", planted.BETTER_SERVICE_LOWER_FIGURE)["shares record"] == "yes").all()


def test_a_copied_return_explained_then_real_counts(made: Frames) -> None:
    year, quarter = planted.COPIED_QUARTER
    lines = flows(made, planted.COPIED_RETURN, year)
    copied = [(p, a) for q, _, p, a in lines if q == f"Q{quarter}"]
    assert len(copied) >= 4 and all(p == a for p, a in copied)
    assert math.prod(float(stats.poisson.pmf(p, p)) for p, _ in copied) < 0.005
    for q in ("Q1", "Q3", "Q4"):
        assert sum(p == a for name, _, p, a in lines if name == q) < 4
    told = of(made, "Quarterly return", planted.COPIED_RETURN)
    said = told[(told["year"] == year_name(year)) & (told["quarter"] == f"Q{quarter}")]["explanation"]
    assert said.notna().all() and said.str.contains("copied the plan|Copied from the plan").all()


@pytest.mark.parametrize(("service", "way"), [(planted.CAUTIOUS, "cautious"), (planted.AMBITIOUS, "ambitious")])
def test_a_cautious_and_an_ambitious_employment_service(made: Frames, service: str, way: str) -> None:
    for year in planted.YEARS:
        lines = flows(made, service, year)
        for ref in {r for _, r, _, _ in lines}:
            projected, actual = sum(p for _, r, p, _ in lines if r == ref), sum(a for _, r, _, a in lines if r == ref)
            lower, upper = stats.chi2.ppf(0.025, 2 * actual) / 2 / projected, stats.chi2.ppf(0.975, 2 * actual + 2) / 2 / projected
            assert lower > 1.1 if way == "cautious" else upper < 0.9, f"{service} {ref} {year}"


def test_carers_gain_while_the_person_stays_steady(made: Frames) -> None:
    gains: dict[str, list[float]] = {"carer": [], "person": []}
    for stay, scores in first_and_last(made, planted.CARERS, "WEMWBS"):
        if len(scores) > 1:
            gains["carer" if stay["role"] == "carer" else "person"].append(scores[-1][1] - scores[0][1])
    assert sum(g >= 9 for g in gains["carer"]) / len(gains["carer"]) > 0.5
    assert sum(abs(g) < 9 for g in gains["person"]) / len(gains["person"]) > 0.8
    people = of(made, "People", planted.CARERS)
    carers = people[people["role"] == "carer"]
    assert set(carers["cares for (ref)"]) <= set(people[people["role"].isna()]["person ref"]) and carers["cares for (ref)"].notna().all()


def test_the_worker_says_seven_and_the_person_four(made: Frames) -> None:
    last = {
        view: {stay["person ref"]: scores[-1][1] for stay, scores in first_and_last(made, planted.CARERS, "GBO", view) if len(scores) > 1}
        for view in ("person", "practitioner")
    }
    assert last["practitioner"][planted.WORKER_AND_PERSON_DIFFER] == 7 and last["person"][planted.WORKER_AND_PERSON_DIFFER] == 4
    both = set(last["person"]) & set(last["practitioner"])
    assert len(both) > 30
    assert sum(last["practitioner"][p] for p in both) / len(both) == pytest.approx(7, abs=0.4)
    assert sum(last["person"][p] for p in both) / len(both) == pytest.approx(4, abs=0.4)


def test_early_contacts_rise_and_urgent_ones_fall(made: Frames) -> None:
    contacts = of(made, "Contacts", planted.CRISIS_HOUSE)
    quarter = contacts["date"].dt.to_period("Q")
    early = contacts[contacts["trigger"] == planted.EARLY_SIGNS].groupby(quarter).size().tolist()
    urgent = contacts[contacts["kind"] == "urgent response"].groupby(quarter).size().tolist()
    assert len(early) == len(urgent) == 12
    assert early[-1] > 3 * early[0] and urgent[-1] < urgent[0] / 3
    assert stats.spearmanr(range(12), early).statistic > 0.97 and stats.spearmanr(range(12), urgent).statistic < -0.97
    later = contacts["kind"].isin(("urgent response", "crisis contact"))
    assert later.groupby(quarter).sum().iloc[-1] < later.groupby(quarter).sum().iloc[0]


def test_one_setback_with_adapted_support_and_a_second_stay(made: Frames) -> None:
    stays = of(made, "People", planted.CRISIS_HOUSE)
    stays = stays[stays["person ref"] == planted.SETBACK_PERSON].sort_values("started on")
    assert len(stays) == 2 and (stays["started on"].iloc[1] - stays["ended on"].iloc[0]).days > 30
    reviews = of(made, "Goal reviews", planted.CRISIS_HOUSE)
    reviews = reviews[reviews["person ref"] == planted.SETBACK_PERSON].sort_values("date")
    first = reviews[reviews["goal ref"] == "G1"]
    assert first["progress"].tolist() == ["on track", "setback", "on track", "achieved"]
    assert first["adapted support"].notna().tolist() == [False, True, False, False]


def test_fewer_from_the_poorest_areas_stay_until_evening_sessions_begin(made: Frames) -> None:
    people = of(made, "People", planted.TALKING_THERAPIES).dropna(subset="ended on")
    stayed = people["how it ended"].isin(("as planned", "by agreement early"))
    poorest, after = people["deprivation quintile"] == "1", people["started on"] >= pd.Timestamp(planted.EVENING_SESSIONS_FROM)
    share = {(p, a): stayed[(poorest == p) & (after == a)].mean() for p in (True, False) for a in (True, False)}
    number = {(p, a): int(((poorest == p) & (after == a)).sum()) for p in (True, False) for a in (True, False)}
    assert min(number.values()) > 60
    assert share[False, False] - share[True, False] > 0.2
    assert abs(share[False, True] - share[True, True]) < 0.1
    assert share[True, True] - share[True, False] > 0.15 and abs(share[False, True] - share[False, False]) < 0.08
    learned = of(made, "Learning", planted.TALKING_THERAPIES)
    assert learned["what happened"].str.contains("Evening sessions with interpreters began").any()


@pytest.mark.parametrize("service", [s.code for s in services.SERVICES if s.type == "talking therapies"])
def test_talking_therapies_are_near_the_national_figures(made: Frames, service: str) -> None:
    """England 2024-25: improvement 67.5% of finished courses, recovery 50.5%, worse 5.8%, both measures paired 98.7% (NHS England annual report)."""
    contacts = of(made, "Contacts", service)
    attended = contacts[(contacts["kind"] == "planned contact") & (contacts["response"] == "attended")]
    finished = paired = not_case = recovered = improved = worse = 0
    anxiety = {(s["person ref"], s["started on"]): scores for s, scores in first_and_last(made, service, "GAD-7")}
    for stay, phq in first_and_last(made, service, "PHQ-9"):
        gad = anxiety[stay["person ref"], stay["started on"]]
        if pd.isna(stay["ended on"]):  # type: ignore[call-overload]
            continue
        seen = attended[(attended["person ref"] == stay["person ref"]) & (attended["date"] >= stay["started on"]) & (attended["date"] <= stay["ended on"])]
        if len(seen) < 2 or not phq:
            continue
        finished += 1
        case = phq[0][1] >= 10 or gad[0][1] >= 8
        not_case += not case
        if len(phq) < 2:
            continue
        paired += 1
        falls = (phq[0][1] - phq[-1][1]) / 6, (gad[0][1] - gad[-1][1]) / 4
        improved += max(falls) >= 1 and min(falls) > -1
        worse += min(falls) <= -1 and max(falls) < 1
        recovered += case and phq[-1][1] < 10 and gad[-1][1] < 8
    assert finished > 200
    assert paired / finished >= 0.97
    assert 0.61 <= improved / finished <= 0.73
    assert 0.44 <= recovered / (finished - not_case) <= 0.57
    assert 0.03 <= worse / finished <= 0.09


def test_two_advocacy_services_become_one_on_the_first_of_october(made: Frames) -> None:
    table = made["Services"].set_index("service code")
    assert [code.strip() for code in table.loc[planted.MERGED_INTO, "continues (codes)"].split(";")] == list(planted.MERGED_FROM)
    assert table.loc[planted.MERGED_INTO, "contract from"] == pd.Timestamp(planted.MERGED_ON)
    for code in planted.MERGED_FROM:
        assert table.loc[code, "contract to"] == pd.Timestamp(planted.MERGED_ON) - timedelta(days=1)
        told = of(made, "Quarterly return", code)
        assert (told["year"] + told["quarter"]).max() == "2024-25Q2"
        assert of(made, "People", code)["ended on"].max() <= pd.Timestamp("2024-09-30")
    plan, told = of(made, "Milestones", planted.MERGED_INTO), of(made, "Quarterly return", planted.MERGED_INTO)
    assert {"percent", "running total"} <= set(plan["counted as"])
    assert plan[plan["year"] == "2024-25"][["Q1", "Q2"]].isna().all(axis=None) and (plan[plan["year"] == "2024-25"]["from quarter"] == "Q3").all()
    assert (told["year"] + told["quarter"]).min() == "2024-25Q3"
    for ref in ("M1",):
        totals = told[(told["year"] == "2025-26") & (told["ref"] == ref)].sort_values("quarter")["actual"]
        assert totals.is_monotonic_increasing and totals.iloc[-1] > 2 * totals.iloc[0]
    old, new = planted.RENAMED_LINE
    assert plan[plan["ref"] == new][["replaces ref", "from quarter"]].to_numpy().tolist() == [[old, "Q3"]]
    assert told[(told["year"] == "2025-26") & told["ref"].isin((old, new))].sort_values("quarter")["ref"].tolist() == [old, old, new, new]
    agreed = of(made, "Target plan", planted.MERGED_INTO)["text"]
    assert agreed.str.contains(f"{planted.AGREED_LATE_DATE.day} February {planted.AGREED_LATE_DATE.year}").any()


def test_the_allotment_sends_totals_then_a_messy_sheet_then_records(made: Frames) -> None:
    totals = of(made, "Indicators", planted.ALLOTMENT)
    assert sorted({day.date() for day in totals["period start"]}) == [date(2025, 4, 1), date(2025, 7, 1)]
    assert of(made, "People", planted.ALLOTMENT)["person ref"].nunique() == planted.ALLOTMENT_PEOPLE
    scores = of(made, "Assessments", planted.ALLOTMENT)
    assert scores["date"].min() >= pd.Timestamp(planted.ALLOTMENT_RECORDS_FROM) and scores["person ref"].nunique() == planted.ALLOTMENT_PEOPLE
    assert sorted(of(made, "Activity", planted.ALLOTMENT)["hours to prepare this return"], reverse=True)[:2] == [11.0, 9.0]


def test_two_returns_are_not_in_yet_and_six_services_send_totals_only(made: Frames) -> None:
    latest = made["Quarterly return"][(made["Quarterly return"]["year"] == "2025-26") & (made["Quarterly return"]["quarter"] == "Q4")]
    table = made["Services"]
    live = set(table[table["contract to"] >= "2026-03-31"]["service code"])
    assert live - set(latest["service code"]) == set(planted.NOT_IN_YET)
    for code in planted.TOTALS_ONLY:
        assert of(made, "People", code).empty and not of(made, "Indicators", code).empty


def test_gaps_are_explained_but_not_all(made: Frames) -> None:
    wide = explained = 0
    for service in services.SERVICES:
        for year in planted.YEARS:
            for quarter, ref, projection, actual in flows(made, service.code, year):
                if abs(actual - projection) >= max(2.5, 0.3 * projection):
                    told = of(made, "Quarterly return", service.code)
                    row = told[(told["year"] == year_name(year)) & (told["quarter"] == quarter) & (told["ref"] == ref)].iloc[0]
                    wide += 1
                    explained += row["explanation"] is not None
    assert wide > 150 and 0.4 < explained / wide < 0.95
    assert made["Quarterly return"]["explanation"].nunique() >= 60


# --- through the reader and the checker -----------------------------------------------------------------------------------------------


def checked(name: str, content: bytes, known: dict[str, str]) -> tuple[check.Checked, list[tuple[str, str, str]]]:
    """(tables and findings, (severity, code, cell) of each finding) of one workbook, its services added to those known."""
    found, findings = recognise.recognise(read.read(name, content, settings.Settings()))
    result = check.check(found, check.Known(known, measures.load(), TODAY))
    if "services" in result.tables:
        table = result.tables["services"]
        known.update(zip(table["service_code"].to_pylist(), table["provider_code"].to_pylist(), strict=True))
    return result, [(f.severity, f.code, f.cell) for f in [*findings, *result.findings]]


def test_every_workbook_comes_through_clean_and_whole(made: Frames, books: dict[str, bytes]) -> None:
    known: dict[str, str] = {}
    seen = dict.fromkeys((s.name for s in fields.SHEETS), 0)
    for name, content in books.items():
        result, findings = checked(name, content, known)
        assert {code for _, code, _ in findings} <= {"converted"}, name  # SWEMWBS is typed as its raw total and told to be turned
        for table, content_ in result.tables.items():
            seen[fields.BY_TABLE[table].name] += content_.num_rows
    assert seen == {name: len(frame) for name, frame in made.items()}


def test_the_committed_small_workbooks_are_the_writers_own() -> None:
    small = write_small.small()
    assert {path.name for path in write_small.FOLDER.glob("*.xlsx")} == set(small)
    for name, content in small.items():
        assert (write_small.FOLDER / name).read_bytes() == content, f"{name}: run python -m sample_data.write_small"


@pytest.mark.parametrize("beside", [{}, {s.code: s.provider for s in services.SERVICES}], ids=["empty", "beside the sample"])
def test_the_clean_workbook_is_clean(beside: dict[str, str]) -> None:
    result, findings = checked("clean.xlsx", (write_small.FOLDER / "clean.xlsx").read_bytes(), dict(beside))
    assert findings == [] and not result.blocked
    assert {t: n.num_rows for t, n in result.tables.items()} == {
        "services": 1,
        "milestones": 2,
        "quarterly_return": 2,
        "people": write_small.KITEWOOD_PEOPLE,
        "assessments": write_small.KITEWOOD_SCORES,
    }


def test_the_messy_workbook_has_its_mistakes_told_by_cell() -> None:
    result, findings = checked("messy.xlsx", (write_small.FOLDER / "messy.xlsx").read_bytes(), {s.code: s.provider for s in services.SERVICES})
    assert result.blocked
    assert sorted(f for f in findings if f[0] != "look") == sorted(
        [
            ("holds", "out-of-range", "Our scores!G10"),
            ("holds", "not-a-number", "Our scores!G13"),
            ("holds", "unknown-measure", "Our scores!F14"),
            ("holds", "formula-error", "Our scores!G17"),
            ("holds", "end-before-start", "Who comes!D7"),
            ("holds", "not-a-number", "Figures!E4"),
            ("holds", "formula-error", "Figures!E5"),
        ]
    )
    assert ("look", "unknown-column", "Who comes!H3") in findings


def test_the_other_systems_layout_is_asked_about_and_not_guessed() -> None:
    _, findings = checked("another-system.xlsx", (write_small.FOLDER / "another-system.xlsx").read_bytes(), {})
    assert ("stops", "to-answer") in {(severity, code) for severity, code, _ in findings}, json.dumps(findings)
