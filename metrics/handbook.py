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
    differs: str = ""  # where we differ on purpose from software that others use, and why (pinned by a test)


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
        differs="Cut-off b has the spread of people who do not come for help, as published; R's clinicalsignificance uses that of people who do.",
    ),
    Entry(
        "Average gain in standard deviations",
        "How large the average gain is beside how much people differed at the start (d), or beside how much their gains differ (SRM).",
        "d = mean gain / SD of first scores, variance 2(1 − r)/n + d²/(2n); SRM = mean gain / SD of gains, variance 1/n + SRM²/(2n); J = 1 − 3/(4(n − 1) − 1).",
        "Becker (1988), Br J Math Stat Psychol 41:257-278; Hedges (1981), J Educ Stat 6:107-128",
        "Effect sizes",
        "effect-size",
        differs="R's effectsize gives noncentral-t ranges and an exact correction; ours are the usual large-sample ones, the same from some 15 pairs.",
    ),
    Entry(
        "Likely range",
        "Another group of people just like these would not give quite the same figure. The range says how far theirs may lie from this one.",
        "Proportions: Wilson. Counts: Byar, exact Poisson under 10. Means: Student's t. Differences: Newcombe, method 10. Ratios: Katz.",
        "Wilson (1927), J Am Stat Assoc 22:209-212; Newcombe (1998), Stat Med 17:873-890; Katz and others (1978), Biometrics 34:469-474",
        "Intervals",
        "wilson",
        differs="For a difference of rates R's prop.test gives none or all no width at all (Wald); Newcombe's range never does.",
    ),
    Entry(
        "Usual ups and downs (XmR chart)",
        "Figures go up and down by themselves. A chart draws how far they usually go and marks what is more than that. Under 12 points it is on trial.",
        "Limits: mean ± 2.66 × mean moving range. Marked: outside a limit; 7 rising or falling; 2 of 3 near a limit; 7 on one side of the mean.",
        "Wheeler (1993), Understanding Variation; NHS England, Making Data Count",
        "XmR charts",
        "spc",
        differs="Large ranges are not screened out unless asked (as in the NHS template; NHSRplotthedots does), and never until no limits are left.",
    ),
    Entry(
        "Services side by side (funnel)",
        "Small services differ more than large ones by chance alone. A funnel draws how far chance takes a service of each size, not why one differs.",
        "p₀ = Σx/Σn; 95% and 99.8% limits are the most extreme counts that are not rarer than 2.5% and 0.1% under binomial(n, p₀), beta-binomial if τ² > 0.",
        "Spiegelhalter (2005), Stat Med 24:1185-1202",
        "Funnels",
        "funnel",
        differs="Limits are exact counts. Those of FunnelPlotR mark one in six small units by chance, those of PHEindicatormethods can leave 0 to 100%.",
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
        "How far people lie apart (fan)",
        "An average hides how different people are. The fan shows the score of the middle person, and between which scores half and eight in ten of them lie.",
        "Quantiles 10, 25, 50, 75 and 90% of the latest score of each stay in each fortnight (Hyndman and Fan's type 7); drawn where n ≥ 5 / min(q, 1 − q).",
        "Hyndman and Fan (1996), Am Stat 50:361-365",
        "How far people lie apart",
    ),
    Entry(
        "Goals (GAS and GBO)",
        "How far people came with what mattered to them. One person's goals can be taken together; areas of life are never averaged.",
        "T = 50 + 10 Σwx / √(0.7 Σw² + 0.3 (Σw)²); x from −2 to 2, w = importance × difficulty. GBO: a gain of 3 or more.",
        "Kiresuk and Sherman (1968), Community Ment Health J 4:443-453; Turner-Stokes (2009), Clin Rehabil 23:362-370, with its erratum",
        "Goals",
        "gas",
        differs="Formulas as first printed in the standard guide were wrong; ours follow its erratum.",
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
        "Plan against return",
        "A gap is worth a question when it is at least two people, at least a fifth of the plan, and would be rare had the plan been right.",
        "|actual − projection| ≥ max(2, 20%) and p < 5%: Poisson(projection), binomial out of a known number. Exactly as planned: ≥ 4 figures, p < 0.5%.",
        "R Core Team, poisson.test and binom.test; Hong (2013), Comput Stat Data Anal 59:41-51 (Poisson-binomial)",
        "Plan against return",
        "plan-gaps",
    ),
    Entry(
        "Attainment of milestones",
        "What was counted over what was planned: in the quarter, the year so far and the year; for several services, on their targets counted in people.",
        "actual / projection; exact Poisson range, Clopper-Pearson out of a known number; together Σ actual / Σ projection, φ = max(1, χ²/(m − 1)).",
        "Garwood (1936), Biometrika 28:437-442; Clopper and Pearson (1934), Biometrika 26:404-413; McCullagh and Nelder (1989), section 6.2",
        "Attainment and the ladder",
        "milestone-attainment",
    ),
    Entry(
        "The milestone ladder",
        "For every ten counted at one step since the year began, how many were counted at the next. They need not be the same people.",
        "Year to date of a line / year to date of the line before it, lines of new people only; a ratio, so no range of a share is given.",
        "Steps of a milestone plan: Daly, Tucker-Tatlow and Gibson (2004), Innovations in Performance-Based Contracting; the ratio is plain arithmetic",
        "Attainment and the ladder",
        "milestone-conversion",
    ),
    Entry(
        "Cost for each person and each clear gain",
        "Beside the service's own past and its follow-up only, and never for payment or for choosing cuts: the true figure is lower if others gained too.",
        "spend / people supported; spend / people with a clear gain, same service and year; range spend / upper to spend / lower; none seen: > spend / 3.69.",
        "Breslow and Day (1987), Statistical Methods in Cancer Research II, p. 69 (Byar); Garwood (1936), Biometrika 28:437-442",
        "Cost",
    ),
    Entry(
        "Returns on time and complete",
        "How many returns came by the day they were due or by a new day that was agreed, and how much of what was due is there.",
        "on time or by the agreed date / due; (figures returned + scores present) / (figures in the plan + scores due); Wilson.",
        "Wilson (1927), J Am Stat Assoc 22:209-212",
        "Returns on time and complete",
    ),
    Entry(
        "Who came (casemix)",
        "Before services are compared: the first scores and the main needs of their people, side by side.",
        "Mean first score of people with two scores; share of each main need among the people whose need is shown.",
        "NHS England, NHS Talking Therapies annual reports (first scores are published beside outcomes)",
        "Who came",
        "casemix",
    ),
    Entry(
        "Rates as if people had begun alike",
        "An extra, always labelled: each service's rate as it would be if its people's first scores had been spread as everybody's. It evens out nothing else.",
        "Σ w p over bands of first scores, w the share of all people in a band; from 90% of w up. Wilson's range, n = value (1 − value) / Σ w² p (1 − p) / n.",
        "Keiding and Clayton (2014), Stat Sci 29:529-558; Korn and Graubard (1998), Surv Methodol 24:193-201",
        "Rates as if people had begun alike",
        "casemix --standardise reliable-improvement",
    ),
    Entry(
        "Contacts",
        "How many planned contacts took place, and how often crisis contacts came, beside how long people were with the service; early against later.",
        "Attended / planned, those cancelled by the service apart. 100 x / (days / 30.4375), exact Poisson; later over early given their sum (binomial).",
        "Garwood (1936), Biometrika 28:437-442; Przyborowski and Wilenski (1940), Biometrika 31:313-323",
        "Contacts",
        "crisis-rate --early-late",
    ),
)
