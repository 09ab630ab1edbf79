-- One row per episode of a talking-therapies service, as NHS Talking Therapies counts it (sources: metrics/talking_therapies.py).
-- Treatments are attended planned contacts within the stay; the wait runs from the first day with the service (its referral) to the first of them.
-- The anxiety questionnaire follows the main need: that of the problem where it has a cut-off and a reliable change and the person has two scores on it,
-- else GAD-7. Better on one questionnaire and worse on the other is `mixed`: what that counts as is a setting.
delete from course where service in (select service_code from touched);
insert into course
with problem(need, measure) as (
    values ('social anxiety', 'SPIN'), ('social phobia', 'SPIN'), ('trauma', 'PCL-5'), ('ptsd', 'PCL-5'), ('post-traumatic stress disorder', 'PCL-5'),
        ('agoraphobia', 'MI-alone'), ('ocd', 'OCI'), ('obsessive-compulsive disorder', 'OCI'), ('panic', 'PDSS'), ('panic disorder', 'PDSS'),
        ('health anxiety', 'HAI'), ('chronic fatigue', 'CFQ-11'), ('medically unexplained symptoms', 'PHQ-15')
),
stay as (
    select * from episode where service in (select service_code from touched) and service_type = 'talking therapies'
),
treated as (
    select s.service, s.person, s.started_on, count(*) as treatments, min(c.date) as first_on
    from stay s join contacts c on c.person = s.person and c.service_code = s.service
    where c.kind = 'planned contact' and c.response = 'attended' and c.date >= s.started_on and c.date <= coalesce(s.ended_on, date '9999-12-31')
    group by all
),
scored as (
    select o.service, o.person, o.started_on, o.measure, o.paired, o.change, case when m.cutoff is not null then o.clinical_first end as clinical_first,
        o.clinical_last
    from outcome o join measure m on m.code = o.measure
    where o.service in (select service from stay) and o.subscale = '' and o.perspective = m.headline_perspective
),
specific as (
    select s.service, s.person, s.started_on, any_value(c.measure) as measure
    from stay s join problem p on p.need = lower(trim(s.main_need)) join scored c using (service, person, started_on)
    where c.measure = p.measure and c.paired and c.change is not null and c.clinical_first is not null group by all
),
told as (
    select s.*, coalesce(t.treatments, 0) as treatments, (t.first_on - s.started_on)::integer as wait,
        s.ended_on is not null and coalesce(t.treatments, 0) >= 2 as finished, coalesce(x.measure, 'GAD-7') as anxiety,
        d.paired and a.paired as both_paired, d.clinical_first as low_first, a.clinical_first as worried_first, d.clinical_last as low_last,
        a.clinical_last as worried_last, d.change as low_change, a.change as worried_change
    from stay s
    left join treated t using (service, person, started_on)
    left join specific x using (service, person, started_on)
    left join scored d on d.service = s.service and d.person = s.person and d.started_on = s.started_on and d.measure = 'PHQ-9'
    left join scored a on a.service = s.service and a.person = s.person and a.started_on = s.started_on and a.measure = coalesce(x.measure, 'GAD-7')
)
select
    * exclude (both_paired, low_first, worried_first, low_last, worried_last, low_change, worried_change),
    coalesce(both_paired, false),
    coalesce(low_first, false) or coalesce(worried_first, false),
    coalesce(not low_first and not worried_first, false),
    coalesce(both_paired and (low_first or worried_first) and not low_last and not worried_last, false),
    case
        when not coalesce(both_paired, false) then null
        when 'improved' in (low_change, worried_change) and 'worsened' in (low_change, worried_change) then 'mixed'
        when 'improved' in (low_change, worried_change) then 'improved'
        when 'worsened' in (low_change, worried_change) then 'worsened'
        else 'same'
    end
from told;
