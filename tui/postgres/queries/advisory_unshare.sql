-- virada: give back a key that was taken together with others
select pg_catalog.pg_advisory_unlock_shared(%s::pg_catalog.int8)
