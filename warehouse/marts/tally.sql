-- How many stays of people with one stay only (the few others are counted one by one, see warehouse/tallies.py) share everything a metric asks about.
-- Only services with {tallied_from} stays or more have a tally: the rows of a smaller one are as quickly counted.
-- split '' keeps both quarters and no characteristic; otherwise one characteristic, along the quarter of starting or of ending.
delete from {tally} where service in (select service_code from touched);
insert into {tally}
with large as (
    select service from {outcome} where service in (select service_code from touched) group by service, measure, subscale, perspective
    having count(*) >= {tallied_from}
),
one as (
    select
        'outcome' as mart, service, provider, service_type, sector, locality, role, shares, ended_on, measure, subscale, perspective, start_quarter, end_quarter,
        age_band, gender, ethnic_group, deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last,
        case when paired then first_score::double end as f, case when paired then last_score::double end as l, case when paired then gain::double end as g
    from {outcome} where only_stay and service in (select service from large)
    union all
    select
        'headline', service, provider, service_type, sector, locality, role, shares, ended_on, '', '', '', start_quarter, end_quarter,
        age_band, gender, ethnic_group, deprivation_quintile, main_need, how_it_ended, maintain, has_first, paired, change, clinical_first, clinical_last,
        null, null, null
    from {headline} where only_stay and service in (select service from large)
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
