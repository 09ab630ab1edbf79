-- Columns that hold one of a few fixed words keep it as a number: a third less to write and to read. Words stand in the order of the alphabet, as they
-- sorted before. A word added to domain/codes needs a migration that makes its type anew (tests/unit/test_store.py compares them).
drop view outcome_released;
drop view headline_released;
drop view score_released;
create type service_type_word as enum (
    'advocacy', 'community support', 'counselling', 'crisis alternative', 'day support or employment', 'other',
    'residential', 'step-down', 'support at home', 'supported accommodation', 'talking therapies', 'training'
);
create type sector_word as enum ('independent', 'not stated', 'statutory', 'voluntary');
create type role_word as enum ('carer', 'person');
create type shares_word as enum ('no', 'not asked', 'yes');
create type ending_word as enum (
    'as planned', 'by agreement early', 'declined', 'died', 'hospital or crisis', 'moved away',
    'moved to another service', 'not known', 'other', 'stopped coming'
);
create type perspective_word as enum ('carer', 'person', 'practitioner');
create type occasion_word as enum ('', 'end', 'follow-up', 'review', 'start');
create type change_word as enum ('improved', 'mixed', 'same', 'worsened');
create type quarter_word as enum (
    select format('{}-{:02d} Q{}', y, (y + 1) % 100, q) as words from range(1900, 2200) years(y), range(1, 5) quarters(q) order by words
);
-- Tables are made anew: a column turned into a fixed word by `alter` cannot be replayed from DuckDB's log after a crash (1.5).
create table episode_anew as select * replace (
    service_type::service_type_word as service_type, sector::sector_word as sector, role::role_word as role, shares::shares_word as shares,
    start_quarter::quarter_word as start_quarter, end_quarter::quarter_word as end_quarter, how_it_ended::ending_word as how_it_ended
) from episode;
drop table episode;
alter table episode_anew rename to episode;
create table outcome_anew as select * replace (
    service_type::service_type_word as service_type, sector::sector_word as sector, role::role_word as role, shares::shares_word as shares,
    start_quarter::quarter_word as start_quarter, end_quarter::quarter_word as end_quarter, how_it_ended::ending_word as how_it_ended,
    change::change_word as change, perspective::perspective_word as perspective
) from outcome;
drop table outcome;
alter table outcome_anew rename to outcome;
create table outcome_frozen_anew as select * replace (
    service_type::service_type_word as service_type, sector::sector_word as sector, role::role_word as role, shares::shares_word as shares,
    start_quarter::quarter_word as start_quarter, end_quarter::quarter_word as end_quarter, how_it_ended::ending_word as how_it_ended,
    change::change_word as change, perspective::perspective_word as perspective
) from outcome_frozen;
drop table outcome_frozen;
alter table outcome_frozen_anew rename to outcome_frozen;
create table headline_anew as select * replace (
    service_type::service_type_word as service_type, sector::sector_word as sector, role::role_word as role, shares::shares_word as shares,
    start_quarter::quarter_word as start_quarter, end_quarter::quarter_word as end_quarter, how_it_ended::ending_word as how_it_ended,
    change::change_word as change
) from headline;
drop table headline;
alter table headline_anew rename to headline;
create table headline_frozen_anew as select * replace (
    service_type::service_type_word as service_type, sector::sector_word as sector, role::role_word as role, shares::shares_word as shares,
    start_quarter::quarter_word as start_quarter, end_quarter::quarter_word as end_quarter, how_it_ended::ending_word as how_it_ended,
    change::change_word as change
) from headline_frozen;
drop table headline_frozen;
alter table headline_frozen_anew rename to headline_frozen;
create table score_anew as select * replace (
    perspective::perspective_word as perspective, occasion::occasion_word as occasion
) from score;
drop table score;
alter table score_anew rename to score;
create table score_frozen_anew as select * replace (
    perspective::perspective_word as perspective, occasion::occasion_word as occasion
) from score_frozen;
drop table score_frozen;
alter table score_frozen_anew rename to score_frozen;
create view outcome_released as select * from outcome where service not in (select service from waiting) union all select * from outcome_frozen;
create view headline_released as select * from headline where service not in (select service from waiting) union all select * from headline_frozen;
create view score_released as select * from score where service not in (select service from waiting) union all select * from score_frozen;
