-- Marts beside the questionnaires: goals, talking-therapies courses, planned contacts, and crisis contacts with the time in which they came.
-- Each begins with the columns of the mart `episode`, and is frozen for everybody but the provider with the other marts of its service.
create table goal as select e.*, null::varchar as goal_ref, null::varchar as outcome_area, null::varchar as kind, null::varchar as scale,
    null::date as agreed_on, null::decimal(9, 3) as baseline, null::decimal(9, 3) as target, null::double as weight, null::date as latest_on,
    null::decimal(9, 3) as latest, false as reviewed, null::varchar as came from episode e limit 0;
create table course as select e.*, null::bigint as treatments, null::integer as wait, false as finished, null::varchar as anxiety, false as paired,
    false as at_caseness, false as not_at_caseness, false as recovered, null::varchar as change from episode e limit 0;
create table contact as select e.*, null::date as date, null::varchar as response from episode e limit 0;
create table contact_time as select e.*, null::bigint as crises, null::bigint as early, null::bigint as late from episode e limit 0;
create table goal_frozen as from goal limit 0;
create table course_frozen as from course limit 0;
create table contact_frozen as from contact limit 0;
create table contact_time_frozen as from contact_time limit 0;
create view goal_released as select * from goal where service not in (select service from waiting) union all select * from goal_frozen;
create view course_released as select * from course where service not in (select service from waiting) union all select * from course_frozen;
create view contact_released as select * from contact where service not in (select service from waiting) union all select * from contact_frozen;
create view contact_time_released as
    select * from contact_time where service not in (select service from waiting) union all select * from contact_time_frozen;
-- Goal Attainment Scaling: one row per episode with reviewed GAS goals, T at the start and at the latest review of the same goals (Kiresuk and
-- Sherman 1968; formula as corrected by Turner-Stokes). Any weight blank: all the same. Named as scores are, so that means are taken in one way.
create view attainment as
    with spread as (
        select * exclude (goal_ref, outcome_area, kind, scale, agreed_on, baseline, target, weight, latest_on, latest, reviewed, came, only_stay),
            bool_or(only_stay) as only_stay, bool_and(weight is not null) as weighed, count(*) as n, sum(weight) as w, sum(weight * weight) as ww,
            sum(baseline)::double as x0, sum(weight * baseline) as wx0, sum(latest)::double as x1, sum(weight * latest) as wx1
        from goal where scale = 'GAS' and baseline between -2 and 2 and latest between -2 and 2 group by all
    )
    select * exclude (weighed, n, w, ww, x0, wx0, x1, wx1),
        50 + 10 * case when weighed then wx0 / sqrt(0.7 * ww + 0.3 * w * w) else x0 / sqrt(0.7 * n + 0.3 * n * n) end as first_score,
        50 + 10 * case when weighed then wx1 / sqrt(0.7 * ww + 0.3 * w * w) else x1 / sqrt(0.7 * n + 0.3 * n * n) end as last_score,
        last_score - first_score as gain, true as paired
    from spread;
create view attainment_released as
    with spread as (
        select * exclude (goal_ref, outcome_area, kind, scale, agreed_on, baseline, target, weight, latest_on, latest, reviewed, came, only_stay),
            bool_or(only_stay) as only_stay, bool_and(weight is not null) as weighed, count(*) as n, sum(weight) as w, sum(weight * weight) as ww,
            sum(baseline)::double as x0, sum(weight * baseline) as wx0, sum(latest)::double as x1, sum(weight * latest) as wx1
        from goal_released where scale = 'GAS' and baseline between -2 and 2 and latest between -2 and 2 group by all
    )
    select * exclude (weighed, n, w, ww, x0, wx0, x1, wx1),
        50 + 10 * case when weighed then wx0 / sqrt(0.7 * ww + 0.3 * w * w) else x0 / sqrt(0.7 * n + 0.3 * n * n) end as first_score,
        50 + 10 * case when weighed then wx1 / sqrt(0.7 * ww + 0.3 * w * w) else x1 / sqrt(0.7 * n + 0.3 * n * n) end as last_score,
        last_score - first_score as gain, true as paired
    from spread;
