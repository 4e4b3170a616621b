-- virada: has the server recovered from a crash since? When one backend dies hard, all restart while the postmaster
-- and its start time stay; but the statistics are thrown away, and these times, readable by everyone, change.
select coalesce(to_char(b.stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
       coalesce(to_char(a.stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')
  from pg_catalog.pg_stat_bgwriter b, pg_catalog.pg_stat_archiver a
