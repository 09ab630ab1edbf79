-- One row per planned contact within an episode. `response` is what became of it; blank where nobody said.
delete from contact where service in (select service_code from touched);
insert into contact
select e.* exclude (only_stay), count(*) over (partition by e.person) = 1 and e.only_stay, c.date, c.response
from contacts c join episode e on c.person = e.person and c.service_code = e.service
where e.service in (select service_code from touched intersect select service_code from contacts where kind = 'planned contact') and c.kind = 'planned contact'
and c.date >= e.started_on and c.date <= coalesce(e.ended_on, date '9999-12-31');
