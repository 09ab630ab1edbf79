-- One row per episode of a service that records crisis contacts: how many fell within it, in its first 90 days (0 to 89) and later.
delete from contact_time where service in (select service_code from touched);
insert into contact_time
select e.*, count(c.date), count(c.date) filter (c.date < e.started_on + 90), count(c.date) filter (c.date >= e.started_on + 90)
from episode e left join contacts c on c.person = e.person and c.service_code = e.service and c.kind = 'crisis contact'
    and c.date >= e.started_on and c.date <= coalesce(e.ended_on, date '9999-12-31')
where e.service in (select service_code from touched) and e.service in (select service_code from contacts where kind = 'crisis contact')
group by all;
