-- The life-cycle of a return, the conversation about it, and the negotiation of a plan. Rows are only ever added (a draft takes the place of the one
-- before it); what a return's state is follows from them. `change_id` and `position` are those of the ledger's change, so a rebuild gives the same rows.
create table return_step (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    service_code varchar, year integer, quarter integer, step varchar, reason varchar, due_on date
);
create table question (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    question_id varchar, service_code varchar, year integer, quarter integer, ref varchar, about varchar, words varchar, asked_by varchar
);
create table answer (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    question_id varchar, kind varchar, reason varchar, words varchar, readers varchar
);
create table talk (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    service_code varchar, kind varchar, happened_on date, words varchar
);
create table return_draft (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    service_code varchar, year integer, quarter integer, content varchar
);
create table plan_version (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    service_code varchar, year integer, from_quarter integer, step varchar, words varchar, content varchar
);
