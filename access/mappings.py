"""Whose words mean what: the answers a provider has given about its own files, who may read them and who may give them."""

from __future__ import annotations

from access import rules
from data_loaders.questions import Mapping
from domain.errors import Refused, Shown
from domain.types import Upload, Viewer
from warehouse import mappings
from warehouse.connect import Store


def providers(store: Store, viewer: Viewer) -> dict[str, str]:
    """Provider code -> name of every provider for whom the viewer may answer."""
    rules.check_uploads(viewer)
    known = mappings.providers(store)
    return {code: name for code, name in known.items() if code in viewer.providers} if viewer.role == "manager" else known


def of(store: Store, viewer: Viewer, provider: str = "") -> Mapping:
    """The answers of a provider; a manager's own where none is named. Nothing known is an empty mapping. Raises Refused for another provider's."""
    rules.check_uploads(viewer)
    chosen = provider or (viewer.providers[0] if viewer.role == "manager" and len(viewer.providers) == 1 else "")
    if not chosen:
        return Mapping()
    _check(viewer, chosen)
    return Mapping(mappings.of(store, chosen))


def named(store: Store, viewer: Viewer, name: str) -> str:
    """The code of a provider named by code or name, whatever the case. Raises Shown where there is none, or more than one."""
    known = providers(store, viewer)
    wanted = name.strip().casefold()
    found = [code for code, called in known.items() if wanted in (code.casefold(), called.casefold())]
    if len(found) != 1:
        listed = ", ".join(f"{called} ({code})" for code, called in known.items()) or "none yet"
        raise Shown(f"There is no provider '{name}'. There are: {listed}.")
    return found[0]


def provider_for(store: Store, viewer: Viewer, layouts: frozenset[str]) -> str:
    """The one provider who has sent sheets of these layouts before, for a viewer who sends for several; nothing where it is not clear."""
    rules.check_uploads(viewer)
    known = mappings.providers_by_layout(store)
    found = [known[layout] for layout in layouts if layout in known]
    allowed = set(providers(store, viewer))
    shared = set.intersection(*found) & allowed if found else set()
    return shared.pop() if len(shared) == 1 else ""


def keep(store: Store, viewer: Viewer, provider: str, answers: dict[str, str]) -> Upload | None:
    """Keeps a provider's answers, so that the same is never asked twice. None where nothing is new. Raises Refused for another provider's."""
    rules.check_uploads(viewer)
    _check(viewer, provider)
    if not provider:
        raise Shown("Say whose file this is, so that the answers are kept for them.")
    return mappings.keep(store, provider, answers, mappings.event(viewer.user, viewer.role, provider, len(answers)))


def _check(viewer: Viewer, provider: str) -> None:
    if viewer.role == "manager" and provider not in viewer.providers:
        raise Refused("Those are another provider's files. You can answer for your own.")
