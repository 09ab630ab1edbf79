"""What a service cost for each person supported and for each clear gain: ratios with their intervals, never for payment or for choosing cuts.

Pure functions on numbers. The intervals are those of the count of people; what was spent is taken as known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from metrics.intervals import byar, exact_poisson

NEVER = "Never for payment or for choosing cuts."
NONE_SEEN = float(exact_poisson(0)[2])  # 3.69: with none seen, up to so many could have been expected (95%)


class Cost(NamedTuple):
    """Pounds for each person, with the range; `value` and `upper` are None where nobody was counted, and the cost is more than `lower`."""

    value: float | None
    lower: float
    upper: float | None
    people: int


def each(spend: float, people: int) -> Cost:
    """spend / people, between spend / upper and spend / lower of the count: Byar's interval, exact Poisson under 10.

    None seen: more than spend / 3.69. Source: Breslow and Day (1987), Statistical Methods in Cancer Research II, p. 69; Garwood (1936), Biometrika 28:437-442.
    Raises ValueError for a negative spend or count.
    """
    if spend < 0 or people < 0:
        raise ValueError("what was spent and how many were counted cannot be below nothing")
    if people == 0:
        return Cost(None, spend / NONE_SEEN, None, 0)
    _, low, high = (float(v) for v in byar(people))
    return Cost(spend / people, spend / high, spend / low, people)


def supported_in_a_year(quarters: Sequence[dict[str, Any]]) -> int | None:
    """How many people a year's quarters supported: those of the first quarter, and those who started in the later ones.

    Adding up the people supported in each quarter would count somebody who stays the whole year four times. None where a quarter does not say.
    """
    told = [q["people_supported"] if i == 0 else q["people_started"] for i, q in enumerate(quarters)]
    return None if not told or any(n is None for n in told) else sum(told)


def pounds(value: float) -> str:
    """`£412`, `£12,400`: whole pounds up to a thousand, three figures that matter above."""
    if value < 1000:
        return f"£{value:,.0f}"
    step = 10 ** (len(f"{value:.0f}") - 3)
    return f"£{round(value / step) * step:,.0f}"
