"""A store filled with generated records of a hundred services, so that speed can be measured at 40 thousand, 1 million and 10 million scores.

Every figure is made from row numbers: the same size always gives the same records. Nothing here stands for real people or services.
"""

from __future__ import annotations

import time
from pathlib import Path

from domain.settings import Settings
from warehouse.connect import Store, build_marts, set_site

SERVICES = """insert into services (service_code, service_name, provider_code, provider_name, service_type, sector, locality, main_result, places)
    select format('S{:03d}', i), format('Service {:03d}', i), format('P{:02d}', i % 24), format('Provider {:02d}', i % 24),
        ['counselling', 'support at home', 'talking therapies', 'day support or employment'][i % 4 + 1], ['voluntary', 'statutory', 'independent'][i % 3 + 1],
        ['North', 'South', 'East', 'West'][i % 4 + 1], 'PHQ-9; GAD-7', 40
    from (select range::integer as i from range(100))"""
# One person in ten comes a second time, four months after the first stay ended; one in ten is still there.
PEOPLE = """insert into people (person, service_code, started_on, ended_on, how_it_ended, role, gender, age_band, ethnic_group, deprivation_quintile,
        main_need, shares_record)
    select md5(person::varchar)::uuid, format('S{:03d}', person % 100), d, case when i % 10 > 0 then d + 120 end,
        case when i % 10 > 0 then ['as planned', 'stopped coming', 'by agreement early'][i % 3 + 1] end, 'person', ['female', 'male'][person % 2 + 1],
        ['18-24', '25-34', '35-44', '45-54', '55-64', '65-74'][person // 7 % 6 + 1], ['White', 'Asian', 'Black', 'Mixed'][person // 3 % 4 + 1],
        (person // 11 % 5 + 1)::varchar, ['depression', 'anxiety', 'psychosis'][person // 5 % 3 + 1], 'yes'
    from (
        select i, i as person, date '2023-04-01' + (i % 900)::integer as d from (select range as i from range($people))
        union all select i, i, date '2023-04-01' + (i % 900)::integer + 240 from (select range as i from range($people)) where i % 10 = 1
    )"""
SCORES = """insert into assessments (person, service_code, date, measure, score)
    select p.person, p.service_code, p.started_on + (r.range * 25)::integer, ['PHQ-9', 'GAD-7'][m.range + 1],
        (24 - r.range * (1 + hash(p.person, m.range) % 4) - hash(p.person, r.range, m.range) % 5)::decimal(9, 3) * (case when m.range = 0 then 1 else 0.8 end)
    from people p, range(5) r, range(2) m"""
LINES = """insert into milestones (service_code, year, from_quarter, ref, kind, what_people_will_achieve, direction, counted_as, q1, q2, q3, q4)
    select service_code, y.range, 1, format('M{}', l.range + 1), 'milestone', ['people start', 'people agree a plan', 'people reach a goal'][l.range + 1],
        'improve', 'newly in the quarter', 40 - 10 * l.range, 40 - 10 * l.range, 40 - 10 * l.range, 40 - 10 * l.range
    from services, range(2023, 2026) y, range(3) l"""
RETURNS = """insert into quarterly_return (service_code, year, quarter, ref, actual)
    select m.service_code, m.year, q.range, m.ref, m.q1 - 8 + hash(m.service_code, m.year, q.range, m.ref) % 17 from milestones m, range(1, 5) q
    where m.year < 2025 or q.range < 3"""
ACTIVITY = """insert into activity (service_code, year, quarter, referrals, people_started, people_supported, people_ended, contact_hours)
    select distinct service_code, year, quarter, 60, 40, 90, 35, 400 from quarterly_return"""


def filled(folder: Path, scores: int) -> tuple[Store, float]:
    """A store with about that many scores, ten for each stay, and the seconds its marts took to build."""
    store = Store(folder / "store.duckdb", Settings())
    with store.writing() as cursor:
        cursor.execute(SERVICES)
        cursor.execute(PEOPLE, {"people": scores // 11})
        for statement in (SCORES, LINES, RETURNS, ACTIVITY):
            cursor.execute(statement)
    began = time.perf_counter()
    with store.writing() as cursor:
        build_marts(cursor, store.settings, None)
        set_site(cursor, "data_version", "1")
    store.tally()
    return store, time.perf_counter() - began
