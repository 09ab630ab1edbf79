"""Where a scope's counts can be read from sums made beforehand: whole quarters, at most one characteristic, ended or started.

People with one stay of a large service are counted in `tally` when the marts are built. Whoever has several, or is with a smaller service, is counted
one by one, so that distinct people stay exact.
"""

from __future__ import annotations

from typing import Any

import duckdb

from domain.quarters import quarter_of
from domain.types import Scope

SPLITS = ("age_band", "gender", "ethnic_group", "deprivation_quintile", "main_need")
# The sums behind a mean: column of the tally -> its value for one stay.
SUMS = {
    "first": "first_score", "last": "last_score", "gain": "gain", "first2": "first_score * first_score", "last2": "last_score * last_score",
    "gain2": "gain * gain", "first_last": "first_score * last_score",
}  # fmt: skip
_ALIKE = (
    "service, provider, service_type, sector, locality, role, shares, start_quarter, end_quarter, age_band, gender, ethnic_group, "
    "deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last"
)


def holds(scope: Scope, base: str) -> bool:
    """Whether the tally can answer: whole quarters, one characteristic at most, and a base that asks for no single day of a stay still open."""
    if scope.picked or scope.by == "first_band" or scope.basis == "measured" or (scope.basis == "started" and "_on" in base) or len(_split(scope)) > 1:
        return False
    return _begins(scope) and _finishes(scope) and not (_split(scope) and _other_quarter(scope))


def _begins(scope: Scope) -> bool:
    return scope.start is None or quarter_of(scope.start).start == scope.start


def _finishes(scope: Scope) -> bool:
    return scope.end is None or quarter_of(scope.end).end == scope.end


def _split(scope: Scope) -> set[str]:
    """The characteristics of people a scope asks about."""
    return {name for name in (scope.by, *(name for name, _ in scope.cohort)) if name in SPLITS}


def _other_quarter(scope: Scope) -> bool:
    """Whether a scope asks about the quarter in which people began and about that in which they ended."""
    other = "start_quarter" if scope.basis == "ended" else "end_quarter"
    return other in (scope.by, *(name for name, _ in scope.cohort))


def services(cursor: duckdb.DuckDBPyConnection, copy: str) -> list[str]:
    """Codes of the services with a tally, in the live copy ("") or in the one everybody else sees ("_released")."""
    found = cursor.execute(f"select distinct service from tally{copy} where mart = 'outcome' and split = '' order by 1").fetchall()
    return [row[0] for row in found]


def source(scope: Scope, mart: str, copy: str, tallied: list[str], parameters: dict[str, Any]) -> str:
    """The FROM clause that stands for `mart` in a scope the tally holds: as the mart, with `n` stays in each row and the sums of `SUMS`.

    `person` is null where a row stands for many people, each with this one stay.
    """
    parameters |= {f"tallied_{i}": code for i, code in enumerate(tallied)}
    few = f"service not in ({', '.join(f'$tallied_{i}' for i in range(len(tallied)))})"
    if scope.services and set(scope.services) <= set(tallied):
        few = "false"
    split = next(iter(_split(scope)), "")
    along = "" if not split else "start_quarter" if scope.basis == "started" else "end_quarter"
    measure = "measure, subscale, perspective, " if mart == "outcome" else ""
    still_open = "null::date" if scope.basis == "ended" else "case when still_open then null else date '1900-01-01' end"
    one_by_one = ", ".join(f"{f'({sql})::double' if mart == 'outcome' else 'null::double'} as sum_{name}" for name, sql in SUMS.items())
    ended = "date '1900-01-01'" if scope.basis == "ended" else still_open
    return f"""(
        select {_ALIKE}, {measure}true as only_stay, null::uuid as person, null::date as started_on, {ended} as ended_on, n,
            {", ".join(f"sum_{name}" for name in SUMS)}
        from tally{copy} where mart = '{mart}' and split = '{split}' and along = '{along}'
        union all
        select {_ALIKE}, {measure}only_stay, person, started_on, ended_on, 1, {one_by_one} from {mart}{copy}
        where {few} or not only_stay
    )"""


def period(scope: Scope, parameters: dict[str, object]) -> list[str]:
    """The conditions of a scope's period, in quarters; fills in the parameters they need."""
    column = "end_quarter" if scope.basis == "ended" else "start_quarter"
    where = [f"{column} is not null"]
    if scope.start:
        where.append(f"{column} >= $from_quarter")
        parameters["from_quarter"] = str(quarter_of(scope.start))
    if scope.end:
        where.append(f"{column} <= $to_quarter")
        parameters["to_quarter"] = str(quarter_of(scope.end))
    return where
