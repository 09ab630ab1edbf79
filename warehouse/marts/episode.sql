-- One row per person's time with one service. Back within {came_back_days} days continues it; later is a new one, marked came back.
delete from episode where service in (select service_code from touched);
insert into episode
with spell as (
    select *, max(coalesce(ended_on, date '9999-12-31')) over (
        partition by service_code, person order by started_on rows between unbounded preceding and 1 preceding
    ) as before_ended_on
    from people where service_code in (select service_code from touched)
),
numbered as (
    select *, sum(case when before_ended_on is null or started_on > before_ended_on + {came_back_days} then 1 else 0 end) over (
        partition by service_code, person order by started_on rows unbounded preceding
    ) as stay
    from spell
),
stay as (
    select
        service_code, person, stay, min(started_on) as started_on,
        nullif(max(coalesce(ended_on, date '9999-12-31')), date '9999-12-31') as ended_on,
        coalesce(arg_max(role, started_on), 'person') as role, coalesce(arg_max(shares_record, started_on), 'not asked') as shares,
        coalesce(arg_max(age_band, started_on), 'not stated') as age_band, coalesce(arg_max(gender, started_on), 'not stated') as gender,
        coalesce(arg_max(ethnic_group, started_on), 'not stated') as ethnic_group,
        coalesce(arg_max(deprivation_quintile, started_on), 'not stated') as deprivation_quintile,
        coalesce(arg_max(main_need, started_on), 'not stated') as main_need, arg_max(how_it_ended, started_on) as how_it_ended
    from numbered group by all
),
keeping as (
    select distinct service_code from milestones where direction = 'maintain' and kind = 'performance target'
    union
    select service_code from services where list_contains(list_transform(string_split(lower(coalesce(main_result, '')), ';'), x -> trim(x)), 'maintained')
)
select
    s.service_code, v.provider_code, v.service_type, coalesce(v.sector, 'not stated'), coalesce(v.locality, 'not stated'), s.person, s.role, s.shares,
    s.started_on, s.ended_on, s.stay > 1,
    format('{{}}-{{:02d}} Q{{}}', year(s.started_on) - (month(s.started_on) < 4)::int, (year(s.started_on) - (month(s.started_on) < 4)::int + 1) % 100, (month(s.started_on) + 8) % 12 // 3 + 1),
    case when s.ended_on is not null then
        format('{{}}-{{:02d}} Q{{}}', year(s.ended_on) - (month(s.ended_on) < 4)::int, (year(s.ended_on) - (month(s.ended_on) < 4)::int + 1) % 100, (month(s.ended_on) + 8) % 12 // 3 + 1)
    end,
    s.age_band, s.gender, s.ethnic_group, s.deprivation_quintile, s.main_need, s.how_it_ended,
    s.service_code in (select service_code from keeping) or exists (
        from goals g where g.service_code = s.service_code and g.person = s.person and g.kind = 'maintain'
        and g.agreed_on >= s.started_on and g.agreed_on <= coalesce(s.ended_on, date '9999-12-31')
    ),
    -- Distinct people are counted as those with one stay, plus the few others counted one by one (queries.counts)
    count(*) over (partition by s.person) = 1
from stay s join services v using (service_code);
