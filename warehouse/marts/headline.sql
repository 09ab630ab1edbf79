-- One row per episode over its service's main measures (else every measure with a threshold): total score, headline perspective.
-- Services that use no questionnaire have no rows here: nobody there is due a score.
-- Improved if at least one reliably improved and none worsened; worsened likewise; mixed if both.
delete from headline where service in (select service_code from touched);
insert into headline
with one as (
    select
        o.service, o.person, o.started_on, sum(o.n_scores) as n_scores, bool_or(o.has_first) as has_first, min(o.first_on) as first_on,
        max(o.last_on) as last_on, max(o.weeks) as weeks, bool_or(o.paired) as paired,
        bool_or(o.change = 'improved') as improved, bool_or(o.change = 'worsened') as worsened, bool_or(o.change is not null) as known,
        -- Where somebody began is told by the pairs with a cut-off. Without such a pair by any first score, and it is not known while one is missing
        case when bool_or(o.paired and o.clinical_last is not null) then bool_or(o.clinical_first) filter (o.paired)
            when bool_or(o.clinical_first) then true when bool_or(o.clinical_first is null) then null else false end as clinical_first,
        bool_or(o.clinical_last) filter (o.paired) as clinical_last
    from outcome o join measure m on m.code = o.measure
    where o.service in (select service_code from touched) and o.main and o.subscale = '' and o.perspective = m.headline_perspective
    group by all
)
select
    e.*, one.n_scores, one.has_first, one.first_on, one.last_on, one.weeks, one.paired,
    case when not one.known then null when one.improved and one.worsened then 'mixed' when one.improved then 'improved'
        when one.worsened then 'worsened' else 'same' end,
    one.clinical_first, one.clinical_last
from episode e join one using (service, person, started_on);
