"""Every metric, once: its words and its conditions side by side. The conditions are SQL over the marts `outcome` and `headline`.

Both marts have the columns used here. `change` is improved, worsened, same or mixed; null where no threshold is known or there is no pair.
`$as_of` is the last day of the scope's period or of the data, whichever is earlier; `$due_days` comes from the settings.
"""

from __future__ import annotations

from domain.types import Family, Metric

JACOBSON_TRUAX = "Jacobson and Truax (1991), J Consult Clin Psychol 59:12-19; thresholds and their sources in measures.toml"
WILSON = "Wilson (1927) score interval, 95%"

FAMILIES: dict[str, Family] = {
    f.id: f
    for f in (
        Family(
            "change",
            "paired and change is not null",
            {"improved": "change = 'improved'", "worsened": "change = 'worsened'", "same": "change in ('same', 'mixed')"},
            about_outcome=True,
        ),
        Family(
            "recovery",
            "paired and clinical_first",
            {
                "reliably recovered": "not clinical_last and change is not distinct from 'improved'",
                "recovered only": "not clinical_last and change is distinct from 'improved'",
                "not recovered": "clinical_last",
            },
            about_outcome=True,
        ),
        Family(
            "maintained", "paired and maintain and change is not null", {"kept": "change <> 'worsened'", "worsened": "change = 'worsened'"}, about_outcome=True
        ),
        Family("first score", "true", {"with": "has_first", "without": "not has_first"}, about_outcome=False),
        Family(
            "second score",
            "(ended_on <= $as_of or started_on <= $as_of - $due_days)",
            {
                "paired": "paired",
                "none": "not paired and how_it_ended is distinct from 'died' and how_it_ended is distinct from 'moved away'",
                "died or moved away": "not paired and how_it_ended in ('died', 'moved away')",
            },
            about_outcome=False,
        ),
    )
}


def _proportion(
    id: str, title: str, question: str, family: str, cells: str, numerator: str, numerator_words: str, denominator_words: str, better: str, source: str
) -> Metric:
    return Metric(
        id, title, question, "proportion", family, tuple(cells.split(" + ")), numerator, FAMILIES[family].base, numerator_words, denominator_words,
        "%", better, FAMILIES[family].about_outcome, WILSON, source,  # type: ignore[arg-type]
    )  # fmt: skip


def _mean(id: str, title: str, question: str, column: str, unit: str, words: str, method: str, source: str) -> Metric:
    return Metric(
        id, title, question, "mean", "gain", (column,), column, "paired", words, "people with a first and a later score", unit, "higher", True,
        method, source, needs_measure=True,
    )  # fmt: skip


METRICS: dict[str, Metric] = {
    m.id: m
    for m in (
        _proportion(
            "reliable-improvement", "Clearly better", "How many people improved by more than the questionnaire's own wobble?", "change", "improved",
            "change = 'improved'", "people whose score improved by the reliable change of the questionnaire", "people with a first and a later score",
            "higher", JACOBSON_TRUAX,
        ),
        _proportion(
            "headline", "Clearly better on what the service is mainly for", "How many people improved clearly on their service's main questionnaires?", "change",
            "improved", "change = 'improved'", "people who improved clearly on at least one of their service's main questionnaires and worsened on none",
            "people with a first and a later score on one of them", "higher", JACOBSON_TRUAX,
        ),
        _proportion(
            "reliable-deterioration", "Clearly worse", "How many people scored clearly worse than at the start?", "change", "worsened",
            "change = 'worsened'", "people whose score worsened by at least the reliable change of the questionnaire", "people with a first and a later score",
            "lower", JACOBSON_TRUAX,
        ),
        _proportion(
            "no-reliable-change", "About the same", "How many people stayed about the same?", "change", "same",
            "change in ('same', 'mixed')", "people whose score changed by less than the reliable change, or rose on one questionnaire and fell on another",
            "people with a first and a later score", "neither", JACOBSON_TRUAX,
        ),
        _proportion(
            "recovery", "Moved out of the clinical range", "Of the people who began in the clinical range, how many ended outside it?", "recovery",
            "reliably recovered + recovered only", "not clinical_last", "people in the clinical range at first and outside it at last",
            "people with two scores who began in the clinical range", "higher", JACOBSON_TRUAX,
        ),
        _proportion(
            "reliable-recovery", "Moved out of the clinical range and clearly better", "Of the people who began in the clinical range, how many left it and improved clearly?",
            "recovery", "reliably recovered", "not clinical_last and change is not distinct from 'improved'", "people who left the clinical range and improved by at least the reliable change",
            "people with two scores who began in the clinical range", "higher", JACOBSON_TRUAX,
        ),
        _proportion(
            "maintained", "Stayed as well as they were", "Of the people who set out to stay as well as they were, how many did?", "maintained", "kept",
            "change <> 'worsened'", "people who set out to stay as well as they were and are not clearly worse",
            "people with two scores who set out to stay as well as they were", "higher", JACOBSON_TRUAX,
        ),
        _proportion(
            "first-score-rate", "Have a first score", "How many people have a first score?", "first score", "with",
            "has_first", "people with a first score", "people with the service", "higher", "NHS Talking Therapies practice: routine scores",
        ),
        _proportion(
            "follow-up-rate", "Followed up", "How many of the people due a second score have one?", "second score", "paired",
            "paired", "people with a first and a later score", "people due a second score: ended, or with the service for 13 weeks (a setting)", "higher",
            "Clark (2018): high follow-up prevents rates that flatter",
        ),
        _proportion(
            "no-second-score", "No second score", "How many of the people due a second score have none, though they neither died nor moved away?", "second score",
            "none", "not paired and how_it_ended is distinct from 'died' and how_it_ended is distinct from 'moved away'",
            "people without a later score, those who died or moved away apart", "people due a second score: ended, or with the service for 13 weeks (a setting)",
            "lower", "Clark (2018): high follow-up prevents rates that flatter",
        ),
        _mean(
            "mean-change", "Average gain", "By how many points did people gain on average?", "gain", "points",
            "mean gain: last minus first, turned so that more is better", "Student's t interval, 95%", "PHEindicatormethods documentation (means)",
        ),
        _mean(
            "effect-size", "Gain in standard deviations", "How large is the average gain beside the spread of first scores?", "gain/sd(first)", "standard deviations",
            "mean gain divided by the standard deviation of first scores", "Large-sample variance 2(1-r)/n + d²/(2n), 95%",
            "Becker (1988), Br J Math Stat Psychol 41:257-278; NHS England effect size convention",
        ),
    )
}  # fmt: skip


def metric(id: str) -> Metric | None:
    """The metric of that id, or None."""
    return METRICS.get(id)
