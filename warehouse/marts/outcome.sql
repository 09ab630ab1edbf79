-- One row per episode, measure, subscale and perspective: first and last score, and what they say.
-- Every episode has a row for each measure its service uses (total, headline perspective), scored or not, so that rates know who is missing.
delete from outcome where service in (select service_code from touched);
insert into outcome
with main as (
    select service_code as service, m.code as measure
    from services, measure m
    where service_code in (select service_code from touched)
    and list_contains(list_transform(string_split(lower(coalesce(main_result, '')), ';'), x -> trim(x)), lower(m.code))
),
pair as (
    select
        service, person, started_on, measure, subscale, perspective, count(*) as n_scores,
        min(date) as first_on, max(date) as last_on,
        arg_min(score, (date - date '1970-01-01') * 4 + case occasion when 'start' then 0 when '' then 1 when 'review' then 2 else 3 end) as first_score,
        arg_max(score, (date - date '1970-01-01') * 4 + case occasion when 'start' then 0 when '' then 1 when 'review' then 2 else 3 end) as last_score
    from score
    where service in (select service_code from touched) and occasion <> 'follow-up'
    group by all
),
used as (
    select distinct p.service, p.measure, '' as subscale, m.headline_perspective as perspective
    from pair p join measure m on m.code = p.measure where p.subscale = '' and p.perspective = m.headline_perspective
    union
    select service, measure, '', m.headline_perspective from main join measure m on m.code = main.measure
),
every as (
    select
        e.*, u.measure, u.subscale, u.perspective, coalesce(p.n_scores, 0) as n_scores, p.first_on, p.last_on, p.first_score, p.last_score
    from episode e join used u using (service) left join pair p using (service, person, started_on, measure, subscale, perspective)
    union all by name
    select e.*, p.* exclude (service, person, started_on)
    from (select * from pair anti join used using (service, measure, subscale, perspective)) p join episode e using (service, person, started_on)
),
gained as (
    select
        p.*,
        coalesce(p.last_on > p.first_on, false) as paired,
        case when p.last_on > p.first_on then case when m.better = 'higher' then p.last_score - p.first_score else p.first_score - p.last_score end end as gain,
        m.cutoff, m.clinical_side, t.value as threshold, coalesce(t.computed, false) as computed,
        main.measure is not null or (p.service not in (select service from main) and t.value is not null) as main
    from every p
    join measure m on m.code = p.measure
    left join threshold t on t.measure = p.measure and p.subscale = ''
    left join main on main.service = p.service and main.measure = p.measure
)
select
    * exclude (cutoff, clinical_side, threshold, computed, n_scores, first_on, first_score, last_on, last_score, gain, paired, main),
    main, n_scores, first_on is not null, first_on, first_score, last_on, last_score, gain, case when paired then (last_on - first_on) / 7.0 end, paired,
    case
        when not paired or threshold is null then null
        when gain > threshold or (not computed and gain = threshold) then 'improved'
        when -gain > threshold or (not computed and -gain = threshold) then 'worsened'
        else 'same'
    end,
    -- False where the questionnaire has no cut-off; null where it has one and where the person began is not known
    case when subscale <> '' or cutoff is null then false when clinical_side = 'at or above' then first_score >= cutoff else first_score <= cutoff end,
    case when subscale = '' and cutoff is not null then case clinical_side when 'at or above' then last_score >= cutoff else last_score <= cutoff end end
from gained;
