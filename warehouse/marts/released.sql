-- Moves a service forward, in all three marts at once, when the results of at least {released_after} people differ from those last released, or when
-- nothing of it was released yet. A service with fewer differences waits, and is listed as waiting.
create or replace temp table differing as
with live as (select service, person, hash(o) as said from outcome o where service in (select service_code from touched)),
released as (select service, person, hash(o) as said from outcome_released o where service in (select service_code from touched)),
before as (select distinct service from released)
select service, count(distinct person) as people from (
    (select * from live where service in (select service from before) except all select * from released)
    union all
    (select * from released except all select * from live)
) group by service;

create or replace temp table moving as
select service from differing where people >= {released_after}
union select distinct service from outcome where service in (select service_code from touched) and service not in (select service from outcome_released);

delete from outcome_released where service in (select service from moving);
insert into outcome_released select * from outcome where service in (select service from moving);
delete from headline_released where service in (select service from moving);
insert into headline_released select * from headline where service in (select service from moving);
delete from score_released where service in (select service from moving);
insert into score_released select * from score where service in (select service from moving);

delete from waiting where service in (select service_code from touched);
insert into waiting select service from differing where service not in (select service from moving);
