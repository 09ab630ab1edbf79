-- Which questionnaires a service uses, and whether it has {tallied_from} stays or more and so is counted from a tally.
delete from used{copy} where service in (select service_code from touched);
insert into used{copy}
with many as (
    select service from outcome{copy} where service in (select service_code from touched) group by service, measure, subscale, perspective
    having count(*) >= {tallied_from}
)
select service, measure, count(*) filter (paired and subscale = ''), service in (select service from many)
from outcome{copy} where service in (select service_code from touched) group by service, measure;
