"""A selection of one's own people, as conditions: groups of a characteristic, results, or pairs of first and last score.

Whoever may see people only in groups of the menu gets no selection at all: it is refused here too, below every door.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from domain.errors import Refused, Shown
from domain.types import CHARACTERISTICS, Scope

CHANGES = ("improved", "same", "worsened")
OWN_ONLY = "Only a service itself may pick out any of its people. Elsewhere figures are narrowed along the fixed breakdowns, so that nobody is singled out."


def conditions(scope: Scope, parameters: dict[str, Any], shared_only: bool) -> list[str]:
    """SQL conditions over any mart with service, person and started_on; fills in their parameters. None for a scope without a selection.

    Raises Refused for anybody but the provider, Shown for what cannot be selected by.
    """
    if scope.picked and shared_only:
        raise Refused(OWN_ONLY)
    where = []
    for i, (what, values) in enumerate(scope.picked):
        kind, _, measure = what.partition(":")
        name = f"picked_{i}"
        if kind in CHARACTERISTICS and kind != "perspective":
            where.append(f"coalesce({kind}, '{'still open' if kind == 'end_quarter' else 'not stated'}') in (select unnest(${name}))")
            parameters[name] = list(values)
        elif kind == "change" and set(values) <= set(CHANGES):
            mart, on = _mart(measure, name, parameters)
            where.append(
                f"(service, person, started_on) in (select (service, person, started_on) from {mart} where {on} {_CHANGE} in (select unnest(${name})))"
            )
            parameters[name] = list(values)
        elif kind == "scores" and measure:
            mart, on = _mart(measure, name, parameters)
            pairs = [_pair(value) for value in values]
            where.append(
                f"(service, person, started_on) in (select (service, person, started_on) from {mart} where {on} paired and "
                f"(first_score, last_score) in (select (unnest(${name}_first)::decimal(9, 3), unnest(${name}_last)::decimal(9, 3))))"
            )
            parameters[f"{name}_first"], parameters[f"{name}_last"] = [a for a, _ in pairs], [b for _, b in pairs]
        else:
            raise Shown("People cannot be picked by that.")
    return where


_CHANGE = "case change when 'mixed' then 'same' else change end"


def _mart(measure: str, name: str, parameters: dict[str, Any]) -> tuple[str, str]:
    if not measure:
        return "headline", ""
    parameters[f"{name}_measure"] = measure
    view = f"(select headline_perspective from measure m where m.code = ${name}_measure)"
    return "outcome", f"measure = ${name}_measure and subscale = '' and perspective = {view} and"


def _pair(value: str) -> tuple[str, str]:
    """`15:7` as two scores. Raises Shown where it is not two numbers."""
    first, _, last = value.partition(":")
    try:
        return str(Decimal(first)), str(Decimal(last))
    except InvalidOperation:
        raise Shown("People cannot be picked by that.") from None
