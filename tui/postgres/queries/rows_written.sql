-- virada: how many rows have been written to each table since the statistics began, and when they began: what is written
-- after a moment is the difference. Of rolled-back statements the inserted rows count, too. Then whether they are counted
-- at all, and how many seconds old the figures are, which before 15 a process of its own collects; null from then on.
select pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       (select coalesce(pg_catalog.to_char(pg_catalog.timezone('UTC', d.stats_reset),
                                           'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')
          from pg_catalog.pg_stat_database d where d.datname = pg_catalog.current_database()),
       coalesce((select pg_catalog.jsonb_object_agg(t.relid::pg_catalog.text, t.n_tup_ins + t.n_tup_upd + t.n_tup_del)
                   from pg_catalog.pg_stat_user_tables t), '{}')::pg_catalog.text,
       pg_catalog.current_setting('track_counts')::pg_catalog.bool,
       extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_stat_get_snapshot_timestamp())::pg_catalog.float8
