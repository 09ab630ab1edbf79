create table episode (
    service varchar, provider varchar, service_type varchar, sector varchar, locality varchar, person uuid, role varchar, shares varchar,
    started_on date, ended_on date, came_back boolean, start_quarter varchar, end_quarter varchar, age_band varchar, gender varchar,
    ethnic_group varchar, deprivation_quintile varchar, main_need varchar, how_it_ended varchar, maintain boolean, only_stay boolean
);
create table score (
    service varchar, person uuid, started_on date, measure varchar, subscale varchar, perspective varchar, date date, occasion varchar,
    score decimal(9, 3), fortnight integer
);
create table outcome (
    service varchar, provider varchar, service_type varchar, sector varchar, locality varchar, person uuid, role varchar, shares varchar,
    started_on date, ended_on date, came_back boolean, start_quarter varchar, end_quarter varchar, age_band varchar, gender varchar,
    ethnic_group varchar, deprivation_quintile varchar, main_need varchar, how_it_ended varchar, maintain boolean, only_stay boolean,
    measure varchar, subscale varchar, perspective varchar, main boolean, n_scores integer, has_first boolean, first_on date, first_score decimal(9, 3),
    last_on date, last_score decimal(9, 3), gain decimal(9, 3), weeks double, paired boolean, change varchar, clinical_first boolean, clinical_last boolean
);
create table headline (
    service varchar, provider varchar, service_type varchar, sector varchar, locality varchar, person uuid, role varchar, shares varchar,
    started_on date, ended_on date, came_back boolean, start_quarter varchar, end_quarter varchar, age_band varchar, gender varchar,
    ethnic_group varchar, deprivation_quintile varchar, main_need varchar, how_it_ended varchar, maintain boolean, only_stay boolean,
    n_scores integer, has_first boolean, first_on date, last_on date, weeks double, paired boolean, change varchar, clinical_first boolean,
    clinical_last boolean
);
