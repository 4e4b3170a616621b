-- virada: does one backend wait for a lock? Shared memory alone is read, no lock table, so that it may be asked often
select coalesce(wait_event_type = 'Lock', false) from pg_catalog.pg_stat_get_activity(%s)
