"""Every statistic as the Handbook tells it: title, plain words, formula, source. docs/statistics.md says the same at length; a test holds them together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One statistic. `heading` is its section of docs/statistics.md, `command` how the command line is asked for it (blank: only beside another)."""

    title: str
    words: str
    formula: str
    source: str
    heading: str
    command: str = ""


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "Clear change (reliable change)",
        "A score moves a little from one day to the next. A change counts as clear when it is larger than the questionnaire's own wobble.",
        "Published threshold: gain ≥ threshold. Computed: |RCI| > 1.96, RCI = change / (√2 · SD of first scores · √(1 − reliability)).",
        "Jacobson and Truax (1991), J Consult Clin Psychol 59:12-19",
        "Reliable and clinically significant change",
        "rci",
    ),
    Entry(
        "Cut-offs a, b and c",
        "Where the range of people who come for help ends: two standard deviations from them (a), within two of everybody else (b), or between the two (c).",
        "a = M_c ± 2 SD_c; b = M_f ∓ 2 SD_f; c = (SD_c M_f + SD_f M_c) / (SD_c + SD_f); c: people who come for help, f: people who do not.",
        "Jacobson and Truax (1991), J Consult Clin Psychol 59:12-19",
        "Reliable and clinically significant change",
        "rci",
    ),
    Entry(
        "Average gain in standard deviations",
        "How large the average gain is beside how much people differed at the start (d), or beside how much their gains differ (SRM).",
        "d = mean gain / SD of first scores, variance 2(1 − r)/n + d²/(2n); SRM = mean gain / SD of gains, variance 1/n + SRM²/(2n); J = 1 − 3/(4(n − 1) − 1).",
        "Becker (1988), Br J Math Stat Psychol 41:257-278; Hedges (1981), J Educ Stat 6:107-128",
        "Effect sizes",
        "effect-size",
    ),
    Entry(
        "Likely range",
        "Another group of people just like these would not give quite the same figure. The range says how far theirs may lie from this one.",
        "Proportions: Wilson. Counts: Byar, exact Poisson under 10. Means: Student's t. Differences: Newcombe, method 10. Ratios: Katz.",
        "Wilson (1927), J Am Stat Assoc 22:209-212; Newcombe (1998), Stat Med 17:873-890; Katz and others (1978), Biometrics 34:469-474",
        "Intervals",
        "wilson",
    ),
    Entry(
        "Usual ups and downs (XmR chart)",
        "Figures go up and down by themselves. A chart draws how far they usually go and marks what is more than that. Under 12 points it is on trial.",
        "Limits: mean ± 2.66 × mean moving range. Marked: outside a limit; 7 rising or falling; 2 of 3 near a limit; 7 on one side of the mean.",
        "Wheeler (1993), Understanding Variation; NHS England, Making Data Count",
        "XmR charts",
        "spc",
    ),
    Entry(
        "Services side by side (funnel)",
        "Small services differ more than large ones by chance alone. A funnel draws how far chance takes a service of each size, not why one differs.",
        "p₀ = Σx/Σn; 95% and 99.8% limits are the most extreme counts that are not rarer than 2.5% and 0.1% under binomial(n, p₀), beta-binomial if τ² > 0.",
        "Spiegelhalter (2005), Stat Med 24:1185-1202",
        "Funnels",
        "funnel",
    ),
    Entry(
        "Time to clear improvement",
        "How many weeks it took until half of the people had improved clearly, people who were last seen before that included for as long as they were seen.",
        "S(t) = Π(1 − d/n); Greenwood's variance, log-log interval; median where S ≤ ½; groups by log-rank.",
        "Kaplan and Meier (1958), J Am Stat Assoc 53:457-481; Brookmeyer and Crowley (1982), Biometrics 38:29-41; Mantel (1966)",
        "Time to reliable improvement",
        "survival",
    ),
    Entry(
        "Goals (GAS and GBO)",
        "How far people came with what mattered to them. One person's goals can be taken together; areas of life are never averaged.",
        "T = 50 + 10 Σwx / √(0.7 Σw² + 0.3 (Σw)²); x from −2 to 2, w = importance × difficulty. GBO: a gain of 3 or more.",
        "Kiresuk and Sherman (1968), Community Ment Health J 4:443-453; Turner-Stokes (2009), Clin Rehabil 23:362-370, with its erratum",
        "Goals",
        "gas",
    ),
    Entry(
        "NHS Talking Therapies",
        "What England's talking therapies publish: who finished, who moved out of the clinical range, who clearly improved. England's rates are the line.",
        "Recovery and reliable recovery: over finished − not in the clinical range at first. Improvement and worsening: over all finished.",
        "NHS England, NHS Talking Therapies metadata (M052-M055, M076, M179, M185-M195)",
        "NHS Talking Therapies",
        "talking-therapies",
    ),
    Entry(
        "A group beside everybody else",
        "Whether a result is as good for one group as for the others. Many comparisons at once find differences by chance; how many were made is always said.",
        "Difference p − p_rest (Newcombe), ratio p / p_rest (Katz); called a difference where it clears 95% shared out among k comparisons (Bonferroni).",
        "Newcombe (1998), Stat Med 17:873-890; Dunn (1961), J Am Stat Assoc 56:52-64",
        "Groups beside everybody else",
        "equity",
    ),
    Entry(
        "People without a second score",
        "We do not know how they are. So a rate can also be counted with all of them as not improved, or between none and all of them improved.",
        "x/n; x/(n + m); from x/(n + m) to (x + m)/(n + m); m people without a second score, those who died or moved away apart.",
        "Manski (1990), Am Econ Rev 80:319-323",
        "People without a second score",
        "reliable-improvement --missing bounds",
    ),
    Entry(
        "Who came (casemix)",
        "Before services are compared: the first scores and the main needs of their people, side by side.",
        "Mean first score of people with two scores; share of each main need among the people whose need is shown.",
        "NHS England, NHS Talking Therapies annual reports (first scores are published beside outcomes)",
        "Who came",
        "casemix",
    ),
)
