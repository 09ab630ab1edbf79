-- One row per goal of an episode: where it began, the latest review, and how far it came. A goal belongs to the stay in which it was agreed
-- (the latest started whose window, {score_window_days} days wider at both ends, holds the day); reviews count until the window closes.
-- `came` is reached (GBO: gained 3 points or at its target; GAS: 0 or above; met: 1; a goal to stay as well: no lower than at the start), part way,
-- no movement or further back; null where no review, scale or starting level tells. `weight` is importance x difficulty, null where either is blank.
delete from goal where service in (select service_code from touched);
insert into goal
with stay as (
    select *, started_on - {score_window_days} as opens,
        least(
            coalesce(ended_on, date '9999-12-31') + {score_window_days},
            coalesce(lead(started_on) over (partition by service, person order by started_on) - {score_window_days} - 1, date '9999-12-31')
        ) as closes
    from episode where service in (select service_code from touched intersect select service_code from goals)
),
agreed as (
    select s.* exclude (opens), g.goal_ref, g.outcome_area, coalesce(g.kind, 'improve') as kind, g.scale, g.agreed_on,
        case when g.scale = 'met' then coalesce(g.baseline, 0) else g.baseline end::decimal(9, 3) as baseline, g.target::decimal(9, 3) as target,
        (g.importance * g.difficulty)::double as weight
    from goals g join stay s on g.person = s.person and g.service_code = s.service and g.agreed_on >= s.opens and g.agreed_on <= s.closes
),
reviewed as (
    select a.service, a.person, a.goal_ref, max(r.date) as latest_on, arg_max(r.level, r.date)::decimal(9, 3) as latest
    from agreed a join goal_reviews r on r.person = a.person and r.service_code = a.service and r.goal_ref = a.goal_ref
    where r.date >= a.agreed_on and r.date <= a.closes group by all
)
select
    a.* exclude (only_stay, closes, goal_ref, outcome_area, kind, scale, agreed_on, baseline, target, weight),
    -- One person's goals are one person's results: people are counted one by one wherever somebody has several rows
    count(*) over (partition by a.person) = 1 and a.only_stay,
    a.goal_ref, a.outcome_area, a.kind, a.scale, a.agreed_on, a.baseline, a.target, a.weight, r.latest_on, r.latest, r.latest is not null,
    case
        when r.latest is null or a.scale is null or a.baseline is null then null
        when a.scale = 'met' then case when r.latest >= 1 then 'reached' else 'no movement' end
        when a.kind = 'maintain' then case when r.latest >= a.baseline then 'reached' else 'further back' end
        when a.scale = 'GAS' and r.latest >= 0 then 'reached'
        when a.scale = 'GBO' and (r.latest - a.baseline >= 3 or r.latest >= a.target) then 'reached'
        when r.latest > a.baseline then 'part way'
        when r.latest = a.baseline then 'no movement'
        else 'further back'
    end
from agreed a left join reviewed r using (service, person, goal_ref);
