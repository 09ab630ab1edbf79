"""What providers have said of their own files: answers by question, kept as changes like any other (store.keep), so that a rebuild has them too."""

from __future__ import annotations

from datetime import datetime

from domain.types import Event, Upload
from warehouse import store as writes
from warehouse.connect import Store


def of(store: Store, provider: str) -> dict[str, str]:
    """Question -> this provider's latest answer. A question taken back (an empty answer) is not here."""
    with store.reading() as cursor:
        rows = cursor.execute(
            "select question, max_by(answer, position) from mapping where provider_code = $provider group by question", {"provider": provider}
        ).fetchall()
    return {question: answer for question, answer in rows if answer}


def providers_by_layout(store: Store) -> dict[str, set[str]]:
    """Fingerprint of a layout -> the providers who answered for it."""
    with store.reading() as cursor:
        rows = cursor.execute("select distinct split_part(question, '|', 2), provider_code from mapping").fetchall()
    found: dict[str, set[str]] = {}
    for layout, provider in rows:
        found.setdefault(layout, set()).add(provider)
    return found


def providers(store: Store) -> dict[str, str]:
    """Provider code -> name, by name."""
    with store.reading() as cursor:
        rows = cursor.execute("select provider_code, min(provider_name) from services group by 1 order by 2, 1").fetchall()
    return {code: name or code for code, name in rows}


def service_names(store: Store) -> dict[str, str]:
    """Service code -> name."""
    with store.reading() as cursor:
        return {code: name or code for code, name in cursor.execute("select service_code, service_name from services order by 2, 1").fetchall()}


def keep(store: Store, provider: str, answers: dict[str, str], event: Event) -> Upload | None:
    """Keeps the answers that are new or other than before, as one change; None where there are none."""
    before = of(store, provider)
    rows = [{"provider_code": provider, "question": q, "answer": a} for q, a in sorted(answers.items()) if before.get(q) != a]
    return writes.keep(store, {"mapping": rows}, event) if rows else None


def event(user: str, role: str, provider: str, count: int) -> Event:
    return Event("mapping", user, role, datetime.now(), {"provider": provider, "answers": count})
