-- virada: end one backend, if it still is the one meant: a pid alone may be somebody else's by now
select pg_terminate_backend(pid)
  from pg_catalog.pg_stat_activity
 where pid = %s
   and to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') = %s
