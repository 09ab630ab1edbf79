-- What everybody but the provider has seen of the services touched until now, before their marts are built again.
create or replace temp table outcome_before as select * from outcome_released where service in (select service_code from touched);
create or replace temp table headline_before as select * from headline_released where service in (select service_code from touched);
create or replace temp table score_before as select * from score_released where service in (select service_code from touched);
create or replace temp table goal_before as select * from goal_released where service in (select service_code from touched);
create or replace temp table course_before as select * from course_released where service in (select service_code from touched);
create or replace temp table contact_before as select * from contact_released where service in (select service_code from touched);
create or replace temp table contact_time_before as select * from contact_time_released where service in (select service_code from touched);
