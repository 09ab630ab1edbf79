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
wanted as (
    select e.service, e.person, e.started_on, u.measure, u.subscale, u.perspective from episode e join used u using (service)
),
gained as (
    select
        service, person, started_on, measure, subscale, perspective, coalesce(p.n_scores, 0) as n_scores,
        p.first_on, p.first_score, p.last_on, p.last_score,
        case when p.last_on > p.first_on then case when m.better = 'higher' then p.last_score - p.first_score else p.first_score - p.last_score end end as gain,
        coalesce(p.last_on > p.first_on, false) as paired, m.cutoff, m.clinical_side, t.value as threshold, coalesce(t.computed, false) as computed
    from wanted w full join pair p using (service, person, started_on, measure, subscale, perspective)
    join measure m on m.code = measure
    left join threshold t on t.measure = m.code and subscale = ''
)
select
    e.*, g.measure, g.subscale, g.perspective,
    (e.service, g.measure) in (select (service, measure) from main)
        or (e.service not in (select service from main) and g.threshold is not null),
    g.n_scores, g.first_on is not null, g.first_on, g.first_score, g.last_on, g.last_score, g.gain,
    case when g.paired then (g.last_on - g.first_on) / 7.0 end, g.paired,
    case
        when not g.paired or g.threshold is null then null
        when g.gain > g.threshold or (not g.computed and g.gain = g.threshold) then 'improved'
        when -g.gain > g.threshold or (not g.computed and -g.gain = g.threshold) then 'worsened'
        else 'same'
    end,
    case when g.subscale = '' and g.cutoff is not null then case g.clinical_side when 'at or above' then g.first_score >= g.cutoff else g.first_score <= g.cutoff end end,
    case when g.subscale = '' and g.cutoff is not null then case g.clinical_side when 'at or above' then g.last_score >= g.cutoff else g.last_score <= g.cutoff end end
from gained g join episode e using (service, person, started_on);
