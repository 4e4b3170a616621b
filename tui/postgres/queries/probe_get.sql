-- virada: is the mark still there; a pooler in transaction mode loses it or changes the backend
select coalesce(pg_catalog.current_setting('virada.probe', true), ''), pg_catalog.pg_backend_pid()
