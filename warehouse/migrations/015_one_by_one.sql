-- Beside the tally: the stays it does not hold, scores by fortnight of large services, and which questionnaires a service uses.
-- `one_by_one` holds what must be counted a person at a time; under the mart 'trajectory' only which fortnights of a stay have a score, as bits.
create table one_by_one (
    mart varchar, service varchar, provider varchar, service_type varchar, sector varchar, locality varchar, role varchar, shares varchar,
    start_quarter varchar, end_quarter varchar, age_band varchar, gender varchar, ethnic_group varchar, deprivation_quintile varchar, main_need varchar,
    how_it_ended varchar, maintain boolean, has_first boolean, paired boolean, change varchar, clinical_first boolean, clinical_last boolean,
    measure varchar, subscale varchar, perspective varchar, only_stay boolean, person uuid, started_on date, ended_on date,
    first_score double, last_score double, gain double, seen varchar, fortnights integer
);
create table one_by_one_frozen as from one_by_one limit 0;
create view one_by_one_released as
    select * from one_by_one where service not in (select service from waiting) union all select * from one_by_one_frozen;
-- Rows add up to what was known by the end of any quarter: `seen` is empty, or the later quarter in which a score changed what its fortnight says.
create table fortnight_tally (
    split varchar, along varchar, service varchar, provider varchar, service_type varchar, sector varchar, locality varchar, role varchar, shares varchar,
    measure varchar, subscale varchar, perspective varchar, start_quarter varchar, end_quarter varchar, age_band varchar, gender varchar,
    ethnic_group varchar, deprivation_quintile varchar, main_need varchar, seen varchar, fortnight integer, n bigint, once bigint, total double, squares double
);
create table fortnight_tally_frozen as from fortnight_tally limit 0;
create view fortnight_tally_released as
    select * from fortnight_tally where service not in (select service from waiting) union all select * from fortnight_tally_frozen;
-- One row per service and questionnaire (total score): how many stays have a pair, and whether the service is counted from its tally.
create table used (service varchar, measure varchar, pairs bigint, large boolean);
create table used_frozen as from used limit 0;
create view used_released as select * from used where service not in (select service from waiting) union all select * from used_frozen;
