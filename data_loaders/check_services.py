"""Whose service it is: nobody takes another provider's code, and everybody speaks for themselves."""

from __future__ import annotations

from difflib import get_close_matches

import numpy as np

from data_loaders.check_columns import Known, Work
from data_loaders.values import Trouble, show


def allowed(known: Known, provider: str) -> bool:
    return known.allowed_providers is None or provider in {p.upper() for p in known.allowed_providers}


def each_code(work: Work, column: str) -> list[tuple[str, np.ndarray]]:
    """(value, positions) for each distinct value of a text column."""
    encoded = work.columns[column].dictionary_encode()
    codes_ = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    order = np.argsort(codes_, kind="stable")
    edges = np.searchsorted(codes_[order], np.arange(len(encoded.dictionary) + 1))
    return [(text, order[edges[i] : edges[i + 1]]) for i, text in enumerate(encoded.dictionary.to_pylist())]


def together(work: Work, column: str, where: np.ndarray, trouble: Trouble) -> None:
    more = f" ({len(where):,} rows say so.)" if len(where) > 1 else ""
    if trouble.severity == "holds":
        work.hold(trouble.code, where)
    work.mark(column, where)
    work.tell(where[:1], column, lambda _: Trouble(trouble.code, trouble.message + more, trouble.fix, trouble.severity), len(where))


def providers(work: Work, owners: dict[str, str], known: Known) -> set[str]:
    """The Services sheet: nobody takes another provider's code, and everybody speaks for themselves. Adds what its rows claim to `owners`.

    Returns the codes in dispute: no row of this upload may speak for such a service until that is settled.
    """
    claims = work.columns["provider_code"].to_pylist()
    disputed: set[str] = set()
    for code, where in each_code(work, "service_code"):
        claimed = list(dict.fromkeys(claims[i] for i in where if claims[i]))
        owner = owners.get(code)
        trouble, column = None, "service_code"
        if owner and any(claim != owner for claim in claimed):
            trouble = Trouble(
                "other-provider",
                f"The service code {show(code)} already belongs to another organisation.",
                "Check the code; if it is right, ask your commissioner to move the service.",
            )
        elif len(claimed) > 1:
            trouble = Trouble("conflict", f"The service code {show(code)} is given for two providers.", "Every service code belongs to one provider.")
        elif claimed:
            if not allowed(known, claimed[0]):
                column = "provider_code"
                trouble = Trouble(
                    "other-provider", f"The provider code {show(claimed[0])} is not one you send returns for.", "Send only your own organisation's services."
                )
            owners[code] = claimed[0]
        if trouble:
            together(work, column, where, trouble)
            disputed.add(code)
    return disputed


def service_codes(work: Work, services: dict[str, str], waiting: set[str], known: Known) -> None:
    """Every service named is known and the sender's own. `waiting` are services whose own row waits, and their rows with it."""
    if work.found.sheet.table != "services" and "service_code" in work.found.columns:
        mine = [code for code, provider in services.items() if allowed(known, provider)]
        for code, where in each_code(work, "service_code"):
            if code in waiting:
                message = f"The row of the service {show(code)} on the sheet Services needs you first, so this row waits with it."
                together(work, "service_code", where, Trouble("waits-for-service", message, "Mend that row; nothing to do here."))
            elif code not in services:
                near = get_close_matches(code, mine, 1, 0.75)
                hint = f"Did you mean {near[0]}? " if near else f"Yours are {', '.join(sorted(mine)[:12])}{' …' if len(mine) > 12 else ''}. " if mine else ""
                together(
                    work,
                    "service_code",
                    where,
                    Trouble("unknown-service", f"The service code {show(code)} is not known.", f"{hint}If the service is new, add it in a sheet Services."),
                )
            elif not allowed(known, services[code]):
                together(
                    work,
                    "service_code",
                    where,
                    Trouble(
                        "other-provider",
                        f"The service code {show(code)} belongs to another organisation.",
                        "Send only your own services' rows; check the code.",
                    ),
                )
    if "moved_to_service" in work.found.columns:
        for code, where in each_code(work, "moved_to_service"):
            if code not in services:
                together(
                    work,
                    "moved_to_service",
                    where,
                    Trouble(
                        "unknown-service",
                        f"The service code {show(code)} is not known here.",
                        "Nothing to do if that service is not one of ours; otherwise check the code.",
                        "look",
                    ),
                )
    if "continues" in work.found.columns:
        for text, where in each_code(work, "continues"):
            unknown = [code for code in text.split("; ") if code not in services]
            if unknown:
                together(
                    work,
                    "continues",
                    where,
                    Trouble(
                        "unknown-service",
                        f"'continues' names {show(unknown[0])}, a service that is not known here.",
                        "Check the code, or send that service too.",
                        "look",
                    ),
                )
