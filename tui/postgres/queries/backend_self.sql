-- virada: who am I on the server; pid and start together name a backend, since pids are reused
select pid,
       to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  from pg_catalog.pg_stat_get_activity(pg_backend_pid())
