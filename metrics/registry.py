"""Every metric, once: its words and its conditions side by side. The conditions are SQL over the marts `outcome` and `headline`, or a mart of its own.

Both marts have the columns used here. `change` is improved, worsened, same or mixed; null where no threshold is known or there is no pair.
`$as_of` is the last day of the scope's period or of the data, whichever is earlier; `$due_days` and `$mixed_is_worse` come from the settings.
"""

from __future__ import annotations

from domain.types import Family, Metric

JACOBSON_TRUAX = "Jacobson and Truax (1991), J Consult Clin Psychol 59:12-19; thresholds and their sources in measures.toml"
WILSON = "Wilson (1927) score interval, 95%"
GAS = "Kiresuk and Sherman (1968), Community Ment Health J 4:443-453; Turner-Stokes (2009), Clin Rehabil 23:362-370, with its erratum"
GOALS = "Law (2011), goal-based outcomes, a gain of 3 (NHS England); Kiresuk and Sherman (1968) for GAS; Talking Points (personal outcomes)"
NHS_TT = "NHS England, NHS Talking Therapies metadata (M052-M055, M076, M179, M185-M195)"
FOLLOWED = "Clark (2018): high follow-up prevents rates that flatter"
OUT_OF_RANGE = "people due a second score who began in the clinical range, or of whom nobody knows where they began"
DUE = "(ended_on <= $as_of or started_on <= $as_of - $due_days)"
# On several questionnaires together somebody may have two scores only on one without a cut-off: that says nothing of the clinical range
RECOVERY_KNOWN = "paired and clinical_last is not null"


def unseen(seen: str) -> dict[str, str]:
    """The cells of whoever is due a score: `paired` (by the condition `seen`), `none`, and those who died or moved away, who stand apart."""
    return {
        "paired": seen,
        "none": f"not ({seen}) and how_it_ended is distinct from 'died' and how_it_ended is distinct from 'moved away'",
        "died or moved away": f"not ({seen}) and how_it_ended in ('died', 'moved away')",
    }


UNSEEN = unseen("paired")

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
            f"{RECOVERY_KNOWN} and clinical_first",
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
        Family("second score", DUE, UNSEEN, about_outcome=False),
        # As in England, whoever is not known to have begun outside the clinical range may have begun in it
        Family("second score, recovery", f"{DUE} and clinical_first is distinct from false", unseen(RECOVERY_KNOWN), about_outcome=False),
        Family("second score, maintained", f"{DUE} and maintain", UNSEEN, about_outcome=False),
        Family(
            "goals",
            "came is not null",
            {
                "reached": "came = 'reached'",
                "part way": "came = 'part way'",
                "no movement": "came = 'no movement'",
                "further back": "came = 'further back'",
            },
            about_outcome=True,
        ),
        Family(
            "course change",
            "finished",
            {
                "improved": "change = 'improved'",
                "worsened": "change = 'worsened' or (change = 'mixed' and $mixed_is_worse)",
                "same": "change = 'same' or (change = 'mixed' and not $mixed_is_worse)",
                "not known": "change is null",
            },
            about_outcome=True,
        ),
        Family(
            "course recovery",
            "finished and not not_at_caseness",
            {
                "reliably recovered": "recovered and change = 'improved'",
                "recovered only": "recovered and change <> 'improved'",
                "not recovered": "not recovered",
            },
            about_outcome=True,
        ),
        Family("course pairs", "finished", {"paired": "paired", "unpaired": "not paired"}, about_outcome=False),
        Family(
            "course waits",
            "finished",
            {"six weeks": "wait <= 42", "eighteen weeks": "wait > 42 and wait <= 126", "longer": "wait is null or wait > 126"},
            about_outcome=False,
        ),
        Family(
            "attendance",
            "response is not null and response <> 'cancelled by the service'",
            {"attended": "response = 'attended'", "missed": "response <> 'attended'"},
            about_outcome=False,
        ),
        Family("crisis", "true", {"some": "crises > 0", "none": "crises = 0"}, about_outcome=True),
    )
}


def _proportion(
    id: str, title: str, question: str, family: str, cells: str, numerator: str, numerator_words: str, denominator_words: str, better: str, source: str,
    mart: str = "",
) -> Metric:  # fmt: skip
    return Metric(
        id, title, question, "proportion", family, tuple(cells.split(" + ")), numerator, FAMILIES[family].base, numerator_words, denominator_words,
        "%", better, FAMILIES[family].about_outcome, WILSON, source, mart=mart,  # type: ignore[arg-type]
    )  # fmt: skip


def _goals(id: str, title: str, question: str, cell: str, words: str, better: str) -> Metric:
    out_of = "goals reviewed at least once that have a scale and a level at the start"
    return _proportion(id, title, question, "goals", cell, f"came = '{cell}'", words, out_of, better, GOALS, "goal")


def _course(id: str, title: str, question: str, family: str, cells: str, numerator: str, words: str, better: str) -> Metric:
    out_of = {
        "course recovery": "people who finished (ended, with two or more attended treatment contacts), but for those who began below both cut-offs",
    }.get(family, "people who finished: ended, with two or more attended treatment contacts")
    return _proportion(id, title, question, family, cells, numerator, words, out_of, better, NHS_TT, "course")


def _attained(id: str, title: str, question: str, column: str, words: str) -> Metric:
    return Metric(
        id, title, question, "mean", "attainment", (column,), f"{column}_score" if column == "last" else column, "paired", words,
        "people with goals on the scale (GAS) that were reviewed", "points of T", "higher", True, "Student's t interval, 95%", GAS, mart="attainment",
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
            FOLLOWED,
        ),
        _proportion(
            "no-second-score", "No second score", "How many of the people due a second score have none, though they neither died nor moved away?", "second score",
            "none", "not paired and how_it_ended is distinct from 'died' and how_it_ended is distinct from 'moved away'",
            "people without a later score, those who died or moved away apart", "people due a second score: ended, or with the service for 13 weeks (a setting)",
            "lower", FOLLOWED,
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
        Metric(
            "time-to-improvement", "Time to clear improvement", "How long did it take half of the people to improve clearly?", "curve", "time", ("event",),
            "weeks from the first score to the first with a gain of at least the reliable change that holds at the next score or is the last", "has_first",
            "the week by which half of the people had improved clearly, people last seen before that counted for as long as they were seen",
            "people with a first score", "weeks", "lower", True, "Kaplan-Meier median with log-log interval (Brookmeyer and Crowley 1982), 95%",
            "Kaplan and Meier (1958), J Am Stat Assoc 53:457-481", needs_measure=True,
        ),
        _proportion(
            "recovery-follow-up", "Followed up, of those who may have begun in the clinical range",
            "Of the people due a second score who may have begun in the clinical range, how many have one?", "second score, recovery", "paired", RECOVERY_KNOWN,
            "people with a first and a later score on a questionnaire that has a clinical range", OUT_OF_RANGE, "higher", FOLLOWED,
        ),
        _proportion(
            "recovery-no-second-score", "No second score, of those who may have begun in the clinical range",
            "Of the people who may have begun in the clinical range, how many have no second score, though they neither died nor moved away?",
            "second score, recovery", "none", unseen(RECOVERY_KNOWN)["none"], "people without a later score, those who died or moved away apart", OUT_OF_RANGE,
            "lower", FOLLOWED,
        ),
        _proportion(
            "maintained-follow-up", "Followed up, of those who set out to stay as well", "Of the people who set out to stay as well as they were and are due a second score, how many have one?",
            "second score, maintained", "paired", "paired", "people with a first and a later score",
            "people who set out to stay as well as they were and are due a second score", "higher", FOLLOWED,
        ),
        _proportion(
            "maintained-no-second-score", "No second score, of those who set out to stay as well",
            "Of the people who set out to stay as well as they were, how many have no second score, though they neither died nor moved away?",
            "second score, maintained", "none", UNSEEN["none"], "people without a later score, those who died or moved away apart",
            "people who set out to stay as well as they were and are due a second score", "lower", FOLLOWED,
        ),
        _goals(
            "goal-progress", "Goals reached", "How many goals were reached, or kept where staying as well was the goal?", "reached",
            "goals reached: a gain of 3 points or the target (GBO), 0 or above (GAS), met; or kept, where staying as well was the goal", "higher",
        ),
        _goals("goal-part-way", "Goals part of the way", "How many goals are nearer than at the start, and not reached yet?", "part way", "goals higher than at the start and not reached", "neither"),
        _goals("goal-no-movement", "Goals without movement", "How many goals stand where they stood?", "no movement", "goals at the level at which they began", "neither"),
        _goals("goal-further-back", "Goals further back", "How many goals are further away than at the start?", "further back", "goals lower than at the start", "lower"),
        _attained("goal-attainment", "Goal attainment (T)", "How far did people come with their goals, all of one person's taken together?", "last", "mean T at the latest review: 50 where goals are just met"),
        _attained("goal-attainment-change", "Change of goal attainment (T)", "By how much did goal attainment rise since the start?", "gain", "mean change of T, the same goals at the start and at the latest review"),
        _course(
            "talking-therapies-recovery", "Recovered (talking therapies)", "Of the people who finished and did not begin below the cut-offs, how many ended below both?",
            "course recovery", "reliably recovered + recovered only", "recovered", "people who began at or above either cut-off and ended below both", "higher",
        ),
        _course(
            "talking-therapies-reliable-recovery", "Recovered and clearly better (talking therapies)", "Of the people who finished and did not begin below the cut-offs, how many ended below both and clearly better?",
            "course recovery", "reliably recovered", "recovered and change = 'improved'", "people who ended below both cut-offs and are clearly better on either questionnaire and worse on neither", "higher",
        ),
        _course(
            "talking-therapies-improvement", "Clearly better (talking therapies)", "Of the people who finished, how many are clearly better?", "course change", "improved",
            "change = 'improved'", "people clearly better on depression or anxiety and clearly worse on neither", "higher",
        ),
        _course(
            "talking-therapies-deterioration", "Clearly worse (talking therapies)", "Of the people who finished, how many scored clearly worse?", "course change", "worsened",
            "change = 'worsened' or (change = 'mixed' and $mixed_is_worse)", "people clearly worse on depression or anxiety and clearly better on neither (better on one and worse on the other: a setting)", "lower",
        ),
        _course(
            "talking-therapies-no-reliable-change", "About the same (talking therapies)", "Of the people who finished, how many stayed about the same?", "course change", "same",
            "change = 'same' or (change = 'mixed' and not $mixed_is_worse)", "people with both questionnaires twice and no clear change", "neither",
        ),
        _course(
            "talking-therapies-paired", "Both questionnaires twice (talking therapies)", "Of the people who finished, how many have both questionnaires twice?", "course pairs", "paired",
            "paired", "people with a first and a later score on the questionnaires for depression and for anxiety", "higher",
        ),
        _course(
            "talking-therapies-six-weeks", "Began within six weeks (talking therapies)", "Of the people who finished, how many had their first treatment within six weeks?", "course waits", "six weeks",
            "wait <= 42", "people whose first attended treatment contact was within 42 days of their first day with the service (the referral)", "higher",
        ),
        _course(
            "talking-therapies-eighteen-weeks", "Began within eighteen weeks (talking therapies)", "Of the people who finished, how many had their first treatment within eighteen weeks?", "course waits",
            "six weeks + eighteen weeks", "wait <= 126", "people whose first attended treatment contact was within 126 days of their first day with the service (the referral)", "higher",
        ),
        _proportion(
            "attendance", "Planned contacts attended", "How many of the planned contacts took place?", "attendance", "attended", "response = 'attended'",
            "planned contacts attended", "planned contacts within people's time with the service that have a response, those cancelled by the service apart", "higher",
            "NHS Data Dictionary: attended or did not attend", "contact",
        ),
        Metric(
            "crisis-rate", "Crisis contacts", "How many crisis contacts came in a hundred months of people's time with the service?", "rate", "crisis", ("crises",),
            "crises", "true", "crisis contacts within people's time with the service, for each 100 person-months",
            "people's time with services that record crisis contacts, up to the data date", "per 100 person-months", "lower", True,
            "Exact Poisson interval (Garwood 1936), 95%", "Garwood (1936), Biometrika 28:437-442", mart="contact_time",
        ),
    )
}  # fmt: skip


def metric(id: str) -> Metric | None:
    """The metric of that id, or None."""
    return METRICS.get(id)
