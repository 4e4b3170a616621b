-- virada: one backend; start is empty where this role may not see it
select pid, coalesce(to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
       coalesce(state, ''), coalesce(wait_event_type || ':' || wait_event, '')
  from pg_catalog.pg_stat_activity
 where pid = %s
