-- What a provider's own words, headings and layouts mean: their answers, asked once. Rows are only added; the latest answer to a question holds.
create table mapping (
    change_id varchar, position bigint, happened_at timestamp, user_name varchar, role varchar,
    provider_code varchar, question varchar, answer varchar
);
