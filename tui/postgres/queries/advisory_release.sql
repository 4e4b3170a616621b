-- virada: give an advisory key back
select pg_catalog.pg_advisory_unlock(%s::bigint)
