-- virada: has the server recovered from a crash since? When one backend dies hard, all restart while the postmaster
-- and its start time stay; but the statistics are thrown away, and these times, readable by everyone, change.
select coalesce(pg_catalog.to_char(pg_catalog.timezone('UTC', b.stats_reset), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
       coalesce(pg_catalog.to_char(pg_catalog.timezone('UTC', a.stats_reset), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')
  from pg_catalog.pg_stat_bgwriter b, pg_catalog.pg_stat_archiver a
