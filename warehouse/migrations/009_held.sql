-- Rows of an upload that wait until somebody has looked at them: what they are about, never what they say. `sound` lists the parts of the natural key
-- that could be relied on, each as column=digest. A row waits while its upload is live and no live upload has settled it.
create table held (
    upload_id varchar, file varchar, sheet varchar, row integer, table_name varchar, provider varchar, service_code varchar, person uuid,
    key varchar, sound varchar[], codes varchar, cells varchar
);
create table held_settled (upload_id varchar, file varchar, sheet varchar, row integer, table_name varchar, settled_by varchar);
