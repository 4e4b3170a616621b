-- virada: every client backend that carries an application name
select pid, coalesce(to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
       coalesce(state, ''), coalesce(wait_event_type || ':' || wait_event, '')
  from pg_catalog.pg_stat_activity
 where application_name = %s and pid <> pg_backend_pid()
   and backend_type in ('client backend', 'walsender')
 order by backend_start, pid
