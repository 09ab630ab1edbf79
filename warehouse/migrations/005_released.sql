-- What everybody but the provider sees: each service as it was until enough people's results differ. All figures of one service come from the
-- same moment, so that asking the same thing in another way before and after an upload does not tell one person's result.
create table outcome_released as from outcome limit 0;
create table headline_released as from headline limit 0;
create table score_released as from score limit 0;
create table waiting (service varchar);
