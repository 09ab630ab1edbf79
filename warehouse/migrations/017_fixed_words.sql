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
alter table episode alter service_type type service_type_word;
alter table episode alter sector type sector_word;
alter table episode alter role type role_word;
alter table episode alter shares type shares_word;
alter table episode alter start_quarter type quarter_word;
alter table episode alter end_quarter type quarter_word;
alter table episode alter how_it_ended type ending_word;
alter table outcome alter service_type type service_type_word;
alter table outcome alter sector type sector_word;
alter table outcome alter role type role_word;
alter table outcome alter shares type shares_word;
alter table outcome alter start_quarter type quarter_word;
alter table outcome alter end_quarter type quarter_word;
alter table outcome alter how_it_ended type ending_word;
alter table outcome alter change type change_word;
alter table outcome alter perspective type perspective_word;
alter table outcome_frozen alter service_type type service_type_word;
alter table outcome_frozen alter sector type sector_word;
alter table outcome_frozen alter role type role_word;
alter table outcome_frozen alter shares type shares_word;
alter table outcome_frozen alter start_quarter type quarter_word;
alter table outcome_frozen alter end_quarter type quarter_word;
alter table outcome_frozen alter how_it_ended type ending_word;
alter table outcome_frozen alter change type change_word;
alter table outcome_frozen alter perspective type perspective_word;
alter table headline alter service_type type service_type_word;
alter table headline alter sector type sector_word;
alter table headline alter role type role_word;
alter table headline alter shares type shares_word;
alter table headline alter start_quarter type quarter_word;
alter table headline alter end_quarter type quarter_word;
alter table headline alter how_it_ended type ending_word;
alter table headline alter change type change_word;
alter table headline_frozen alter service_type type service_type_word;
alter table headline_frozen alter sector type sector_word;
alter table headline_frozen alter role type role_word;
alter table headline_frozen alter shares type shares_word;
alter table headline_frozen alter start_quarter type quarter_word;
alter table headline_frozen alter end_quarter type quarter_word;
alter table headline_frozen alter how_it_ended type ending_word;
alter table headline_frozen alter change type change_word;
alter table score alter perspective type perspective_word;
alter table score alter occasion type occasion_word;
alter table score_frozen alter perspective type perspective_word;
alter table score_frozen alter occasion type occasion_word;
create view outcome_released as select * from outcome where service not in (select service from waiting) union all select * from outcome_frozen;
create view headline_released as select * from headline where service not in (select service from waiting) union all select * from headline_frozen;
create view score_released as select * from score where service not in (select service from waiting) union all select * from score_frozen;
