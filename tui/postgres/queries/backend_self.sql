-- virada: who am I on the server; pid and start together name a backend, since pids are reused. And which server this
-- is, which life of it, which database: what every session must have in common with the one that holds the keys
select a.pid,
       to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       (pg_control_system()).system_identifier::text,
       to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       a.datid::bigint,
       pg_is_in_recovery()
  from pg_catalog.pg_stat_get_activity(pg_backend_pid()) a
