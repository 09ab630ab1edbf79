-- One row per score that belongs to an episode: the latest started whose window, {score_window_days} days wider at both ends, holds the date.
-- Episodes of one person in one service never overlap, so the latest started before the date is the only candidate.
delete from score where service in (select service_code from touched);
insert into score
select
    e.service, e.person, e.started_on, a.measure, coalesce(a.subscale, ''), coalesce(a.perspective, 'person'), a.date, coalesce(a.occasion, ''),
    a.score, greatest(0, (a.date - e.started_on) // 14)
from (select * from assessments where service_code in (select service_code from touched)) a
asof join (select * from episode where service in (select service_code from touched)) e
    on a.service_code = e.service and a.person = e.person and a.date >= e.started_on - {score_window_days}
where a.date <= coalesce(e.ended_on, date '9999-12-31') + {score_window_days};
