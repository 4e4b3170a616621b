-- virada: is the mark still there; a pooler in transaction mode loses it or changes the backend
select coalesce(current_setting('virada.probe', true), ''), pg_backend_pid()
