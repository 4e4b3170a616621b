-- virada: what the server says of backends of ours, by number or by application name. Shared memory alone is read, no
-- catalogue
select a.pid, coalesce(to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
       coalesce(a.application_name, ''), coalesce(a.state, ''), coalesce(a.wait_event, ''),
       extract(epoch from clock_timestamp() - a.state_change)::float8,
       current_setting('synchronous_standby_names')
  from pg_catalog.pg_stat_get_activity(null) a
 where a.pid = any(%s) or a.application_name = any(%s)
