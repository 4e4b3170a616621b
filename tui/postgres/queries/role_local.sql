-- virada: be the step's role again for the rest of this transaction
select pg_catalog.set_config('role', %s, true)
