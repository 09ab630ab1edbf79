-- A service touched waits, frozen as it was seen before, while the results of fewer than {released_after} people (but of somebody) differ from that.
-- With more, or where nothing of it was seen before, everybody sees it as it is now. All marts of a service stay or move together; headline, course
-- and score say nothing of a person that outcome and contact do not.
create or replace temp table staying as
with seen as (
    select service, person, hash(o) as said from outcome_before o union all select service, person, hash(g, 1) from goal_before g
    union all select service, person, hash(c, 2) from contact_before c union all select service, person, hash(t, 3) from contact_time_before t
),
known as (select distinct service from seen),
live as (
    select service, person, hash(o) as said from outcome o where service in (select service from known)
    union all select service, person, hash(g, 1) from goal g where service in (select service from known)
    union all select service, person, hash(c, 2) from contact c where service in (select service from known)
    union all select service, person, hash(t, 3) from contact_time t where service in (select service from known)
),
differing as ((select * from live except all select * from seen) union all (select * from seen except all select * from live))
select service from differing group by service having count(distinct person) < {released_after};

delete from outcome_frozen where service in (select service_code from touched);
delete from headline_frozen where service in (select service_code from touched);
delete from score_frozen where service in (select service_code from touched);
delete from goal_frozen where service in (select service_code from touched);
delete from course_frozen where service in (select service_code from touched);
delete from contact_frozen where service in (select service_code from touched);
delete from contact_time_frozen where service in (select service_code from touched);
delete from waiting where service in (select service_code from touched);
insert into waiting select service from staying;
insert into outcome_frozen select * from outcome_before where service in (select service from staying);
insert into headline_frozen select * from headline_before where service in (select service from staying);
insert into score_frozen select * from score_before where service in (select service from staying);
insert into goal_frozen select * from goal_before where service in (select service from staying);
insert into course_frozen select * from course_before where service in (select service from staying);
insert into contact_frozen select * from contact_before where service in (select service from staying);
insert into contact_time_frozen select * from contact_time_before where service in (select service from staying);
drop table outcome_before;
drop table headline_before;
drop table score_before;
drop table goal_before;
drop table course_before;
drop table contact_before;
drop table contact_time_before;
