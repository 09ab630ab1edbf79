-- What the store keeps about itself. No keys, constraints, sequences or indexes: the writer keeps uniqueness, so the same SQL runs on DuckLake.
create table site (name varchar, value varchar);
create table upload (
    upload_id varchar, kind varchar, happened_at timestamp, user_name varchar, role varchar, files varchar, content varchar,
    row_counts varchar, services varchar, state varchar, detail varchar, position bigint
);
create table audit (happened_at timestamp, kind varchar, user_name varchar, role varchar, detail varchar);
create table measure (
    code varchar, name varchar, better varchar, lowest decimal(9, 3), highest decimal(9, 3), cutoff decimal(9, 3), clinical_side varchar,
    headline_perspective varchar, reliability double
);
-- One row per measure with a threshold: published ones are gain >= value, computed ones |RCI| > 1.96, that is gain > value.
create table threshold (measure varchar, value decimal(9, 3), computed boolean, n bigint, sd double, reliability double, computed_on date);
create table code_name (person uuid, name varchar);
-- The last figures shown for each release table, so that a figure stays until enough people's results differ (access.disclosure).
create table shown (policy varchar, table_key varchar, figures varchar, data_version bigint, happened_at timestamp);
