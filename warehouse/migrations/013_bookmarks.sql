-- Views saved under a name, each the viewer's own. Rows are only added; the latest of an owner and a name holds, and one without a page was taken away.
create table bookmark (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    owner varchar, name varchar, page varchar, query varchar
);
