-- virada: leave a mark in the session, to see whether the next statement meets the same one
select set_config('virada.probe', %s, false), pg_backend_pid()
