-- A service touched waits, frozen as it was seen before, while the results of fewer than {released_after} people (but of somebody) differ from that.
-- With more, or where nothing of it was seen before, everybody sees it as it is now.
create or replace temp table staying as
with seen as (select service, person, hash(o) as said from outcome_before o),
live as (select service, person, hash(o) as said from outcome o where service in (select service from seen)),
differing as ((select * from live except all select * from seen) union all (select * from seen except all select * from live))
select service from differing group by service having count(distinct person) < {released_after};

delete from outcome_frozen where service in (select service_code from touched);
delete from headline_frozen where service in (select service_code from touched);
delete from score_frozen where service in (select service_code from touched);
delete from waiting where service in (select service_code from touched);
insert into waiting select service from staying;
insert into outcome_frozen select * from outcome_before where service in (select service from staying);
insert into headline_frozen select * from headline_before where service in (select service from staying);
insert into score_frozen select * from score_before where service in (select service from staying);
drop table outcome_before;
drop table headline_before;
drop table score_before;
