-- What everybody but the provider sees: each service as it was until enough people's results differ. All figures of one service come from the
-- same moment, so that asking the same thing in another way before and after an upload does not tell one person's result.
-- Only a service that waits is kept twice: live for its provider, and frozen for everybody else.
create table waiting (service varchar);
create table outcome_frozen as from outcome limit 0;
create table headline_frozen as from headline limit 0;
create table score_frozen as from score limit 0;
create view outcome_released as select * from outcome where service not in (select service from waiting) union all select * from outcome_frozen;
create view headline_released as select * from headline where service not in (select service from waiting) union all select * from headline_frozen;
create view score_released as select * from score where service not in (select service from waiting) union all select * from score_frozen;
