-- virada: give an advisory key back
select pg_advisory_unlock(%s::bigint)
