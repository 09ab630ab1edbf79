"""The words and lines of the target plans: five sections and a few lines for each type of service, and lines of its own where a story needs them."""

from __future__ import annotations

from dataclasses import dataclass

M, T = "milestone", "performance target"
FLOW, TOTAL, STOCK, PERCENT, AVERAGE = "newly in the quarter", "running total", "in that position at quarter end", "percent", "average"
B, C, S = "behaviour", "condition", "satisfaction"


@dataclass(frozen=True)
class Line:
    """One line of a plan. `size` is a share of the people starting in a usual quarter (flow, running total), of places (stock) or the level itself.

    `tie` says which count of the people's records the actual figure is: started, ended well, or open at quarter end; empty when it is counted apart.
    """

    ref: str
    kind: str
    words: str
    changes: str
    counted: str
    size: float
    verification: str
    tie: str = ""
    direction: str = "improve"


_ENJOY = "A short card, filled in by the person and counted by someone who does not work with them."

LINES: dict[str, tuple[Line, ...]] = {
    "residential": (
        Line("M1", M, "People live in the home and say it is their home", B, STOCK, 1.0, "The home's register on the last day of the quarter, with each person's own review.", "open", "maintain"),
        Line("M2", M, "People spend time each week on something they chose outside the home", B, STOCK, 0.7, "The week planner each person keeps.", "", "maintain"),
        Line("T1", T, "People stay as well as they were, in their own view and their key worker's", C, STOCK, 0.85, "Six-monthly review with the person.", "", "maintain"),
        Line("T2", T, "People say they are listened to here", S, PERCENT, 88, _ENJOY),
    ),
    "supported accommodation": (
        Line("M1", M, "People move in and agree what a good home means to them", B, FLOW, 0.9, "Signed moving-in plan.", "started"),
        Line("M2", M, "People manage rent and bills for three months without a reminder", B, FLOW, 0.6, "Rent account, with the person's agreement."),
        Line("T1", T, "People move on to a home of their own", B, FLOW, 0.5, "New tenancy seen.", "ended well"),
        Line("T2", T, "People have kept their home through the quarter", C, STOCK, 0.9, "Rent account on the last day of the quarter.", "", "maintain"),
    ),
    "support at home": (
        Line("M1", M, "People agree, in their own words, what they want their days to hold", B, FLOW, 0.9, "Support plan written with the person.", "started"),
        Line("M2", M, "People can name two early signs that they are becoming unwell and what helps", B, FLOW, 0.6, "Staying-well plan held by the person."),
        Line("T1", T, "People take up something outside the house each week", B, FLOW, 0.4, "Review at twelve weeks."),
        Line("T2", T, "People spend the whole quarter at home, with no night in hospital", C, PERCENT, 90, "Ward lists, checked each month.", "", "maintain"),
    ),
    "counselling": (
        Line("M1", M, "People come to a first session within three weeks of asking", B, FLOW, 0.95, "Appointment book.", "started"),
        Line("M2", M, "People set down in their own words what they hope will change", B, FLOW, 0.8, "Opening form."),
        Line("M3", M, "People and their counsellor agree together when it is time to finish", B, FLOW, 0.62, "Closing form signed by both.", "ended well"),
        Line("T1", T, "People say that they are coping better with daily life", C, FLOW, 0.48, "Closing conversation, three months on where possible."),
        Line("T2", T, "People would tell a friend to come here", S, PERCENT, 90, _ENJOY),
    ),
    "talking therapies": (
        Line("M1", M, "People begin therapy within six weeks of asking for it", B, FLOW, 0.95, "Appointment system.", "started"),
        Line("M2", M, "People stay for a course of therapy", B, FLOW, 0.62, "Appointment system: two or more sessions and an agreed ending.", "ended well"),
        Line("T1", T, "People who finish are back at work, study or caring", B, FLOW, 0.2, "Closing session."),
        Line("T2", T, "People say they got the help that mattered to them", S, PERCENT, 92, "Patient experience questionnaire."),
    ),
    "community support": (
        Line("M1", M, "People visit a place or group they chose, with someone beside them", B, FLOW, 0.8, "Diary of the community worker.", "started"),
        Line("M2", M, "People go back on their own", B, FLOW, 0.5, "Conversation at six weeks."),
        Line("T1", T, "People have someone to ring who is not paid to answer", C, FLOW, 0.4, "Map of the person's own circle, drawn again at review."),
        Line("T2", T, "People feel part of where they live", S, PERCENT, 75, _ENJOY),
    ),
    "day support or employment": (
        Line("M1", M, "People come regularly for a month to something they chose", B, FLOW, 0.8, "Attendance sheet.", "started"),
        Line("M2", M, "People take on a task that others rely on", B, FLOW, 0.5, "Weekly rota."),
        Line("T1", T, "People start volunteering, a course or paid work", B, FLOW, 0.3, "Letter or message from the organisation, shown by the person."),
        Line("T2", T, "People say their week has a shape to it", C, PERCENT, 78, _ENJOY, "", "maintain"),
    ),
    "advocacy": (
        Line("M1", M, "People understand their rights and their choices in the decision at hand", B, TOTAL, 0.85, "Closing form: the person explains it in their own words.", "started"),
        Line("M2", M, "People speak, or have their words read, at the meeting that decides", B, TOTAL, 0.55, "Minutes of the meeting."),
        Line("T1", T, "People say the outcome took account of what they wanted", S, PERCENT, 70, "Conversation two weeks after the decision."),
        Line("T2", T, "People would feel able to speak up next time", C, PERCENT, 65, "The same conversation."),
    ),
    "training": (
        Line("M1", M, "People finish the course they chose", B, FLOW, 0.6, "Course register.", "ended well"),
        Line("M2", M, "People try out at home or at work something they learned", B, FLOW, 0.5, "Learning log."),
        Line("T1", T, "People go on to another course, to teach one, or to work", B, FLOW, 0.2, "Phone call at three months."),
        Line("T2", T, "People rate the course's usefulness to their own life, out of ten", S, AVERAGE, 8.2, _ENJOY),
    ),
    "step-down": (
        Line("M1", M, "People come from hospital as soon as they are ready to leave", B, FLOW, 0.95, "Ward and house registers.", "started"),
        Line("M2", M, "People cook, shop and manage their own medicines for a full week", B, FLOW, 0.7, "Weekly plan, ticked by the person."),
        Line("T1", T, "People go home, and not back to hospital, when they leave", C, FLOW, 0.6, "House register.", "ended well"),
        Line("T2", T, "People are still at home four weeks later", C, PERCENT, 85, "Phone call at four weeks.", "", "maintain"),
    ),
    "crisis alternative": (
        Line("M1", M, "People write a plan for what to do when the first signs appear", B, FLOW, 0.85, "Plan held by the person.", "started"),
        Line("M2", M, "People get in touch early, as their plan says", B, FLOW, 1.6, "Call log."),
        Line("T1", T, "People come through a hard time without going to hospital", C, FLOW, 0.55, "Call log and ward lists.", "ended well"),
        Line("T2", T, "People say they felt safe here", S, PERCENT, 88, _ENJOY),
    ),
    "other": (
        Line("M1", M, "Carers have a conversation about their own life, not only the caring", B, FLOW, 0.9, "Carer's own plan.", "started"),
        Line("M2", M, "Carers take a break of at least half a day that they enjoyed", B, FLOW, 0.6, "Diary kept by the carer."),
        Line("T1", T, "Carers say they have a life alongside caring", C, FLOW, 0.4, "Review at six months."),
        Line("T2", T, "Carers feel that services treat them as partners", S, PERCENT, 72, _ENJOY),
    ),
}  # fmt: skip

# Six lines that count new people, so that a copied return can be seen as one.
OWN_LINES: dict[str, tuple[Line, ...]] = {
    "MCW-1": (
        Line("M1", M, "People meet their bridge worker before they leave the specialist team", B, FLOW, 1.15, "Joint visit recorded.", "started"),
        Line("M2", M, "People have the benefits they are due in payment", C, FLOW, 0.85, "Award letter seen."),
        Line("M3", M, "People register with a doctor and a dentist", B, FLOW, 0.75, "Registration seen."),
        Line("M4", M, "People choose something to do each week and go", B, FLOW, 0.65, "Week planner."),
        Line("T1", T, "People spend time each week with someone who is not paid to be there", B, FLOW, 0.5, "Map of the person's own circle."),
        Line("T2", T, "People leave us as they planned, with someone to ring", C, FLOW, 0.4, "Closing visit.", "ended well"),
    ),
    "BRI-1": (
        Line("M1", M, "People decide what work they want and tell us what they need", B, FLOW, 0.75, "Vocational profile written by the person.", "started"),
        Line("M2", M, "People meet an employer", B, FLOW, 0.6, "Diary of the employment worker."),
        Line("T1", T, "People start paid work", B, FLOW, 0.42, "Pay slip or contract seen."),
        Line("T2", T, "People are still in paid work after thirteen weeks", C, FLOW, 0.3, "Pay slip or a call with the person."),
    ),
    "STE-1": (
        Line("M1", M, "People decide what work they want and tell us what they need", B, FLOW, 1.7, "Vocational profile written by the person."),
        Line("M2", M, "People meet an employer", B, FLOW, 1.3, "Diary of the employment worker."),
        Line("T1", T, "People start paid work", B, FLOW, 0.9, "Pay slip or contract seen."),
        Line("T2", T, "People are still in paid work after thirteen weeks", C, FLOW, 0.7, "Pay slip or a call with the person."),
    ),
    "ALL-1": (
        Line("M1", M, "People come to the allotment most weeks", B, STOCK, 0.8, "The book in the shed.", "", "maintain"),
        Line("M2", M, "People look after a bed of their own", B, FLOW, 0.15, "The bed plan on the shed door."),
        Line("T1", T, "People say they have company they look forward to", C, STOCK, 0.7, "Tea-table conversation each quarter, written down by a volunteer."),
    ),
    "WLC-2": (
        Line("M1", M, "Managers finish both half-days", B, FLOW, 40, "Course register."),
        Line("M2", M, "Managers hold a planned conversation with someone in their team", B, FLOW, 24, "Phone call at six weeks."),
        Line("T1", T, "Managers rate how ready they feel to ask, out of ten", C, AVERAGE, 7.8, "The same call."),
    ),
    "MCH-5": (
        Line("M1", M, "Visits in which someone stays until they feel able to go home", B, FLOW, 240, "Evening book."),
        Line("M2", M, "People make a plan for tomorrow before they leave", B, FLOW, 130, "Evening book."),
        Line("T1", T, "Visitors say they would otherwise have gone to an emergency department", S, PERCENT, 38, "Card at the door."),
    ),
}  # fmt: skip

SECTIONS: dict[str, dict[str, str]] = {
    "residential": {
        "the service": "{name} is a home in {locality}, staffed day and night. People have their own rooms, share meals if they wish, and decide together how the house is run.",
        "the people it serves": "People who have lived with serious mental illness for many years and for whom living alone has meant going back to hospital.",
        "what will change for them": "For many the change is that nothing dreadful changes: the same bed, the same faces, growing confidence. Some will want to move on, and we help when they do.",
        "how we will know": "Twice a year each person and their key worker look back together. Staying as well as one was counts as a result.",
        "milestones and performance targets": "We count who lives here and says it is home, who spends time on something they chose, and who stays as well as they were.",
    },
    "supported accommodation": {
        "the service": "{name} offers homes in {locality} with support on hand, for as long as it takes to be ready for a home of one's own.",
        "the people it serves": "People leaving hospital, residential care or an unsafe home, who want to run a household again or for the first time.",
        "what will change for them": "People will hold a tenancy, pay their own way, know a neighbour and decide who comes through the door.",
        "how we will know": "By what people do: rent paid, meals cooked, keys handed back because they have a new front door.",
        "milestones and performance targets": "The steps run from moving in, through managing rent and bills, to a home of one's own.",
    },
    "support at home": {
        "the service": "{name} visits people where they live in and around {locality}, at times that suit them, for an hour at a time.",
        "the people it serves": "People who can live in their own home with someone reliable beside them now and then.",
        "what will change for them": "Days that hold something, evenings that are less long, and a plan that the person trusts for when things become harder.",
        "how we will know": "People tell us at twelve weeks and at each review, and we ask whether they spent the whole quarter at home.",
        "milestones and performance targets": "From agreeing what days should hold, through knowing one's early signs, to something outside the house each week.",
    },
    "counselling": {
        "the service": "{name} offers one-to-one counselling in {locality}, usually between six and sixteen sessions, with trained and supervised counsellors.",
        "the people it serves": "Adults who are anxious, low, grieving or living with what has been done to them, and who ask for themselves.",
        "what will change for them": "People will understand what they are carrying, cope better day by day and need us less.",
        "how we will know": "The same short questionnaire at the first and the last session, and a closing conversation. We chase the last one: a figure for half of people is half an answer.",
        "milestones and performance targets": "From a first session within three weeks, through saying what one hopes for, to an ending agreed by both.",
    },
    "talking therapies": {
        "the service": "{name} offers talking therapies recommended for anxiety and depression, in person and by video. Anyone registered with a doctor may ask.",
        "the people it serves": "Adults in {locality} and around with anxiety or depression, and above all those who have found it hardest to come: people from the poorest streets, and people who speak little English.",
        "what will change for them": "Fewer symptoms, and the return of what they took away: work, study, sleep, patience with one's children.",
        "how we will know": "Questionnaires at every session, so that hardly anyone's result is unknown, looked at by neighbourhood and background.",
        "milestones and performance targets": "From starting within six weeks, through staying for a course of therapy, to being back at work, study or caring.",
    },
    "community support": {
        "the service": "{name} goes with people to the places and groups of {locality} until they go without us.",
        "the people it serves": "People whose world has become small: through illness, loss, fear or a long time in services.",
        "what will change for them": "People will have somewhere to go, someone to see and a reason to set the alarm.",
        "how we will know": "We draw the person's own circle with them at the start and again at review, and we ask who they could ring.",
        "milestones and performance targets": "From going somewhere with someone beside them, through going back alone, to having a person to ring.",
    },
    "day support or employment": {
        "the service": "{name} offers things worth doing, in company, in {locality}: some people come for an afternoon a week, some on the way to work.",
        "the people it serves": "People who want a shape to their week, a skill, a job, or to be of use.",
        "what will change for them": "People will take part, be relied upon, and go on to volunteering, learning or work when they want to.",
        "how we will know": "By what people take on and keep up, shown by a rota, a letter or a pay slip, and by what they say about their week.",
        "milestones and performance targets": "From coming regularly, through being relied upon, to starting something beyond us.",
    },
    "advocacy": {
        "the service": "{name} offers independent advocates who work for the person and nobody else.",
        "the people it serves": "People in {locality} about whom decisions are being made: on a ward, in a review, over a home or a child.",
        "what will change for them": "People will know their rights, be heard where it counts, and feel more able to speak up next time.",
        "how we will know": "Two weeks after the decision we ask the person whether it took account of what they wanted, whatever was decided.",
        "milestones and performance targets": "We send running totals since April for the two milestones, and percentages for what people told us afterwards.",
    },
    "training": {
        "the service": "{name} runs short courses in {locality} and online, taught by people who know the subject from life as well as from books.",
        "the people it serves": "Anyone who wants to understand mental health better: their own, a relative's or a colleague's.",
        "what will change for them": "People will use what they learn at home and at work, and some will come back to teach.",
        "how we will know": "A learning log during the course and a phone call three months later. What people do afterwards matters more to us than how they rate the day.",
        "milestones and performance targets": "From finishing a course, through trying something out, to going on to the next thing.",
    },
    "step-down": {
        "the service": "{name} gives people leaving hospital a few weeks of company and practice before they are on their own.",
        "the people it serves": "People from {locality} who are ready to leave the ward and not yet ready to be alone.",
        "what will change for them": "People will run their own day, trust their own plan, and go home and stay there.",
        "how we will know": "The worker's view on arrival and on leaving, the person's own, and a call four weeks after going home.",
        "milestones and performance targets": "From leaving hospital when ready, through a full week of running one's own day, to being at home four weeks later.",
    },
    "crisis alternative": {
        "the service": "{name} is open when other doors are shut, with people who have time to listen.",
        "the people it serves": "People from {locality} and around who are close to a crisis, and those who want never to be so close again.",
        "what will change for them": "People will know their own early signs, ring sooner, and come through hard times without hospital.",
        "how we will know": "We expect early calls to rise and urgent ones to fall. More calls in all may be good news.",
        "milestones and performance targets": "From writing one's own plan, through using it early, to coming through a hard time without hospital.",
    },
    "other": {
        "the service": "{name} supports unpaid carers across Merrowdale: time to talk, a break, and someone to make the phone calls.",
        "the people it serves": "People who care for a relative or friend with mental illness or dementia, and through them the person they care for.",
        "what will change for them": "Carers will sleep better, see friends and have a say. The person they care for stays as well as they can be; we do not promise more.",
        "how we will know": "Carers' own wellbeing, kept apart from that of the person they care for. Where the worker, the carer and the person see things differently, we write down all three.",
        "milestones and performance targets": "From a conversation about the carer's own life, through a break they enjoyed, to a life alongside caring.",
    },
}  # fmt: skip

# What a service's plan says in its own words, where a story needs them: (service, year, section, from quarter) -> text.
OWN_WORDS: dict[tuple[str, int, str, str], str] = {
    ("ROW-1", 2025, "what will change for them", ""): "Six people, six different years. One wants to sing in a choir, one to visit a sister, one to sleep with the light off. "
    "With so few people our figures say little and could point at someone, so please read our words.",
    ("LAN-1", 2025, "how we will know", ""): "Last year we knew the result for two people in five, mostly those who had finished well. This year a volunteer rings everyone who leaves. "
    "We expect our figure to fall and our knowledge to rise.",
    ("OWT-1", 2024, "what will change for them", ""): "People from the poorest streets start with us as often as anyone and stop coming twice as often. We asked them why. "
    "They said: shifts, childcare and language. From January 2025 there are evening sessions with interpreters in three neighbourhoods.",
    ("SPK-2", 2024, "the service", "Q3"): "On 1 October 2024 Speak Up Pellgate and Quillham Voices became one service, Speak Up Merrowdale, for the whole area. The histories of both stand beside this one.",
    ("SPK-2", 2024, "how we will know", "Q3"): "Two record systems are being joined. We agreed in November 2024 that the return for October to December may come by 28 February 2025. "
    "Sent by then, it counts as on time.",
    ("SPK-2", 2025, "milestones and performance targets", "Q3"): "From October 2025 line M2 is M2a: what we count is the same, but we now say 'have their say' because people told us that reading a letter aloud is speaking too.",
    ("ALL-1", 2025, "how we will know", ""): "There are fourteen of us and one volunteer with a laptop. In the first quarter we will send totals, in the second whatever sheet we have, and by the third proper records. "
    "That was agreed in April 2025.",
    ("NIG-1", 2025, "how we will know", ""): "A call in good time is a success, not a failure. We expect early calls to go on rising and urgent responses to go on falling.",
    ("BRI-1", 2025, "how we will know", ""): "Our projections for 2023-24 and 2024-25 turned out cautious. We have kept this year's the same while the new depot opens, and would like to talk about next year's.",
    ("STE-1", 2025, "how we will know", ""): "We set our sights high and have not yet reached them. We would rather learn why than lower them quietly.",
    ("CAR-1", 2025, "what will change for them", ""): "Carers gain; the people they care for mostly hold steady, and that is what we hoped for. Our workers tend to see more progress than people do themselves: we record both.",
}  # fmt: skip
