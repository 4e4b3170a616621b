-- virada: leave a mark in the session, to see whether the next statement meets the same one
select pg_catalog.set_config('virada.probe', %s, false), pg_catalog.pg_backend_pid()
