-- One row per score that belongs to an episode: the latest started whose window, {score_window_days} days wider at both ends, holds the date.
-- An episode's window ends where the next one's begins, so that each score finds exactly one: a plain hash join, where an as-of join over
-- tens of thousands of people took fifteen times as long.
delete from score where service in (select service_code from touched);
insert into score
with stay as (
    select service, person, started_on, started_on - {score_window_days} as opens,
        least(
            coalesce(ended_on, date '9999-12-31') + {score_window_days},
            coalesce(lead(started_on) over (partition by service, person order by started_on) - {score_window_days} - 1, date '9999-12-31')
        ) as closes
    from episode where service in (select service_code from touched)
)
select
    e.service, e.person, e.started_on, a.measure, coalesce(a.subscale, ''), coalesce(a.perspective, 'person'), a.date, coalesce(a.occasion, ''),
    a.score, greatest(0, (a.date - e.started_on) // 14)
from assessments a join stay e on a.person = e.person and a.service_code = e.service and a.date >= e.opens and a.date <= e.closes;
