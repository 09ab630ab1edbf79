-- How many stays of people with one stay only (the few others are counted one by one, see warehouse/tallies.py) share everything a metric asks about.
-- Only large services (marts/used.sql) have a tally: the rows of a smaller one are as quickly counted.
-- split '' keeps both quarters and no characteristic; otherwise one characteristic, along the quarter of starting or of ending.
delete from tally{copy} where service in (select service_code from touched);
insert into tally{copy}
with large as (select distinct service from used{copy} where large and service in (select service_code from touched)),
one as (
    select
        'outcome' as mart, service, provider, service_type, sector, locality, role, shares, ended_on, measure, subscale, perspective, start_quarter, end_quarter,
        age_band, gender, ethnic_group, deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last,
        case when paired then first_score::double end as f, case when paired then last_score::double end as l, case when paired then gain::double end as g
    from outcome{copy} where only_stay and service in (select service from large)
    union all
    select
        'headline', service, provider, service_type, sector, locality, role, shares, ended_on, '', '', '', start_quarter, end_quarter,
        age_band, gender, ethnic_group, deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last,
        null, null, null
    from headline{copy} where only_stay and service in (select service from large)
),
alike as (
    select
        * replace (
            case when shares = 'no' then 'no' else 'yes' end as shares,
            case when how_it_ended in ('died', 'moved away') then how_it_ended end as how_it_ended
        ),
        ended_on is null as still_open
    from one
)
select
    mart,
    case when grouping(age_band) = 0 then 'age_band' when grouping(gender) = 0 then 'gender' when grouping(ethnic_group) = 0 then 'ethnic_group'
        when grouping(deprivation_quintile) = 0 then 'deprivation_quintile' when grouping(main_need) = 0 then 'main_need' else '' end,
    case when grouping(start_quarter) + grouping(end_quarter) = 0 then '' when grouping(start_quarter) = 0 then 'start_quarter' else 'end_quarter' end,
    service, any_value(provider), any_value(service_type), any_value(sector), any_value(locality), role, shares, still_open, measure, subscale, perspective,
    start_quarter, end_quarter, age_band, gender, ethnic_group, deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change,
    clinical_first, clinical_last, count(*), coalesce(sum(f), 0), coalesce(sum(l), 0), coalesce(sum(g), 0), coalesce(sum(f * f), 0), coalesce(sum(l * l), 0),
    coalesce(sum(g * g), 0), coalesce(sum(f * l), 0)
from alike
group by
    mart, service, role, shares, still_open, measure, subscale, perspective, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last,
    grouping sets (
        (start_quarter, end_quarter), (start_quarter, age_band), (start_quarter, gender), (start_quarter, ethnic_group),
        (start_quarter, deprivation_quintile), (start_quarter, main_need), (end_quarter, age_band), (end_quarter, gender), (end_quarter, ethnic_group),
        (end_quarter, deprivation_quintile), (end_quarter, main_need)
    );

-- The stays the tally leaves out, in an order in which those of one service stand together.
delete from one_by_one{copy} where service in (select service_code from touched);
insert into one_by_one{copy}
with large as (select distinct service from used{copy} where large)
select
    'outcome' as mart, service, provider, service_type, sector, locality, role, shares, start_quarter, end_quarter, age_band, gender, ethnic_group,
    deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last, measure, subscale, perspective,
    only_stay, person, started_on, ended_on, first_score::double, last_score::double, gain::double, '', 0
from outcome{copy} where service in (select service_code from touched) and not (only_stay and service in (from large))
union all
select
    'headline', service, provider, service_type, sector, locality, role, shares, start_quarter, end_quarter, age_band, gender, ethnic_group,
    deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last, '', '', '',
    only_stay, person, started_on, ended_on, null, null, null, '', 0
from headline{copy} where service in (select service_code from touched) and not (only_stay and service in (from large))
order by mart, measure, service;

-- Scores of large services by fortnights since the start: of several in one fortnight the latest. A score taken in a later quarter than the stay ended in
-- is not known when figures stop at an earlier one: it stands under its own quarter as the difference it makes.
create or replace temp table stay_number as
select
    (row_number() over ())::integer as stay, service, provider, service_type, sector, locality, role, case when shares = 'no' then 'no' else 'yes' end as shares,
    measure, subscale, perspective, start_quarter, end_quarter, age_band, gender, ethnic_group, deprivation_quintile, main_need, person, started_on, ended_on,
    only_stay
from outcome{copy}
where service in (select service_code from touched) and service in (select service from used{copy} where large);
create or replace temp table fortnight_of as
select
    stay, fortnight::utinyint as fortnight,
    case when s.date > o.ended_on
        and s.date > last_day(make_date(year(o.ended_on), 3 * ((month(o.ended_on) - 1) // 3) + 3, 1))
        then format('{{}}-{{:02d}} Q{{}}', year(s.date) - (month(s.date) < 4)::int, (year(s.date) - (month(s.date) < 4)::int + 1) % 100, (month(s.date) + 8) % 12 // 3 + 1)
        else '' end as seen,
    arg_max(s.score, s.date)::double as score
from score{copy} s join stay_number o using (service, person, started_on, measure, subscale, perspective)
where s.fortnight <= 26 group by all;
create or replace temp table fortnight_step as
select stay, fortnight, seen, 1 as n, score as total, score * score as squares from fortnight_of where seen = ''
union all
select stay, fortnight, seen, (before is null)::integer, score - coalesce(before, 0), score * score - coalesce(before * before, 0) from (
    select *, lag(score) over (partition by stay, fortnight order by seen) as before
    from fortnight_of semi join (select stay, fortnight from fortnight_of where seen <> '') using (stay, fortnight)
) where seen <> '';
delete from fortnight_tally{copy} where service in (select service_code from touched);
insert into fortnight_tally{copy}
with alike as (
    select s.seen, s.fortnight, s.n, case when o.only_stay then s.n else 0 end as once, s.total, s.squares, o.* exclude (stay)
    from fortnight_step s join stay_number o using (stay)
)
select
    case when grouping(age_band) = 0 then 'age_band' when grouping(gender) = 0 then 'gender' when grouping(ethnic_group) = 0 then 'ethnic_group'
        when grouping(deprivation_quintile) = 0 then 'deprivation_quintile' when grouping(main_need) = 0 then 'main_need' else '' end as split,
    case when grouping(start_quarter) + grouping(end_quarter) = 0 then '' when grouping(start_quarter) = 0 then 'start_quarter' else 'end_quarter' end as along,
    service, any_value(provider), any_value(service_type), any_value(sector), any_value(locality), role, shares, measure, subscale, perspective,
    start_quarter, end_quarter, age_band, gender, ethnic_group, deprivation_quintile, main_need, seen, fortnight, sum(n), sum(once), sum(total), sum(squares)
from alike
group by
    service, role, shares, measure, subscale, perspective, seen, fortnight,
    grouping sets (
        (start_quarter, end_quarter), (start_quarter, age_band), (start_quarter, gender), (start_quarter, ethnic_group),
        (start_quarter, deprivation_quintile), (start_quarter, main_need), (end_quarter, age_band), (end_quarter, gender), (end_quarter, ethnic_group),
        (end_quarter, deprivation_quintile), (end_quarter, main_need)
    )
order by split, along, measure, service;
-- For distinct people: in which fortnights each stay of somebody with several has a score
insert into one_by_one{copy} by name
select
    'trajectory' as mart, any_value(columns(o.* exclude (stay, only_stay))), false as only_stay, f.seen, bit_or(1::integer << f.fortnight::integer) as fortnights
from fortnight_of f join stay_number o using (stay) where not o.only_stay group by stay, f.seen;
drop table stay_number;
drop table fortnight_of;
drop table fortnight_step;
