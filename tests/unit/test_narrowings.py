"""Narrowings in words: what the chips and the breadcrumbs say of a group of people."""

from __future__ import annotations

import pytest

from domain.types import CHARACTERISTICS
from ui import scope_bar, tour


@pytest.mark.parametrize(
    ("characteristic", "value", "said"),
    [
        ("gender", "female", "women"),
        ("gender", "male", "men"),
        ("gender", "non-binary", "gender: non-binary"),
        ("gender", "not stated", "gender not stated"),
        ("age_band", "25-34", "aged 25 to 34"),
        ("age_band", "under 18", "under 18"),
        ("start_quarter", "2025-26 Q3", "started in October to December 2025"),
        ("end_quarter", "2025-26 Q1", "ended in April to June 2025"),
        ("role", "carer", "carers"),
        ("deprivation_quintile", "1", "neighbourhood deprivation 1 of 5 (1 = most deprived)"),
        ("deprivation_quintile", "not stated", "deprivation of the neighbourhood not stated"),
        ("main_need", "anxiety", "main need: anxiety"),
    ],
)
def test_a_characteristic_as_one_says_it(characteristic: str, value: str, said: str) -> None:
    assert scope_bar.in_words(characteristic, value) == said


def test_every_characteristic_has_words() -> None:
    assert all(scope_bar.in_words(name, "not stated") and scope_bar.in_words(name, "x") for name in CHARACTERISTICS)


def test_the_tour_leads_each_role_only_to_its_own_pages() -> None:
    from ui import frame

    serves = {name: roles for pages in frame.MENU.values() for name, _, _, roles in pages}
    assert all(set(step.roles) & set(tour.LOOK) <= set(serves[step.page]) for step in tour.STEPS)
    assert {len([s for s in tour.STEPS if role in s.roles]) for role in tour.LOOK} <= set(range(4, 7))
