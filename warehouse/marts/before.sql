-- What everybody but the provider has seen of the services touched until now, before their marts are built again.
create or replace temp table outcome_before as select * from outcome_released where service in (select service_code from touched);
create or replace temp table headline_before as select * from headline_released where service in (select service_code from touched);
create or replace temp table score_before as select * from score_released where service in (select service_code from touched);
