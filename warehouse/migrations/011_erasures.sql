-- What must not come back: marks of people and stories, as digests from which nobody can go back to the keyed hash, let alone to a person.
-- `before` null: everything; otherwise what is dated before it. The same marks stand in the ledger and in the list of erasures beside the database.
create table erased (erasure_id varchar, what varchar, kind varchar, digest varchar, before date, happened_at timestamp);
-- What somebody is typing on the one-page form. Not in the ledger: nothing has been sent. People are keyed hashes and code names.
create table people_draft (service_code varchar, year integer, quarter integer, user_name varchar, saved_at timestamp, content varchar);
