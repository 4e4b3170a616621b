-- virada: take an advisory key together with whoever else has it so. Never the waiting form
select pg_catalog.pg_try_advisory_lock_shared(%s::pg_catalog.int8)
