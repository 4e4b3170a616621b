-- virada: has a standby replayed up to here, where is it, what is left, and does somebody hold it up
select coalesce(pg_last_wal_replay_lsn() >= %(lsn)s::pg_lsn, false), coalesce(pg_last_wal_replay_lsn()::text, ''),
       greatest(0, pg_wal_lsn_diff(%(lsn)s::pg_lsn, coalesce(pg_last_wal_replay_lsn(), '0/0')))::bigint,
       pg_get_wal_replay_pause_state()
