-- Services whose tally is to be made anew after a large change; while there are any, everything is counted a stay at a time.
create table tally_due (service varchar);
