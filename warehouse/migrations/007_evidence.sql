-- How a figure of a return was checked, when, and what came of it: recorded by the service or its commissioner, also after the return was accepted,
-- and without changing the figure. Rows are only ever added; the newest of a figure stands beside it.
create table evidence (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    service_code varchar, year integer, quarter integer, ref varchar, how varchar, checked_on date, result varchar
);
