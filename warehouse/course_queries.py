"""How far people's scores lie apart over time. Exact, and may not be shown: access.trajectories asks and holds back what too few people stand behind."""

from __future__ import annotations

from typing import Any

import duckdb

from domain.types import Scope
from warehouse import queries
from warehouse.connect import Store


def quantiles(
    store: Store, cursor: duckdb.DuckDBPyConnection, scope: Scope, shared_only: bool, shares: tuple[float, ...], longest: int = 26
) -> list[dict[str, Any]]:
    """The same scores as `queries.trajectory`, a row per fortnight: fortnight, n, people, at (the quantiles of `shares`, in their order)."""
    _, day = queries.versions(cursor)
    rows = queries.source(store, scope.with_(by=""), shared_only, day)
    return queries.run(
        cursor,
        f"""with one as ({queries.by_fortnight(scope.with_(by=""), rows, shared_only)})
        select fortnight, count(*) as n, count(distinct person) as people, quantile_cont(score, [{", ".join(f"{share:g}" for share in shares)}]) as at
        from one group by 1 order by 1""",
        rows.parameters | {"longest": longest, "as_of": queries.as_of(scope, day)},
    )
