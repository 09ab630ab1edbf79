"""Settings of a site. Each may be overridden by an environment variable SO_WHAT_<NAME>; each has a heading in docs/settings.md (a test looks)."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

from domain.errors import Shown

ROOT = Path(__file__).resolve().parent.parent
MIXED_CHANGE = ("no change", "worse")  # NHS Talking Therapies; NHS England's mental health publications


@dataclass(frozen=True)
class Settings:
    """What a site may decide. Paths are absolute; times are days or weeks as their names say."""

    database: Path = ROOT / "data" / "so-what.duckdb"
    sample_database: Path = ROOT / "data" / "sample.duckdb"
    nation: str = "England"
    follow_up_due_weeks: int = 13  # an open episode is due a second score after this
    came_back_days: int = 30  # back within this continues the episode
    score_window_days: int = 28  # how far outside an episode a score may lie
    return_due_days: int = 30  # a return is due so many days after its quarter ends
    answer_working_days: int = 15  # how soon a question should be answered
    mixed_change: str = "no change"  # talking therapies: better on one questionnaire, worse on the other; or "worse"
    outside_threshold: int = 5  # smallest count shown outside; 10 is recommended
    journey_cohort: int = 10  # smallest cohort whose journeys may be opened inside
    reader_memory_mb: int = 1200
    reader_seconds: int = 60
    largest_file_mb: int = 60  # a million assessments are 33; .streamlit/config.toml says the same
    largest_unpacked_mb: int = 600
    retention_years: int = 0  # how long records of people are kept; 0: the controller has not decided yet
    plan_templates: Path = ROOT / "domain" / "plan_templates.toml"  # the site's own words and specimen lines, in a file like this one
    database_threads: int = 1  # of one question; many are asked at once. A second costs an upload more than it saves (measured up to a million rows)
    database_memory: str = "4GB"

    def replaced(self, **changes: object) -> Settings:
        return Settings(**{**{f.name: getattr(self, f.name) for f in fields(self)}, **changes})


def load() -> Settings:
    """The settings of this process: the defaults, overridden by SO_WHAT_<NAME> variables. Raises Shown where one is not of its kind."""
    given: dict[str, object] = {}
    for f in fields(Settings):
        text = os.environ.get(f"SO_WHAT_{f.name.upper()}")
        if text:
            default = getattr(Settings(), f.name)
            try:
                given[f.name] = Path(text).expanduser().resolve() if isinstance(default, Path) else type(default)(text)
            except ValueError:
                raise Shown(f"SO_WHAT_{f.name.upper()} must be a whole number.") from None
    if given.get("mixed_change", "no change") not in MIXED_CHANGE:
        raise Shown(f"SO_WHAT_MIXED_CHANGE must be one of: {', '.join(MIXED_CHANGE)}.")
    return Settings(**given)  # type: ignore[arg-type]
