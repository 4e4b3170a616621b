-- virada: who am I on the server; pid and start together name a backend, since pids are reused. And which server this
-- is, which life of it, which database: what every session must have in common with the one that holds the keys
select a.pid,
       pg_catalog.to_char(pg_catalog.timezone('UTC', a.backend_start), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       (pg_catalog.pg_control_system()).system_identifier::pg_catalog.text,
       pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.pg_postmaster_start_time()),
                          'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       a.datid::pg_catalog.int8,
       pg_catalog.pg_is_in_recovery()
  from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) a
