-- Counts of the marts outcome and headline, made when the marts are built, so that a figure over ten million scores is a sum over some thousand rows.
create table tally (
    mart varchar, split varchar, along varchar, service varchar, provider varchar, service_type varchar, sector varchar, locality varchar, role varchar,
    shares varchar, still_open boolean, measure varchar, subscale varchar, perspective varchar, start_quarter varchar, end_quarter varchar,
    age_band varchar, gender varchar, ethnic_group varchar, deprivation_quintile varchar, main_need varchar, how_it_ended varchar, maintain boolean,
    has_first boolean, paired boolean, change varchar, clinical_first boolean, clinical_last boolean, n bigint,
    sum_first double, sum_last double, sum_gain double, sum_first2 double, sum_last2 double, sum_gain2 double, sum_first_last double
);
create table tally_frozen as from tally limit 0;
create view tally_released as select * from tally where service not in (select service from waiting) union all select * from tally_frozen;
